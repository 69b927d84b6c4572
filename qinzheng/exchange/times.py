"""Reads the times of a log: text to UTC microseconds, with precision, within what the calendars cover."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from qinzheng.calendars.calendar import Calendar
from qinzheng.exchange.schema import Moment

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
INSTANT, DAY = 0, 1
SHOWN = 40
"""Characters of a faulty value that a message quotes."""
REMEMBERED = 100_000

Row = MappingOf[str, str | None]


class Rejected(Exception):
    """A row that cannot be taken: the reason in two languages, and the value that is at fault."""

    def __init__(self, zh: str, en: str, value: str = "") -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en
        self.value = value[:SHOWN]


@dataclass(frozen=True)
class Reach:
    """The time that every calendar of a procedure's clocks covers: from, until (excluded), in two languages.

    A moment outside it can start or stop no clock, so a row that states one is rejected and the rest judged.
    """

    first: int
    last: int
    text: str

    @classmethod
    def of(cls, calendars: Iterable[Calendar]) -> Reach | None:
        """What all the calendars cover; None where there is none."""
        covered = list(calendars)
        if not covered:
            return None
        first = max(covered, key=lambda calendar: calendar.midnight[0])
        last = min(covered, key=lambda calendar: calendar.midnight[calendar.days])
        names = "、".join(sorted({first.id, last.id}))
        return cls(
            max(first.midnight[0], 0),
            last.midnight[last.days],
            f"{names} {first.date(0)} – {last.date(last.days - 1)}",
        )

    def holds(self, at: int) -> bool:
        return self.first <= at < self.last


class Times:
    """Reads one ``Moment``: text to (microseconds UTC, precision)."""

    def __init__(self, moment: Moment, zone: ZoneInfo, reach: Reach | None) -> None:
        self.moment = moment
        self.zone = zone
        self.reach = reach
        self.seen: dict[str, tuple[int, int]] = {}

    def __call__(self, row: Row) -> tuple[int, int] | None:
        """None where the field is empty; ``Rejected`` where it is no time, or one outside the calendars."""
        text = (row.get(self.moment.field) or "").strip()
        if not text or text in self.moment.empty:
            return None
        known = self.seen.get(text)
        if known is None:
            known = self.read(text)
            if len(self.seen) < REMEMBERED:
                self.seen[text] = known
        return known

    def read(self, text: str) -> tuple[int, int]:
        """Microseconds UTC, and whether only the day is known."""
        field, form = self.moment.field, self.moment.form
        try:
            time = dt.datetime.fromisoformat(text) if form == "iso" else dt.datetime.strptime(text, form)
            if time.tzinfo is None:
                time = time.replace(tzinfo=self.zone)
            time, precision = self._precise(time)
            at = (time - EPOCH) // MICROSECOND
        except (ValueError, OverflowError):
            raise Rejected(
                f"字段 {field} 不是时间，应为 {form}",
                f"field {field} is not a time; it should be {form}",
                text,
            ) from None
        if self.reach is not None and not self.reach.holds(at):
            raise Rejected(
                f"字段 {field} 的时间超出日历（{self.reach.text}）：请更正；若表示无期限，在映射中列入 empty；"
                f"若日历不够，补充该年度并发布",
                f"field {field} lies outside the calendar ({self.reach.text}): correct it; if it means none, list it "
                f"under empty in the mapping; if the calendar is too short, add that year and publish it",
                text,
            )
        return at, precision

    def _precise(self, time: dt.datetime) -> tuple[dt.datetime, int]:
        precision = self.moment.precision
        if precision == "instant":
            return time, INSTANT
        local = time.astimezone(self.zone)
        if precision == "day" or (local.hour, local.minute, local.second) == (0, 0, 0):
            return local.replace(hour=0, minute=0, second=0, microsecond=0), DAY
        return time, INSTANT
