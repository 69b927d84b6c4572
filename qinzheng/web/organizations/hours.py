"""Opening hours of the days to come, out of the unit's own calendar: holidays, summer hours and study days counted in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import DAY_US, BeyondCalendar, Calendar
from qinzheng.clocks.explain import WEEKDAYS_EN, WEEKDAYS_ZH
from qinzheng.definitions.form import Text

DAYS = 7
MINUTE_US = 60_000_000
ALL_DAY = Text(zh="全天 24 小时", en="Around the clock")
CLOSED = Text(zh="不开放", en="Closed")


@dataclass(frozen=True)
class Day:
    """One day: its name, when the unit is open, and why it differs from an ordinary one."""

    name: Text
    date: dt.date
    hours: Text
    why: Text | None
    closed: bool


def ahead(calendar: Calendar, today: dt.date) -> list[Day]:
    """The hours of this day and the six after it; fewer where the calendar ends."""
    found = []
    for n in range(DAYS):
        date = today + dt.timedelta(days=n)
        try:
            day = calendar.index(date)
        except (BeyondCalendar, IncompleteCalendar):
            break
        spans = calendar.opening[calendar.hours[day]]
        label = calendar.label(day)
        name = Text(
            zh=f"{date.month}月{date.day}日 周{WEEKDAYS_ZH[date.weekday()]}",
            en=f"{WEEKDAYS_EN[date.weekday()]} {date.day} {date:%b}",
        )
        found.append(
            Day(name, date, _said(list(spans)), Text(zh=label[0], en=label[1]) if label else None, not spans)
        )
    return found


def week(days: Sequence[Day]) -> Text | None:
    """The hours of some days in one line, for paper: days of the same hours together, in the order of the week; None of no days."""
    same: dict[str, tuple[Text, list[int]]] = {}
    for day in days:
        same.setdefault(day.hours.zh, (day.hours, []))[1].append(day.date.weekday())
    if not same:
        return None
    told = sorted(((sorted(weekdays), said) for said, weekdays in same.values()), key=lambda each: each[0])
    return Text(
        zh="；".join(f"周{''.join(WEEKDAYS_ZH[n] for n in weekdays)} {said.zh}" for weekdays, said in told),
        en="; ".join(f"{', '.join(WEEKDAYS_EN[n] for n in weekdays)} {said.en}" for weekdays, said in told),
    )


def open_at(calendar: Calendar, at: int) -> bool | None:
    """Whether the unit is open at an instant (UTC microseconds); None beyond its calendar."""
    try:
        day = calendar.day(at)
    except BeyondCalendar:
        return None
    elapsed = at - calendar.midnight[day]
    return any(begin <= elapsed < end for begin, end in calendar.opening[calendar.hours[day]])


def _said(spans: list[tuple[int, int]]) -> Text:
    if not spans:
        return CLOSED
    if spans == [(0, DAY_US)]:
        return ALL_DAY
    listed = [f"{_clock(begin)}–{_clock(end)}" for begin, end in spans]
    return Text(zh="，".join(listed), en=", ".join(listed))


def _clock(elapsed: int) -> str:
    minutes = elapsed // MINUTE_US
    return f"{minutes // 60:02}:{minutes % 60:02}"
