"""Appointments: slots, no seat given twice whoever books at once, the code at the ticket machine, reminders that are told."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.mechanisms.windows import booking, calling, queries
from qinzheng.mechanisms.windows.models import Appointment
from qinzheng.parties import actions as parties
from tests import townhall
from tests.flows import told

pytestmark = pytest.mark.django_db(transaction=True)
POINT = "point-civic-centre"
HOUR = 3_600_000_000


@pytest.fixture
def city(clock):
    return told.city()


@pytest.fixture
def item(city):
    return townhall.an_item("housing", "services.matter").id


@pytest.fixture
def citizen(city):
    return Who(city.user("citizen").pseudonym, "", "applicant")


def slot(clock, days=1, n=0):
    """The n-th free slot so many days from now."""
    return queries.free(POINT, shelf.day(clock.now) + dt.timedelta(days=days), clock.now)[n].begins


def book(city, item, begins, who, party="citizen", key=None):
    return booking.book(POINT, item, begins, city.parties.get(party, party), who, key=key or uuid.uuid4())


def test_a_slot_is_booked_once_by_its_key_and_says_when_and_where(city, item, citizen, clock):
    begins, key = slot(clock), uuid.uuid4()
    made = book(city, item, begins, citizen, key=key)
    assert book(city, item, begins, citizen, key=key).pk == made.pk
    assert Appointment.objects.count() == 1
    assert (made.point, made.seat, made.state) == (POINT, 0, "booked")
    assert made.begins.astimezone(shelf.ZONE).strftime("%Y-%m-%d %H:%M") == "2026-03-03 09:00"
    assert queries.free(POINT, dt.date(2026, 3, 3), clock.now)[0].left == 5
    with pytest.raises(NotAllowed, match="别的预约"):
        book(city, item, begins, citizen, "other", key=key)


@pytest.mark.parametrize(
    ("begins", "why"),
    [
        ("2026-03-03 09:10", "没有这个时段"), ("2026-03-03 12:30", "没有这个时段"), ("2026-03-08 09:00", "没有这个时段"),
        ("2026-03-02 09:30", "须提前 60 分钟"), ("2026-03-20 09:00", "最多提前 14 天"), ("2026-03-02 08:00", "没有这个时段"),
    ],
)  # fmt: skip
def test_what_cannot_be_booked_is_refused_with_the_remedy(city, item, citizen, begins, why):
    at = ledger.microseconds(dt.datetime.fromisoformat(begins).replace(tzinfo=shelf.ZONE))
    with pytest.raises(NotAllowed, match=why) as refused:
        book(city, item, at, citizen)
    assert refused.value.field == "begins"


def test_one_party_has_three_open_bookings_and_one_at_a_time(city, item, citizen, clock):
    first = book(city, item, slot(clock), citizen)
    with pytest.raises(NotAllowed, match="已有预约"):
        book(city, item, slot(clock), citizen)
    for n in (1, 2):
        book(city, item, slot(clock, n=n), citizen)
    with pytest.raises(NotAllowed, match="最多同时有 3 个"):
        book(city, item, slot(clock, n=3), citizen)
    booking.cancel(first.pk, citizen, "party")
    book(city, item, slot(clock, n=3), citizen)
    with pytest.raises(NotAllowed, match="没有事项"):
        book(city, "no.such-item", slot(clock, n=4), citizen)


def test_a_full_slot_is_refused_and_a_cancelled_seat_is_free_again(city, item, citizen, clock):
    begins = slot(clock)
    made = [book(city, item, begins, citizen, _party(n)) for n in range(6)]
    assert sorted(each.seat for each in made) == list(range(6))
    with pytest.raises(NotAllowed, match="已约满"):
        book(city, item, begins, citizen, "other")
    booking.cancel(made[3].pk, citizen, "party")
    assert book(city, item, begins, citizen, "other").seat == 3


def _party(n):
    return parties.register(
        "citizen", {"name": f"王{'甲乙丙丁戊己庚辛壬癸'[n % 10]}", "phone": f"139000000{n:02}"}, by="p"
    ).pk


def test_no_seat_is_given_twice_whoever_books_at_the_same_moment(city, item, citizen, clock):
    """Sixteen people, six seats, all at once."""
    begins, people = slot(clock), [_party(n) for n in range(16)]
    barrier, got, full = threading.Barrier(len(people)), [], []

    def one(party):
        clock.rule()
        barrier.wait()
        try:
            got.append(book(city, item, begins, citizen, party).seat)
        except NotAllowed as why:
            full.append(why.zh)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(party,)) for party in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(6))
    assert len(full) == 10
    assert all("约满" in why for why in full)


def test_the_table_itself_refuses_a_second_one_in_a_seat(city, item, citizen, clock):
    made = book(city, item, slot(clock), citizen)
    row = Appointment.objects.filter(pk=made.pk).values().get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.create(**{**row, "id": str(uuid.uuid4())})


def test_the_code_draws_a_ticket_that_goes_first_from_the_slot_on(city, item, citizen, clock):
    clerk = city.who("clerk", "clerk")
    made = book(city, item, slot(clock), citizen)
    code = queries.code(made.pk)
    with pytest.raises(NotAllowed, match="没有这个预约码"):
        calling.draw(POINT, "", clerk, code=code)
    clock.on("2026-03-03 08:55")
    plain = calling.draw(POINT, "general", clerk)
    with pytest.raises(NotAllowed, match="没有这个预约码"):
        calling.draw(POINT, "", clerk, code="000000" if code != "000000" else "111111")
    kept = calling.draw(POINT, "", clerk, code=code)
    assert Appointment.objects.get(pk=made.pk).state == "kept"
    assert queries.ahead(kept, clock.now) == 1, "its slot has not begun"
    clock.on("2026-03-03 09:00")
    assert queries.ahead(kept, clock.now) == 0
    calling.open_counter(POINT, 1, ["general"], clerk)
    called = [calling.call_next(POINT, 1, clerk), calling.call_next(POINT, 1, clerk)]
    assert [each.pk for each in called if each is not None] == [kept.pk, plain.pk]
    assert queries.jumps(shelf.day(clock.now)) == [], "that is its turn, and no jump"
    with pytest.raises(NotAllowed, match="没有这个预约码"):
        calling.draw(POINT, "", clerk, code=code)


def test_who_comes_later_than_the_grace_waits_like_everybody(city, item, citizen, clock):
    clerk = city.who("clerk", "clerk")
    made = book(city, item, slot(clock), citizen)
    clock.on("2026-03-03 09:16")
    calling.draw(POINT, "general", clerk)
    late = calling.draw(POINT, "", clerk, code=queries.code(made.pk))
    assert late.slot is None
    assert queries.ahead(late, clock.now) == 1


def test_the_party_is_told_when_it_is_booked_reminded_and_cancelled(city, item, citizen, clock):
    made = book(city, item, slot(clock, days=2), citizen)
    book(city, item, slot(clock, n=3), citizen, "other")
    told.up_to_now()
    assert told.told("windows.booked") == {city.parties["citizen"], city.parties["other"]}
    assert {row.subject for row in told.rows("windows.booked")} == {""}
    assert booking.remind() == 0, "it is days away"
    clock.on("2026-03-03 13:30")
    assert booking.remind() == 1 + 1, "one is reminded of, and one was not kept"
    assert booking.remind() == 0, "once"
    told.up_to_now()
    assert told.told("windows.reminder") == {city.parties["citizen"]}
    booking.cancel(made.pk, citizen, "party")
    booking.cancel(made.pk, citizen, "party")
    told.up_to_now()
    assert [row.recipient for row in told.rows("windows.booking-cancelled")] == [city.parties["citizen"]]


def test_a_slot_that_passed_without_anybody_is_noted_and_cannot_be_cancelled(city, item, citizen, clock):
    made = book(city, item, slot(clock), citizen)
    clock.on("2026-03-03 09:30")
    assert booking.remind() == 1
    assert Appointment.objects.get(pk=made.pk).state == "missed"
    with pytest.raises(NotAllowed, match="不能取消"):
        booking.cancel(made.pk, citizen, "party")
