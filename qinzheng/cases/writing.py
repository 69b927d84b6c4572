"""Writes a change of a case: events appended, judged by the projectors, tables and case saved, in one flush.

Acts count in the order in which they are claimed to have happened, not in that of their arrival. One that
comes late is fitted in: the case is played again in that order, and every act must still be allowed there.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import connection, transaction

from qinzheng.cases import doors, engine, fitting, queries
from qinzheng.cases.acts import (
    CORRECTED,
    DEEMED,
    OPENED,
    PERFORMED,
    SYSTEM,
    UNDEEMED,
    Act,
    Change,
    Deemed,
    Projector,
)
from qinzheng.cases.engine import Situation
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Procedure
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import NewEvent

PROJECTORS: list[Projector] = []
"""Filled by ``qinzheng.plugged``: packages above judge and project inside the transaction of the act."""
FOLLOWING: list[Callable[[Change], None]] = []
"""Filled likewise: told once it is settled where the case stands, in whatever way it came there; may act on other cases."""

Statement = tuple[str, Sequence[Any]]


@contextmanager
def one_transaction() -> Iterator[bool]:
    """A transaction, and whether it is ours to end: then :func:`write` sends COMMIT with its statements, in one flush.

    After that nothing may be read or written in it any more.
    """
    ours = not connection.in_atomic_block
    with transaction.atomic(), connection.wrap_database_errors:
        yield ours


def write(
    change: Change,
    *,
    commits: bool = False,
    type: str = PERFORMED,
    first: NewEvent | None = None,
    extra: Any = None,
) -> None:
    """Append the acts (and ``first``), let the projectors judge, and send everything; ``commits``: the COMMIT too.

    ``extra``: what the body of an opening says besides.
    """
    case, acts = change.case, change.acts
    change.cause = acts[0].id if acts else first.id if first else None
    if change.corrected is not None:
        change.cause = change.corrected.id
    events = [first] if first else []
    if not change.late:
        events += [event(case, act, type, extra) for act in acts]
    deemed = [each for projector in PROJECTORS for each in projector(change)]
    events += _deem(change, deemed) if _in_order(change, deemed) else _replay(change, deemed, type)
    for follows in FOLLOWING:
        follows(change)
    events += change.determinations
    if events:
        case.situation["recorded"] = change.now
    seq = case.last_seq
    case.last_seq += len(events)
    change.writes += asked(case)
    rows = [ledger.row(event, seq + n, moment(change.now)) for n, event in enumerate(events, start=1)]
    raw = connection.connection
    with raw.pipeline(), raw.cursor() as cursor:
        for sql, parameters in together([*inserted(rows), *change.writes, save(case, new=type == OPENED)]):
            cursor.execute(sql, parameters)
        if commits:  # Django finds the transaction ended and has nothing left to send
            cursor.execute("COMMIT")


def let_pass(case: Case, procedure: Procedure, now: int) -> None:
    """Let time pass for the case inside the caller's transaction, before somebody acts on it."""
    write(Change(case, procedure, [], now))


def settle(case: Case, procedure: Procedure, after: Situation, at: int) -> None:
    """Put the situation after an act claimed at ``at`` into the case."""
    case.state, case.organization = after.state, after.organization
    kept = {
        "deemed": [],
        **{n: case.situation[n] for n in ("deemed", "last", "recorded") if n in case.situation},
    }
    case.situation = {
        **kept, "done": dict(after.done), "joints": {key: dict(group) for key, group in after.joints.items()},
        "last": max(at, kept.get("last", at)),
    }  # fmt: skip
    if not procedure.states[after.state].final:
        case.closed_at = None
    elif case.closed_at is None:
        case.closed_at = ledger.instant(at)


# -- what was deemed ---------------------------------------------------------------------------------


def _in_order(change: Change, deemed: list[Deemed]) -> bool:
    """Whether what was deemed only follows upon what the case already knows."""
    if change.history is None:
        return True
    known = _known(change.case)
    news = [each for each in deemed if each not in known]
    follows = all(each.at >= change.case.situation["last"] for each in news)
    return not change.late and all(each in deemed for each in known) and follows


