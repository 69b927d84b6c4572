"""The shape of calendar definitions: a head, its years, and overlays of single points.

A **head** says where and when people ordinarily work, and which days it covers. A **year** holds
what the yearly notices of one head arranged (and the statutory holidays behind them, which fill
the year until its notice comes). An **overlay** is one point's own hours upon a head: a counter
open around the clock, a town's closing day, weekend service. All three are ``kind: calendar`` and
say which they are by ``form``; validating :class:`CalendarDefinition` gives the right one.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler

from qinzheng.definitions.form import Definition, Identifier, Strict, Text

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""In the order of ``date.weekday()``."""

WallTime = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
"""``HH:MM`` to ``24:00``, quoted in YAML (13:30 unquoted is a number there)."""


def _every_year(day: str) -> str:
    try:
        dt.date.fromisoformat(f"2023-{day}")
    except ValueError:
        raise ValueError(f"{day} 不是每年都有的日子 / {day} is not a day of every year") from None
    return day


def _known_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"没有时区 {zone}，例如 Asia/Shanghai / no such zone, e.g. Asia/Shanghai") from None
    return zone


MonthDay = Annotated[str, StringConstraints(pattern=r"^\d{2}-\d{2}$"), AfterValidator(_every_year)]
"""``MM-DD``, a day that every year has."""
Zone = Annotated[str, AfterValidator(_known_zone)]
LONGEST = 200
"""Years that one calendar may cover: more is a slip of the pen, and a table of millions of days."""


class OpenSpan(Strict):
    """Open from one wall-clock time until another of the same day."""

    opens: WallTime
    closes: WallTime

    @model_validator(mode="after")
    def _forward(self) -> OpenSpan:
        if self.opens >= self.closes:
            raise ValueError(
                f"opens {self.opens} 须早于 closes {self.closes}；跨夜服务请分写在两天 / "
                f"opens must come before closes; write hours past midnight on both days"
            )
        return self


def _apart(spans: list[OpenSpan]) -> list[OpenSpan]:
    for earlier, later in zip(spans, spans[1:], strict=False):
        if earlier.closes > later.opens:
            raise ValueError(
                f"{earlier.opens}-{earlier.closes} 与 {later.opens}-{later.closes} 须按先后排列且不重叠 / "
                f"spans must stand in order and not overlap"
            )
    return spans


class Period(Strict):
    """Days from ``first`` to ``last``, both included."""

    first: dt.date
    last: dt.date

    @model_validator(mode="after")
    def _ordered(self) -> Period:
        if self.last < self.first:
            raise ValueError(f"last {self.last} 早于 first {self.first} / last is before first")
        return self

    def dates(self) -> list[dt.date]:
        """Every date of the period."""
        return [self.first + dt.timedelta(days=n) for n in range((self.last - self.first).days + 1)]


class Holiday(Strict):
    """One day off by law."""

    date: dt.date
    name: Text


class Arrangement(Period):
    """One festival in a notice: days off, and the weekend days that are worked for it."""

    name: Text
    worked: list[dt.date] = []

    @model_validator(mode="after")
    def _worked_outside(self) -> Arrangement:
        inside = [day for day in self.worked if self.first <= day <= self.last]
        if inside:
            raise ValueError(
                f"worked {inside[0]} 落在放假期间 {self.first}–{self.last} 之内 / "
                f"a worked day lies inside the days off"
            )
        return self


class Notice(Strict):
    """A government's notice on the days off of a year. A later one prevails day by day."""

    title: str
    number: str | None = Field(description="null where it was not seen: never guessed")
    announced_on: dt.date = Field(description="from this day on it is known")
    checked: Text = Field(description="how days, number and date were compared, and with what")
    arrangements: list[Arrangement] = Field(min_length=1)


class DatedHours(Strict):
    """One date's own hours; none: closed."""

    date: dt.date
    name: Text
    opening: list[OpenSpan]

    @model_validator(mode="after")
    def _spans_apart(self) -> DatedHours:
        _apart(self.opening)
        return self


class Season(Strict):
    """Other hours on working days between two days of the year (both included; may pass New Year)."""

    first: MonthDay
    last: MonthDay
    opening: list[OpenSpan]

    @model_validator(mode="after")
    def _spans_apart(self) -> Season:
        _apart(self.opening)
        return self

    def holds(self, date: dt.date) -> bool:
        """Whether the date lies in the season."""
        day = f"{date:%m-%d}"
        if self.first <= self.last:
            return self.first <= day <= self.last
        return day >= self.first or day <= self.last


