"""``open_case`` and ``perform``: the only writers of cases. One transaction each.

Check → append → project. Packages above are registered in ``PROJECTORS`` (see ``qinzheng.plugged``): they
judge and project inside the same transaction, and may report acts that the passing of a mark entered.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.db import IntegrityError

from qinzheng.cases import about as abouts
from qinzheng.cases import (
    choosing,
    claims,
    doors,
    engine,
    fields,
    itemized,
    moves,
    numbers,
    queries,
    searching,
    variants,
    writing,
)
from qinzheng.cases.about import About
from qinzheng.cases.acts import MIGRATED, NUMBERED, OPENED, Act, Change, Done, Told
from qinzheng.cases.doors import Asker, Changed, Standing
from qinzheng.cases.engine import NotAllowed, Situation, Who
from qinzheng.cases.items import Item, telling
from qinzheng.cases.models import Case
from qinzheng.cases.queries import NoSuchCase, situation
from qinzheng.cases.schema import Procedure
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import envelope
from qinzheng.ledger.actions import AnotherEvent
from qinzheng.ledger.envelope import NewEvent

PROJECTORS, FOLLOWING = writing.PROJECTORS, writing.FOLLOWING

__all__ = [
    "AnotherEvent", "Done", "NoSuchCase", "NotAllowed", "add_number", "move_edition", "open_case", "pass_time",
    "perform", "perform_for", "procedure_of", "situation",
]  # fmt: skip


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
    about: About | None = None,
    standing: Standing | None = None,
) -> Done:
    """Open a case by its opening act. ``key`` makes a repeated call find the case instead of opening another.

    Times are microseconds UTC; with the precision ``day`` only the local day of ``occurred_at`` counts. Where ``who``
    was found by rights that may have changed since, ``standing`` says on what they stand.
    Raises :class:`NotAllowed`, :class:`~qinzheng.cases.fields.BadForm`, :class:`AnotherEvent` where the
    key did something else before, and :class:`~qinzheng.cases.doors.Changed`.
    """
    told = Told(
        act, who, _with_unit(procedure_id, act, form, about, who), key, occurred_at, precision, reported_at
    )
    try:
        with writing.one_transaction() as commits:
            change, extra = _opened(procedure_id, told, outside or {}, variant, about or About(), standing)
            writing.write(change, commits=commits, type=OPENED, extra=extra)
    except Changed:
        raise
    except Exception as why:
        _taken(why, outside or {})
        found = queries.done_before(told, procedure=procedure_id, concerning=about or About())
        if found is None:
            raise
        return found
    return _done(change)


def _with_unit(
    procedure_id: str, act: str, form: Mapping[str, Any], about: About | None, who: Who
) -> Mapping[str, Any]:
    """The form with the unit that the item assigns, or the desk that receives what an applicant opens."""
    if who.organization and (about is None or not about.item):
        return form
    today = dt.datetime.now(shelf.ZONE).date()
    opening = shelf.in_force("procedure", procedure_id, today).definition.acts.get(act)
    if opening is None:
        return form
    return abouts.received(opening, abouts.assigned(about or About(), opening, form, today), who, today)


def _opened(
    procedure_id: str,
    told: Told,
    outside: Mapping[str, str],
    variant: str,
    about: About,
    standing: Standing | None,
) -> tuple[Change, dict[str, Any]]:
    """The case that is opened, and what the body of its first event says besides."""
    series: Procedure = shelf.in_force(
        "procedure", procedure_id, dt.datetime.now(shelf.ZONE).date()
    ).definition
    now, number = numbers.following(series, told.key, standing)
    edition = shelf.in_force("procedure", procedure_id, shelf.day(now))
    procedure: Procedure = edition.definition
    opening = engine.check_may(procedure, told.act, told.who)
    if not opening.opens or opening.to is None:
        raise NotAllowed(f"“{opening.name.zh}”不能开始一件办件", f"{opening.name.en} does not open a case")
    claimed = _claimed(told, now, [])
    promise = abouts.check(about, procedure_id, shelf.day(now))
    item = itemized.on(about.item, shelf.day(claimed))
    variant = choosing.variant(procedure, variant, about, item, now)
    procedure = variants.apply(procedure, variant, promise)
    if item is not None:
        itemized.check_alive(item, shelf.day(claimed))
        procedure = itemized.apply(procedure, item)
    opening = procedure.acts[told.act]
    clean = fields.check(opening, told.form)
    claims.check_units(opening, clean)
    claims.check_term(procedure, told.act, clean, claimed)
    numbers.check_outside(procedure, outside)
    id = told.key or envelope.uuid7()
    case = Case(
        id=f"case:{id}", number=number, procedure=procedure_id, edition=edition.sha256, variant=variant,
        opened_at=writing.moment(claimed), last_seq=0, organization=told.who.organization, situation={},
        item=about.item, title=about.title, town=about.town, promise=promise, opened_by=told.who.organization,
    )  # fmt: skip
    clean = abouts.sealed(opening, clean, case.id, told.who)
    act = _settled(case, procedure, Situation("", told.who.organization), told, id, claimed, now, clean)
    extra: dict[str, Any] = {"number": number, "variant": variant, **about.body(promise)}
    if outside:
        extra["outside"] = dict(outside)
    writes = [*numbers.insert(case.id, outside), *about.statements(case.id)]
    writes.append(searching.statement(case.id, [about.title, _item_name(about), number, *outside.values()]))
    return Change(case, procedure, [act], now, writes=writes), extra


def _item_name(about: About) -> str:
    return shelf.library().get("item", about.item).name.zh if about.item else ""


def _settled(
    case: Case, procedure: Procedure, here: Situation, told: Told, id: uuid.UUID, claimed: int, now: int,
    clean: dict[str, Any],
) -> Act:  # fmt: skip
    """Put the situation after the act into the case; the act as the kernel reads it."""
    _, led = engine.led(procedure, here.joints, told.act, told.who, clean)
    writing.settle(case, procedure, engine.after(procedure, here, told.act, told.who, clean), claimed)
    return told.done(id, case.last_seq + 1, claimed, now, clean, led)


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
    """Do one act on a case: check, append, move the clocks, judge, save; all or nothing.

    An act claimed before something already known is fitted in where it happened (see
    :mod:`qinzheng.cases.writing`). Raises as :func:`open_case` does, and :class:`NoSuchCase`.
    """
    told = Told(act, who, form, key, occurred_at, precision, reported_at)
    return _perform(lambda: (*queries.lock(case_id), told))


def perform_for(
    asker: Asker,
    number: str,
    act: str,
    form: Mapping[str, Any],
    *,
    key: uuid.UUID | None = None,
    occurred_at: int | None = None,
    precision: envelope.Precision = "instant",
    reported_at: int | None = None,
) -> Done:
    """:func:`perform` by a case's number, for somebody whose rights are found together with the case.

    :class:`NoSuchCase` also where nobody is there; whatever else the asker raises comes through.
    """

    def entered() -> tuple[Case, int, Told]:
        found = doors.held_for(asker, number)
        if found is None:
            raise NoSuchCase(f"没有这件办件 / there is no such case: {number}")
        who = asker.who(found.stands, found.case, found.rows or {})
        return found.case, found.now, Told(act, who, form, key, occurred_at, precision, reported_at)

    return _perform(entered)


def _perform(enter: Callable[[], tuple[Case, int, Told]]) -> Done:
    """Do what is told on the case that is entered, in one transaction.

    Whether the key did it before is asked only where something stands in the way: a key cannot write twice.
    """
    told: Told | None = None
    case_id = ""
    try:
        with writing.one_transaction() as commits:
            case, now, told = enter()
            case_id = case.pk
            if case.due_at is not None and (ledger.microseconds(case.due_at) or 0) < now:
                writing.let_pass(case, procedure_of(case), now)  # silence may have led the case on meanwhile
            change = _performed(case, now, told)
            writing.write(change, commits=commits)
    except Exception:
        found = None if told is None else queries.done_before(told, case=case_id)
        if found is None:
            raise
        return found
    return _done(change)


def _performed(case: Case, now: int, told: Told) -> Change:
    procedure = procedure_of(case)
    allowed = engine.check_may(procedure, told.act, told.who)
    clean = fields.check(allowed, told.form)
    claims.check_units(allowed, clean)
    _by_its_item(case, procedure, told, clean)
    told = claims.on_its_day(allowed, told, clean, now)
    opened, known = ledger.microseconds(case.opened_at) or 0, case.situation["last"]
    claimed = _claimed(told, now, [opened, known])
    if claimed < opened:
        raise NotAllowed(
            "发生时间早于办件开始的时间", "it cannot have happened before the case was opened", "occurred_at"
        )
    _in_time(case, procedure, told.act, claimed)
    claims.check_term(procedure, told.act, clean, claimed)
    id = told.key or envelope.uuid7()
    clean = abouts.sealed(allowed, clean, case.id, told.who)
    if claimed < known:
        late = told.done(id, case.last_seq + 1, claimed, now, clean, None)
        return Change(case, procedure, [late], now, late=True)
    here = situation(case)
    engine.check_now(procedure, here, told.act, told.who, clean)
    moves.check(procedure, here, told.act, told.who, clean)
    return Change(case, procedure, [_settled(case, procedure, here, told, id, claimed, now, clean)], now)


def _done(change: Change) -> Done:
    case = change.case
    return Done(case.id, case.number, case.state, change.acts[0].id, new=True)


def add_number(case_id: str, kind: str, number: str, who: Who) -> None:
    """Note the number that another system gave the case. Noting it again changes nothing."""
    try:
        with writing.one_transaction() as commits:
            case, now = queries.lock(case_id)
            numbers.check_outside(procedure_of(case), {kind: number})
            if case.outside_numbers.filter(kind=kind, number=number).exists():
                return
            event = NewEvent(
                type=NUMBERED, subject=case.id, body={"kind": kind, "number": number, "role": who.role},
                procedure=case.procedure, organization=who.organization, actor=who.actor, occurred_at=now,
                under=case.edition, id=envelope.uuid7(),
            )  # fmt: skip
            writes = [*numbers.insert(case.id, {kind: number}), searching.statement(case.id, [number])]
            change = Change(case, procedure_of(case), [], now, writes=writes)
            writing.write(change, commits=commits, first=event)
    except IntegrityError as why:
        _taken(why, {kind: number})
        raise


def pass_time(case_id: str) -> bool:
    """Let time pass for one case: marks, caps, deemed acts. False where somebody else holds it."""
    with writing.one_transaction() as commits:
        found = queries.held(case_id, skip_locked=True)
        if found is None:
            return False
        case, now = found
        writing.write(Change(case, procedure_of(case), [], now), commits=commits)
    return True


def move_edition(case_id: str, edition: str, state: str, who: Who, reason: str) -> Case:
    """Take a running case to another edition of its procedure, in ``state``; clocks are redetermined by event.

    Call it through :mod:`qinzheng.cases.migration`, which shows first what will move.
    """
    with writing.one_transaction():
        case, now = queries.lock(case_id)
        body = {"from": case.edition, "reason": reason, "role": who.role}
        case.edition, case.state = edition, state
        event = NewEvent(
            type=MIGRATED, subject=case.id, body=writing.migrated(case, body), procedure=case.procedure,
            organization=who.organization, actor=who.actor, occurred_at=now, under=edition, id=envelope.uuid7(),
        )  # fmt: skip
        writing.write(Change(case, procedure_of(case), [], now), first=event)
        if case.state != state:
            raise NotAllowed(
                f"按新版本，已办环节使办件处于 {case.state}，不是 {state}",
                f"under the new edition what was done leads to {case.state}, not to {state}",
                "state",
            )
    return case


def procedure_of(case: Case) -> Procedure:
    """The procedure that the case keeps, in its variant, with what its item asked when it was opened."""
    edition = shelf.edition("procedure", case.procedure, case.edition)
    return itemized.apply(variants.apply(edition.definition, case.variant, case.promise), item_of(case))


def item_of(case: Case) -> Item | None:
    """The item of the case as it was in force on the day of opening; None where it has none."""
    return itemized.on(case.item, shelf.day(ledger.microseconds(case.opened_at) or 0))


# -- checks --------------------------------------------------------------------------------------------


def _claimed(told: Told, now: int, known: list[int]) -> int:
    """When the act is said to have happened; never later than now, nor, if it is now, before what is ``known``.

    Of an act of which only the day is known no hour is known: it is put at the beginning of its day, or
    right after what is known of that same day. Our choice.
    """
    occurred_at = told.occurred_at
    if occurred_at is None:
        occurred_at = max([now, *known])
    elif occurred_at > now:
        raise NotAllowed("发生时间不能晚于现在", "an act cannot have happened later than now", "occurred_at")
    if told.precision == "instant":
        return occurred_at
    day = shelf.day(occurred_at)
    begin = ledger.microseconds(dt.datetime.combine(day, dt.time(), shelf.ZONE)) or 0
    return max([begin, *(moment for moment in known if shelf.day(moment) == day)])


def _by_its_item(case: Case, procedure: Procedure, told: Told, form: Mapping[str, Any]) -> None:
    """What the case's item leaves of the act: on the spot only where it says so, the clock stopped only by its own law."""
    act, special = procedure.acts[told.act], told.act in telling(procedure)
    if act.only is None and not special:
        return
    item = item_of(case)
    itemized.check_only(act, item, told.who)
    if special and item is not None and item.special is not None:
        itemized.check_special(procedure, item, told.act, form, queries.acts_of(case.id))


def _in_time(case: Case, procedure: Procedure, act: str, claimed: int) -> None:
    """An extension comes before the limit has passed: afterwards there is nothing left to extend."""
    extended = [name for name, clock in procedure.clocks.items() if any(e.by == act for e in clock.extends)]
    if not extended:
        return
    running = Clock.objects.filter(case=case.id, clock__in=extended, ended_at=None, paused_at=None)
    for due in running.values_list("due_at", flat=True):
        if due is not None and claimed > (ledger.microseconds(due) or 0):
            raise NotAllowed("期限已过，不得再延长", "the limit has passed: it cannot be extended any more")


def _taken(why: Exception, outside: Mapping[str, str]) -> None:
    """Raise :class:`NotAllowed` where the database says that an outside number belongs to another case."""
    diagnosis = getattr(why.__cause__, "diag", None)
    if diagnosis is not None and diagnosis.constraint_name == "cases_outside_number_once":
        listed = "、".join(f"{kind} {number}" for kind, number in outside.items())
        raise NotAllowed(
            f"外部编号已属于另一件办件：{listed}",
            f"the outside number belongs to another case: {listed}",
            "outside",
        ) from why
