"""Where a case stands in the river (办件之河): pure. x from 0 to 1; the promise and the law are two banks.

Left of the first bank the promise can still be kept, between the banks the law, beyond the second nothing: so every
case is seen against its own limits at one glance, whether it has two hours or ninety days. A case without a promise
passes both banks at once, and so does one whose promise is its limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qinzheng.calendars.calendar import BeyondCalendar, Calendar

PROMISE, LAW = 0.60, 0.80
"""Where the banks stand, as shares of the river's width."""
SHORT = 86_400_000_000
"""A limit of less than a day is counted by the clock on the wall, longer ones in working time (microseconds)."""

Place = Literal["ahead", "between", "late", "paused"]


@dataclass(frozen=True, slots=True)
class Limits:
    """A running clock: UTC microseconds. ``paused``: since when nobody's time runs."""

    start: int
    due: int
    promise: int | None = None
    paused: int | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """x from 0 to 1, the place, and the share of the time until the law that is consumed (may exceed 1)."""

    x: float
    place: Place
    consumed: float


def where(limits: Limits, now: int, calendar: Calendar) -> Where:
    """Where the case stands now."""
    at = max(limits.start, now if limits.paused is None else min(limits.paused, now))
    promise = limits.promise if limits.promise is not None and limits.promise < limits.due else limits.due
    to_law = _share(calendar, limits.start, limits.due, at)
    if at > limits.due:
        over = max(to_law - 1, 0.0)
        x, place = LAW + (1 - LAW) * (over / (0.25 + over)), "late"
    elif at > promise:
        x, place = PROMISE + (LAW - PROMISE) * _share(calendar, promise, limits.due, at), "between"
    else:
        x, place = PROMISE * min(_share(calendar, limits.start, promise, at), 1.0), "ahead"
    return Where(x, "paused" if limits.paused is not None else place, to_law)  # type: ignore[arg-type]


def _share(calendar: Calendar, start: int, end: int, at: int) -> float:
    """The share of the way from ``start`` to ``end`` that is done at ``at``: in working time where there is any."""
    if end - start >= SHORT:
        try:
            begun, ended, here = calendar.worked(start), calendar.worked(end), calendar.worked(at)
        except BeyondCalendar:
            pass
        else:
            if ended > begun:
                return (here - begun) / (ended - begun)
    return 1.0 if end <= start else (at - start) / (end - start)
