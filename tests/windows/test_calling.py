"""A queue through its real events: strict order, jumps with a reason, no-shows, hand-ons; two counters never call one ticket."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.db import connection

from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.definitions import shelf
from qinzheng.ledger import projections
from qinzheng.ledger import queries as ledger
from qinzheng.mechanisms.windows import booking, calling, queries
from qinzheng.mechanisms.windows.folding import CALLED
from qinzheng.mechanisms.windows.models import Appointment, Counter, Ticket
from qinzheng.organizations import actions as organizations
from tests import townhall
from tests.flows.test_projections import changed, one_row, rehearsed
from tests.townhall import BY, FOUNDED

pytestmark = pytest.mark.django_db(transaction=True)
POINT = "point-civic-centre"


@pytest.fixture
def city(clock):
    return townhall.build()


@pytest.fixture
def clerk(city):
    return city.who("clerk", "clerk")


@pytest.fixture
def colleague(city):
    post = organizations.create_post(POINT, "窗口二岗", ["clerk"], begins=FOUNDED, by=BY, name_en="window 2")
    return Who(post, POINT, "clerk")


def drawn(clerk, *lines, **more):
    return [calling.draw(POINT, line, clerk, **more) for line in lines]


def following(number, who):
    """Whoever is called next; somebody waits."""
    found = calling.call_next(POINT, number, who)
    assert found is not None
    return found


def queue():
    return next(iter({event.subject for event in ledger.events() if event.type == "windows.drawn"}))


def test_tickets_are_numbered_by_line_and_called_as_they_were_drawn(clerk, clock):
    tickets = drawn(clerk, "general", "firms", "general")
    assert [each.number for each in tickets] == ["A001", "B001", "A002"]
    calling.open_counter(POINT, 3, ["general", "firms"], clerk)
    called = []
    while (at := calling.call_next(POINT, 3, clerk)) is not None:
        called.append(at.number)
    assert called == ["A001", "B001", "A002"]
    assert set(Ticket.objects.values_list("state", flat=True)) == {"served"}
    assert queries.jumps(shelf.day(clock.now)) == []


def test_a_counter_calls_its_own_lines_only(clerk):
    drawn(clerk, "firms", "general")
    calling.open_counter(POINT, 1, ["general"], clerk)
    assert following(1, clerk).number == "A001"
    assert calling.call_next(POINT, 1, clerk) is None


def test_nobody_is_called_before_its_turn_without_a_reason_of_the_definition(clerk, clock):
    first, second, third = drawn(clerk, "general", "general", "general")
    calling.open_counter(POINT, 1, ["general"], clerk)
    for ground in ("", "friend", "先办"):
        with pytest.raises(NotAllowed, match="前面还有 2 人"):
            calling.call_before(POINT, 1, third.pk, ground, clerk)
    assert not [event for event in ledger.history(queue()) if event.type == CALLED]
    calling.call_before(POINT, 1, third.pk, "aged", clerk)
    (jump,) = queries.jumps(shelf.day(clock.now))
    assert (jump.number, jump.ground, jump.passed, jump.post) == ("A003", "aged", 2, clerk.actor)
    event = ledger.event(jump.jump)
    assert event is not None
    assert event.body == {"ticket": third.pk, "counter": 1, "ground": "aged", "passed": 2}
    calling.call_before(POINT, 1, first.pk, "aged", clerk)
    assert Ticket.objects.get(pk=first.pk).ground == "", "its own turn is no jump, whatever was chosen"
    assert following(1, clerk).pk == second.pk


def test_whoever_does_not_come_is_passed_over_after_three_calls_and_put_in_again_once(clerk, clock):
    first, second = drawn(clerk, "general", "general")
    calling.open_counter(POINT, 1, ["general"], clerk)
    calling.call_next(POINT, 1, clerk)
    for _ in range(2):
        with pytest.raises(NotAllowed, match="叫满 3 次"):
            calling.miss(POINT, 1, clerk)
        calling.call_again(POINT, 1, clerk)
    calling.miss(POINT, 1, clerk)
    clock.set(clock.now + 60_000_000)
    calling.put_in_again(POINT, first.pk, clerk)
    assert following(1, clerk).pk == second.pk, "it stands at the end now"
    assert following(1, clerk).pk == first.pk
    calling.call_again(POINT, 1, clerk)
    calling.call_again(POINT, 1, clerk)
    calling.miss(POINT, 1, clerk)
    with pytest.raises(NotAllowed, match="只能重排一次"):
        calling.put_in_again(POINT, first.pk, clerk)


def test_a_ticket_that_is_handed_on_keeps_its_place(clerk, colleague, clock):
    (first,) = drawn(clerk, "general")
    clock.set(clock.now + 60_000_000)
    drawn(clerk, "firms")
    calling.open_counter(POINT, 1, ["general"], clerk)
    calling.open_counter(POINT, 2, ["firms"], colleague)
    calling.call_next(POINT, 1, clerk)
    for line, reason in (("general", "other_matter"), ("nowhere", "other_matter"), ("firms", "because")):
        with pytest.raises(NotAllowed):
            calling.transfer(POINT, 1, line, reason, clerk)
    calling.transfer(POINT, 1, "firms", "other_matter", clerk)
    assert following(2, colleague).pk == first.pk


def test_a_counter_is_one_posts_and_a_post_has_one_counter(clerk, colleague):
    calling.open_counter(POINT, 1, ["general"], clerk)
    with pytest.raises(NotAllowed, match="已有人在岗"):
        calling.open_counter(POINT, 1, ["general"], colleague)
    with pytest.raises(NotAllowed, match="另一个窗口"):
        calling.open_counter(POINT, 2, ["general"], clerk)
    with pytest.raises(NotAllowed, match="先开窗"):
        calling.call_next(POINT, 1, colleague)
    for lines in ([], ["nowhere"], ["general", "nowhere"]):
        with pytest.raises(NotAllowed):
            calling.open_counter(POINT, 5, lines, colleague)
    drawn(clerk, "general")
    calling.call_next(POINT, 1, clerk)
    with pytest.raises(NotAllowed, match="先办完 A001"):
        calling.close_counter(POINT, 1, clerk)
    calling.serve(POINT, 1, clerk)
    calling.close_counter(POINT, 1, clerk)
    calling.open_counter(POINT, 1, ["general"], colleague)


def test_the_same_key_is_the_same_ticket_and_another_day_begins_anew(clerk, clock):
    key = uuid.uuid4()
    assert (
        calling.draw(POINT, "general", clerk, key=key).pk
        == calling.draw(POINT, "general", clerk, key=key).pk
        == str(key)
    )
    calling.open_counter(POINT, 1, ["general"], clerk)
    clock.on("2026-03-03 09:00")
    assert calling.draw(POINT, "general", clerk).number == "A001"
    with pytest.raises(NotAllowed, match="先开窗"):
        calling.call_next(POINT, 1, clerk)
    calling.open_counter(POINT, 2, ["general"], clerk)
    assert Counter.objects.get(pk=f"{POINT}:1").post == "", "the one left open yesterday is closed"
    assert calling.end_days() >= 1
    assert Ticket.objects.get(pk=str(key)).state == "lapsed"


def test_two_counters_that_call_at_once_never_call_the_same_ticket(clerk, colleague, clock):
    drawn(clerk, *["general"] * 12)
    seats = [(1, clerk), (2, colleague)]
    for number, who in seats:
        calling.open_counter(POINT, number, ["general"], who)
    called: list[str] = []
    begin = threading.Barrier(2)

    def work(number, who):
        clock.rule()
        begin.wait()
        while (at := calling.call_next(POINT, number, who)) is not None:
            called.append(at.number)
        connection.close()

    threads = [threading.Thread(target=work, args=seat) for seat in seats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(called) == [f"A{n:03}" for n in range(1, 13)]
    order = [event.body["ticket"] for event in ledger.history(queue()) if event.type == CALLED]
    assert order == [str(pk) for pk in Ticket.objects.order_by("serial").values_list("pk", flat=True)]


def test_every_column_follows_from_the_ledger(clerk, colleague, city, clock):
    first, second = drawn(clerk, "general", "general")
    calling.open_counter(POINT, 1, ["general"], clerk)
    calling.call_before(POINT, 1, second.pk, "aged", clerk)
    calling.transfer(POINT, 1, "firms", "other_matter", clerk)
    calling.call_next(POINT, 1, clerk)
    begins = queries.free(POINT, shelf.day(clock.now), clock.now)[0].begins
    item = townhall.an_item("housing", "services.matter").id
    booking.book(POINT, item, begins, city.parties["citizen"], clerk, key=uuid.uuid4())
    assert list(projections.check()) == []
    missed = []
    for table, model in (
        ("windows_ticket", Ticket),
        ("windows_counter", Counter),
        ("windows_appointment", Appointment),
    ):
        for field in model._meta.concrete_fields:
            value = OTHER_STATE[table] if field.column == "state" else changed(field)
            sql = f'UPDATE {table} SET "{field.column}" = {value} WHERE ctid = ({one_row(table)})'
            if not rehearsed(table, sql):
                missed.append((table, field.column))
    assert missed == []


OTHER_STATE = {"windows_ticket": "'lapsed'", "windows_appointment": "'missed'"}
"""Another state that the table knows: it refuses any other."""
