"""``open_case`` and ``perform``: the only writers of cases. One transaction each.

Check → append → project. Packages above are registered in ``PROJECTORS`` (see ``qinzheng.wiring``): they
judge and project inside the same transaction, and may report acts that the passing of a mark entered.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db import IntegrityError, connection, models, transaction

from qinzheng.cases import engine, fields, moves, variants
from qinzheng.cases.engine import NotAllowed, Situation, Who
from qinzheng.cases.models import Case, OutsideNumber
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import envelope
from qinzheng.ledger.envelope import NewEvent

OPENED, PERFORMED, DEEMED, MIGRATED = "cases.opened", "cases.performed", "cases.deemed", "cases.migrated"
SYSTEM = Who("system", "", "system")


class _Clock(models.Func):
    """The database's clock, read while the case is locked."""

    template = "clock_timestamp()"
    output_field = models.DateTimeField()


class NoSuchCase(Exception):
    """There is no such case (or none that you may see)."""


@dataclass(frozen=True)
class Deemed:
    """An act that a mark entered: effective on the day the law sets, entered when the mark passed."""

    act: str
    effective: int
    at: int


@dataclass
class Change:
    """What a projector is shown: the case as it will be saved, the new acts, and the moment."""

    case: Case
    procedure: Procedure
    acts: list[Act]
    now: int
    writes: list[tuple[str, Sequence[Any]]] = field(default_factory=list)
    """(SQL, parameters) to run in the same transaction, in order"""
    determinations: list[NewEvent] = field(default_factory=list)
    """events to append after the acts"""
    cause: uuid.UUID | None = None
    """the event that brought the change about; none where only time passed"""


@dataclass(frozen=True)
class Act:
    """One act as the kernel reads it; times in microseconds UTC."""

    id: uuid.UUID
    seq: int
    name: str
    who: Who
    occurred_at: int
    reported_at: int | None
    recorded_at: int
    form: Mapping[str, Any]


class Projector(Protocol):
    def __call__(self, change: Change) -> list[Deemed]: ...


PROJECTORS: list[Projector] = []


@dataclass(frozen=True)
class Done:
    """What came of an act: where the case stands, and whether this call did it or an earlier one had."""

    case: str
    number: str
    state: str
    event: uuid.UUID
    new: bool


def open_case(
    procedure_id: str,
    act: str,
    who: Who,
    form: Mapping[str, Any],
    *,
    key: uuid.UUID | None = None,
    occurred_at: int | None = None,
    precision: envelope.Precision = "instant",
    reported_at: int | None = None,
    outside: Mapping[str, str] | None = None,
    variant: str = "",
) -> Done:
    """Open a case by its opening act. ``key`` makes a repeated call find the case instead of opening another."""
    event_id = key or envelope.uuid7()
    with transaction.atomic():
        found = _done_before(event_id)
        if found is not None:
            return found
        now = _now()
        edition = shelf.in_force("procedure", procedure_id, _day(now))
        procedure: Procedure = edition.definition
        opening = engine.check_may(procedure, act, who)
        if not opening.opens or opening.to is None:
            raise NotAllowed(
                f"“{opening.name.zh}”不能开始一件办件", f"{opening.name.en} does not open a case"
            )
        if variant and variant not in procedure.variants:
            raise NotAllowed(f"没有变体 {variant}", f"there is no variant {variant}", "variant")
        procedure = variants.apply(procedure, variant)
        clean = fields.check(opening, form)
        claimed = _claimed(occurred_at, now)
        case = Case(
            id=f"case:{event_id}", number=_number(procedure, now), procedure=procedure_id, edition=edition.sha256,
            variant=variant, opened_at=_stamp(claimed), last_seq=0, organization=who.organization,
        )  # fmt: skip
        start = Situation("", who.organization)
        _settle(case, procedure, engine.after(procedure, start, act, who, clean), claimed)
        done = Act(event_id, 1, act, who, claimed, reported_at, now, clean)
        _write(case, procedure, [done], now, precision, OPENED, new=True)
        for kind, number in (outside or {}).items():
            _outside(case, procedure, kind, number)
    return Done(case.id, case.number, case.state, event_id, new=True)


