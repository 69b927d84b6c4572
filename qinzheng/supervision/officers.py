"""Rules keyed by officer-day over the system's own ledger, live and in batch: whatever edition, variant or promise the cases keep.

A card names the officer's pseudonym and the day and changes nothing for a person until a named human confirms it
(个人信息保护法 24(3)). Live, a worker's duty looks at what was recorded since yesterday; ``qinzheng judge`` at everything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.calendar import Calendar
from qinzheng.cases.acts import PERFORMED
from qinzheng.cases.writing import moment
from qinzheng.definitions import shelf
from qinzheng.definitions.library import Library
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries
from qinzheng.ledger.envelope import NewEvent
from qinzheng.ledger.queries import StoredEvent
from qinzheng.supervision import bulk
from qinzheng.supervision.batch import card_id, names
from qinzheng.supervision.live import ISSUED
from qinzheng.supervision.models import Card
from qinzheng.supervision.programs import SET
from qinzheng.supervision.schema import ClosedInBulk, Rule

LOCK = 0x716E_7A6F
"""The advisory lock that makes this duty one."""


@dataclass(frozen=True)
class Found:
    """A card on an officer-day: ``key`` is ``<officer>@<day>``, ``event`` the act that was one too many."""

    id: str
    rule: Rule
    edition: str
    key: str
    occurrence: int
    at: int
    event: int
    case: str
    detail: int
    organization: str


@dataclass(frozen=True)
class _Keyed:
    rule: Rule
    when: ClosedInBulk
    edition: str
    calendar: Calendar
    closing: frozenset[tuple[str, str]]
    """(procedure, act)"""


def judge(events: Iterable[StoredEvent], library: Library, day: dt.date, rules: str = SET) -> Iterator[Found]:
    """The officer-days of the events that closed too much, under the rules in force on ``day``."""
    keyed = list(_keyed(library, day, rules))
    if not keyed:
        return
    officers: dict[str, int] = {}
    units: dict[str, int] = {}
    cases: dict[int, str] = {}
    closings: list[list[bulk.Closing]] = [[] for _ in keyed]
    for event in events:
        if not event.actor:
            continue
        for number, one in enumerate(keyed):
            stamp = _stamp(event, one.when.stamp)
            if stamp is None or (event.procedure, event.body["act"]) not in one.closing:
                continue
            officer = officers.setdefault(event.actor, len(officers))
            unit = units.setdefault(event.organization, len(units))
            order = len(cases)
            cases[order] = event.subject
            closings[number].append((officer, stamp, event.subject, order, unit))
    for one, found in zip(keyed, closings, strict=True):
        for key, finding in bulk.judge_officer_days(0, one.when, found, list(officers), one.calendar):
            _, _, occurrence, at, order, detail, unit, _ = finding
            id = card_id(one.rule.id, one.edition, key, occurrence).hex()
            yield Found(
                id,
                one.rule,
                one.edition,
                key,
                occurrence,
                at,
                order,
                cases[order],
                detail,
                names(list(units), unit),
            )


def _keyed(library: Library, day: dt.date, rules: str) -> Iterator[_Keyed]:
    for rule in library.standing("rule", day):
        if rule.set != rules or rule.when.condition != "closed_in_bulk":
            continue
        procedures = [library.in_force("procedure", id, day) for id in rule.supervises]
        first = procedures[0]
        calendar = calendars.calendar(library, first.clocks[min(first.clocks)].counting.calendar)
        closing = frozenset((procedure.id, act) for procedure in procedures for act in rule.when.at)
        yield _Keyed(rule, rule.when, library.hash(rule), calendar, closing)


def _stamp(event: StoredEvent, stamp: str) -> int | None:
    return {"occurred": event.occurred_at, "reported": event.reported_at, "recorded": event.recorded_at}[
        stamp
    ]


def issue_due(now: dt.datetime) -> int:
    """Issue the cards that officer-days since yesterday have earned and that are not there; returns how many."""
    library = shelf.library()
    today = now.astimezone(shelf.ZONE).date()
    begin = dt.datetime.combine(today - dt.timedelta(days=1), dt.time(), shelf.ZONE)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        events = queries.recorded_since(ledger.microseconds(begin) or 0, PERFORMED)
        found = {each.id: each for each in judge(events, library, today)}
        known = set(Card.objects.filter(pk__in=list(found)).values_list("pk", flat=True))
        new = [each for id, each in sorted(found.items()) if id not in known]
        for each in new:
            _issue(each)
    return len(new)


def _issue(found: Found) -> None:
    body = {
        "card": found.id, "rule": found.rule.id, "level": found.rule.level, "occurrence": found.occurrence, "at": found.at,
        "event": 0, "detail": found.detail, "to": found.organization, "case": found.case,
    }  # fmt: skip
    (appended,) = ledger.append(
        [NewEvent(type=ISSUED, subject=found.key, body=body, kind="determination", under=found.edition)]
    )
    Card.objects.create(
        id=found.id, case=found.key, rule=found.rule.id, edition=found.edition, level=found.rule.level,
        occurrence=found.occurrence, organization=found.organization, at=moment(found.at), detail=found.detail,
        issued_at=moment(appended.recorded_at),
    )  # fmt: skip
