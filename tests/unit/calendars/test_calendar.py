"""Arithmetic on the prefix tables, against counting day by day and minute by minute."""

import datetime as dt
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.calendars import build, schema
from qinzheng.calendars.calendar import DAY_US, BeyondCalendar, Calendar, differences
from tests.unit.calendars import shipped

D = dt.date
HOUR = 3_600_000_000
CN = shipped.calendar("cn")
NL = shipped.calendar("nl")
POINT = shipped.point("cn.self-service")

calendars = st.sampled_from([CN, NL, shipped.calendar("it"), shipped.calendar("us"), POINT])
days = st.integers(400, 6500)
steps = st.integers(-200, 200)


@st.composite
def instants(draw: st.DrawFn, calendar: Calendar) -> int:
    return draw(st.integers(calendar.midnight[0], calendar.midnight[calendar.days] - 1))


# -- days ---------------------------------------------------------------------------------------


def test_saturday_2026_10_10_is_worked_and_says_why() -> None:
    day = CN.index(D(2026, 10, 10))
    assert CN.is_work(day)
    assert CN.label(day) == ("国庆节调休上班", "worked in exchange for National Day")
    assert [CN.is_work(CN.index(D(2026, 10, n))) for n in range(1, 12)] == [False] * 7 + [True] * 3 + [False]
    assert CN.is_work(CN.index(D(2026, 9, 20)))


def test_silence_for_five_working_days_from_2026_09_28_ends_on_saturday_10_10() -> None:
    received = CN.index(D(2026, 9, 28))
    assert CN.date(CN.add_working_days(received, 5)) == D(2026, 10, 10)
    assert CN.date(CN.add_working_days(received, 20)) == D(2026, 10, 30)
    assert CN.date(CN.add_working_days(CN.index(D(2026, 10, 10)), 20)) == D(2026, 11, 6)


def test_a_notice_seven_working_days_before_a_hearing_counts_backward() -> None:
    hearing = CN.index(D(2026, 10, 12))
    assert CN.date(CN.add_working_days(hearing, -7)) == D(2026, 9, 24)


@given(calendars, days, steps)
def test_adding_working_days_is_counting_them_one_by_one(calendar: Calendar, day: int, n: int) -> None:
    at, left, step = day, abs(n), 1 if n > 0 else -1
    while left:
        at += step
        left -= calendar.is_work(at)
    assert calendar.add_working_days(day, n) == at


@given(calendars, days, st.integers(1, 200))
def test_adding_and_counting_are_inverse(calendar: Calendar, day: int, n: int) -> None:
    later = calendar.add_working_days(day, n)
    assert calendar.working_days_between(day, later) == n
    assert calendar.working_days_between(later, day) == -n
    start = calendar.next_working_day(day)
    assert calendar.add_working_days(calendar.add_working_days(start, n), -n) == start


@given(calendars, days)
def test_the_next_working_day_is_the_first_one_not_before(calendar: Calendar, day: int) -> None:
    found = calendar.next_working_day(day)
    assert calendar.is_work(found)
    assert not any(calendar.is_work(between) for between in range(day, found))


def test_adding_nothing_stays_on_a_day_off() -> None:
    holiday = CN.index(D(2026, 10, 1))
    assert CN.add_working_days(holiday, 0) == holiday


def test_the_prefix_lists_agree_with_one_another() -> None:
    assert len(CN.upto) == CN.days
    assert len(CN.midnight) == len(CN.before) == CN.days + 1
    assert CN.workday[0] == -1
    assert len(CN.workday) == CN.upto[-1] + 1
    for k in range(1, len(CN.workday)):
        assert CN.upto[CN.workday[k]] == k
        assert CN.workday[k] > CN.workday[k - 1]


def test_the_kth_working_day_and_its_place_in_the_count() -> None:
    day = CN.index(D(2026, 10, 10))
    assert CN.workday_at(CN.upto[day]) == day
    assert CN.date(CN.workday_at(1)) == D(2004, 1, 2)


# -- instants -----------------------------------------------------------------------------------


@given(st.data(), calendars)
def test_the_day_of_an_instant_is_its_local_date(data: st.DataObject, calendar: Calendar) -> None:
    at = data.draw(instants(calendar))
    local = calendar.local(at)
    day = calendar.day(at)
    assert calendar.date(day) == local.date()
    assert calendar.midnight[day] <= at <= calendar.end(day)
    assert calendar.instant(local) == at


@pytest.mark.parametrize("id", ["cn", "nl", "it", "us"])
def test_both_ends_of_every_day_lie_in_it(id: str) -> None:
    calendar = shipped.calendar(id)
    for day in range(calendar.days):
        assert calendar.day(calendar.midnight[day]) == day
        assert calendar.day(calendar.end(day)) == day