def perform(
    case_id: str,
    act: str,
    who: Who,
    form: Mapping[str, Any],
    *,
    key: uuid.UUID | None = None,
    occurred_at: int | None = None,
    precision: envelope.Precision = "instant",
    reported_at: int | None = None,
) -> Done:
    """Do one act on a case: check, append, move the clocks, judge, save; all or nothing."""
    event_id = key or envelope.uuid7()
    try:
        with transaction.atomic():
            case, now = _lock(case_id)
            procedure = _procedure(case)
            if key is not None:
                found = _done_before(event_id)
                if found is not None:
                    return found
            allowed = engine.check_may(procedure, act, who)
            clean = fields.check(allowed, form)
            here = situation(case)
            engine.check_now(procedure, here, act, who, clean)
            moves.check(procedure, here, act, who, clean)
            claimed = _claimed(occurred_at, now)
            _settle(case, procedure, engine.after(procedure, here, act, who, clean), claimed)
            done = Act(event_id, case.last_seq + 1, act, who, claimed, reported_at, now, clean)
            _write(case, procedure, [done], now, precision, PERFORMED, new=False)
    except IntegrityError:
        found = _done_before(event_id)
        if found is None:
            raise
        return found
    return Done(case.id, case.number, case.state, event_id, new=True)


def pass_time(case_id: str) -> bool:
    """Let time pass for one case: marks, caps, deemed acts. False where somebody else holds it."""
    with transaction.atomic():
        case = Case.objects.select_for_update(skip_locked=True).filter(pk=case_id).first()
        if case is None:
            return False
        procedure = _procedure(case)
        _write(case, procedure, [], _now(), "instant", PERFORMED, new=False)
    return True


def move_edition(case_id: str, edition: str, state: str, who: Who, reason: str) -> Case:
    """Take a running case to another edition of its procedure, in ``state``; clocks are redetermined by event.

    Call it through :mod:`qinzheng.cases.migration`, which shows first what will move.
    """
    with transaction.atomic():
        case, now = _lock(case_id)
        body = {"from": case.edition, "reason": reason, "role": who.role, "state": state,
                "organization": case.organization, "done": case.situation["done"]}  # fmt: skip
        case.edition, case.state = edition, state
        event = NewEvent(
            type=MIGRATED, subject=case.id, body=body, procedure=case.procedure, organization=who.organization,
            actor=who.actor, occurred_at=now, under=edition, id=envelope.uuid7(),
        )  # fmt: skip
        _write(case, _procedure(case), [], now, "instant", PERFORMED, new=False, first=event)
    return case


def _procedure(case: Case) -> Procedure:
    """The procedure that the case keeps, in its variant."""
    return variants.apply(shelf.edition("procedure", case.procedure, case.edition).definition, case.variant)


def situation(case: Case) -> Situation:
    """Where the case stands, for the engine."""
    saved = case.situation
    return Situation(case.state, case.organization, saved.get("done", {}), saved.get("joints", {}))


def _settle(case: Case, procedure: Procedure, after: Situation, at: int) -> None:
    case.state = after.state
    case.organization = after.organization
    case.situation = {"done": dict(after.done), "joints": dict(after.joints)}
    case.closed_at = ledger.instant(at) if procedure.states[after.state].final else None


def _write(
    case: Case,
    procedure: Procedure,
    acts: list[Act],
    now: int,
    precision: envelope.Precision,
    type: str,
    *,
    new: bool,
    first: NewEvent | None = None,
) -> None:
    """Append the acts, let the projectors judge, and write everything in one flush."""
    events = [_event(case, act, precision, type) for act in acts] + ([first] if first else [])
    change = Change(case, procedure, acts, now, cause=events[0].id if events else None)
    for projector in PROJECTORS:
        for deemed in projector(change):
            events.append(_deem(case, procedure, deemed))
    events += change.determinations
    case.last_seq += len(events)
    rows = [
        ledger.row(event, case.last_seq - len(events) + n, _stamp(now))
        for n, event in enumerate(events, start=1)
    ]
    raw = connection.connection
    with raw.pipeline(), raw.cursor() as cursor:
        if rows:
            places = ", ".join(["(" + ", ".join(["%s"] * len(ledger.COLUMNS)) + ")"] * len(rows))
            cursor.execute(
                f"INSERT INTO ledger_event ({', '.join(ledger.COLUMNS)}) VALUES {places}",
                [value for values in rows for value in values],
            )
        for sql, parameters in change.writes:
            cursor.execute(sql, parameters)
        cursor.execute(*_save(case, new))