def _known(case: Case) -> list[Deemed]:
    return [Deemed(*each) for each in case.situation["deemed"]]


def remember(case: Case, deemed: list[Deemed]) -> None:
    listed = sorted(deemed, key=lambda each: (each.at, each.effective, each.act))
    case.situation["deemed"] = [[each.act, each.effective, each.at] for each in listed]


def _deem(change: Change, deemed: list[Deemed]) -> list[NewEvent]:
    """Enter the acts newly deemed, one after another."""
    case, procedure = change.case, change.procedure
    known = _known(case)
    events = []
    for each in deemed:
        if each in known:
            continue
        after = engine.after(procedure, queries.situation(case), each.act, SYSTEM, {})
        settle(case, procedure, after, each.effective)
        case.situation["last"] = max(case.situation["last"], each.at)
        known = [*known, each]
        remember(case, known)
        events.append(determined(change, DEEMED, each))
    return events


def _replay(change: Change, deemed: list[Deemed], type: str) -> list[NewEvent]:
    """Play the case again; deemed acts that no longer hold are withdrawn by event, new ones entered."""
    assert change.history is not None
    case = change.case
    before = _known(case)
    case.closed_at = None
    _played(change, deemed, before)
    remember(case, deemed)
    events = [event(case, act, type, None) for act in change.acts] if change.late else []
    if change.corrected is not None:
        act = change.corrected.act
        told = event(case, act, CORRECTED, {"corrects": act.seq})
        events.append(replace(told, id=change.corrected.id))
    events += [determined(change, UNDEEMED, each) for each in before if each not in deemed]
    return events + [determined(change, DEEMED, each) for each in deemed if each not in before]


def _played(change: Change, deemed: list[Deemed], before: list[Deemed]) -> None:
    """Settle the case after every act and everything deemed, in their order.

    From the late act on each act must hold where it now stands (:mod:`qinzheng.cases.fitting`): :class:`NotAllowed`
    names the one that does not. What was deemed is entered as the kernel found it, ``before`` as it had found it then.
    """
    case, procedure = change.case, change.procedure
    history = change.history or []
    late, earlier = {act.id for act in change.acts} if change.late else set(), list(history)
    if change.corrected is not None:
        late = {change.corrected.act.id}
        earlier = queries.acts_of(case.id)
    elif late:
        earlier = [act for act in history if act.id not in late]
    held = fitting.holding(procedure, steps(earlier, before)) if late else frozenset()
    checked = False
    here: Situation | None = None
    for step in steps(history, deemed):
        if isinstance(step, Deemed):
            assert here is not None
            here = engine.after(procedure, here, step.act, SYSTEM, {})
            settle(case, procedure, here, step.effective)
            case.situation["last"] = max(case.situation["last"], step.at)
            continue
        # A correction may leave a gap where the act stood: everything is looked at.
        checked = checked or step.id in late or change.corrected is not None
        if here is None:
            here = Situation("", step.who.organization)
        elif checked:
            fitting.check(procedure, here, step, late, held, outside=change.outside)
        here = engine.after(procedure, here, step.name, step.who, step.form)
        settle(case, procedure, here, step.occurred_at)


def steps(history: list[Act], deemed: list[Deemed]) -> list[Act | Deemed]:
    """Acts and deemed acts as the kernel folds them: a mark is passed after the acts of its moment."""
    steps: list[tuple[int, int, int, Act | Deemed]] = [(act.occurred_at, 0, act.seq, act) for act in history]
    # A term that the opening tells may lie before it; what silence started may have been overdue already.
    passed = min((act.occurred_at for act in history), default=0)
    for place, each in enumerate(deemed):
        passed = max(passed, each.at)
        steps.append((passed, 1, place, each))
    return [step for *_, step in sorted(steps, key=lambda step: step[:3])]


def moment(at: int) -> dt.datetime:
    """Microseconds UTC as the database holds them."""
    found = ledger.instant(at)
    assert found is not None
    return found


# -- events and rows ---------------------------------------------------------------------------------