def test_both_ends_of_every_day_where_the_table_begins_in_summer_time_and_ends_in_winter_time() -> None:
    covers = schema.Period(first=D(2010, 1, 1), last=D(2012, 6, 30))
    sydney = build.build(shipped.head("nl").model_copy(update={"zone": "Australia/Sydney", "covers": covers}))
    for day in range(sydney.days):
        assert sydney.day(sydney.midnight[day]) == day
        assert sydney.day(sydney.end(day)) == day
    assert sydney.local(sydney.end(sydney.days - 1)).date() == covers.last


def test_a_chinese_day_ends_at_sixteen_hours_utc() -> None:
    day = CN.index(D(2026, 10, 30))
    assert CN.end(day) + 1 == int(dt.datetime(2026, 10, 30, 16, tzinfo=dt.UTC).timestamp()) * 1_000_000
    assert CN.local(CN.end(day)) == dt.datetime(2026, 10, 30, 23, 59, 59, 999999, CN.local(0).tzinfo)


@pytest.mark.parametrize(
    ("date", "offset_at_midnight", "length"),
    [
        (D(2014, 3, 29), 1, 24),
        (D(2014, 3, 30), 1, 23),  # clocks go forward at 02:00
        (D(2014, 3, 31), 2, 24),
        (D(2014, 10, 26), 2, 25),  # and back at 03:00
        (D(2014, 10, 27), 1, 24),
    ],
)
def test_midnight_and_length_of_days_of_daylight_saving(
    date: dt.date, offset_at_midnight: int, length: int
) -> None:
    day = NL.index(date)
    utc = dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC) - dt.timedelta(hours=offset_at_midnight)
    assert NL.midnight[day] == int(utc.timestamp()) * 1_000_000
    assert NL.midnight[day + 1] - NL.midnight[day] == length * HOUR


