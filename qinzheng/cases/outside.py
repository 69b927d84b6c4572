"""Cases that are handled in other systems: the keys that name them for ever, and taking what those systems tell of them.

A case that we do not know is adopted (:mod:`qinzheng.cases.adopting`); of one that we know, the acts that are new are
added, in the order in which they are claimed. What happened elsewhere is a fact and is not refused for its order: faults
of order are the supervision's findings. Only what cannot be fitted in is refused: an act before others of ours that stood
and would then not have been possible. An act that its source tells otherwise than before is corrected by an event; one that
it no longer tells is reported and stays. A case is taken whole or not at all; taking it again changes nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.cases import about as abouts
from qinzheng.cases import actions, engine, fields, queries, writing
from qinzheng.cases.acts import NAMED, Act, Change, Correction
from qinzheng.cases.adopting import History, Taken, adopt, case_id
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import NotCanonical, Precision
from qinzheng.parties import keys

SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:qinzheng:case-of-another-system")
SEPARATOR = "\n"
BATCH = 500
"""Cases adopted in one transaction."""

Mark = tuple[str, int | dt.date]
"""What makes two acts of one case the same act: what was done, and when (to the day where only the day is known)."""


@dataclass(frozen=True)
class Outcome:
    """What came of one case: ``taken`` whole, ``continued`` by new acts or corrections, ``known`` already, or ``rejected`` and why."""

    key: uuid.UUID
    result: Literal["taken", "continued", "known", "rejected"]
    new: int = 0
    already: int = 0
    changed: int = 0
    """acts that the source tells otherwise than before: corrected by event"""
    gone: int = 0
    """acts of the source that we hold and it no longer tells: they stay, and are reported"""
    zh: str = ""
    en: str = ""
    number: str = ""
    """our number of the case, where it is one of ours now"""

    @property
    def case(self) -> str:
        """The id of our case; there is none where it was rejected and not known before."""
        return case_id(self.key)


def key(source: str, number: str) -> uuid.UUID:
    """The name of a case by the system that handles it and its number there: always the same UUID (RFC 9562, version 5)."""
    return uuid.uuid5(SPACE, f"{source}{SEPARATOR}{number}")


TOLD = Q(pk__regex=rf"^case:.{{14}}{NAMED}")
"""Cases that other systems told us of: their names are made of names."""


def role(procedure: Procedure, act: str) -> str:
    """In which role an act was done where its system does not say: the first that the procedure names, an officer's before an applicant's.

    "" where nobody may do it; that is reported when the act is taken.
    """
    definition = procedure.acts.get(act)
    by = definition.by if definition is not None else []
    return next((each for each in by if each not in ("applicant", "citizen")), by[0] if by else "")


def officers(source: str) -> Callable[[str], str]:
    """How the ledger names a source's officers: pseudonyms that only our index key can make, "" where none is told.

    So the ledger holds no name of a person, and the same officer is the same actor for ever.
    """
    opened: list[Any] = []  # the vault, asked for when the first officer is named: most cases name none

    def named(officer: str) -> str:
        if not officer:
            return ""
        if not opened:
            opened.append(keys.current(writing=False))
        return f"x-{opened[0].index('officer', f'{source}{SEPARATOR}{officer}')[:6].hex()}"

    return named


def take(histories: Sequence[History], *, whole: bool) -> list[Outcome]:
    """Take what other systems tell of their cases, in the order given. No two histories name the same case.

    ``whole``: each history tells all that the source knows of the case, so what it tells otherwise than before is a
    correction, and an act of it that we hold and it no longer tells is gone over there.
    """
    found: dict[uuid.UUID, Outcome] = {}
    for begin in range(0, len(histories), BATCH):
        part = histories[begin : begin + BATCH]
        ids = [case_id(each.key) for each in part]
        known = _numbers(ids)
        fresh = [each for each in part if case_id(each.key) not in known]
        adopted = {outcome.key: outcome for outcome in _adopted(fresh)}
        found |= adopted
        between = [outcome for outcome in adopted.values() if outcome.result == "known"]
        known |= {outcome.case: outcome.number for outcome in between}  # taken by somebody meanwhile
        held = queries.acts_of_many(known) if known else {}
        for each in part:
            number = known.get(case_id(each.key))
            if number is not None:
                found[each.key] = replace(_continued(each, held[case_id(each.key)], whole), number=number)
    return [found[each.key] for each in histories]


def _numbers(ids: list[str]) -> dict[str, str]:
    """The numbers of those that are ours already; without the ORM, for it is asked for every single act told."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, number FROM cases_case WHERE id = ANY(%s)", [ids])
        return dict(cursor.fetchall())


