"""The slots of a day, cut from the opening hours of a point: whole slots, inside the hours, never across a break. Pure."""

from __future__ import annotations

import datetime as dt

from qinzheng.calendars.calendar import BeyondCalendar, Calendar

MINUTE_US = 60_000_000
Slot = tuple[int, int]
"""Begins, ends: UTC microseconds, the end excluded."""


def of_day(calendar: Calendar, day: dt.date, minutes: int) -> list[Slot]:
    """The slots of a day, the earliest first; none on a day off, and none where the calendar does not reach."""
    try:
        index = calendar.index(day)
    except BeyondCalendar:
        return []
    midnight, length = calendar.midnight[index], minutes * MINUTE_US
    found = []
    for opens, closes in calendar.opening[calendar.hours[index]]:
        for begin in range(opens, closes - length + 1, length):
            found.append((midnight + begin, midnight + begin + length))
    return found
