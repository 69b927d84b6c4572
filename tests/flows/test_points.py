"""When papers put in at a point were received: its hours decide, on both sides of opening and closing."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.calendars import queries as calendars
from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf
from qinzheng.ledger import queries
from qinzheng.mechanisms.points import receiving
from qinzheng.organizations import actions as organizations
from tests import library, townhall
from tests.flows.licences import CLERK, at, row

DAY = 86_400_000_000
HOURS = [calendars.calendar(library.library(), name) for name in ("cn", "cn.town-hall", "cn.self-service")]
MOMENTS = st.integers(at("2024-01-01 00:00"), at("2026-11-30 00:00"))


def is_open(hours, moment):
    day = hours.day(moment)
    return any(a <= moment - hours.midnight[day] < b for a, b in hours.opening[hours.hours[day]])


@given(hours=st.sampled_from(HOURS), moment=MOMENTS)
def test_received_while_open_at_once_and_else_when_it_next_opens(hours, moment):
    received = receiving.received_at(hours, moment)
    assert received >= moment
    assert is_open(hours, received)
    assert (received == moment) == is_open(hours, moment)
    if (
        received > moment
    ):  # it is the first open moment: the one before it, and all since it was put in, are not
        assert not is_open(hours, received - 1)
        assert hours.worked(received) == hours.worked(moment)
    assert receiving.received_at(hours, received) == received


@given(hours=st.sampled_from(HOURS), moment=MOMENTS, later=st.integers(0, 20 * DAY))
def test_who_puts_in_first_is_received_first(hours, moment, later):
    assert receiving.received_at(hours, moment) <= receiving.received_at(hours, moment + later)


@given(
    hours=st.sampled_from(HOURS),
    day=st.integers(at("2024-01-01 12:00") // DAY, at("2026-11-01 12:00") // DAY),
)
def test_the_very_moments_of_opening_and_closing(hours, day):
    day = hours.day(day * DAY)
    for opens, closes in hours.opening[hours.hours[day]]:
        begin, end = hours.midnight[day] + opens, hours.midnight[day] + closes
        assert receiving.received_at(hours, begin) == begin
        assert receiving.received_at(hours, end - 1) == end - 1
        assert receiving.received_at(hours, begin - 1) in (begin - 1, begin)
        assert (receiving.received_at(hours, end) == end) == is_open(hours, end)


@given(moment=MOMENTS)
def test_a_point_open_around_the_clock_receives_at_any_time(moment):
    assert receiving.received_at(HOURS[2], moment) == moment


# -- on the database -----------------------------------------------------------------------------------

FLOW = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]


@pytest.fixture
def city(clock):
    founded: dict[str, Any] = {"begins": dt.date(2020, 1, 1), "by": "installer"}
    organizations.found_organization("qinghe", "city", "清和市", parent=None, **founded)
    organizations.found_organization("housing", "department", "住建局", parent="qinghe", **founded)
    for id, calendar, mobile in (
        ("hall", "cn.town-hall", False),
        ("always", "cn.self-service", False),
        ("van", "cn.town-hall", True),
    ):
        organizations.found_organization(
            id, "service_point", id, parent="housing", calendar=calendar, mobile=mobile, **founded
        )  # fmt: skip


def put_in(point, moment):
    item = townhall.an_item("housing", "services.matter")
    told = dt.datetime.fromisoformat(moment).replace(tzinfo=shelf.ZONE)
    return receiving.taken(
        point, told, CLERK,
        lambda received: cases.open_case(item.procedure, "receive", CLERK, {}, about=About(item=item.id), occurred_at=received),
    )  # fmt: skip


class TestTaken:
    pytestmark = FLOW

    @pytest.mark.parametrize(
        ("point", "received"),
        [("hall", "2026-03-02 09:00"), ("van", "2026-03-02 09:00"), ("always", "2026-03-01 20:15")],
    )
    def test_what_was_put_in_on_sunday_evening(self, city, clock, point, received):
        clock.on("2026-03-02 10:00")  # a Monday
        done = put_in(point, "2026-03-01 20:15")
        case = row(done.case)
        assert case.opened_at == dt.datetime.fromisoformat(received).replace(tzinfo=shelf.ZONE)
        papers = receiving.of(case)
        assert papers is not None
        assert (papers.point, papers.at, papers.received) == (point, at("2026-03-01 20:15"), at(received))
        assert [each.type for each in queries.history(f"points:{case.pk}")] == [receiving.RECEIVED]

    def test_the_due_day_follows_from_the_points_hours(self, city, clock):
        """The same papers at the same moment: at the 24-hour point a day earlier than in the hall's box."""
        clock.on("2026-03-03 10:00")
        due = {}
        for point in ("always", "hall"):
            done = put_in(point, "2026-03-02 19:00")
            papers = receiving.of(row(done.case))
            assert papers is not None
            cases.perform(done.case, "accept", CLERK, {}, occurred_at=papers.received)
            found = Clock.objects.get(case=done.case).due_at
            assert found is not None
            due[point] = found
        assert due["hall"] - due["always"] == dt.timedelta(days=1)

    def test_what_cannot_be(self, city, clock):
        clock.on("2026-03-02 08:00")
        for point, moment, field in (
            ("hall", "2026-03-01 20:15", "put_in"), ("hall", "2026-03-02 08:01", "put_in"), ("nowhere", "2026-03-01 20:15", "point"),
            ("housing", "2026-03-01 20:15", "point"), ("hall", "2019-03-01 20:15", "point"),
        ):  # fmt: skip
            with pytest.raises(NotAllowed) as why:
                put_in(point, moment)
            assert why.value.field == field, (point, moment)
        assert list(queries.history("points:case")) == []