def _adopted(histories: Sequence[History]) -> Iterator[Outcome]:
    """Adopt together; where one of them breaks the transaction, one by one, so that the others are taken."""
    if not histories:
        return
    lengths = {each.key: len(each.acts) for each in histories}
    try:
        result = adopt(histories)
    except (IntegrityError, BeyondCalendar, NotCanonical) as why:
        if len(histories) > 1:
            for each in histories:
                yield from _adopted([each])
            return
        id = case_id(histories[0].key)
        now_known = _numbers([id])
        if id in now_known:
            yield Outcome(histories[0].key, "known", number=now_known[id])
        else:
            yield _refused(histories[0].key, *_why(why))
        return
    for id in result.taken:
        made = uuid.UUID(id.removeprefix("case:"))
        yield Outcome(made, "taken", new=lengths[made], number=result.numbers[id])
    for id in result.known:  # somebody took it in between
        made = uuid.UUID(id.removeprefix("case:"))
        yield Outcome(made, "known", already=lengths[made], number=result.numbers[id])
    for refused, zh, en in result.rejected:
        yield _refused(refused, zh, en)


def _why(error: Exception) -> tuple[str, str]:
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is not None and diagnosis.constraint_name == "cases_outside_number_once":
        return "外部编号已属于另一件办件", "the outside number belongs to another case"
    zh, _, en = str(error).partition(" / ")
    return zh, en or zh


def _refused(key: uuid.UUID, zh: str, en: str) -> Outcome:
    return Outcome(key, "rejected", zh=zh, en=en)


# -- a case that we know -------------------------------------------------------------------------------


def _continued(history: History, held: Sequence[Act], whole: bool, *, again: bool = True) -> Outcome:
    """Add the acts that are new to a case that we know, and correct those told otherwise; all of it or nothing.

    Where somebody tells the same at the same moment, the case is read ``again``: one of the two was first.
    """
    id = case_id(history.key)
    changes, gone = _changes(history, held) if whole else ([], 0)
    there = Counter(_mark(act.name, act.occurred_at, act.precision) for act in held)
    for act, taken in changes:
        there[_mark(act.name, act.occurred_at, act.precision)] -= 1
        there[_mark(taken.act, taken.occurred_at, taken.precision)] += 1
    news = _news(history, there)
    already = len(history.acts) - len(news) - len(changes)
    if not (news or changes):
        return Outcome(history.key, "known", already=already, gone=gone)
    try:
        # One act is one transaction by itself, and ends in the flush that writes it.
        with transaction.atomic() if len(news) + len(changes) > 1 else nullcontext():
            for act, taken in changes:
                _correct(id, history.key, act, taken)
            for serial, taken in news:
                _add(id, history.key, serial, taken)
    except BadForm as why:
        zh = "；".join(f"{name}：{said}" for name, (said, _) in why.faults.items())
        en = "; ".join(f"{name}: {said}" for name, (_, said) in why.faults.items())
        return _refused(history.key, zh, en)
    except NotAllowed as why:
        return _refused(history.key, why.zh, why.en)
    except (IntegrityError, BeyondCalendar, NotCanonical) as why:
        if again and isinstance(why, IntegrityError):
            return _continued(history, queries.acts_of_many([id])[id], whole, again=False)
        return _refused(history.key, *_why(why))
    return Outcome(history.key, "continued", len(news), already, len(changes), gone)


def _mark(name: str, at: int, precision: Precision) -> Mark:
    return (name, shelf.day(at)) if precision == "day" else (name, at)


def _changes(history: History, held: Sequence[Act]) -> tuple[list[tuple[Act, Taken]], int]:
    """(an act of the source that we hold, how it is told now), and how many it no longer tells.

    Acts told at the same moment are the same act; of the others, those of one name are taken in the order of time.
    """
    told: dict[Mark, list[Taken]] = defaultdict(list)
    for taken in sorted(history.acts, key=lambda act: act.occurred_at):
        told[_mark(taken.act, taken.occurred_at, taken.precision)].append(taken)
    changes, missing = [], []
    for act in sorted(held, key=lambda act: act.occurred_at):
        same = told[_mark(act.name, act.occurred_at, act.precision)]
        if act.id.version != NAMED:
            if same:  # told by the source too, done here
                same.pop(0)
            continue
        if not same:
            missing.append(act)
            continue
        taken = same.pop(0)
        if _differs(act, taken):
            changes.append((act, taken))
    left: dict[str, list[Taken]] = defaultdict(list)
    for (name, _), several in told.items():
        left[name] += several
    gone = 0
    for act in missing:
        if left[act.name]:
            changes.append((act, left[act.name].pop(0)))
        else:
            gone += 1
    return changes, gone


