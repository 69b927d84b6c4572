"""The reads of queues and bookings that others may call."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter as Count
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Avg, F, Max, Q
from django.db.models import Count as Number

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.mechanisms.windows import order, schema, slots
from qinzheng.mechanisms.windows.models import Appointment, Counter, Ticket
from qinzheng.mechanisms.windows.order import Waiting
from qinzheng.mechanisms.windows.schema import Window
from qinzheng.organizations import queries as organizations

CODE_DIGITS = 6


@dataclass(frozen=True)
class Free:
    """A slot and how many more it holds. Moments are UTC microseconds."""

    begins: int
    ends: int
    left: int


@dataclass(frozen=True)
class Figures:
    """A point's day in numbers. Waits are minutes from drawing to the first call, of those who were called."""

    point: str
    drawn: int
    served: int
    missed: int
    mean_wait: int | None
    longest_wait: int | None
    jumps: int


def rules_of(point: str, day: dt.date) -> Window | None:
    """The rules of a point's windows on a day."""
    return schema.of(shelf.library(), point, day)


def ticket(id: str) -> Ticket | None:
    """One ticket by its id."""
    return Ticket.objects.filter(pk=id).first()


def waiting(point: str, day: dt.date) -> list[Waiting]:
    """Everybody who waits at a point, in no order."""
    rows = Ticket.objects.filter(point=point, day=day, state="waiting")
    return [as_waiting(row) for row in rows]


def as_waiting(row: Ticket) -> Waiting:
    """A ticket as the order sees it."""
    return Waiting(
        row.pk, row.line, ledger.microseconds(row.place) or 0, row.serial, ledger.microseconds(row.slot)
    )


def in_order(point: str, day: dt.date, lines: Collection[str], now: int) -> list[Ticket]:
    """Those who wait in some lines, in the order in which they are called."""
    rows = {
        row.pk: row for row in Ticket.objects.filter(point=point, day=day, state="waiting", line__in=lines)
    }
    return [rows[each.ticket] for each in order.queue(map(as_waiting, rows.values()), lines, now)]


def ahead(one: Ticket, now: int) -> int:
    """How many are called before this ticket in its line."""
    return order.passed(waiting(one.point, one.day), {one.line}, as_waiting(one), now)


def lengths(point: str, day: dt.date) -> Mapping[str, int]:
    """Line → how many wait in it."""
    rows = Ticket.objects.filter(point=point, day=day, state="waiting")
    return Count(rows.values_list("line", flat=True))


def called(point: str, day: dt.date) -> list[Ticket]:
    """The tickets that are at a counter now, the one called last first."""
    return list(Ticket.objects.filter(point=point, day=day, state="called").order_by("-called_at", "number"))


def missed(point: str, day: dt.date) -> list[Ticket]:
    """Those that were passed over today and may still be put in again."""
    return list(
        Ticket.objects.filter(point=point, day=day, state="missed", requeued=False).order_by("number")
    )


def at_counter(point: str, day: dt.date, counter: int) -> Ticket | None:
    """The ticket at a counter; None where nobody was called."""
    return Ticket.objects.filter(point=point, day=day, state="called", counter=counter).first()


def last_case(point: str, day: dt.date, counter: int) -> str:
    """The number of the case last taken in at a counter that day; "" where there was none."""
    rows = Ticket.objects.filter(point=point, day=day, counter=counter, state="served").exclude(case="")
    id = rows.order_by("-ended_at").values_list("case", flat=True).first()
    return Case.objects.filter(pk=id).values_list("number", flat=True).first() or "" if id else ""


def counter_of(post: str, day: dt.date) -> Counter | None:
    """The counter at which a post sits on that day."""
    found = Counter.objects.filter(post=post).first() if post else None
    return found if found is not None and local_day(found.since) == day else None


def counters(point: str, day: dt.date) -> list[Counter]:
    """The counters of a point that are open on that day."""
    rows = Counter.objects.filter(point=point).exclude(post="").order_by("number")
    return [row for row in rows if local_day(row.since) == day]


def local_day(at: dt.datetime) -> dt.date:
    """The civil day of a moment."""
    return at.astimezone(shelf.ZONE).date()