def _event(case: Case, act: Act, precision: envelope.Precision, type: str) -> NewEvent:
    body = {
        "act": act.name, "role": act.who.role, "form": dict(act.form), "state": case.state,
        "organization": case.organization, "done": case.situation["done"],
    }  # fmt: skip
    if type == OPENED:
        body |= {"number": case.number, "variant": case.variant}
    return NewEvent(
        type=type, subject=case.id, body=body, procedure=case.procedure, organization=act.who.organization,
        actor=act.who.actor, occurred_at=act.occurred_at, precision=precision, reported_at=act.reported_at,
        under=case.edition, id=act.id,
    )  # fmt: skip


def _deem(case: Case, procedure: Procedure, deemed: Deemed) -> NewEvent:
    """Apply a deemed act to the case and make its determination."""
    _settle(
        case, procedure, engine.after(procedure, situation(case), deemed.act, SYSTEM, {}), deemed.effective
    )
    body = {
        "act": deemed.act, "state": case.state, "organization": case.organization, "passed_at": deemed.at,
        "done": case.situation["done"],
    }  # fmt: skip
    return NewEvent(
        type=DEEMED, subject=case.id, body=body, kind="determination", procedure=case.procedure,
        occurred_at=deemed.effective, under=case.edition,
    )  # fmt: skip


_FIELDS = (
    "number", "procedure", "edition", "variant", "state", "organization", "opened_at", "closed_at", "last_seq",
    "situation", "fold", "due_at",
)  # fmt: skip


_COLUMNS = {field.name: field for field in Case._meta.concrete_fields}


def _save(case: Case, new: bool) -> tuple[str, list[Any]]:
    values = [_COLUMNS[name].get_db_prep_save(getattr(case, name), connection) for name in _FIELDS]
    if new:
        places = ", ".join(["%s"] * (len(_FIELDS) + 1))
        return f"INSERT INTO cases_case (id, {', '.join(_FIELDS)}) VALUES ({places})", [case.id, *values]
    changes = ", ".join(f"{name} = %s" for name in _FIELDS)
    return f"UPDATE cases_case SET {changes} WHERE id = %s", [*values, case.id]


def _lock(case_id: str) -> tuple[Case, int]:
    """The case, held until the transaction ends, and the database's clock."""
    case = Case.objects.select_for_update().filter(pk=case_id).annotate(read_at=_Clock()).first()
    if case is None:
        raise NoSuchCase(f"没有这件办件 / there is no such case: {case_id}")
    return case, ledger.microseconds(case.read_at) or 0


def _now() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return ledger.microseconds(cursor.fetchone()[0]) or 0


def _stamp(now: int) -> dt.datetime:
    stamp = ledger.instant(now)
    assert stamp is not None
    return stamp


def _day(now: int) -> dt.date:
    return _stamp(now).astimezone(shelf.ZONE).date()


def _claimed(occurred_at: int | None, now: int) -> int:
    """When the act is said to have happened; never later than now."""
    if occurred_at is None:
        return now
    if occurred_at > now:
        raise NotAllowed("发生时间不能晚于现在", "an act cannot have happened later than now", "occurred_at")
    return occurred_at


def _done_before(event_id: uuid.UUID) -> Done | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.number, convert_from(e.body, 'UTF8')::jsonb ->> 'state' FROM ledger_event e "
            "JOIN cases_case c ON c.id = e.subject WHERE e.id = %s",
            [event_id],
        )
        found = cursor.fetchone()
    return Done(found[0], found[1], found[2], event_id, new=False) if found else None


def _number(procedure: Procedure, now: int) -> str:
    """The next number of the procedure's series, from a sequence of its own: writers do not wait for each other.

    A number whose opening was rolled back is not given again, so a series may have gaps.
    """
    day = _day(now)
    series = f"cases_number_{procedure.number.prefix.lower()}{day.year}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(to_regclass(%s))", [series])
        serial = cursor.fetchone()[0]
        if serial is None:
            cursor.execute(f'CREATE SEQUENCE IF NOT EXISTS "{series}"')
            cursor.execute("SELECT nextval(to_regclass(%s))", [series])
            serial = cursor.fetchone()[0]
    return procedure.number.form.format(
        prefix=procedure.number.prefix, year=day.year, month=day.month, serial=serial
    )


def _outside(case: Case, procedure: Procedure, kind: str, number: str) -> None:
    if kind not in procedure.number.outside:
        known = "、".join(procedure.number.outside) or "无"
        raise NotAllowed(
            f"没有外部编号种类 {kind}，可用：{known}",
            f"no kind of outside number {kind}; known: {known}",
            kind,
        )
    OutsideNumber.objects.create(case=case, kind=kind, number=number)
