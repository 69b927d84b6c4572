"""A built calendar: working days and working hours as prefix tables, answered by list look-ups.

Days are indices into the table (0 = ``date.fromordinal(first)``); instants are integers, UTC
microseconds since 1970. Two things are kept apart on purpose: *working days* are what the law
counts, *opening hours* are when this point works. A weekend counter is open on a day that the
law does not count, so each day has its own hours whether or not it is a working day.

Pure Python, typed for mypyc, no Django. Nothing changes after construction; whoever holds a
calendar may keep references to its lists.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from bisect import bisect_left
from zoneinfo import ZoneInfo

DAY_US = 86_400_000_000
MICROSECOND = dt.timedelta(microseconds=1)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

Span = tuple[int, int]
"""Open from, until: microseconds elapsed since the local midnight of the day, end excluded."""


class BeyondCalendar(Exception):
    """A day or an instant outside the table. An alarm: no due date may be guessed from here.

    ``calendar`` is the calendar's id, ``day`` the ISO date (or a description of it) asked for,
    ``zh`` and ``en`` say what to do.
    """

    def __init__(self, calendar: str, day: str, first: str, last: str) -> None:
        self.calendar = calendar
        self.day = day
        self.zh = (
            f"日历 {calendar} 只覆盖 {first} 至 {last}，无法计算 {day}。"
            f"请在 definitions/calendars 中补充该年度的日历并发布，再重新计算。"
        )
        self.en = (
            f"Calendar {calendar} covers {first} to {last} only and cannot answer for {day}. "
            f"Add that year to definitions/calendars, publish it, and count again."
        )
        super().__init__(calendar, day, first, last)

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


class Calendar:
    """Working days and hours of one place, over ``days`` days from ``first``.

    Built by :func:`qinzheng.calendars.build.build`; the lists are public because the kernel of
    supervision reads them directly.

    * ``id``, ``zone``; ``edition``: 16 hex digits over everything that can move a due moment
      (days, hours, midnights, horizon), stored on each card.
    * ``first``: ordinal of day 0. ``horizon``: first day not yet announced; from there provisional.
    * ``midnight[i]``: local 00:00 of day i in UTC microseconds; has ``days + 1`` entries.
    * ``upto[i]``: number of working days with index <= i. ``workday[k]``: index of the k-th
      working day, k from 1; ``workday[0]`` is -1.
    * ``opening``: the distinct patterns of a day's open spans; ``hours[i]``: which of them day i has.
    * ``before[i]``: working microseconds before day i; has ``days + 1`` entries.
    * ``labels``: why a day is off, or worked though a weekend: (Chinese, English), for explanations.
    """

    __slots__ = (
        "before",
        "days",
        "edition",
        "first",
        "horizon",
        "hours",
        "id",
        "labels",
        "midnight",
        "opening",
        "upto",
        "workday",
        "zone",
    )

    def __init__(
        self,
        id: str,
        zone: str,
        first: int,
        working: list[bool],
        midnight: list[int],
        opening: list[list[Span]],
        hours: list[int],
        horizon: int,
        labels: dict[int, tuple[str, str]],
    ) -> None:
        self.id: str = id
        self.zone: str = zone
        self.first: int = first
        self.days: int = len(working)
        self.horizon: int = horizon
        self.midnight: list[int] = midnight
        self.opening: list[list[Span]] = opening
        self.hours: list[int] = hours
        self.labels: dict[int, tuple[str, str]] = labels
        self.upto: list[int] = []
        self.workday: list[int] = [-1]
        for day, works in enumerate(working):
            if works:
                self.workday.append(day)
            self.upto.append(len(self.workday) - 1)
        totals = [sum(end - start for start, end in spans) for spans in opening]
        self.before: list[int] = [0]
        for pattern in hours:
            self.before.append(self.before[-1] + totals[pattern])
        self.edition: str = _edition(self)

    def __reduce__(self) -> tuple[object, ...]:
        working = [self.is_work(day) for day in range(self.days)]
        return Calendar, (
            self.id,
            self.zone,
            self.first,
            working,
            self.midnight,
            self.opening,
            self.hours,
            self.horizon,
            self.labels,
        )

    # -- days ---------------------------------------------------------------------------------

    def day(self, at: int) -> int:
        """Index of the local day that holds the instant ``at``."""
        midnight = self.midnight
        if at < midnight[0] or at >= midnight[self.days]:
            raise self._beyond_instant(at)
        # Days differ from 24 hours only by daylight saving, so the guess is off by one at most.
        day = (at - midnight[0]) // DAY_US
        if day >= self.days:
            day = self.days - 1
        while at < midnight[day]:
            day -= 1
        while at >= midnight[day + 1]:
            day += 1
        return day

    def date(self, day: int) -> dt.date:
        """The date of a day index."""
        if day < 0 or day >= self.days:
            raise self._beyond(day)
        return dt.date.fromordinal(self.first + day)

    def index(self, date: dt.date) -> int:
        """The day index of a date."""
        day = date.toordinal() - self.first
        if day < 0 or day >= self.days:
            raise self._beyond(day)
        return day

    def end(self, day: int) -> int:
        """The last microsecond of the day: a limit that ends at 24:00 ends here."""
        if day < 0 or day >= self.days:
            raise self._beyond(day)
        return self.midnight[day + 1] - 1

    def provisional(self, day: int) -> bool:
        """Whether the day lies beyond what has been announced, so that it may still change."""
        return day >= self.horizon

    def label(self, day: int) -> tuple[str, str] | None:
        """Why the day is off or worked against its weekday: (Chinese, English); None if ordinary."""
        return self.labels.get(day)

    # -- working days -------------------------------------------------------------------------

    def is_work(self, day: int) -> bool:
        """Whether the law counts the day as a working day."""
        if day < 0 or day >= self.days:
            raise self._beyond(day)
        return self.workday[self.upto[day]] == day

    def add_working_days(self, day: int, n: int) -> int:
        """The n-th working day after ``day`` (before it where n is negative); ``day`` itself for 0.

        ``day`` is never counted, so this is a period whose first day does not count.
        """
        if day < 0 or day >= self.days:
            raise self._beyond(day)
        if n == 0:
            return day
        count = self.upto[day]
        if n < 0:
            k = count + n + (0 if self.workday[count] == day else 1)
            if k < 1:
                raise self._beyond_count(day, n)
            return self.workday[k]
        k = count + n
        if k >= len(self.workday):
            raise self._beyond_count(day, n)
        return self.workday[k]

    def working_days_between(self, a: int, b: int) -> int:
        """How many working days lie in (a, b]; negative where b is before a."""
        if a < 0 or a >= self.days:
            raise self._beyond(a)
        if b < 0 or b >= self.days:
            raise self._beyond(b)
        return self.upto[b] - self.upto[a]

    def next_working_day(self, day: int) -> int:
        """The day itself if it is a working day, else the first one after it."""
        if day < 0 or day >= self.days:
            raise self._beyond(day)
        count = self.upto[day]
        if self.workday[count] == day:
            return day
        if count + 1 >= len(self.workday):
            raise self._beyond_count(day, 1)
        return self.workday[count + 1]

    def workday_at(self, k: int) -> int:
        """The day index of the k-th working day of the table, k from 1."""
        if k < 1 or k >= len(self.workday):
            raise self._refuse(f"working day number {k}")
        return self.workday[k]

    def close(self, day: int) -> int:
        """The last microsecond of business on the day (民法典 203); 24:00 where the point is not open."""
        if day < 0 or day >= self.days:
            raise self._beyond(day)
        spans = self.opening[self.hours[day]]
        if not spans:
            return self.midnight[day + 1] - 1
        return self.midnight[day] + spans[-1][1] - 1

    # -- working hours ------------------------------------------------------------------------

    def worked(self, at: int) -> int:
        """Working microseconds from the start of the table to ``at``; breaks are not counted."""
        day = self.day(at)
        elapsed = at - self.midnight[day]
        total = self.before[day]
        for start, end in self.opening[self.hours[day]]:
            if elapsed <= start:
                break
            total += (elapsed if elapsed < end else end) - start
        return total

    def working_moment(self, worked: int) -> int:
        """The earliest instant at which ``worked`` working microseconds have passed.

        At a point open until 24:00 this may be the midnight that begins the next day.
        """
        if worked < 0 or worked > self.before[self.days]:
            raise self._beyond_hours(worked)
        if worked == 0:
            return self.midnight[0]
        day = bisect_left(self.before, worked) - 1
        rest = worked - self.before[day]
        for start, end in self.opening[self.hours[day]]:
            if rest <= end - start:
                moment = self.midnight[day] + start + rest
                if moment == self.midnight[self.days]:
                    break
                return moment
            rest -= end - start
        raise self._beyond_hours(worked)

    def next_working_moment(self, at: int) -> int:
        """``at`` itself if the point is open then, else the moment at which it next opens."""
        day = self.day(at)
        elapsed = at - self.midnight[day]
        for start, end in self.opening[self.hours[day]]:
            if elapsed < end:
                return at if elapsed > start else self.midnight[day] + start
        for later in range(day + 1, self.days):
            spans = self.opening[self.hours[later]]
            if spans:
                return self.midnight[later] + spans[0][0]
        raise self._beyond_count(day, 1)

    # -- local time ---------------------------------------------------------------------------

    def local(self, at: int) -> dt.datetime:
        """The instant as an aware local date and time."""
        return (EPOCH + dt.timedelta(microseconds=at)).astimezone(ZoneInfo(self.zone))

    def instant(self, local: dt.datetime) -> int:
        """UTC microseconds of a date and time; one without a zone is read in the calendar's.

        An hour that occurs twice is the first one unless ``fold=1``; an hour that a clock change
        skips is read with the offset before the change (PEP 495).
        """
        if local.tzinfo is None:
            local = local.replace(tzinfo=ZoneInfo(self.zone))
        return (local.astimezone(dt.UTC) - EPOCH) // MICROSECOND

    # -- refusals -----------------------------------------------------------------------------

    def _refuse(self, asked: str) -> BeyondCalendar:
        last = dt.date.fromordinal(self.first + self.days - 1)
        return BeyondCalendar(self.id, asked, dt.date.fromordinal(self.first).isoformat(), last.isoformat())

    def _beyond(self, day: int) -> BeyondCalendar:
        ordinal = self.first + day
        if 1 <= ordinal <= dt.date.max.toordinal():
            return self._refuse(dt.date.fromordinal(ordinal).isoformat())
        return self._refuse(f"day {day}")

    def _beyond_instant(self, at: int) -> BeyondCalendar:
        return self._beyond((at - self.midnight[0]) // DAY_US)

    def _beyond_count(self, day: int, n: int) -> BeyondCalendar:
        return self._refuse(f"{dt.date.fromordinal(self.first + day).isoformat()} {n:+d} WD")

    def _beyond_hours(self, worked: int) -> BeyondCalendar:
        return self._refuse(f"{worked} µs")


def differences(old: Calendar, new: Calendar) -> list[dt.date]:
    """Dates that the two answer differently: working or not, hours, midnight, or covered by one only.

    These are the days whose open clocks must be redetermined. A day that merely stopped being
    provisional is not listed: no due moment moves by it (the edition changes all the same).
    """
    start = min(old.first, new.first)
    stop = max(old.first + old.days, new.first + new.days)
    return [
        dt.date.fromordinal(ordinal)
        for ordinal in range(start, stop)
        if _answer(old, ordinal) != _answer(new, ordinal)
    ]


def _answer(calendar: Calendar, ordinal: int) -> tuple[bool, int, list[Span]] | None:
    day = ordinal - calendar.first
    if day < 0 or day >= calendar.days:
        return None
    return calendar.is_work(day), calendar.midnight[day], calendar.opening[calendar.hours[day]]


def _edition(calendar: Calendar) -> str:
    """16 hex digits over all that can move a due moment; names and patterns' order do not count."""
    digest = hashlib.sha256(f"{calendar.zone} {calendar.first} {calendar.horizon}\n".encode())
    for day in range(calendar.days):
        spans = calendar.opening[calendar.hours[day]]
        row = f"{calendar.upto[day]} {calendar.midnight[day]} {spans}\n"
        digest.update(row.encode())
    return digest.hexdigest()[:16]
