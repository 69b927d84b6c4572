"""The days that a question is about, both ends counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

ONE_DAY = dt.timedelta(days=1)
MOST_PARTS = 800
"""A series of stocks is asked part by part: so many at most."""


class WrongPeriod(ValueError):
    """The period ends before it begins, or has more parts than are shown."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both counted, in the zone of the definitions."""

    first: dt.date
    last: dt.date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise WrongPeriod(
                f"止日 {self.last} 早于起日 {self.first}，请更正",
                f"{self.last} is before {self.first}: correct it",
            )

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """One whole month."""
        first = dt.date(year, month, 1)
        return cls(first, _next_month(first) - ONE_DAY)

    def parts(self, by: str) -> Iterator[tuple[str, Period]]:
        """(name, part) for each ``month`` or ``day`` that the period touches; a part never leaves the period."""
        at, count = self.first, 0
        while at <= self.last:
            count += 1
            if count > MOST_PARTS:
                raise WrongPeriod(
                    f"最多 {MOST_PARTS} 段，请缩短期间或按月",
                    f"at most {MOST_PARTS} parts: shorten it, or ask by month",
                )
            end = at if by == "day" else min(_next_month(at) - ONE_DAY, self.last)
            yield at.isoformat() if by == "day" else f"{at:%Y-%m}", Period(at, end)
            at = end + ONE_DAY


def _next_month(day: dt.date) -> dt.date:
    return dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)
