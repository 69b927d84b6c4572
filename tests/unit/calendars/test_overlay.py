"""One point's own hours upon a calendar; what the law counts stays the law's unless it is said otherwise."""

import datetime as dt
from typing import Any

import pytest

from qinzheng.calendars import build, queries, schema
from qinzheng.calendars.calendar import Calendar, differences
from qinzheng.definitions.form import Text
from tests.unit.calendars import shipped

D = dt.date
HOUR = 3_600_000_000
CN = shipped.calendar("cn")


def _hours(calendar: Calendar, date: dt.date) -> list[tuple[float, float]]:
    spans = calendar.opening[calendar.hours[calendar.index(date)]]
    return [(start / HOUR, end / HOUR) for start, end in spans]


def _overlay(**changes: Any) -> schema.CalendarOverlay:
    return shipped.overlay("cn.self-service").model_copy(update=changes)


def _build(overlay: schema.CalendarOverlay) -> Calendar:
    return build.build(shipped.head("cn"), shipped.years("cn"), overlays=[overlay])


def test_a_point_open_around_the_clock_counts_hours_day_and_night_but_the_laws_days() -> None:
    point = shipped.point("cn.self-service")
    eve = point.instant(dt.datetime(2026, 9, 30, 23, 0))
    assert point.working_moment(point.worked(eve) + 4 * HOUR) == eve + 4 * HOUR
    assert point.upto == CN.upto
    assert _hours(point, D(2026, 10, 1)) == [(0, 24)]
    assert _hours(point, D(2019, 10, 1)) == []  # before it was in force the base holds


def test_the_towns_own_hours_closing_and_seasons() -> None:
    town = shipped.point("cn.town-hall")
    assert _hours(town, D(2026, 11, 24)) == [(9, 12), (13.5, 17)]  # Tuesday, as the base
    assert _hours(town, D(2026, 11, 25)) == [(9, 12)]  # Wednesday afternoon closed
    assert _hours(town, D(2026, 11, 28)) == [(9, 12)]  # Saturday service
    assert _hours(town, D(2026, 11, 29)) == []
    assert _hours(town, D(2026, 7, 21)) == [(8.5, 12), (14.5, 17.5)]  # summer
    assert _hours(town, D(2026, 10, 3)) == []  # a Saturday in the National Day holiday
    assert _hours(town, D(2026, 10, 10)) == [(9, 12), (13.5, 17)]  # a Saturday that is worked
    assert town.upto == CN.upto
    assert town.edition != CN.edition


def test_a_towns_own_day_off_counts_where_the_overlay_says_so() -> None:
    festival = schema.DatedHours(date=D(2026, 4, 20), name=Text(zh="三月三", en="Sanyuesan"), opening=[])
    own = _build(
        _overlay(working_days="open", on_working_days=None, on_weekends=[], on_holidays=[], dates=[festival])
    )
    day = own.index(D(2026, 4, 20))
    assert not own.is_work(day)
    assert own.label(day) == ("三月三", "Sanyuesan")
    assert differences(CN, own) == [D(2026, 4, 20)]


def test_an_overlay_ends_with_its_last_day_in_force() -> None:
    point = _build(_overlay(in_force_to=D(2026, 10, 1)))
    assert _hours(point, D(2026, 10, 1)) == [(0, 24)]
    assert _hours(point, D(2026, 10, 2)) == []


def test_each_edition_of_a_points_hours_counts_for_its_own_days() -> None:
    morning = [schema.OpenSpan(opens="08:00", closes="11:00")]
    first = shipped.overlay("cn.town-hall")
    then = first.model_copy(
        update={"in_force_from": D(2026, 8, 1), "in_force_to": D(2026, 9, 30), "seasons": [], "weekly": {},
                "on_working_days": morning}
    )  # fmt: skip
    shelf = shipped.Shelf([*shipped.definitions().values(), then])
    town = queries.calendar(shelf, "cn.town-hall")
    assert _hours(town, D(2026, 7, 31)) == [(8.5, 12), (14.5, 17.5)]
    assert _hours(town, D(2026, 8, 3)) == [(8, 11)]
    assert _hours(town, D(2026, 9, 30)) == [(8, 11)]
    assert _hours(town, D(2026, 10, 8)) == [(9, 12), (13.5, 17)]  # it has ended; the base holds
    assert town.upto == CN.upto


def test_a_season_may_pass_new_year() -> None:
    winter = schema.Season(
        first="11-01", last="03-31", opening=[schema.OpenSpan(opens="10:00", closes="16:00")]
    )
    assert [
        winter.holds(day) for day in (D(2026, 10, 31), D(2026, 11, 1), D(2027, 3, 31), D(2027, 4, 1))
    ] == [
        False,
        True,
        True,
        False,
    ]


def test_hours_on_a_day_of_daylight_saving_are_elapsed_time() -> None:
    nl = shipped.head("nl")
    around = _overlay(base="nl", in_force_from=D(1999, 1, 1))
    point = build.build(nl, overlays=[around])
    assert _hours(point, D(2014, 3, 30)) == [(0, 23)]
    assert _hours(point, D(2014, 10, 26)) == [(0, 25)]
    assert _hours(point, D(2014, 10, 27)) == [(0, 24)]
    assert len(point.opening) <= 3 + 2 * 22
    day_time = _overlay(
        base="nl",
        in_force_from=D(1999, 1, 1),
        on_weekends=[schema.OpenSpan(opens="09:00", closes="12:00")],
    )
    sunday = build.build(nl, overlays=[day_time])
    opened = sunday.next_working_moment(sunday.midnight[sunday.index(D(2014, 3, 30))])
    assert sunday.local(opened).hour == 9


def test_an_overlay_upon_another_base_is_refused() -> None:
    with pytest.raises(build.IncompleteCalendar, match="lies upon nl, not upon cn"):
        _build(_overlay(base="nl"))


def test_every_shipped_overlay_builds() -> None:
    overlays = [d for d in shipped.definitions().values() if isinstance(d, schema.CalendarOverlay)]
    assert len(overlays) >= 2
    for overlay in overlays:
        assert shipped.point(overlay.id).before[-1] > 0