def _differs(act: Act, taken: Taken) -> bool:
    """Whether an act at the same moment is told of another unit or officer, or says something else in a field that it tells."""
    if (act.who.organization, act.who.actor) != (taken.who.organization, taken.who.actor):
        return True
    return any(
        not abouts.same({name: act.form.get(name)}, {name: value}) for name, value in taken.form.items()
    )


def _news(history: History, there: Counter[Mark]) -> list[tuple[int, Taken]]:
    """The acts that are not there yet, in the order of time, each with how many of its kind and moment came before."""
    seen: Counter[Mark] = Counter()
    news = []
    for taken in sorted(history.acts, key=lambda act: act.occurred_at):
        mark = _mark(taken.act, taken.occurred_at, taken.precision)
        if seen[mark] >= there[mark]:
            news.append((seen[mark], taken))
        seen[mark] += 1
    return news


def _held(id: str) -> tuple[Case, Procedure, int]:
    """The case, held, once time has passed for it."""
    case, now = queries.lock(id)
    procedure = actions.procedure_of(case)
    if case.due_at is not None and (ledger.microseconds(case.due_at) or 0) < now:
        writing.let_pass(case, procedure, now)
    return case, procedure, now


def _form(procedure: Procedure, id: str, taken: Taken) -> dict[str, Any]:
    definition = procedure.acts[taken.act]
    return abouts.sealed(definition, fields.partial(definition, taken.form), id, taken.who)


def _add(id: str, key: uuid.UUID, serial: int, taken: Taken) -> None:
    """One act: appended as it is told where it follows upon what is known, else fitted in where it happened."""
    with writing.one_transaction() as commits:
        case, procedure, now = _held(id)
        _check(procedure, case, taken, now)
        made = uuid.uuid5(key, f"{serial}/{taken.act}/{taken.occurred_at}")
        form = _form(procedure, id, taken)
        late = taken.occurred_at < case.situation["last"]
        led: str | None = None
        if not late:
            here = queries.situation(case)
            _, led = engine.led(procedure, here.joints, taken.act, taken.who, form)
            after = engine.after(procedure, here, taken.act, taken.who, form)
            writing.settle(case, procedure, after, taken.occurred_at)
        act = Act(
            made, case.last_seq + 1, taken.act, taken.who, taken.occurred_at, taken.reported_at, now, form,
            taken.precision, led,
        )  # fmt: skip
        writing.write(Change(case, procedure, [act], now, late=late, outside=True), commits=commits)


def _correct(id: str, key: uuid.UUID, act: Act, taken: Taken) -> None:
    """The act as its source tells it now, by an event; the case is judged anew with it."""
    with writing.one_transaction() as commits:
        case, procedure, now = _held(id)
        if act.seq == 1:
            _opening(case, taken, now)
        else:
            _check(procedure, case, taken, now)
        told = replace(
            act, who=taken.who, occurred_at=taken.occurred_at, reported_at=taken.reported_at, precision=taken.precision,
            form={**act.form, **_form(procedure, id, taken)},
            recorded_at=act.recorded_at if act.occurred_at == taken.occurred_at else now,
        )  # fmt: skip
        made = uuid.uuid5(key, f"corrects/{case.last_seq}/{act.seq}/{taken.occurred_at}")
        change = Change(case, procedure, [], now, late=True, outside=True, corrected=Correction(told, made))
        writing.write(change, commits=commits)


def _opening(case: Case, taken: Taken, now: int) -> None:
    """The opening act may move, but not behind what followed."""
    following = [act.occurred_at for act in queries.acts_of(case.id) if act.seq != 1]
    if taken.occurred_at > min([now, *following]):
        raise NotAllowed(
            "收件时间晚于其后的环节，请核对来源", "the opening would come after what followed it: check the source", "occurred_at"
        )  # fmt: skip
    case.opened_at = writing.moment(taken.occurred_at)


def _check(procedure: Procedure, case: Case, taken: Taken, now: int) -> None:
    """What must hold of an act told by another system: its name, and a moment within the life of the case until now."""
    definition = procedure.acts.get(taken.act)
    if definition is None or definition.system or definition.opens:
        known = "、".join(name for name, act in procedure.acts.items() if not (act.system or act.opens))
        raise NotAllowed(f"没有环节 {taken.act}，可用：{known}", f"no act {taken.act}; known: {known}", "act")
    if taken.occurred_at > now:
        raise NotAllowed("发生时间不能晚于现在", "an act cannot have happened later than now", "occurred_at")
    if taken.occurred_at < (ledger.microseconds(case.opened_at) or 0):
        raise NotAllowed(
            "发生时间早于办件开始的时间", "it cannot have happened before the case was opened", "occurred_at"
        )