def _stands(case: Case) -> dict[str, Any]:
    """Where the case stands: what every event of it says, so that the case's row follows from the ledger."""
    body: dict[str, Any] = {
        "state": case.state, "organization": case.organization, "done": case.situation["done"],
    }  # fmt: skip
    if case.situation.get("joints"):
        body["joints"] = case.situation["joints"]
    if case.closed_at is not None:
        body["closed"] = ledger.microseconds(case.closed_at)
    return body


def event(case: Case, act: Act, type: str, extra: dict[str, Any] | None) -> NewEvent:
    """The event of an act, with where it left the case."""
    body = {"act": act.name, "role": act.who.role, "form": dict(act.form), **_stands(case), **(extra or {})}
    return NewEvent(
        type=type, subject=case.id, body=body, procedure=case.procedure, organization=act.who.organization,
        actor=act.who.actor, occurred_at=act.occurred_at, precision=act.precision, reported_at=act.reported_at,
        under=case.edition, id=act.id,
    )  # fmt: skip


def determined(change: Change, type: str, deemed: Deemed) -> NewEvent:
    """The determination that an act was deemed, or is deemed no longer."""
    case = change.case
    return NewEvent(
        type=type, subject=case.id, kind="determination", procedure=case.procedure, occurred_at=deemed.effective,
        under=case.edition, caused_by=change.cause,
        body={"act": deemed.act, "passed_at": deemed.at, **_stands(case)},
    )  # fmt: skip


def migrated(case: Case, body: dict[str, Any]) -> dict[str, Any]:
    """The body of a migration: what moves and why, and where the case stands."""
    return {**body, **_stands(case)}


def asked(case: Case) -> Iterator[Statement]:
    """Who was asked in joint groups: they may read the case."""
    for group in case.situation.get("joints", {}).values():
        for organization in group["asked"]:
            yield (
                "INSERT INTO cases_asked (case_id, organization) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [case.id, organization],
            )


def inserted(rows: list[tuple[Any, ...]]) -> Iterator[Statement]:
    """The statement that appends events, if there are any."""
    if rows:
        places = ", ".join(["(" + ", ".join(["%s"] * len(ledger.COLUMNS)) + ")"] * len(rows))
        yield (
            f"INSERT INTO ledger_event ({', '.join(ledger.COLUMNS)}) VALUES {places}",
            [value for values in rows for value in values],
        )


_TARGET = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\S+)")


def together(statements: Sequence[Statement]) -> Iterator[Statement]:
    """The same writes in as few statements as may be, in their order: fewer to send, parse and answer.

    What one statement writes by several of its parts must be in several tables: PostgreSQL gives its parts no order
    and lets none see what another wrote. So a second write of a table begins a new statement; one that reads another
    table stays alone.
    """
    joined: list[Statement] = []
    tables: set[str] = set()
    for sql, parameters in statements:
        target = _TARGET.match(sql)
        table = target[1] if target is not None and "SELECT" not in sql else ""
        if joined and (not table or table in tables or "" in tables):
            yield _as_one(joined)
            joined, tables = [], set()
        joined.append((sql, parameters))
        tables.add(table)
    if joined:
        yield _as_one(joined)


def _as_one(statements: Sequence[Statement]) -> Statement:
    *first, (last, _) = statements
    if not first:
        return statements[0]
    parts = ", ".join(f"w{place} AS ({sql})" for place, (sql, _) in enumerate(first))
    return f"WITH {parts} {last}", [value for _, parameters in statements for value in parameters]


_NAMES = [name for name in doors.COLUMNS if name != "id"]
_NEW = f"INSERT INTO cases_case (id, {', '.join(_NAMES)}) VALUES (%s{', %s' * len(_NAMES)})"
_SAVED = f"UPDATE cases_case SET {', '.join(f'{name} = %s' for name in _NAMES)} WHERE id = %s"


def save(case: Case, *, new: bool) -> Statement:
    values = [getattr(case, name) for name in _NAMES]
    for name in doors.DOCUMENTS:
        place = _NAMES.index(name)
        values[place] = None if values[place] is None else json.dumps(values[place], ensure_ascii=False)
    return (_NEW, [case.id, *values]) if new else (_SAVED, [*values, case.id])
