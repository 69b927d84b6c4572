"""The law's own rules of counting, on both sides of each date."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinzheng.clocks import counting
from tests.library import at, calendar, shown


def family(unit, start_day="not_counted", ends="end_of_day", last_day_off="stands", on="cn"):
    return counting.family(calendar(on), unit, start_day, ends, last_day_off)


def due(count, start, amount, shift=0, part=0):
    return shown(count.due(at(start), shift, amount, part))


# -- 民法典 201-203 ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2025-01-31 10:00", "2025-02-28 24:00"),
        ("2024-01-31 10:00", "2024-02-29 24:00"),
        ("2025-01-28 10:00", "2025-02-28 24:00"),
        ("2025-01-27 10:00", "2025-02-27 24:00"),
        ("2025-03-31 10:00", "2025-04-30 24:00"),
        ("2025-04-30 10:00", "2025-05-30 24:00"),
        ("2025-12-31 23:59", "2026-01-31 24:00"),
    ],
)
def test_a_month_ends_on_the_same_day_or_on_the_last(start, end):
    assert due(family("months"), start, 1) == end


def test_a_month_whose_last_day_is_off_ends_on_the_next_working_day():
    count = family("months", last_day_off="next_working_day")
    assert due(count, "2026-09-01 10:00", 1) == "2026-10-08 24:00"  # 10-01 to 10-07 are off
    assert due(count, "2026-08-31 10:00", 1) == "2026-09-30 24:00"  # a working Wednesday stands


@pytest.mark.parametrize(
    ("start", "years", "end"), [("2024-02-29", 1, "2025-02-28 24:00"), ("2024-02-29", 4, "2028-02-29 24:00")]
)
def test_years_end_on_the_same_day_or_the_last_of_february(start, years, end):
    assert due(family("years"), start, years) == end


def test_the_first_day_is_not_counted_unless_the_clock_says_so():
    assert due(family("calendar_days"), "2026-03-02 00:00", 5) == "2026-03-07 24:00"
    assert due(family("calendar_days", "counted"), "2026-03-02 23:59", 5) == "2026-03-06 24:00"
    assert due(family("working_days"), "2026-03-02 00:00", 5) == "2026-03-09 24:00"
    assert due(family("working_days", "counted"), "2026-03-02 23:59", 5) == "2026-03-06 24:00"


def test_a_first_day_off_gives_no_extra_day_where_it_would_be_counted():
    assert due(family("working_days", "counted"), "2026-03-07 10:00", 1) == "2026-03-09 24:00"
    assert due(family("working_days"), "2026-03-07 10:00", 1) == "2026-03-09 24:00"


def test_a_last_day_off_moves_only_where_the_clock_says_so():
    moves = family("calendar_days", last_day_off="next_working_day")
    assert due(moves, "2026-09-21 10:00", 10) == "2026-10-08 24:00"
    assert due(family("calendar_days"), "2026-09-21 10:00", 10) == "2026-10-01 24:00"
    assert due(moves, "2026-09-21 10:00", 9) == "2026-09-30 24:00"
    assert due(moves, "2026-09-30 10:00", 10) == "2026-10-10 24:00"  # a Saturday worked in exchange


def test_close_of_business_ends_the_last_day_early():
    close = family("calendar_days", ends="close_of_business")
    last = close.due(at("2026-03-02 10:00"), 0, 2, 0)
    assert last == at("2026-03-04 17:00") - 1
    working = family("working_days", ends="close_of_business")
    assert working.due(at("2026-03-06 10:00"), 0, 1, 0) == at("2026-03-09 17:00") - 1
    stands = close.due(at("2026-03-05 10:00"), 0, 2, 0)
    assert shown(stands) == "2026-03-07 24:00"  # a Saturday has no business hours


# -- 行政许可法 42, 82 ---------------------------------------------------------------------------


def test_twenty_working_days_over_national_day_2026():
    count = family("working_days")
    assert due(count, "2026-09-28 09:00", 20) == "2026-10-30 24:00"
    assert due(count, "2026-10-10 09:00", 20) == "2026-11-06 24:00"
    assert due(count, "2026-09-28 09:00", 5) == "2026-10-10 24:00"  # the make-up Saturday is the fifth
    assert due(count, "2026-09-28 09:00", 4) == "2026-10-09 24:00"


def test_the_same_time_of_day():
    count = family("working_days", ends="same_time")
    assert due(count, "2026-09-30 15:30", 1) == "2026-10-08 15:30"
    assert due(count, "2026-03-06 15:30", 1) == "2026-03-09 15:30"


# -- hours and minutes ---------------------------------------------------------------------------


def test_working_hours_leave_out_lunch_nights_and_days_off():
    count = family("working_hours", ends="same_time")
    assert due(count, "2026-03-02 11:00", 1) == "2026-03-02 12:00"
    assert due(count, "2026-03-02 11:00", 2) == "2026-03-02 14:30"
    assert due(count, "2026-03-02 12:30", 1) == "2026-03-02 14:30"
    assert due(count, "2026-03-06 16:30", 1) == "2026-03-09 09:30"
    assert due(count, "2026-09-30 16:30", 1) == "2026-10-08 09:30"


def test_minutes_and_hours_run_through_the_night():
    assert due(family("minutes", ends="same_time"), "2026-03-06 23:50", 30) == "2026-03-07 00:20"
    assert due(family("hours", ends="same_time"), "2026-03-06 23:50", 24) == "2026-03-07 23:50"


# -- shares --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("promise", "whole", "part", "end"),
    [
        (10, 9, 0, "2026-03-13 24:00"),
        (5, 4, 500_000, "2026-03-09 11:59:59.999999"),
        (2, 1, 800_000, "2026-03-04 19:11:59.999999"),
    ],
)
def test_ninety_per_cent_of_a_promise(promise, whole, part, end):
    assert divmod(promise * 90 * counting.WHOLE_UNIT // 100, counting.WHOLE_UNIT) == (whole, part)
    assert due(family("working_days"), "2026-03-02 10:00", whole, part=part) == end


# -- properties ----------------------------------------------------------------------------------

FAMILIES = [
    family(unit, start, ends, off)
    for unit in ("working_days", "calendar_days", "months")
    for start in ("counted", "not_counted")
    for ends in ("end_of_day", "close_of_business")
    for off in ("stands", "next_working_day")
] + [family(unit, ends="same_time") for unit in ("minutes", "hours", "working_hours", "working_days")]
MOMENTS = st.integers(at("2020-01-01"), at("2025-12-31"))


@settings(deadline=None)
@given(st.sampled_from(FAMILIES), MOMENTS, st.integers(0, 10**11), st.integers(2, 9))
def test_a_later_start_and_a_longer_budget_never_end_earlier(count, start, later, amount):
    assert count.due(start, 0, amount, 0) <= count.due(start + later, 0, amount, 0)
    assert count.due(start, 0, amount, 0) <= count.due(start, 0, amount + 1, 0)


@settings(deadline=None)
@given(st.sampled_from(FAMILIES), MOMENTS, st.integers(2, 9), st.integers(1, 999_999))
def test_a_part_of_a_unit_lies_between_its_neighbours(count, start, amount, part):
    within = count.due(start, 0, amount, part)
    assert shown(within)[:10] <= shown(count.due(start, 0, amount + 1, 0))[:10]
    if not isinstance(count, counting.CalendarDays | counting.WorkingDaysToClose):
        assert count.due(start, 0, amount, 0) <= within <= count.due(start, 0, amount + 1, 0)


@settings(deadline=None)
@given(st.sampled_from(FAMILIES), MOMENTS, st.lists(st.integers(0, 10**12), min_size=2, max_size=5))
def test_pauses_in_a_row_take_what_one_pause_takes(count, begin, steps):
    moments = [begin]
    for step in steps:
        moments.append(moments[-1] + step)
    parts = sum(count.span(a, b) for a, b in zip(moments, moments[1:], strict=False))
    assert parts == count.span(moments[0], moments[-1])


# -- backward ------------------------------------------------------------------------------------


def backward(*, working, clear_days):
    return counting.Backward(calendar(), "working_days" if working else "calendar_days", clear_days)


def latest(fixed, whole, *, working, clear_days):
    return shown(backward(working=working, clear_days=clear_days).due(at(fixed), 0, whole, 0))


def test_notice_seven_days_before_a_hearing_counts_back_in_working_days():
    # 行政许可法 48, 82, 行政处罚法 64(2), 85: heard on Fri 2026-10-16; 10-10 is worked, 10-01 to 10-07 off.
    assert latest("2026-10-16 09:00", 7, working=True, clear_days=False) == "2026-10-08 24:00"
    assert latest("2026-10-16 09:00", 7, working=True, clear_days=True) == "2026-09-30 24:00"
    assert latest("2026-10-15 09:00", 7, working=True, clear_days=False) == "2026-09-30 24:00"


def test_backward_from_a_day_off_starts_with_the_working_day_before_it():
    assert latest("2026-03-08 09:00", 1, working=True, clear_days=False) == "2026-03-06 24:00"
    assert latest("2026-03-09 09:00", 1, working=True, clear_days=False) == "2026-03-06 24:00"
    assert latest("2026-03-10 09:00", 1, working=True, clear_days=False) == "2026-03-09 24:00"


def test_backward_in_calendar_days_ends_on_whatever_day_that_is():
    # 行政许可法 50: renewal is asked thirty days before expiry; calendar days for them is our choice.
    assert latest("2026-03-31 09:00", 30, working=False, clear_days=False) == "2026-03-01 24:00"
    assert latest("2026-03-31 09:00", 30, working=False, clear_days=True) == "2026-02-28 24:00"


@settings(deadline=None)
@given(MOMENTS, st.integers(1, 30), st.booleans())
def test_what_is_given_at_the_latest_moment_leaves_the_whole_period(fixed, whole, clear):
    cn = calendar()
    last = cn.day(backward(working=True, clear_days=clear).due(fixed, 0, whole, 0))
    between = [day for day in range(last + 1, cn.day(fixed)) if cn.is_work(day)]
    assert cn.is_work(last)
    assert len(between) == (whole if clear else whole - 1)
