"""How limits are counted: one class a family, all on the calendar's prefix tables.

Pure and on the hot path: instants are int microseconds UTC; a *due moment* is the last
instant that is still in time ("one second over is over"), so a limit that ends at 24:00
is due at the last microsecond of its day. ``shift`` is what pauses took away, in the
family's own unit (working days, days, microseconds); ``whole`` is a budget in units and
``part`` a fraction of one further unit in millionths, used by marks such as 90 %.

Sources: 民法典 200-204, 行政许可法 82, 行政复议法 88.
"""

from __future__ import annotations

import calendar as months_of
import datetime as dt

from qinzheng.calendars.calendar import Calendar

MINUTE = 60_000_000
HOUR = 3_600_000_000
WHOLE_UNIT = 1_000_000


class Count:
    """One family of counting on one calendar. Subclasses say what a unit is."""

    __slots__ = ("calendar", "unit")

    def __init__(self, calendar: Calendar, unit: str) -> None:
        self.calendar = calendar
        self.unit = unit

    def due(self, start: int, shift: int, whole: int, part: int) -> int:
        """The last instant in time of ``whole`` + ``part`` units begun at ``start``."""
        raise NotImplementedError

    def span(self, begin: int, end: int) -> int:
        """What a pause from ``begin`` to ``end`` adds to ``shift``."""
        raise NotImplementedError

    def rest(self, begin: int, end: int) -> int:
        """Working days that a pause from ``begin`` to ``end`` takes out of the days used, whatever the unit: as :class:`WorkingDays` counts them."""
        calendar = self.calendar
        return calendar.upto[calendar.day(end)] - calendar.upto[calendar.day(begin)]

    def used(self, start: int, now: int) -> int:
        """Whole units begun after ``start`` up to ``now``; the amount a person would say has passed."""
        return self.span(start, now)


class WorkingDays(Count):
    """Working days, ending with the day (24:00): the organ's periods (行政许可法 82)."""

    __slots__ = ("counted",)

    def __init__(self, calendar: Calendar, start_day_counted: bool) -> None:
        super().__init__(calendar, "working_days")
        self.counted = start_day_counted

    def ordinal(self, start: int, shift: int, whole: int) -> int:
        """The running number of the last working day."""
        calendar = self.calendar
        day = calendar.day(start)
        ordinal = calendar.upto[day] + shift + whole
        if self.counted and calendar.is_work(day):
            ordinal -= 1
        return ordinal

    def due(self, start: int, shift: int, whole: int, part: int) -> int:
        ordinal = self.ordinal(start, shift, whole)
        calendar = self.calendar
        if part:
            day = calendar.workday_at(ordinal + 1)
            begin = calendar.midnight[day]
            return begin + (calendar.midnight[day + 1] - begin) * part // WHOLE_UNIT - 1
        return calendar.end(calendar.workday_at(ordinal))

    def span(self, begin: int, end: int) -> int:
        """Working days after the day of ``begin`` up to the day of ``end``: the first day is not counted out."""
        calendar = self.calendar
        return calendar.upto[calendar.day(end)] - calendar.upto[calendar.day(begin)]


class WorkingDaysToClose(WorkingDays):
    """Working days that end at the close of business of the last day (民法典 203)."""

    __slots__ = ()

    def due(self, start: int, shift: int, whole: int, part: int) -> int:
        if part:
            return WorkingDays.due(self, start, shift, whole, part)
        return self.calendar.close(self.calendar.workday_at(self.ordinal(start, shift, whole)))


class WorkingDaysToTheHour(WorkingDays):
    """Working days that end at the same time of day: for promises and warnings only."""

    __slots__ = ()

    def due(self, start: int, shift: int, whole: int, part: int) -> int:
        calendar = self.calendar
        time_of_day = start - calendar.midnight[calendar.day(start)]
        ordinal = self.ordinal(start, shift, whole)
        due = calendar.midnight[calendar.workday_at(ordinal)] + time_of_day
        if part:
            after = calendar.midnight[calendar.workday_at(ordinal + 1)] + time_of_day
            due += (after - due) * part // WHOLE_UNIT
        return due


class CalendarDays(Count):
    """Every day counts; the last day may move to the next working day (民法典 203)."""

    __slots__ = ("close", "counted", "moves")

    def __init__(
        self, calendar: Calendar, start_day_counted: bool, last_day_moves: bool, close: bool
    ) -> None:
        super().__init__(calendar, "calendar_days")
        self.counted = start_day_counted
        self.moves = last_day_moves
        self.close = close

    def last_day(self, start: int, shift: int, whole: int) -> int:
        """Index of the last day before it moves."""
        return self.calendar.day(start) + shift + whole - (1 if self.counted else 0)

    def due(self, start: int, shift: int, whole: int, part: int) -> int:
        calendar = self.calendar
        day = self.last_day(start, shift, whole)
        if part:
            begin = calendar.end(day) + 1
            return begin + (calendar.end(day + 1) + 1 - begin) * part // WHOLE_UNIT - 1
        if self.moves:
            day = calendar.next_working_day(day)
        if self.close:
            return calendar.close(day)
        return calendar.end(day)

    def span(self, begin: int, end: int) -> int:
        return self.calendar.day(end) - self.calendar.day(begin)


