"""A calendar by its name out of a library."""

import datetime as dt

import pytest

from qinzheng.calendars import build, queries
from tests.unit.calendars import shipped


def _shelf() -> shipped.Shelf:
    return shipped.Shelf(shipped.definitions().values())


def test_a_calendar_is_built_once_for_a_library() -> None:
    shelf = _shelf()
    first = queries.calendar(shelf, "cn")
    assert queries.calendar(shelf, "cn") is first
    assert shelf.asked == 1
    assert first.edition == shipped.calendar("cn").edition
    assert queries.calendar(_shelf(), "cn") is not first


def test_as_known_then_is_another_calendar() -> None:
    shelf = _shelf()
    then = queries.calendar(shelf, "cn", known_on=dt.date(2020, 1, 26))
    assert then.edition != queries.calendar(shelf, "cn").edition
    assert then.edition == shipped.calendar("cn", dt.date(2020, 1, 26)).edition


def test_an_overlay_is_asked_for_by_its_own_name() -> None:
    point = queries.calendar(_shelf(), "cn.self-service")
    assert point.id == "cn.self-service"
    assert point.edition == shipped.point("cn.self-service").edition


@pytest.mark.parametrize("id", ["nl", "it", "us"])
def test_a_calendar_without_yearly_notices(id: str) -> None:
    calendar = queries.calendar(_shelf(), id)
    assert calendar.date(0) == dt.date(1999, 1, 1)
    assert calendar.horizon == calendar.days


@pytest.mark.parametrize("id", ["hk", "cn.2015"])
def test_a_missing_calendar_is_an_alarm_that_names_those_there_are(id: str) -> None:
    with pytest.raises(
        build.IncompleteCalendar, match=r"Known: cn, cn.self-service, cn.town-hall, it, nl, us"
    ):
        queries.calendar(_shelf(), id)
