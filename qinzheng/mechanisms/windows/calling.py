"""The verbs of a queue: open a counter, draw a ticket, call the next one, call again, pass over, hand on, done.

Each is an event of ``queue:POINT:DAY``; one at a time, so that two counters never call the same ticket. Whoever is called
before its turn is called for a reason of the definition. Every verb raises :class:`NotAllowed` and then has changed nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

from django.db import transaction

from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries as events
from qinzheng.mechanisms.windows import order, queries, slots
from qinzheng.mechanisms.windows.folding import (
    CALLED,
    CLOSED,
    DRAWN,
    KEPT,
    LAPSED,
    LEFT,
    MISSED,
    OPENED,
    QUEUE,
    REQUEUED,
    SERVED,
    TRANSFERRED,
)
from qinzheng.mechanisms.windows.models import Appointment, Counter, Ticket
from qinzheng.mechanisms.windows.recording import SYSTEM, hold, record
from qinzheng.mechanisms.windows.schema import Window

MOST_COUNTERS = 99
MOST_WAITING = 2_000
"""Of one point (ours): a machine that runs wild is stopped."""


def subject(point: str, day: dt.date) -> str:
    """The ledger's name of a point's queue on a day."""
    return f"{QUEUE}{point}:{day.isoformat()}"


class _Hall:
    """A point's queue, held by this transaction: the moment, the day, the rules."""

    def __init__(self, point: str, key: uuid.UUID | None = None) -> None:
        self.point = point
        self.now = hold(f"{QUEUE}{point}")
        self.day = shelf.day(self.now)
        rules = queries.rules_of(point, self.day)
        if rules is None:
            raise NotAllowed(
                "这个服务点没有窗口规则", "nobody wrote rules for the windows of this point", "point"
            )
        self.rules: Window = rules
        self.done = key is not None and events.event(str(key)) is not None
        """whether the key did it before"""

    def record(self, type: str, body: dict[str, Any], who: Who, key: uuid.UUID | None = None) -> str:
        """Append one event to the queue; the event's id."""
        return record(type, subject(self.point, self.day), body, who, self.now, key=key).id

    def counter(self, number: int, who: Who) -> Counter:
        """The counter at which somebody sits."""
        found = Counter.objects.filter(pk=f"{self.point}:{number}", post=who.actor).first()
        if found is None or queries.local_day(found.since) != self.day:
            raise NotAllowed("请先开窗", "open the counter first", "counter")
        return found

    def ticket(self, id: str, *states: str) -> Ticket:
        """A ticket of today that stands in one of these states."""
        found = Ticket.objects.filter(pk=id, point=self.point, day=self.day).first()
        if found is None:
            raise NotAllowed("今天没有这个号", "there is no such ticket today", "ticket")
        if found.state not in states:
            raise NotAllowed(
                f"{found.number} 号现在不能这样办", f"ticket {found.number} is not in that state", "ticket"
            )
        return found

    def current(self, counter: int) -> Ticket | None:
        """The ticket at a counter."""
        return queries.at_counter(self.point, self.day, counter)


def open_counter(
    point: str, number: int, lines: Collection[str], who: Who, *, key: uuid.UUID | None = None
) -> Counter:
    """Sit down at a counter, for some lines."""
    with transaction.atomic():
        hall = _Hall(point, key)
        if hall.done:
            return Counter.objects.get(pk=f"{point}:{number}")
        if not 1 <= number <= MOST_COUNTERS:
            raise NotAllowed(
                f"窗口号应在 1 到 {MOST_COUNTERS} 之间", f"counters are 1 to {MOST_COUNTERS}", "counter"
            )
        served = [each for each in hall.rules.lines if each in lines]
        if not served or set(lines) - set(served):
            raise NotAllowed("请选择这个服务点的队列", "choose lines of this point", "lines")
        found = Counter.objects.filter(pk=f"{point}:{number}").exclude(post="").first()
        if found is not None and found.post != who.actor and queries.local_day(found.since) == hall.day:
            raise NotAllowed(f"{number} 号窗口已有人在岗", f"somebody sits at counter {number}", "counter")
        elsewhere = Counter.objects.filter(post=who.actor).exclude(pk=f"{point}:{number}").first()
        if elsewhere is not None and queries.local_day(elsewhere.since) == hall.day:
            raise NotAllowed("请先关闭您的另一个窗口", "close your other counter first", "counter")
        if elsewhere is not None:
            _left_open(elsewhere, hall.now)
        hall.record(OPENED, {"counter": number, "lines": served}, who, key)
    return Counter.objects.get(pk=f"{point}:{number}")


