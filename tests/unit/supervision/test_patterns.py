"""The arithmetic of patterns: queues against a plain count, rank tests against every permutation, what may be told against its definition."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.supervision.patterns import favour, overtaking
from qinzheng.supervision.patterns.overtaking import NEVER, Waiting

QUEUES = st.lists(
    st.builds(Waiting, st.integers(0, 12), st.one_of(st.integers(0, 30), st.just(NEVER)), st.booleans()), max_size=40
)  # fmt: skip
DAYS = st.lists(st.integers(0, 4), min_size=1, max_size=4)


@given(QUEUES, st.integers(1, 5))
def test_a_queue_is_counted_as_by_hand(queue: list[Waiting], earlier: int) -> None:
    by_hand = [
        0 if here.ended == NEVER else sum(
            each.passable and each.turn + earlier <= here.turn and each.ended > here.ended for each in queue
        )
        for here in queue
    ]  # fmt: skip
    assert overtaking.passed(queue, earlier) == by_hand


@given(QUEUES)
def test_who_keeps_the_order_passes_nobody(queue: list[Waiting]) -> None:
    ordered = [Waiting(turn, turn, True) for turn, _, _ in sorted(queue)]
    assert overtaking.passed(ordered, 1) == [0] * len(queue)


def test_those_of_one_day_have_no_order() -> None:
    with pytest.raises(ValueError, match="one day"):
        overtaking.passed([Waiting(1, 2, True)], 0)


@given(DAYS, DAYS)
def test_a_rank_sum_has_the_mean_and_the_variance_of_all_permutations(
    mine: list[int], others: list[int]
) -> None:
    everything = [*mine, *others]
    sums = []
    for chosen in combinations(range(len(everything)), len(mine)):
        theirs = [everything[n] for n in chosen]
        rest = [everything[n] for n in range(len(everything)) if n not in chosen]
        sums.append(favour.rank_sum(theirs, rest)[0])
    mean = sum(sums, Fraction(0)) / len(sums)
    observed, expected, variance = favour.rank_sum(mine, others)
    assert observed in sums
    assert expected == mean
    assert variance == sum(((each - mean) ** 2 for each in sums), Fraction(0)) / len(sums)


@given(st.lists(st.tuples(DAYS, DAYS), min_size=1, max_size=4))
def test_faster_is_the_share_of_comparisons(strata: list[tuple[list[int], list[int]]]) -> None:
    compared = favour.compare(strata)
    assert compared is not None
    pairs = [(a, b) for mine, others in strata for a in mine for b in others]
    wins = sum((Fraction(a < b) + Fraction(a == b, 2) for a, b in pairs), Fraction(0))
    assert compared.faster == wins / len(pairs)
    assert 0 <= compared.chance <= 1
    turned = favour.compare([(others, mine) for mine, others in strata])
    assert turned is not None
    assert turned.faster == 1 - compared.faster


def test_equal_days_say_nothing_and_an_item_alone_is_no_comparison() -> None:
    same = favour.compare([([2, 2, 2], [2, 2, 2, 2])])
    assert same is not None
    assert (same.chance, same.faster) == (1.0, Fraction(1, 2))
    assert favour.compare([([1, 2], []), ([], [3])]) is None


def test_one_item_is_the_textbook_test() -> None:
    """Without ties: ranks 1 to 3 of 8, mean 13.5, variance 3 * 5 * 9 / 12."""
    compared = favour.compare([([1, 2, 3], [4, 5, 6, 7, 8])])
    assert compared is not None
    assert compared.chance == pytest.approx(NormalDist().cdf((6 - 13.5) / (135 / 12) ** 0.5))
    assert compared.faster == 1


@given(st.lists(st.floats(0, 1), max_size=30), st.integers(1, 20))
def test_what_may_be_told_is_what_the_procedure_says(chances: list[float], per_cent: int) -> None:
    told = favour.kept(chances, per_cent)
    count = len(chances)
    harmonic = sum(1 / n for n in range(1, count + 1))
    ordered = sorted(chances)
    bounds = [k * per_cent / 100 / count / harmonic for k in range(1, count + 1)]
    largest = max(
        (k for k in range(1, count + 1) if ordered[k - 1] <= bounds[k - 1] * (1 + 1e-12)), default=0
    )
    assert len(told) == count
    assert abs(sum(told) - largest) <= sum(abs(ordered[k] - bounds[k]) < 1e-9 for k in range(count))
    kept = [chance for chance, tells in zip(chances, told, strict=True) if tells]
    left = [chance for chance, tells in zip(chances, told, strict=True) if not tells]
    assert not kept or not left or max(kept) <= min(left)


def test_of_many_even_chances_nothing_is_told() -> None:
    assert favour.kept([n / 100 for n in range(1, 101)], 5) == [False] * 100
    assert favour.kept([0.00001] + [0.5] * 99, 5) == [True] + [False] * 99
