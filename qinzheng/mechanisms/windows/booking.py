"""The verbs of appointments: book, cancel; and the duty that reminds, and notes who did not come.

A slot's seats are numbered and the table lets nobody have the same one, so a seat is never given twice. What is told to the
party (booked, cancelled, soon) are notices that follow these events.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction

from qinzheng.cases import itemized
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.mechanisms.windows import queries, slots
from qinzheng.mechanisms.windows.folding import BOOKED, BOOKING, BOOKING_MISSED, CANCELLED, REMINDED
from qinzheng.mechanisms.windows.models import Appointment
from qinzheng.mechanisms.windows.recording import SYSTEM, hold, moment, record
from qinzheng.mechanisms.windows.schema import Appointments

LONGEST_REMINDER = dt.timedelta(hours=168)
HOUR = dt.timedelta(hours=1)


def book(point: str, item: str, begins: int, party: str, who: Who, *, key: uuid.UUID) -> Appointment:
    """Book the slot that begins at a moment (UTC microseconds) for a party. ``key`` makes a repeated call find it.

    Raises :class:`NotAllowed` naming the field: no such slot, too late, full, or too many open bookings.
    """
    day = shelf.day(begins)
    with transaction.atomic():
        now = hold(f"bookings of {party}", f"bookings {point} {day}")
        found = Appointment.objects.filter(pk=str(key)).first()
        if found is not None:
            if (found.point, found.party) != (point, party):
                raise NotAllowed("这个键已用于别的预约", "the key was used for another booking")
            return found
        rules = _rules(point, day)
        ends = _check(point, item, day, begins, party, rules, now)
        seat = _seat(point, begins, rules.capacity)
        _check_code(point, day, str(key))
        body = {"point": point, "item": item, "begins": begins, "ends": ends, "seat": seat, "party": party}
        record(BOOKED, f"{BOOKING}{key}", body, who, now, key=key)
    return Appointment.objects.get(pk=str(key))


def _rules(point: str, day: dt.date) -> Appointments:
    rules = queries.rules_of(point, day)
    if rules is None or rules.appointments is None:
        raise NotAllowed(
            "这个服务点不接受预约，请直接前往", "this point takes no bookings: come as you are", "point"
        )
    return rules.appointments


def _check(
    point: str, item: str, day: dt.date, begins: int, party: str, rules: Appointments, now: int
) -> int:
    """The end of the slot."""
    described = itemized.on(item, day)
    if described is None:
        raise NotAllowed(f"没有事项 {item}", f"there is no item {item}", "item")
    itemized.check_alive(described, day)
    ends = dict(queries.slots_of(point, day, rules.minutes)).get(begins)
    if ends is None:
        raise NotAllowed("没有这个时段，请另选", "there is no such slot: choose another", "begins")
    if begins < now + rules.notice_minutes * slots.MINUTE_US:
        raise NotAllowed(
            f"须提前 {rules.notice_minutes} 分钟预约，请选晚一些的时段",
            f"a slot is booked {rules.notice_minutes} minutes before it at the latest: choose a later one",
            "begins",
        )
    if day > shelf.day(now) + dt.timedelta(days=rules.days_ahead):
        raise NotAllowed(
            f"最多提前 {rules.days_ahead} 天预约", f"{rules.days_ahead} days ahead at most", "begins"
        )
    mine = Appointment.objects.filter(party=party, state="booked", ends__gt=moment(now))
    if mine.filter(begins=moment(begins)).exists():
        raise NotAllowed("您在这个时段已有预约", "you have an appointment at that time already", "begins")
    if mine.count() >= rules.most_open:
        raise NotAllowed(
            f"最多同时有 {rules.most_open} 个预约，请先取消一个",
            f"{rules.most_open} open bookings at most: cancel one first",
            "begins",
        )
    return ends


def _seat(point: str, begins: int, capacity: int) -> int:
    taken = Appointment.objects.filter(point=point, begins=moment(begins)).exclude(state="cancelled")
    held = set(taken.values_list("seat", flat=True))
    seat = next((n for n in range(capacity) if n not in held), None)
    if seat is None:
        raise NotAllowed("这个时段已约满，请另选", "this slot is full: choose another", "begins")
    return seat


def _check_code(point: str, day: dt.date, id: str) -> None:
    """Two bookings of one point and day never have one code: the page is asked again, with another key."""
    code = queries.code(id)
    if any(queries.code(row.pk) == code for row in queries.on_day(point, day)):
        raise NotAllowed("请再按一次", "press once more")


def cancel(id: str, who: Who, by: str) -> Appointment:
    """Cancel an open booking, before its slot begins. ``by``: party or office, for the notice."""
    with transaction.atomic():
        found = Appointment.objects.select_for_update(of=("self",)).filter(pk=id).first()
        if found is None:
            raise NotAllowed("没有这个预约", "there is no such appointment")
        now = hold(f"bookings {found.point} {queries.local_day(found.begins)}")
        if found.state == "cancelled":
            return found
        if found.state != "booked" or (ledger.microseconds(found.begins) or 0) <= now:
            raise NotAllowed(
                "时段已开始或已结束，不能取消", "the slot has begun or is over: it cannot be cancelled"
            )
        record(CANCELLED, f"{BOOKING}{id}", {**_told(found), "by": by}, who, now)
        found.refresh_from_db()
    return found


def _told(row: Appointment) -> dict[str, object]:
    """What a notice needs."""
    return {
        "point": row.point, "item": row.item, "begins": ledger.microseconds(row.begins), "ends": ledger.microseconds(row.ends),
        "party": row.party,
    }  # fmt: skip


def remind(most: int = 100) -> int:
    """A duty: reminders that are due, and bookings whose slot ended without anybody coming. How many."""
    now = moment(hold())
    open_ = Appointment.objects.filter(state="booked")
    soon = open_.filter(reminded_at=None, begins__gt=now, begins__lte=now + LONGEST_REMINDER).order_by(
        "begins"
    )
    due = [row.pk for row in soon if _due(row, now)][:most]
    over = open_.filter(ends__lte=now).order_by("begins").values_list("pk", flat=True)[:most]
    return sum(map(_remind, due)) + sum(map(_missed, over))


def _due(row: Appointment, now: dt.datetime) -> bool:
    """Whether it is time to remind. Booked later than that, it needs none: its confirmation has just been told."""
    rules = queries.rules_of(row.point, queries.local_day(row.begins))
    if rules is None or rules.appointments is None:
        return False
    return row.booked_at <= row.begins - rules.appointments.remind_hours * HOUR <= now


def _remind(id: str) -> int:
    with transaction.atomic():
        row = _held(id)
        if row is None or row.reminded_at is not None:
            return 0
        record(REMINDED, f"{BOOKING}{id}", _told(row), SYSTEM, hold(f"{BOOKING}{id}"), kind="determination")
    return 1


def _missed(id: str) -> int:
    with transaction.atomic():
        row = _held(id)
        if row is None:
            return 0
        record(
            BOOKING_MISSED,
            f"{BOOKING}{id}",
            {"point": row.point},
            SYSTEM,
            hold(f"{BOOKING}{id}"),
            kind="determination",
        )
    return 1


def _held(id: str) -> Appointment | None:
    """An open booking, unless another worker has it."""
    return (
        Appointment.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=id, state="booked")
        .first()
    )