def close_counter(point: str, number: int, who: Who) -> None:
    """Leave the counter. Whoever stands at it is finished or handed on first."""
    with transaction.atomic():
        hall = _Hall(point)
        hall.counter(number, who)
        at = hall.current(number)
        if at is not None:
            raise NotAllowed(f"请先办完 {at.number} 号", f"finish with ticket {at.number} first", "ticket")
        hall.record(CLOSED, {"counter": number}, who)


def draw(point: str, line: str, who: Who, *, code: str = "", key: uuid.UUID | None = None) -> Ticket:
    """A ticket for a line; with the code of an appointment, in its line. The same ``key`` is the same ticket."""
    with transaction.atomic():
        hall = _Hall(point, key)
        if hall.done:
            return _same_ticket(point, str(key))
        slot, appointment = None, ""
        if code:
            kept = _kept(hall, code, who)
            assert hall.rules.appointments is not None
            line, appointment = hall.rules.appointments.line, kept.pk
            begins = ledger.microseconds(kept.begins) or 0
            in_time = hall.now <= begins + hall.rules.appointments.grace_minutes * slots.MINUTE_US
            slot = begins if in_time else None
        if line not in hall.rules.lines:
            known = "、".join(hall.rules.lines)
            raise NotAllowed(
                f"没有队列 {line}；可用：{known}", f"there is no line {line}; known: {known}", "line"
            )
        today = Ticket.objects.filter(point=point, day=hall.day)
        if today.filter(state="waiting").count() >= MOST_WAITING:
            raise NotAllowed("排队人数已满，请稍后再来", "the queue is full: come later", "line")
        letter = hall.rules.lines[line].letter
        number = order.number(letter, today.filter(number__startswith=letter).count())
        body = {"ticket": number, "line": line, "slot": slot, "appointment": appointment}
        return Ticket.objects.get(pk=hall.record(DRAWN, body, who, key))


def _same_ticket(point: str, key: str) -> Ticket:
    found = Ticket.objects.filter(pk=key, point=point).first()
    if found is None:
        raise NotAllowed("这个键已用于别的事", "the key was used for something else")
    return found


def _kept(hall: _Hall, code: str, who: Who) -> Appointment:
    given = queries.by_code(hall.point, hall.day, code)
    held = Appointment.objects.select_for_update(of=("self",))
    found = held.filter(pk=given.pk, state="booked").first() if given is not None else None
    if found is None:
        raise NotAllowed(
            "今天在这里没有这个预约码，请核对日期、地点，或直接取号",
            "no appointment of today at this point has this code: check day and place, or draw a plain ticket",
            "code",
        )
    record(KEPT, f"appointment:{found.pk}", {"point": hall.point}, who, hall.now)
    return found


def call_next(point: str, number: int, who: Who, *, key: uuid.UUID | None = None) -> Ticket | None:
    """Call whoever's turn it is; whoever was at the counter is done. None where nobody waits."""
    with transaction.atomic():
        hall = _Hall(point, key)
        counter = hall.counter(number, who)
        if hall.done:
            return hall.current(number)
        _finish(hall, number, who, "")
        waiting = queries.in_order(point, hall.day, counter.lines, hall.now)
        if not waiting:
            return None
        return _called(hall, waiting[0], number, who, "", 0, key)


def call_before(point: str, number: int, ticket: str, ground: str, who: Who) -> Ticket:
    """Call one ticket. Where others are before it, ``ground`` is a reason of the definition; the event counts whom it passes."""
    with transaction.atomic():
        hall = _Hall(point)
        counter = hall.counter(number, who)
        chosen = hall.ticket(ticket, "waiting")
        lines = {*counter.lines, chosen.line}
        passed = order.passed(queries.waiting(point, hall.day), lines, queries.as_waiting(chosen), hall.now)
        if passed and ground not in hall.rules.grounds:
            raise NotAllowed(
                f"{chosen.number} 号前面还有 {passed} 人：先叫须选择理由",
                f"{passed} are before ticket {chosen.number}: to call it first, choose a reason",
                "ground",
            )
        _finish(hall, number, who, "")
        return _called(hall, chosen, number, who, ground if passed else "", passed)


def call_again(point: str, number: int, who: Who) -> Ticket:
    """Call whoever was called and has not come."""
    with transaction.atomic():
        hall = _Hall(point)
        hall.counter(number, who)
        return _called(hall, _standing(hall, number), number, who, "", 0)


