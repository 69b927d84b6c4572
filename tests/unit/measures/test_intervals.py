"""Intervals against published tables and against what they promise: coverage."""

from random import Random
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.measures import intervals

HISTOGRAMS = st.dictionaries(st.integers(-50, 200), st.integers(1, 40), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("degrees", "point"),
    [
        (1, 12.7062),
        (2, 4.3027),
        (3, 3.1824),
        (4, 2.7764),
        (5, 2.5706),
        (10, 2.2281),
        (30, 2.0423),
        (120, 1.9799),
    ],
)
def test_students_t_is_that_of_the_tables(degrees, point):
    assert intervals.student(degrees) == pytest.approx(point, abs=5e-4)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_is_that_of_the_textbook(part, whole, low, high):
    assert intervals.wilson(part, whole) == pytest.approx((low, high), abs=5e-5)


def test_of_nothing_there_is_no_interval():
    assert intervals.wilson(0, 0) is None
    assert intervals.of_mean({3: 1}) is None
    assert intervals.of_ratio({}) is None
    assert intervals.of_quantile({1: 5}, 50) is None  # five facts: no ranks hold 95 %


def test_the_median_of_ten_lies_between_the_second_and_the_ninth():
    assert intervals.of_quantile(dict.fromkeys(range(1, 11), 1), 50) == (2.0, 9.0)


@given(HISTOGRAMS)
def test_a_median_is_the_middle_of_all_values_in_a_row(histogram):
    row = sorted(value for value, count in histogram.items() for _ in range(count))
    middle = row[(len(row) - 1) // 2] + row[len(row) // 2]
    assert intervals.twice_median(histogram) == middle


@given(HISTOGRAMS, st.integers(1, 99))
def test_an_interval_of_a_quantile_holds_the_quantile(histogram, per_cent):
    n = sum(histogram.values())
    found = intervals.of_quantile(histogram, per_cent)
    value = intervals.at_rank(histogram, -(-n * per_cent // 100))
    assert found is None or found[0] <= value <= found[1]


@pytest.mark.parametrize("share", [0.5, 0.9, 0.97])
def test_wilson_covers_about_as_often_as_it_says(share):
    random = Random(1)
    held = 0
    for _ in range(2_000):
        part = sum(random.random() < share for _ in range(60))
        low, high = intervals.wilson(part, 60) or (2.0, 2.0)
        held += low <= share <= high
    assert 0.92 <= held / 2_000 <= 0.98


def test_a_mean_and_a_ratio_cover_about_as_often_as_they_say():
    random = Random(2)
    means = ratios = 0
    for _ in range(1_500):
        used: dict[int, int] = {}
        pairs: dict[tuple[int, int], int] = {}
        for _ in range(40):
            limit, days = random.choice((10, 20)), random.randrange(11)
            used[days] = used.get(days, 0) + 1
            pairs[limit - days, limit] = pairs.get((limit - days, limit), 0) + 1
        low, high = intervals.of_mean(used) or (9.9, 9.9)
        means += low <= 5 <= high
        low, high = intervals.of_ratio(pairs) or (9.9, 9.9)
        ratios += low <= 1 - 5 / 15 <= high
    assert 0.92 <= means / 1_500 <= 0.98
    assert 0.92 <= ratios / 1_500 <= 0.98


def test_z_is_the_normals_point():
    assert pytest.approx(NormalDist().inv_cdf(0.975)) == intervals.Z