class CalendarDefinition(Definition):
    """Any calendar definition; validating this class gives the form that ``form`` names."""

    kind: Literal["calendar"]
    form: str

    @model_validator(mode="wrap")
    @classmethod
    def _by_form(
        cls, data: Any, handler: ModelWrapValidatorHandler[CalendarDefinition]
    ) -> CalendarDefinition:
        if cls is not CalendarDefinition or isinstance(data, CalendarDefinition):
            return handler(data)
        named = data.get("form") if isinstance(data, dict) else None
        model = FORMS.get(named) if isinstance(named, str) else None
        if model is None:
            raise ValueError(f"form 须为 {'、'.join(FORMS)} 之一 / form must be one of {', '.join(FORMS)}")
        return model.model_validate(data)


class CalendarHead(CalendarDefinition):
    """Where and when people ordinarily work.

    ``announced_to`` is given by a calendar whose holidays are all listed here; without it the
    calendar lives by yearly notices, and every year it covers needs a file of its own.
    """

    form: Literal["head"]
    zone: Zone = Field(description="an IANA time zone")
    covers: Period
    week: list[Weekday] = Field(min_length=1)
    opening: list[OpenSpan] = Field(min_length=1)
    holidays: list[Holiday] = []
    announced_to: dt.date | None = None
    next_notice_moves_from: MonthDay = Field(
        default="01-01", description="a notice for next year has moved days of this year from here on"
    )
    compensate_weekends: bool = Field(
        default=False, description="a statutory holiday on a weekend gives the next working day off"
    )

    @model_validator(mode="after")
    def _spans_apart(self) -> CalendarHead:
        _apart(self.opening)
        if self.covers.last.year - self.covers.first.year >= LONGEST:
            raise ValueError(
                f"covers 超过 {LONGEST} 年，请检查年份 / covers more than {LONGEST} years: check them"
            )
        return self


class CalendarYear(CalendarDefinition):
    """What was arranged for one year, notice by notice; no notice yet: the statutory days stand in."""

    form: Literal["year"]
    calendar: Identifier
    year: int
    statutory: list[Holiday] = Field(min_length=1)
    notices: list[Notice]

    @model_validator(mode="after")
    def _in_its_year(self) -> CalendarYear:
        announced = [notice.announced_on for notice in self.notices]
        if announced != sorted(announced):
            raise ValueError(
                "notices 须按 announced_on 先后排列 / notices must stand in order of announcement"
            )
        for day in self._days():
            if day.year != self.year and (day.year, day.month) != (self.year - 1, 12):
                raise ValueError(
                    f"{day} 不属于 {self.year} 年（仅允许上年 12 月）/ "
                    f"{day} is not of {self.year} (December before is allowed)"
                )
        return self

    def _days(self) -> list[dt.date]:
        days = [holiday.date for holiday in self.statutory]
        for notice in self.notices:
            for arranged in notice.arrangements:
                days += [arranged.first, arranged.last, *arranged.worked]
        return days


class CalendarOverlay(CalendarDefinition):
    """One point's own hours upon a base calendar, between ``in_force_from`` and ``in_force_to``.

    What stands later in this list prevails: the hours by kind of day, ``seasons`` (working days),
    ``weekly`` (ordinary weeks only: neither holidays nor made-up working days), ``dates``.
    ``working_days`` says what the clocks in days count: ``base``, the law's days (a counter open
    on Sunday shortens no period), or ``open``, the days on which this point opens.
    """

    form: Literal["overlay"]
    base: Identifier
    working_days: Literal["base", "open"] = "base"
    on_working_days: list[OpenSpan] | None = Field(default=None, description="null: as the base")
    on_weekends: list[OpenSpan] = []
    on_holidays: list[OpenSpan] = []
    seasons: list[Season] = []
    weekly: dict[Weekday, list[OpenSpan]] = {}
    dates: list[DatedHours] = []

    @model_validator(mode="after")
    def _spans_apart(self) -> CalendarOverlay:
        for spans in [self.on_working_days or [], self.on_weekends, self.on_holidays, *self.weekly.values()]:
            _apart(spans)
        return self


FORMS: dict[str, type[CalendarDefinition]] = {
    "head": CalendarHead,
    "year": CalendarYear,
    "overlay": CalendarOverlay,
}
