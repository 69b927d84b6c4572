"""From definitions to a :class:`Calendar`: what was known on a day, laid out day by day. Pure.

``known_on`` answers "as known then": notices announced later are left out, and a year whose
notice was still to come is filled from its statutory holidays, provisionally. Without it every
notice counts: "as known now".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Literal
from zoneinfo import ZoneInfo

from qinzheng.calendars import calendar, schema

DayKind = Literal["work", "weekend", "holiday"]
Spans = tuple[tuple[str, str], ...]
"""Open spans as wall-clock times of a day: (("09:00", "12:00"), …)."""
ONE_DAY = dt.timedelta(days=1)


class IncompleteCalendar(Exception):
    """A calendar that cannot be built from the definitions at hand. An alarm, as BeyondCalendar is."""

    def __init__(self, calendar: str, zh: str, en: str) -> None:
        self.calendar, self.zh, self.en = calendar, zh, en
        super().__init__(calendar, zh, en)

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


class _Sheet:
    """The days of one calendar while it is being laid out."""

    def __init__(self, head: schema.CalendarHead) -> None:
        self.dates = head.covers.dates()
        self.first = self.dates[0].toordinal()
        working = {schema.WEEKDAYS.index(weekday) for weekday in head.week}
        self.kinds: list[DayKind] = [
            "work" if date.weekday() in working else "weekend" for date in self.dates
        ]
        self.made_up: set[dt.date] = set()
        self.labels: dict[int, tuple[str, str]] = {}
        hours = _spans(head.opening)
        self.hours: list[Spans] = [hours if kind == "work" else () for kind in self.kinds]
        self._ordinary_hours = hours

    def holds(self, date: dt.date) -> bool:
        return self.dates[0] <= date <= self.dates[-1]

    def off(self, date: dt.date) -> bool:
        """Whether the table holds the date and it is not a working day as laid out so far."""
        return self.holds(date) and self.kinds[date.toordinal() - self.first] != "work"

    def set(self, date: dt.date, kind: DayKind, zh: str, en: str) -> None:
        """What a day is and why. A day outside the table (a notice's last December) is left out."""
        if not self.holds(date):
            return
        day = date.toordinal() - self.first
        self.kinds[day] = kind
        self.labels[day] = (zh, en)
        self.hours[day] = self._ordinary_hours if kind == "work" else ()
        if kind == "work":
            self.made_up.add(date)
        else:
            self.made_up.discard(date)

    def open_workday_after(self, date: dt.date) -> dt.date | None:
        """The first working day after ``date``, if the table holds one."""
        for day in range(date.toordinal() - self.first + 1, len(self.dates)):
            if self.kinds[day] == "work":
                return self.dates[day]
        return None


def build(
    head: schema.CalendarHead,
    years: Iterable[schema.CalendarYear] = (),
    *,
    known_on: dt.date | None = None,
    overlays: Sequence[schema.CalendarOverlay] = (),
) -> calendar.Calendar:
    """The calendar of ``head`` and its ``years`` as known on a day (None: now), with an overlay upon it.

    ``overlays`` are the editions of one overlay, earliest first: each holds from its ``in_force_from`` until
    the next begins. Raises :class:`IncompleteCalendar` where a covered year has no definition, or where an
    overlay or a year belongs to another head.
    """
    by_year = _by_year(head, years)
    _check_whole(head, by_year, overlays)
    sheet = _Sheet(head)
    _lay_holidays(sheet, head.holidays, head.compensate_weekends, expected=False)
    for year in by_year.values():
        notices = _known(year, known_on)
        if not notices:
            _lay_holidays(sheet, year.statutory, head.compensate_weekends, expected=True)
        for notice in notices:
            _lay_notice(sheet, notice)
    working = [kind == "work" for kind in sheet.kinds]
    for number, overlay in enumerate(overlays):
        _lay_overlay(sheet, overlay, overlays[number + 1 :], working)
    midnight = _midnights(sheet.dates, head.zone)
    opening, hours = _patterns(sheet, midnight, head.zone)
    return calendar.Calendar(
        id=overlays[-1].id if overlays else head.id,
        zone=head.zone,
        first=sheet.first,
        working=working,
        midnight=midnight,
        opening=opening,
        hours=hours,
        horizon=_horizon(head, by_year, known_on).toordinal() - sheet.first,
        labels=sheet.labels,
    )


def _by_year(
    head: schema.CalendarHead, years: Iterable[schema.CalendarYear]
) -> dict[int, schema.CalendarYear]:
    """The years in order, each of this head and once."""
    found: dict[int, schema.CalendarYear] = {}
    for year in sorted(years, key=lambda year: (year.year, year.id)):
        if year.calendar != head.id:
            raise IncompleteCalendar(
                head.id,
                f"{year.id} 属于日历 {year.calendar}，不能用于 {head.id}",
                f"{year.id} belongs to calendar {year.calendar}, not to {head.id}",
            )
        if year.year in found:
            raise IncompleteCalendar(
                head.id,
                f"{found[year.year].id} 与 {year.id} 同为 {year.year} 年。请合并为一个文件",
                f"{found[year.year].id} and {year.id} are both the year {year.year}. Join them in one file",
            )
        found[year.year] = year
    return found


def _check_whole(
    head: schema.CalendarHead,
    by_year: dict[int, schema.CalendarYear],
    overlays: Iterable[schema.CalendarOverlay],
) -> None:
    """Refuse an overlay upon another base, and a covered year without its file."""
    for overlay in overlays:
        if overlay.base != head.id:
            raise IncompleteCalendar(
                overlay.id,
                f"{overlay.id} 以 {overlay.base} 为基础，不能叠加在 {head.id} 上",
                f"{overlay.id} lies upon {overlay.base}, not upon {head.id}",
            )
    if head.announced_to is not None:
        return
    for wanted in range(head.covers.first.year, head.covers.last.year + 1):
        if wanted not in by_year:
            raise IncompleteCalendar(
                head.id,
                f"日历 {head.id} 缺少 {wanted} 年。请补充 definitions/calendars/{head.id}/{wanted}.yaml",
                f"Calendar {head.id} lacks {wanted}. Add definitions/calendars/{head.id}/{wanted}.yaml",
            )


def _known(year: schema.CalendarYear, known_on: dt.date | None) -> list[schema.Notice]:
    return [notice for notice in year.notices if known_on is None or notice.announced_on <= known_on]


def _horizon(
    head: schema.CalendarHead, by_year: dict[int, schema.CalendarYear], known_on: dt.date | None
) -> dt.date:
    """The first date that a notice still to come may move."""
    if head.announced_to is not None:
        return head.announced_to + ONE_DAY
    announced = head.covers.first.year - 1
    while announced + 1 in by_year and _known(by_year[announced + 1], known_on):
        announced += 1
    if head.next_notice_moves_from == "01-01":
        return dt.date(announced + 1, 1, 1)
    return max(dt.date.fromisoformat(f"{announced}-{head.next_notice_moves_from}"), head.covers.first)


def _lay_holidays(sheet: _Sheet, holidays: list[schema.Holiday], compensate: bool, *, expected: bool) -> None:
    zh_mark, en_mark = ("（推定，待通知）", " (expected, notice pending)") if expected else ("", "")
    weekend = [holiday for holiday in holidays if sheet.off(holiday.date)]
    for holiday in holidays:
        sheet.set(holiday.date, "holiday", holiday.name.zh + zh_mark, holiday.name.en + en_mark)
    for holiday in weekend if compensate else ():
        instead = sheet.open_workday_after(holiday.date)
        if instead is not None:
            zh, en = f"{holiday.name.zh}补假", f"in lieu of {holiday.name.en}"
            sheet.set(instead, "holiday", zh + zh_mark, en + en_mark)


def _lay_notice(sheet: _Sheet, notice: schema.Notice) -> None:
    for arranged in notice.arrangements:
        for date in arranged.dates():
            sheet.set(date, "holiday", arranged.name.zh, arranged.name.en)
        for date in arranged.worked:
            zh, en = f"{arranged.name.zh}调休上班", f"worked in exchange for {arranged.name.en}"
            sheet.set(date, "work", zh, en)


def _lay_overlay(
    sheet: _Sheet,
    overlay: schema.CalendarOverlay,
    later: Sequence[schema.CalendarOverlay],
    working: list[bool],
) -> None:
    dated = {entry.date: entry for entry in overlay.dates}
    last = overlay.in_force_to or sheet.dates[-1]
    if later:
        last = min(last, later[0].in_force_from - ONE_DAY)
    for day, date in enumerate(sheet.dates):
        if not overlay.in_force_from <= date <= last:
            continue
        if date in dated:
            sheet.hours[day] = _spans(dated[date].opening)
            sheet.labels[day] = (dated[date].name.zh, dated[date].name.en)
        else:
            sheet.hours[day] = _overlaid(sheet, overlay, day)
        if overlay.working_days == "open":
            working[day] = bool(sheet.hours[day])


def _overlaid(sheet: _Sheet, overlay: schema.CalendarOverlay, day: int) -> Spans:
    """The hours of a day without an entry of its own."""
    date, kind = sheet.dates[day], sheet.kinds[day]
    weekday = schema.WEEKDAYS[date.weekday()]
    if weekday in overlay.weekly and kind != "holiday" and date not in sheet.made_up:
        return _spans(overlay.weekly[weekday])
    if kind == "weekend":
        return _spans(overlay.on_weekends)
    if kind == "holiday":
        return _spans(overlay.on_holidays)
    for season in overlay.seasons:
        if season.holds(date):
            return _spans(season.opening)
    return sheet.hours[day] if overlay.on_working_days is None else _spans(overlay.on_working_days)


def _spans(opening: list[schema.OpenSpan]) -> Spans:
    return tuple((span.opens, span.closes) for span in opening)


def _midnights(dates: list[dt.date], zone: str) -> list[int]:
    return [_instant(date, "00:00", zone) for date in [*dates, dates[-1] + ONE_DAY]]


def _instant(date: dt.date, wall: str, zone: str) -> int:
    """UTC microseconds of a wall-clock time; one that a clock change skips is the change itself or later."""
    if wall == "24:00":
        date, wall = date + ONE_DAY, "00:00"
    local = dt.datetime.combine(date, dt.time.fromisoformat(wall), ZoneInfo(zone))
    return (local.astimezone(dt.UTC) - calendar.EPOCH) // calendar.MICROSECOND


def _patterns(sheet: _Sheet, midnight: list[int], zone: str) -> tuple[list[list[calendar.Span]], list[int]]:
    """The distinct patterns of elapsed spans and which of them each day has.

    Spans are elapsed time, not wall time, so a day of 23 or 25 hours has a pattern of its own.
    """
    opening: list[list[calendar.Span]] = []
    known: dict[tuple[Spans, int | None], int] = {}
    hours: list[int] = []
    for day, date in enumerate(sheet.dates):
        ordinary = midnight[day + 1] - midnight[day] == calendar.DAY_US
        key = (sheet.hours[day], None if ordinary else day)
        if key not in known:
            known[key] = len(opening)
            walls = [(_instant(date, a, zone), _instant(date, b, zone)) for a, b in sheet.hours[day]]
            opening.append([(start - midnight[day], end - midnight[day]) for start, end in walls])
        hours.append(known[key])
    return opening, hours
