"""Whether an officer was quicker for one party than for others, and how sure that is. Pure; exact where counts are all there is.

Days are compared only inside one item: a rank test in each stratum, the strata joined with the weights of van Elteren
(1960), ties by midranks, the variance exact under permutation. Of many pairs tested some look striking by chance: what
is kept is bounded by Benjamini and Yekutieli (2001, Ann. Stat. 29:1165), which holds however the tests depend on one
another. Both from memory and to be checked. The tail is the normal one, so least numbers are asked for before anything is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from statistics import NormalDist

Stratum = tuple[Sequence[int], Sequence[int]]
"""(days of the party's cases, days of the others') of one item"""


@dataclass(frozen=True)
class Compared:
    """What comparing gave. ``faster``: of all pairs of one of the party's and one other case of the same item, the share in
    which the party's took fewer days, ties as halves; ``chance``: how often chance alone would favour it as much or more."""

    mine: int
    others: int
    faster: Fraction
    chance: float


def compare(strata: Sequence[Stratum]) -> Compared | None:
    """The party's cases against the others', item by item; None where no item has both."""
    both = [(mine, others) for mine, others in strata if mine and others]
    if not both:
        return None
    observed = expected = variance = Fraction(0)
    wins, pairs = Fraction(0), 0
    for mine, others in both:
        ranked, mean, spread = rank_sum(mine, others)
        weight = Fraction(1, len(mine) + len(others) + 1)
        observed, expected = observed + weight * ranked, expected + weight * mean
        variance += weight * weight * spread
        # The rank sum of the party's cases counts those of the others that are quicker: the rest are slower.
        quicker = ranked - Fraction(len(mine) * (len(mine) + 1), 2)
        wins += len(mine) * len(others) - quicker
        pairs += len(mine) * len(others)
    chance = NormalDist().cdf(float(observed - expected) / sqrt(variance)) if variance else 1.0
    return Compared(sum(len(m) for m, _ in both), sum(len(o) for _, o in both), wins / pairs, chance)


def rank_sum(mine: Sequence[int], others: Sequence[int]) -> tuple[Fraction, Fraction, Fraction]:
    """The sum of the midranks of ``mine`` among all, its mean and its variance when it is chance who is whose."""
    counts = Counter([*mine, *others])
    n, m = len(mine) + len(others), len(mine)
    below, midrank = 0, dict[int, Fraction]()
    for value in sorted(counts):
        midrank[value] = below + Fraction(counts[value] + 1, 2)
        below += counts[value]
    ties = Fraction(sum(count**3 - count for count in counts.values()), n * (n - 1))
    mean = Fraction(m * (n + 1), 2)
    variance = Fraction(m * (n - m), 12) * (n + 1 - ties)
    return sum((midrank[value] for value in mine), Fraction(0)), mean, variance


def kept(chances: Sequence[float], per_cent: int) -> list[bool]:
    """Which of many tests may be told so that on average no more than ``per_cent`` of what is told is chance."""
    count = len(chances)
    if not count:
        return []
    allowed = per_cent / 100 / sum(1 / n for n in range(1, count + 1))
    order = sorted(range(count), key=lambda n: chances[n])
    last = max((k for k, n in enumerate(order, start=1) if chances[n] <= k * allowed / count), default=0)
    told = set(order[:last])
    return [n in told for n in range(count)]
