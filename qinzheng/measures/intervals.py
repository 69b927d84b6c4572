"""Intervals at 95 %. Pure; exact arithmetic on counts where counts are all there is.

Sources, all from memory and to be checked: Wilson (1927, JASA 22:209) for shares; order statistics for medians and
quantiles (Conover, Practical Nonparametric Statistics); Student's t for means, its quantile by Hill (1970,
CACM 13:619, Algorithm 396).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)
Histogram = Mapping[int, int]
"""value → how often"""
Interval = tuple[float, float] | None
EXACT_BINOMIAL = 1_000
"""Up to so many facts the ranks of an order-statistic interval come from the binomial itself."""


def wilson(part: int, whole: int) -> Interval:
    """The interval of a share ``part / whole``; None of nothing."""
    if whole <= 0:
        return None
    share, square = part / whole, Z * Z
    middle = share + square / (2 * whole)
    half = Z * math.sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    below = 0.0 if part == 0 else (middle - half) / (1 + square / whole)
    above = 1.0 if part == whole else (middle + half) / (1 + square / whole)
    return max(below, 0.0), min(above, 1.0)


def of_mean(histogram: Histogram) -> Interval:
    """Student's interval of a mean; None below two values."""
    n = sum(histogram.values())
    if n < 2:
        return None
    total = sum(value * count for value, count in histogram.items())
    squares = sum(value * value * count for value, count in histogram.items())
    variance = (squares * n - total * total) / (n * (n - 1))
    half = student(n - 1) * math.sqrt(variance / n)
    return total / n - half, total / n + half


def of_ratio(pairs: Mapping[tuple[int, int], int]) -> Interval:
    """The interval of a ratio of two sums (linearised, Student's t); None below two values or of nothing."""
    n = sum(pairs.values())
    above = sum(a * count for (a, _), count in pairs.items())
    below = sum(b * count for (_, b), count in pairs.items())
    if n < 2 or below == 0:
        return None
    ratio = Fraction(above, below)
    # Whole numbers and one division: floats added in another order would give another last digit.
    squares = sum(a * a * count for (a, _), count in pairs.items())
    mixed = sum(a * b * count for (a, b), count in pairs.items())
    weights = sum(b * b * count for (_, b), count in pairs.items())
    spread = (squares - 2 * ratio * mixed + ratio * ratio * weights) / (n - 1)
    half = student(n - 1) * math.sqrt(spread * n) / abs(below)
    return float(ratio) - half, float(ratio) + half


def of_quantile(histogram: Histogram, per_cent: int) -> Interval:
    """The values between whose ranks the quantile lies in at least 95 of 100 samples; None where n is too small."""
    n = sum(histogram.values())
    share = per_cent / 100
    ranks = _exact_ranks(n, share) if n <= EXACT_BINOMIAL else _normal_ranks(n, share)
    if ranks is None:
        return None
    return float(at_rank(histogram, ranks[0])), float(at_rank(histogram, ranks[1]))


def _normal_ranks(n: int, share: float) -> tuple[int, int]:
    half = Z * math.sqrt(n * share * (1 - share))
    return max(math.floor(n * share - half), 1), min(math.ceil(n * share + half) + 1, n)


def _exact_ranks(n: int, share: float) -> tuple[int, int] | None:
    """The tightest ranks with no more than 2.5 % in each tail of the binomial; None where there are none."""
    low, high, upto = 0, 0, 0.0
    for k in range(n + 1):
        # P(X = k) by logarithms: factors of a thousand facts leave the floats' range.
        log = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        upto += math.exp(log + k * math.log(share) + (n - k) * math.log(1 - share))
        if upto <= 0.025:
            low = k + 1
        if upto >= 0.975:
            high = k + 1
            break
    return (low, high) if low >= 1 and 1 <= high <= n else None


def at_rank(histogram: Histogram, rank: int) -> int:
    """The value that stands at a rank, from 1, when all are sorted."""
    for value in sorted(histogram):
        rank -= histogram[value]
        if rank <= 0:
            return value
    raise ValueError("no such rank")


def twice_median(histogram: Histogram) -> int:
    """Twice the median, which is whole where the values are."""
    n = sum(histogram.values())
    return at_rank(histogram, (n + 1) // 2) + at_rank(histogram, n // 2 + 1)


def student(degrees: int) -> float:
    """The 97.5 % point of Student's t."""
    if degrees == 1:
        return math.tan(math.pi * 0.475)
    if degrees == 2:
        tail = 0.05
        return math.sqrt(2 / (tail * (2 - tail)) - 2)
    a = 1 / (degrees - 0.5)
    b = 48 / (a * a)
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * degrees
    y = (d * 0.05) ** (2 / degrees)
    if y > 0.05 + a:
        x = -Z
        y = x * x
        if degrees < 5:
            c += 0.3 * (degrees - 4.5) * (x + 0.6)
        c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y * y)
    else:
        y = (
            (
                1 / (((degrees + 6) / (degrees * y) - 0.089 * d - 0.822) * (degrees + 2) * 3)
                + 0.5 / (degrees + 4)
            )
            * y
            - 1
        ) * (degrees + 1) / (degrees + 2) + 1 / y
    return math.sqrt(degrees * y)
