"""What the wall and the overview reckon without a database: the river, the map, shared values, periods."""

from __future__ import annotations

import datetime as dt
import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.web import calendars
from qinzheng.web.kept import Kept
from qinzheng.web.overview import asked
from qinzheng.web.wall import cells
from qinzheng.web.wall.river import LAW, PROMISE, Limits, where

CALENDAR = calendars.shipped()
BEGIN = CALENDAR.instant(dt.datetime(2026, 3, 2, 9))
MINUTE, DAY = 60_000_000, 86_400_000_000
STRETCHES = st.integers(1, 60 * 24 * 60).map(lambda minutes: minutes * MINUTE)
LIMITS = st.tuples(STRETCHES, st.none() | STRETCHES, st.none() | STRETCHES).map(
    lambda three: Limits(
        BEGIN,
        BEGIN + three[0],
        None if three[1] is None else BEGIN + three[1],
        None if three[2] is None else BEGIN + three[2],
    )
)


@given(LIMITS, STRETCHES, STRETCHES)
def test_time_carries_a_case_down_the_river_and_never_back(limits, one, two):
    early, late = sorted((BEGIN + one, BEGIN + two))
    assert 0 <= where(limits, early, CALENDAR).x <= where(limits, late, CALENDAR).x <= 1


@given(LIMITS, STRETCHES)
def test_the_banks_are_where_the_moments_are(limits, after):
    now = BEGIN + after
    found = where(Limits(limits.start, limits.due, limits.promise), now, CALENDAR)
    promise = limits.due if limits.promise is None else min(limits.promise, limits.due)
    if now > limits.due:
        assert found.place == "late"
        assert found.x >= LAW
    elif now > promise:
        assert found.place == "between"
        assert PROMISE <= found.x <= LAW
    else:
        assert found.place == "ahead"
        assert found.x <= PROMISE


@given(LIMITS, STRETCHES, STRETCHES, STRETCHES)
def test_a_paused_case_stands_still(limits, pause, one, two):
    paused = Limits(limits.start, limits.due, limits.promise, BEGIN + pause)
    first, second = (where(paused, BEGIN + pause + later, CALENDAR) for later in (one, two))
    assert (first, first.place) == (second, "paused")


POINTS = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 70)).map(lambda p: (float(p[0]), float(p[1]))),
    min_size=1,
    max_size=18,
    unique=True,
)


def area(cell):
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(cell, cell[1:] + cell[:1], strict=True))) / 2


@given(POINTS)
def test_the_cells_fill_the_frame_and_each_is_nearest_to_its_own_town(points):
    left, top, right, bottom = cells.frame(points)
    found = cells.cells(points)
    assert math.isclose(sum(map(area, found)), (right - left) * (bottom - top), rel_tol=1e-6)
    for town, cell in zip(points, found, strict=True):
        for corner in cell:
            nearest = min(math.dist(corner, other) for other in points)
            assert math.isclose(math.dist(corner, town), nearest, rel_tol=1e-6, abs_tol=1e-6)


def test_two_towns_at_one_place_share_its_cell():
    one, two = cells.cells([(5.0, 5.0), (5.0, 5.0)])
    assert area(one) > 0
    assert two == []


# -- shared values ------------------------------------------------------------------------------------


def test_many_askers_make_a_value_once():
    made, go = [], threading.Event()

    def make(key):
        go.wait(10)
        made.append(key)
        return len(made)

    kept, found = Kept(make, 60), []
    askers = [threading.Thread(target=lambda: found.append(kept.of("a"))) for _ in range(8)]
    for asker in askers:
        asker.start()
    go.set()
    for asker in askers:
        asker.join(10)
    assert found == [1] * 8
    assert kept.of("b") == 2
    kept.forget()
    assert kept.of("a") == 3


def test_an_old_value_is_given_while_a_new_one_is_made_behind():
    values, making, go = iter((1, 2)), threading.Event(), threading.Event()

    def make(key):
        found = next(values)
        if found == 2:
            making.set()
            go.wait(10)
        return found

    kept = Kept(make, 60, behind=True)
    assert kept.of("a") == 1
    kept._slots["a"].until = 0
    assert kept.of("a") == 1
    assert making.wait(10)
    assert kept.of("a") == 1
    go.set()
    with kept._slots["a"].lock:
        assert kept._slots["a"].value == 2


def test_a_stale_value_is_not_given_and_its_fault_is_heard():
    answers = iter((1,))
    kept: Kept[str, int] = Kept(lambda key: next(answers), 60, behind=True)
    assert kept.of("a") == 1
    kept._slots["a"].until = kept._slots["a"].good = 0
    with pytest.raises(StopIteration):
        kept.of("a")


# -- periods ------------------------------------------------------------------------------------------

DAYS = st.dates(dt.date(2004, 1, 1), dt.date(2027, 12, 31))


@given(DAYS, DAYS, DAYS)
def test_the_address_says_the_period_or_it_is_said_why_not(first, last, today):
    found = asked.span({"from": first.isoformat(), "to": last.isoformat()}, today)
    if first <= last and last - first <= asked.LONGEST:
        assert (found.period.first, found.period.last, found.wrong) == (first, last, None)
    else:
        assert found.wrong is not None
        assert found.period.last == today
    usual = asked.span({}, today)
    assert usual.period.first.day == 1
    assert len(list(usual.period.parts("month"))) == asked.MONTHS
    assert [each.name.zh for each in asked.presets(today, usual.period) if each.chosen][0] == "近 12 个月"


@given(DAYS)
def test_the_presets_lie_before_today_and_touch_it_or_end_a_month(today):
    for each in asked.presets(today, asked.span({}, today).period):
        first, last = (dt.date.fromisoformat(part.split("=")[1]) for part in each.query.split("&"))
        assert first <= last <= today
        assert last == today or (last + dt.timedelta(days=1)).day == 1