class Months(CalendarDays):
    """Months or years: end on the same day of the month, or on its last day (民法典 202)."""

    __slots__ = ("months",)

    def __init__(
        self, calendar: Calendar, start_day_counted: bool, last_day_moves: bool, close: bool, months: int
    ):
        super().__init__(calendar, start_day_counted, last_day_moves, close)
        self.unit = "months" if months == 1 else "years"
        self.months = months

    def last_day(self, start: int, shift: int, whole: int) -> int:
        calendar = self.calendar
        date = dt.date.fromordinal(calendar.day(start) + calendar.first)
        month = date.year * 12 + date.month - 1 + whole * self.months
        year, month = month // 12, month % 12 + 1
        day = min(date.day, months_of.monthrange(year, month)[1])
        return dt.date(year, month, day).toordinal() - calendar.first + shift - (1 if self.counted else 0)


class Minutes(Count):
    """Plain time: minutes or hours of the clock on the wall."""

    __slots__ = ("length",)

    def __init__(self, calendar: Calendar, unit: str) -> None:
        super().__init__(calendar, unit)
        self.length = MINUTE if unit == "minutes" else HOUR

    def due(self, start: int, shift: int, whole: int, part: int) -> int:
        return start + shift + whole * self.length + self.length * part // WHOLE_UNIT

    def span(self, begin: int, end: int) -> int:
        return end - begin

    def used(self, start: int, now: int) -> int:
        return (now - start) // self.length


class WorkingHours(Count):
    """Hours in which the office is open, lunch breaks left out."""

    __slots__ = ()

    def __init__(self, calendar: Calendar) -> None:
        super().__init__(calendar, "working_hours")

    def due(self, start: int, shift: int, whole: int, part: int) -> int:
        worked = self.calendar.worked(start) + shift + whole * HOUR + HOUR * part // WHOLE_UNIT
        return self.calendar.working_moment(worked)

    def span(self, begin: int, end: int) -> int:
        return self.calendar.worked(end) - self.calendar.worked(begin)

    def used(self, start: int, now: int) -> int:
        return self.span(start, now) // HOUR


class GivenMoment(Count):
    """The source system stated the due moment: ``start`` is that instant. Pauses do not move it."""

    __slots__ = ()

    def __init__(self, calendar: Calendar) -> None:
        super().__init__(calendar, "given")

    def due(self, start: int, shift: int, whole: int, part: int) -> int:
        return start

    def span(self, begin: int, end: int) -> int:
        return 0

    def rest(self, begin: int, end: int) -> int:
        return 0


class Backward(GivenMoment):
    """Days counted back from a fixed day: ``start`` is the moment that an act fixed, not when it was done.

    The fixed day itself is not counted (民法典 201 turned round). With ``clear_days`` the day of the act
    that is due is not counted either, so that ``whole`` full days lie between: the safer reading for the
    citizen of 行政许可法 48 and 行政处罚法 64, and our choice. More days are an earlier moment.
    """

    __slots__ = ("clear_days", "working")

    def __init__(self, calendar: Calendar, unit: str, clear_days: bool) -> None:
        super().__init__(calendar)
        self.unit = unit
        self.working = unit == "working_days"
        self.clear_days = clear_days

    def due(self, start: int, shift: int, whole: int, part: int) -> int:
        calendar = self.calendar
        day = calendar.day(start)
        back = whole + (1 if self.clear_days else 0)
        if self.working:
            before = calendar.upto[day] - (1 if calendar.is_work(day) else 0)
            return calendar.end(calendar.workday_at(before - back + 1))
        return calendar.end(day - back)


def family(calendar: Calendar, unit: str, start_day: str, ends: str, last_day_off: str) -> Count:
    """The family that a definition's counting rule names."""
    counted = start_day == "counted"
    if unit == "working_days":
        if ends == "same_time":
            return WorkingDaysToTheHour(calendar, counted)
        if ends == "close_of_business":
            return WorkingDaysToClose(calendar, counted)
        return WorkingDays(calendar, counted)
    moves = last_day_off == "next_working_day"
    close = ends == "close_of_business"
    if unit == "calendar_days":
        return CalendarDays(calendar, counted, moves, close)
    if unit in ("months", "years"):
        return Months(calendar, counted, moves, close, 1 if unit == "months" else 12)
    if unit == "working_hours":
        return WorkingHours(calendar)
    return Minutes(calendar, unit)