def test_local_times_that_clock_changes_skip_or_repeat() -> None:
    skipped = dt.datetime(2014, 3, 30, 2, 30)
    assert NL.local(NL.instant(skipped)).hour == 3
    repeated = dt.datetime(2014, 10, 26, 2, 30)
    assert NL.instant(repeated.replace(fold=1)) - NL.instant(repeated) == HOUR
    aware = dt.datetime(2014, 6, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    assert NL.local(NL.instant(aware)).hour == 6


# -- working hours ------------------------------------------------------------------------------


def _at(calendar: Calendar, year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return calendar.instant(dt.datetime(year, month, day, hour, minute))


@given(st.data(), calendars)
def test_working_time_grows_with_time_and_no_faster(data: st.DataObject, calendar: Calendar) -> None:
    a, b = sorted([data.draw(instants(calendar)), data.draw(instants(calendar))])
    assert 0 <= calendar.worked(b) - calendar.worked(a) <= b - a


@given(st.data(), calendars)
def test_worked_and_working_moment_are_inverse(data: st.DataObject, calendar: Calendar) -> None:
    worked = data.draw(st.integers(0, calendar.before[calendar.days] - 1))
    moment = calendar.working_moment(worked)
    assert calendar.worked(moment) == worked
    assert moment == calendar.midnight[0] or calendar.worked(moment - 1) < worked  # the earliest


@given(st.data(), calendars)
def test_the_next_working_moment_is_the_first_at_which_time_runs(
    data: st.DataObject, calendar: Calendar
) -> None:
    at = data.draw(st.integers(calendar.midnight[0], calendar.midnight[calendar.days - 20]))
    moment = calendar.next_working_moment(at)
    assert moment >= at
    assert calendar.worked(moment) == calendar.worked(at)
    assert calendar.worked(moment + 1) == calendar.worked(moment) + 1
    assert calendar.next_working_moment(moment) == moment


def test_the_noon_break_is_not_working_time() -> None:
    morning, noon, afternoon = (_at(CN, 2026, 11, 24, h, m) for h, m in [(11, 50), (12, 30), (13, 40)])
    assert CN.worked(noon) - CN.worked(morning) == 10 * 60_000_000
    assert CN.worked(afternoon) - CN.worked(morning) == 20 * 60_000_000
    assert CN.next_working_moment(noon) == _at(CN, 2026, 11, 24, 13, 30)
    assert CN.next_working_moment(morning) == morning


def test_two_working_hours_from_friday_afternoon_end_on_monday_morning() -> None:
    friday = _at(CN, 2026, 11, 20, 16, 0)
    due = CN.working_moment(CN.worked(friday) + 2 * HOUR)
    assert CN.local(due).strftime("%a %H:%M") == "Mon 10:00"


def test_an_hour_before_the_national_holiday_ends_after_it() -> None:
    eve = _at(CN, 2026, 9, 30, 16, 30)
    due = CN.working_moment(CN.worked(eve) + HOUR)
    assert due == _at(CN, 2026, 10, 8, 9, 30)


def test_the_close_of_business_is_the_last_moment_open_and_midnight_where_nobody_opens() -> None:
    assert CN.close(CN.index(D(2026, 10, 10))) == _at(CN, 2026, 10, 10, 17) - 1
    assert CN.close(CN.index(D(2026, 10, 1))) == CN.end(CN.index(D(2026, 10, 1)))
    assert POINT.close(POINT.index(D(2026, 10, 1))) == POINT.end(POINT.index(D(2026, 10, 1)))
    town = shipped.point("cn.town-hall")
    assert town.close(town.index(D(2026, 11, 25))) == _at(town, 2026, 11, 25, 12) - 1


def test_a_budget_ends_at_the_close_rather_than_at_the_next_opening() -> None:
    start = _at(CN, 2026, 11, 24, 9, 0)
    assert CN.working_moment(CN.worked(start) + 3 * HOUR) == _at(CN, 2026, 11, 24, 12, 0)


def test_after_the_clocks_went_forward_the_office_opens_at_nine_by_the_new_clock() -> None:
    friday, monday = _at(NL, 2014, 3, 28, 16, 59), _at(NL, 2014, 3, 31, 9)
    assert NL.next_working_moment(_at(NL, 2014, 3, 30, 12)) == monday
    assert NL.working_moment(NL.worked(friday) + 61_000_000) == monday + 1_000_000


# -- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ask",
    [
        lambda: CN.index(D(2003, 12, 31)),
        lambda: CN.index(D(2029, 1, 1)),
        lambda: CN.day(CN.midnight[0] - 1),
        lambda: CN.day(CN.midnight[CN.days]),
        lambda: CN.date(-1),
        lambda: CN.date(CN.days),
        lambda: CN.end(CN.days),
        lambda: CN.is_work(-1),
        lambda: CN.add_working_days(CN.days - 1, 1),
        lambda: CN.add_working_days(0, -1),
        lambda: CN.add_working_days(-1, 5),
        lambda: CN.add_working_days(10, 100_000),
        lambda: CN.working_days_between(-1, 5),
        lambda: CN.working_days_between(5, CN.days),
        lambda: CN.next_working_day(CN.days - 1),
        lambda: CN.workday_at(0),
        lambda: CN.workday_at(len(CN.workday)),
        lambda: CN.close(-1),
        lambda: CN.close(CN.days),
        lambda: CN.worked(CN.midnight[CN.days]),
        lambda: CN.working_moment(CN.before[CN.days] + 1),
        lambda: CN.working_moment(-1),
        lambda: CN.next_working_moment(CN.midnight[CN.days] - 1),
        lambda: CN.day(10**30),
    ],
)
def test_what_lies_beyond_the_table_is_an_alarm(ask: object) -> None:
    with pytest.raises(BeyondCalendar) as raised:
        ask()  # type: ignore[operator]
    error = raised.value
    assert error.calendar == "cn"
    assert "2004-01-01 至 2028-12-31" in error.zh
    assert "2004-01-01 to 2028-12-31" in error.en
    assert error.day in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (again.calendar, again.day, again.zh, str(again)) == (
        error.calendar,
        error.day,
        error.zh,
        str(error),
    )


def test_the_midnight_after_the_table_is_no_due_moment() -> None:
    last = POINT.before[POINT.days]
    assert POINT.working_moment(last - 1) == POINT.end(POINT.days - 1)
    with pytest.raises(BeyondCalendar):
        POINT.working_moment(last)
    assert CN.local(CN.working_moment(CN.before[CN.days])).strftime("%m-%d %H:%M") == "12-29 17:00"


def test_days_that_only_one_of_two_calendars_covers_are_differences() -> None:
    longer = shipped.head("nl")
    shorter = longer.model_copy(
        update={"covers": schema.Period(first=longer.covers.first, last=D(2020, 12, 29))}
    )
    old, new = build.build(shorter), build.build(longer)
    assert differences(old, new) == differences(new, old) == [D(2020, 12, 30), D(2020, 12, 31)]


def test_a_calendar_survives_its_way_to_another_process() -> None:
    again = pickle.loads(pickle.dumps(CN))
    assert again.edition == CN.edition
    assert (again.upto, again.workday, again.before) == (CN.upto, CN.workday, CN.before)
    assert again.label(CN.index(D(2026, 10, 10))) == CN.label(CN.index(D(2026, 10, 10)))


def test_days_of_a_zone_without_daylight_saving_are_all_of_24_hours() -> None:
    assert {b - a for a, b in zip(CN.midnight, CN.midnight[1:], strict=False)} == {DAY_US}