def _called(
    hall: _Hall, ticket: Ticket, number: int, who: Who, ground: str, passed: int, key: uuid.UUID | None = None
) -> Ticket:
    hall.record(
        CALLED, {"ticket": ticket.pk, "counter": number, "ground": ground, "passed": passed}, who, key
    )
    ticket.refresh_from_db()
    return ticket


def _standing(hall: _Hall, number: int) -> Ticket:
    found = hall.current(number)
    if found is None:
        raise NotAllowed("窗口上没有号，请先叫号", "nobody is at the counter: call somebody first", "ticket")
    return found


def miss(point: str, number: int, who: Who) -> Ticket:
    """Pass over whoever does not come, after as many calls as the definition says."""
    with transaction.atomic():
        hall = _Hall(point)
        hall.counter(number, who)
        ticket, least = _standing(hall, number), hall.rules.no_show_calls
        if ticket.calls < least:
            raise NotAllowed(
                f"叫满 {least} 次才可过号，现在叫了 {ticket.calls} 次",
                f"a ticket is passed over after {least} calls; this one was called {ticket.calls} time(s)",
                "ticket",
            )
        hall.record(MISSED, {"ticket": ticket.pk}, who)
        ticket.refresh_from_db()
        return ticket


def put_in_again(point: str, ticket: str, who: Who) -> Ticket:
    """Somebody who was passed over came after all: once, at the end of its line."""
    with transaction.atomic():
        hall = _Hall(point)
        found = hall.ticket(ticket, "missed")
        if found.requeued:
            raise NotAllowed("过号只能重排一次，请重新取号", "once only: draw another ticket", "ticket")
        hall.record(REQUEUED, {"ticket": found.pk}, who)
        found.refresh_from_db()
        return found


def transfer(point: str, number: int, line: str, reason: str, who: Who) -> Ticket:
    """Hand whoever stands at the counter on to another line, for a reason of the definition; it keeps its place."""
    with transaction.atomic():
        hall = _Hall(point)
        hall.counter(number, who)
        ticket = _standing(hall, number)
        if line not in hall.rules.lines or line == ticket.line:
            raise NotAllowed("请选择另一个队列", "choose another line", "line")
        if reason not in hall.rules.transfers:
            raise NotAllowed("请选择转号的理由", "choose why it is handed on", "reason")
        hall.record(TRANSFERRED, {"ticket": ticket.pk, "line": line, "reason": reason}, who)
        ticket.refresh_from_db()
        return ticket


def serve(point: str, number: int, who: Who, *, case: str = "") -> Ticket | None:
    """Whoever stood at the counter is done; ``case``: the case that was taken in. None where nobody stood there."""
    with transaction.atomic():
        hall = _Hall(point)
        hall.counter(number, who)
        return _finish(hall, number, who, case)


def _finish(hall: _Hall, number: int, who: Who, case: str) -> Ticket | None:
    at = hall.current(number)
    if at is not None:
        hall.record(SERVED, {"ticket": at.pk, "case": case}, who)
        at.refresh_from_db()
    return at


def leave(point: str, ticket: str, who: Who) -> None:
    """Whoever waits gives its ticket back."""
    with transaction.atomic():
        hall = _Hall(point)
        hall.record(LEFT, {"ticket": hall.ticket(ticket, "waiting").pk}, who)


# -- the end of a day ----------------------------------------------------------------------------------


def end_days(most: int = 100) -> int:
    """A duty: tickets of days that are over lapse, counters left open are closed. How many."""
    today = shelf.day(hold())
    tickets = list(Ticket.objects.filter(day__lt=today, ended_at=None).order_by("day", "serial")[:most])
    for each in tickets:
        with transaction.atomic():
            now = hold(f"{QUEUE}{each.point}")
            each.refresh_from_db()
            if each.ended_at is None:
                record(
                    LAPSED,
                    subject(each.point, each.day),
                    {"ticket": each.pk},
                    SYSTEM,
                    now,
                    kind="determination",
                )
    left_open = [
        row
        for row in Counter.objects.exclude(post="").order_by("pk")[:most]
        if queries.local_day(row.since) < today
    ]
    for row in left_open:
        with transaction.atomic():
            now = hold(f"{QUEUE}{row.point}")
            row.refresh_from_db()
            if row.post and queries.local_day(row.since) < today:
                _left_open(row, now)
    return len(tickets) + len(left_open)


def _left_open(counter: Counter, now: int) -> None:
    """Close a counter that was left open on an earlier day, as an event of that day."""
    day = queries.local_day(counter.since)
    body = {"counter": counter.number}
    record(CLOSED, subject(counter.point, day), body, SYSTEM, now, kind="determination")
