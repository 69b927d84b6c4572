"""Quiet hours: when nobody is rung at home unless it is urgent. Pure but for :func:`until`.

Ours: no law sets them; 21:00 to 08:00, on days off to 09:00, and the operator may set others. What is a day off says
the calendar, so that a Saturday that is worked is a working day here too.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from qinzheng.calendars import queries
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.definitions import shelf

CALENDAR = "cn"
FORM = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class WrongHours(ValueError):
    """A setting of quiet hours that cannot be read."""


@dataclass(frozen=True)
class Hours:
    """From a time of day to another, local; over midnight where the second is the earlier. The same twice: never."""

    begin: dt.time
    end: dt.time

    def until(self, local: dt.datetime, tomorrow: Hours) -> dt.datetime | None:
        """When the quiet that a local moment falls into ends; None where it falls into none."""
        time, day = local.time(), local.date()
        if self.begin < self.end:
            return dt.datetime.combine(day, self.end) if self.begin <= time < self.end else None
        if self.begin == self.end:
            return None
        if time < self.end:
            return dt.datetime.combine(day, self.end)
        if time < self.begin:
            return None
        next_day = day + dt.timedelta(days=1)
        return dt.datetime.combine(next_day, tomorrow.end if tomorrow.end < tomorrow.begin else dt.time.min)


@functools.lru_cache(maxsize=16)
def read(text: str) -> Hours:
    """``21:00-08:00``. Raises :class:`WrongHours`."""
    found = FORM.fullmatch(text.strip())
    if found is None:
        raise WrongHours(
            f"免打扰时段应如 21:00-08:00：{text!r} / quiet hours look like 21:00-08:00: {text!r}"
        )
    a, b, c, d = map(int, found.groups())
    return Hours(dt.time(a, b), dt.time(c, d))


def end(
    local: dt.datetime, works: Callable[[dt.date], bool], on_work: Hours, on_rest: Hours
) -> dt.datetime | None:
    """When the quiet that a local moment falls into ends; None where it falls into none."""

    def hours(day: dt.date) -> Hours:
        return on_work if works(day) else on_rest

    today = local.date()
    found = hours(today).until(local.replace(tzinfo=None), hours(today + dt.timedelta(days=1)))
    return None if found is None else found.replace(tzinfo=local.tzinfo)


def until(at: dt.datetime) -> dt.datetime | None:
    """When what is not urgent may ring somebody, if not at ``at``: the end of the quiet hours in the city's time."""
    return end(at.astimezone(shelf.ZONE), works, read(settings.QUIET_HOURS), read(settings.QUIET_HOURS_REST))


def works(day: dt.date) -> bool:
    """Whether the city works on a day; beyond the calendar by the day of the week."""
    try:
        calendar = queries.calendar(shelf.library(), CALENDAR)
        return calendar.is_work(calendar.index(day))
    except (BeyondCalendar, IncompleteCalendar):
        return day.weekday() < 5
