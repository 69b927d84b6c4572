"""What the address asks: which unit, which days. A wrong day in the address is corrected and said, never an error page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from qinzheng.definitions.form import Text
from qinzheng.measures.period import Period

MONTHS = 12
"""Months of the period where the address names none, this one included."""
LONGEST = dt.timedelta(days=3 * 366)
"""A period may not be longer: its months are drawn side by side."""


@dataclass(frozen=True)
class Span:
    """The period, the query that names it, and what was wrong with the days in the address."""

    period: Period
    wrong: Text | None = None

    @property
    def query(self) -> str:
        """For links to pages of the same period."""
        return urlencode({"from": self.period.first.isoformat(), "to": self.period.last.isoformat()})


@dataclass(frozen=True)
class Preset:
    """A period by its name."""

    name: Text
    query: str
    chosen: bool


def span(given: Mapping[str, str], today: dt.date) -> Span:
    """``?from=2026-01-01&to=2026-03-31``; what is missing or wrong is taken from the last twelve months."""
    usual = Period(_months_before(today, MONTHS - 1), today)
    try:
        first = dt.date.fromisoformat(given["from"]) if given.get("from") else usual.first
        last = dt.date.fromisoformat(given["to"]) if given.get("to") else usual.last
    except ValueError:
        return Span(
            usual,
            Text(
                zh="日期应写成 2026-01-31；先显示近 12 个月",
                en="write days as 2026-01-31; the last 12 months are shown",
            ),
        )
    if last < first:
        return Span(
            usual,
            Text(
                zh="止日早于起日，请更正；先显示近 12 个月",
                en="the last day is before the first: correct it; the last 12 months are shown",
            ),
        )
    if last - first > LONGEST:
        return Span(
            usual,
            Text(
                zh="最多三年，请缩短；先显示近 12 个月",
                en="at most three years: shorten it; the last 12 months are shown",
            ),
        )
    return Span(Period(first, last))


def presets(today: dt.date, chosen: Period) -> list[Preset]:
    """This month, last month, this year, twelve months."""
    month = today.replace(day=1)
    before = month - dt.timedelta(days=1)
    named = (
        (Text(zh="近 12 个月", en="12 months"), Period(_months_before(today, MONTHS - 1), today)),
        (Text(zh="本月", en="This month"), Period(month, today)),
        (Text(zh="上月", en="Last month"), Period(before.replace(day=1), before)),
        (Text(zh="今年", en="This year"), Period(today.replace(month=1, day=1), today)),
    )
    return [Preset(name, Span(period).query, period == chosen) for name, period in named]


def _months_before(day: dt.date, months: int) -> dt.date:
    """The first day of the month so many months before."""
    count = day.year * 12 + day.month - 1 - months
    return dt.date(count // 12, count % 12 + 1, 1)