# -- what a day was like -------------------------------------------------------------------------------


def figures(day: dt.date, points: Collection[str] | None = None) -> list[Figures]:
    """Each point's day; ``points``: only these."""
    rows = Ticket.objects.filter(day=day)
    if points is not None:
        rows = rows.filter(point__in=points)
    wait = F("called_at") - F("drawn_at")
    counted = rows.values("point").annotate(
        drawn=Number("pk"), served=Number("pk", filter=Q(state="served")), missed=Number("pk", filter=Q(state="missed")),
        jumps=Number("pk", filter=~Q(ground="")), mean=Avg(wait), longest=Max(wait),
    )  # fmt: skip
    return [
        Figures(row["point"], row["drawn"], row["served"], row["missed"], _minutes(row["mean"]), _minutes(row["longest"]), row["jumps"])
        for row in counted.order_by("point")
    ]  # fmt: skip


def jumps(day: dt.date, points: Collection[str] | None = None) -> list[Ticket]:
    """Those called before their turn on a day, the latest first."""
    rows = Ticket.objects.filter(day=day).exclude(ground="")
    if points is not None:
        rows = rows.filter(point__in=points)
    return list(rows.order_by("-called_at", "number"))


def _minutes(length: dt.timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds() / 60)


# -- bookings ------------------------------------------------------------------------------------------


def slots_of(point: str, day: dt.date, minutes: int, days: int = 1) -> list[slots.Slot]:
    """The slots of a point on a day and those after it, by its own calendar; none where there is no such point."""
    unit = organizations.organizations([point]).get(point)
    if unit is None or unit.kind != "service_point":
        return []
    try:
        calendar = calendars.calendar(shelf.library(), organizations.calendar(unit))
    except IncompleteCalendar:
        return []
    return [slot for n in range(days) for slot in slots.of_day(calendar, day + dt.timedelta(days=n), minutes)]


def free(point: str, day: dt.date, now: int, days: int = 1) -> list[Free]:
    """The slots of a day and those after it that can still be booked; those that are full among them with none left."""
    rules = rules_of(point, day)
    if rules is None or (booking := rules.appointments) is None:
        return []
    first = now + booking.notice_minutes * slots.MINUTE_US
    found = [slot for slot in slots_of(point, day, booking.minutes, days) if slot[0] >= first]
    if not found:
        return []
    taken = Appointment.objects.filter(
        point=point, begins__gte=ledger.instant(found[0][0]), begins__lte=ledger.instant(found[-1][0])
    ).exclude(state="cancelled")
    counted = Count(ledger.microseconds(at) for at in taken.values_list("begins", flat=True))
    return [Free(begins, ends, max(0, booking.capacity - counted[begins])) for begins, ends in found]


def code(appointment: str) -> str:
    """The six digits that are typed at the ticket machine: they follow from the number of the appointment and name nobody."""
    digest = int.from_bytes(hashlib.sha256(f"appointment {appointment}".encode()).digest()[:8])
    return f"{digest % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def on_day(point: str, day: dt.date) -> list[Appointment]:
    """The bookings of a point on a day that stand, by slot."""
    begin = dt.datetime.combine(day, dt.time(), shelf.ZONE)
    rows = Appointment.objects.filter(point=point, begins__gte=begin, begins__lt=begin + dt.timedelta(days=1))
    return list(rows.exclude(state="cancelled").order_by("begins", "seat"))


def coming(point: str, day: dt.date) -> list[Appointment]:
    """The bookings of a point that are still to be kept, from that day on, by slot."""
    begin = dt.datetime.combine(day, dt.time(), shelf.ZONE)
    rows = Appointment.objects.filter(point=point, state="booked", begins__gte=begin)
    return list(rows.order_by("begins", "seat"))


def by_code(point: str, day: dt.date, given: str) -> Appointment | None:
    """The open booking of that day with this code."""
    return next((row for row in on_day(point, day) if row.state == "booked" and code(row.pk) == given), None)


def of_parties(parties: Iterable[str]) -> list[Appointment]:
    """The bookings of some parties, the next one first."""
    return list(Appointment.objects.filter(party__in=list(parties)).order_by("-begins", "seat")[:100])
