"""When papers count as received that were put into a box, a cabinet or a machine: the point's own hours decide.

Put in while the point is open: at that moment. While it is closed: when it next opens. A point open around the clock
receives at any time. From then on periods count the law's days (``ours-people/points``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import BeyondCalendar, Calendar
from qinzheng.cases.acts import Done
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.clocks import explain
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries
from qinzheng.ledger.envelope import NewEvent
from qinzheng.organizations import queries as organizations
from qinzheng.parties import events

RECEIVED = "points.received"
KINDS = frozenset({"service_point", "village", "town"})
"""Units at which papers are put in."""


@dataclass(frozen=True)
class PutIn:
    """Papers put in at a point: when, and from when they count as received; microseconds UTC. ``edition`` is the calendar's."""

    point: str
    at: int
    received: int
    calendar: str
    edition: str


def received_at(hours: Calendar, put_in: int) -> int:
    """The moment at which papers count as received; raises ``BeyondCalendar`` where the hours are not known."""
    return hours.next_working_moment(put_in)


def put_in(point: str, at: int, now: int) -> PutIn:
    """The papers put in at a point at a moment (microseconds UTC), as known ``now``. Raises :class:`NotAllowed` naming the field."""
    unit = organizations.organizations({point}).get(point)
    day = shelf.day(at)
    if (
        unit is None
        or unit.kind not in KINDS
        or day < unit.begins
        or (unit.ends is not None and day > unit.ends)
    ):
        raise NotAllowed(
            f"没有服务点 {point}，请核对", f"there is no service point {point}: check it", "point"
        )
    if at > now:
        raise NotAllowed("放入时间不能晚于现在", "papers cannot have been put in later than now", "put_in")
    try:
        hours = calendars.calendar(shelf.library(), organizations.calendar(unit))
        received = received_at(hours, at)
    except (IncompleteCalendar, BeyondCalendar) as why:
        raise NotAllowed(
            f"服务点 {point} 的开放时间不清楚：{why}", f"the hours of {point} are not known: {why}", "point"
        ) from why
    if received > now:
        opens = explain.moment(hours, received)
        raise NotAllowed(
            f"服务点现在没有开放，这些材料从 {opens.zh} 起才算收到，请到时再录入",
            f"the point is closed: these papers count as received from {opens.en}; take them in then",
            "put_in",
        )
    return PutIn(point, at, received, hours.id, hours.edition)


def taken(point: str, at: dt.datetime, who: Who, open_: Callable[[int], Done]) -> Done:
    """Open a case out of papers that were put in at a point: ``open_`` is told when they count as received.

    Case and note of the point are one transaction. Raises what ``open_`` raises, and :class:`NotAllowed`.
    """
    with transaction.atomic():
        papers = put_in(point, ledger.microseconds(at) or 0, ledger.microseconds(events.clock()) or 0)
        done = open_(papers.received)
        if done.new:
            body = {
                "case": done.case, "point": point, "put_in": papers.at, "received": papers.received,
                "calendar": papers.calendar, "calendar_edition": papers.edition,
            }  # fmt: skip
            ledger.append(
                [
                    NewEvent(
                        RECEIVED, f"points:{done.case}", body, organization=who.organization, actor=who.actor
                    )
                ]
            )
    return done


def of(case: Case) -> PutIn | None:
    """Where and when the papers of a case were put in; None where somebody took them at a counter or they came online."""
    for event in queries.history(f"points:{case.pk}"):
        if event.type == RECEIVED:
            body = event.body
            return PutIn(
                body["point"], body["put_in"], body["received"], body["calendar"], body["calendar_edition"]
            )
    return None
