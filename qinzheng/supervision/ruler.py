"""The limit ruler (时限尺): one clock as a drawing, the same in pages, report, print and on the wall.

Server-made SVG. Positions along the line are percentages, so one drawing fits any width while its
letters, flags and ticks keep their size; ``width`` fixes it for a PDF. Whose time it was is told by
colour, by the direction of the hatching, and in the description that a screen reader speaks.
The style sheet is ``static/css/components/ruler.css`` beside this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from qinzheng.calendars.calendar import Calendar
from qinzheng.clocks.machine import APPLICANT, DEPARTMENT, NOBODY, THIRD_PARTY
from qinzheng.definitions.form import Text

Size = Literal["row", "card", "page"]
Stretch = tuple[int, int, int]
"""(turn, from, to): whose time a stretch was; turns as in ``qinzheng.clocks.machine``."""
PAUSED = 9
"""The turn of a stretch in which the clock stood still for a reason that the law names."""

WHOSE = {
    DEPARTMENT: "department",
    APPLICANT: "applicant",
    THIRD_PARTY: "third",
    NOBODY: "nobody",
    PAUSED: "paused",
}
WHOSE_TIME = {
    "department": Text(zh="部门的时间", en="department's time"), "applicant": Text(zh="申请人的时间", en="applicant's time"),
    "third": Text(zh="第三方的时间", en="third party's time"), "nobody": Text(zh="交接之间", en="between hands"),
    "paused": Text(zh="中止", en="paused"), "over": Text(zh="超过期限", en="past the limit"),
}  # fmt: skip
LEAN = {"applicant": -35, "third": 35, "nobody": 0, "paused": 0}
"""Degrees by which the hatching of each leans."""
PROMISE, LIMIT, NOW = Text(zh="承诺", en="promise"), Text(zh="期限", en="limit"), Text(zh="现在", en="now")
ENDED = Text(zh="办结", en="done")
MOST_DAYS = {"row": 45, "card": 140, "page": 200}
"""More days than these are a plain line: ticks closer than this cannot be told apart."""
ROOM = 12.0
"""Per cent of the line that a stretch or a week needs before it gets a word or a date of its own."""
SHORTEST, LENGTHENED = 50.0, 64.0
"""A limit that would stand before the first per cent, its clock long overdue, stands at the second instead: beyond
it the line is drawn on another scale, and broken to say so. The limit is what is read, not the length of the delay."""
MIDDLE = (24.0, 76.0)
"""The needle's own date stands only between these percentages, else it would lie upon the outer dates."""


@dataclass(frozen=True)
class Clock:
    """What the ruler is drawn from. Instants are UTC microseconds; ``due`` and ``promise`` are None where there is none.

    ``needle`` is now, or the end of a clock that has ended; ``stretches`` say whose time it was (an empty
    list: all the department's). ``title`` names the clock and its state, ``description`` says the arithmetic.
    """

    calendar: Calendar
    start: int
    needle: int
    due: int | None
    promise: int | None = None
    ended: bool = False
    stretches: Sequence[Stretch] = ()
    title: Text = Text(zh="时限尺", en="limit ruler")
    description: Text = Text(zh="", en="")


@dataclass(frozen=True)
class _Form:
    """The measures of one size, in pixels."""

    height: int
    line: int
    bar: int
    promise: int
    limit: int
    words: bool
    dates: bool


FORMS: dict[str, _Form] = {
    "row": _Form(24, 15, 8, 9, 13, words=False, dates=False),
    "card": _Form(72, 42, 10, 23, 36, words=True, dates=True),
    "page": _Form(200, 110, 22, 62, 92, words=True, dates=True),
}


def draw(clock: Clock, size: Size = "card", language: str = "zh", *, width: int | None = None) -> str:
    """The ruler as SVG; ``language`` is zh, en or both. Without ``width`` it fills its place."""
    return _Drawing(clock, FORMS[size], size, language).svg(width)


def words(text: Text, language: str) -> str:
    """A text in one language, or in both for a sheet that is read in both."""
    if language == "both":
        return f"{text.zh} {text.en}"
    return text.zh if language == "zh" else text.en


def legend(language: str = "zh") -> str:
    """What the fillings mean, as a list: each stroke as it is drawn, and its word."""
    items = [
        f'<li><svg class="ruler" width="26" height="10" aria-hidden="true"><svg class="{kind}" x="0" width="26" height="10">'
        f'<rect width="100%" height="100%"/>{_hatch(kind, 10)}</svg></svg>{escape(words(text, language))}</li>'
        for kind, text in WHOSE_TIME.items()
    ]
    return f'<ul class="ruler-legend">{"".join(items)}</ul>'


def _hatch(kind: str, height: int) -> str:
    """Strokes across a filling; the direction says whose time it was."""
    if kind not in LEAN:
        return ""
    return (
        f'<line class="hatch" x1="-{height}" x2="110%" y1="{height / 2:g}" y2="{height / 2:g}" stroke-width="{height}" '
        f'stroke-dasharray="1.5 {2.5 if kind == "paused" else 5}" transform="skewX({LEAN[kind]})"/>'
    )


class _Drawing:
    def __init__(self, clock: Clock, form: _Form, size: Size, language: str) -> None:
        self.clock, self.form, self.size, self.language = clock, form, size, language
        self.due = clock.due if clock.due is not None else clock.needle
        self.stop = max(self.due, clock.needle, clock.promise or 0, clock.start + 1)
        reached = (self.due - clock.start) / (self.stop - clock.start) * 100
        self.broken = clock.due is not None and clock.needle > self.due > clock.start and reached < SHORTEST
        self.limit = LENGTHENED if self.broken else 100.0
        """Where the limit stands on a broken line."""
        self.top, self.bottom = form.line - form.bar / 2, form.line + form.bar / 2

    def x(self, at: int) -> float:
        """Where an instant stands, in per cent of the line."""
        start, end = self.clock.start, self.due if self.broken else self.stop
        at = min(max(at, start), self.stop)
        if at > end:
            return self.limit + (at - end) / (self.stop - end) * (100 - self.limit)
        return (at - start) / (end - start) * self.limit

    def svg(self, width: int | None) -> str:
        label = escape(
            "。".join(
                filter(
                    None,
                    (words(self.clock.title, self.language), words(self.clock.description, self.language)),
                )
            )
        )
        return "".join(
            [
                f'<svg class="ruler ruler-{self.size}" xmlns="http://www.w3.org/2000/svg" width="{width or "100%"}" '
                f'height="{self.form.height}" role="img" aria-label="{label}">',
                *self.days(), *self.filled(), *self.flags(), self.needle(), *self.dates(), "</svg>",
            ]
        )  # fmt: skip

    def days(self) -> list[str]:
        """Rest days shaded, working days ticked; too many to draw become a plain line."""
        calendar, form = self.clock.calendar, self.form
        first, last = calendar.day(self.clock.start), calendar.day(self.due if self.broken else self.stop)
        parts = []
        if last - first <= MOST_DAYS[self.size]:
            for day in range(first, last + 1):
                left, right = self.x(calendar.midnight[day]), self.x(calendar.midnight[day + 1])
                if not calendar.is_work(day):
                    parts.append(
                        f'<rect class="rest" x="{left:.2f}%" y="{self.top - 4:g}" width="{right - left:.2f}%" height="{form.bar + 8}"/>'
                    )
                elif day > first:
                    parts.append(
                        f'<line class="tick" x1="{left:.2f}%" x2="{left:.2f}%" y1="{self.top - 3:g}" y2="{self.bottom + 3:g}"/>'
                    )
        return [f'<rect class="track" x="0" y="{self.top:g}" width="100%" height="{form.bar}"/>', *parts]

    def filled(self) -> list[str]:
        """Whose time it was, up to the needle; beyond the limit it is overdue whoever's it is."""
        clock = self.clock
        until = min(clock.needle, self.due)
        parts = []
        for turn, begin, end in clock.stretches or [(DEPARTMENT, clock.start, until)]:
            if begin < until and end > clock.start:
                begin, end = max(begin, clock.start), min(end, until)
                parts.append(self.bar(WHOSE[turn], begin, end))
                if clock.stretches:
                    parts += self.whose(WHOSE[turn], begin, end)
        if clock.needle > self.due:
            parts.append(self.bar("over", self.due, clock.needle))
            if self.broken:
                parts.append(self.gap())
        return parts

    def gap(self) -> str:
        """Two slanted strokes where the scale changes."""
        x, top, bottom = (self.limit + 100) / 2, self.top - 4, self.bottom + 4
        return (
            f'<svg class="break" x="{x:.2f}%" y="0" overflow="visible">'
            f'<path d="M-6 {bottom:g}L-1 {top:g}h6L0 {bottom:g}z"/><path d="M-6 {bottom:g}L-1 {top:g}M0 {bottom:g}L5 {top:g}"/></svg>'
        )

    def bar(self, kind: str, begin: int, end: int) -> str:
        """One stretch: a small picture of its own, so that its hatching is cut at its ends."""
        left, width, height = self.x(begin), max(self.x(end) - self.x(begin), 0.3), self.form.bar
        return (
            f'<svg class="{kind}" x="{left:.2f}%" y="{self.top:g}" width="{width:.2f}%" height="{height}">'
            f'<rect width="100%" height="100%"/>{_hatch(kind, height)}</svg>'
        )

    def whose(self, kind: str, begin: int, end: int) -> list[str]:
        """On the page size, whose time a stretch was, above it, where there is room for the word."""
        left, right = self.x(begin), self.x(end)
        if self.size != "page" or right - left < ROOM:
            return []
        text = words(WHOSE_TIME[kind], self.language)
        return [
            f'<text x="{(left + right) / 2:.2f}%" y="{self.top - 9:g}" text-anchor="middle">{text}</text>'
        ]

    def flags(self) -> list[str]:
        clock = self.clock
        parts = []
        if clock.promise is not None:
            parts.append(self.flag(clock.promise, self.form.promise, "promise", PROMISE))
        if clock.due is not None:
            parts.append(self.flag(clock.due, self.form.limit, "limit", LIMIT))
        return parts

    def flag(self, at: int, height: int, name: str, text: Text) -> str:
        """A staff with its flag towards the nearer end: a pennant for the promise, a swallowtail for the limit."""
        x, top = self.x(at), self.form.line - height
        side = 1 if x < 50 else -1
        size = 9 if self.form.words else 6
        half = size / 2
        tail = f"l{side * size} {half:g}l{-side * size} {half:g}"
        if name == "limit":
            tail = f"h{side * (size + 1)}l{-side * 3} {half:g}l{side * 3} {half:g}h{-side * (size + 1)}"
        word = ""
        if self.form.words:
            anchor = "start" if side > 0 else "end"
            word = f'<text x="{side * (size + 5)}" y="{top + 9}" text-anchor="{anchor}">{words(text, self.language)}</text>'
        return (
            f'<svg class="{name}" x="{x:.2f}%" y="0" overflow="visible"><line y1="{self.bottom + 2:g}" y2="{top}"/>'
            f'<path d="M0 {top}{tail}z"/>{word}</svg>'
        )

    def needle(self) -> str:
        x, y = self.x(self.clock.needle), self.bottom + 1
        word = ""
        if self.size == "page":
            side = "start" if x < 10 else "end" if x > 90 else "middle"
            text = words(ENDED if self.clock.ended else NOW, self.language)
            word = f'<text y="{y + 26:g}" text-anchor="{side}">{text}</text>'
        staff = f'<line y1="{self.top - 2:g}" y2="{y:g}"/>'
        return f'<svg class="needle" x="{x:.2f}%" y="0" overflow="visible">{staff}<path d="M0 {y:g}l-5 8h10z"/>{word}</svg>'

    def dates(self) -> list[str]:
        """The first and the last date, and the needle's own where there is room between them."""
        if not self.form.dates:
            return []
        calendar, y = self.clock.calendar, self.form.height - (18 if self.size == "page" else 4)
        marks = [(0.0, "start", self.clock.start, "%Y-%m-%d"), (100.0, "end", self.stop, "%Y-%m-%d")]
        needle = self.x(self.clock.needle)
        if self.size == "page":
            marks += self.mondays()
        elif MIDDLE[0] < needle < MIDDLE[1]:
            marks.append((needle, "middle", self.clock.needle, "%m-%d"))
        return [
            f'<text class="date{" between" if anchor == "middle" else ""}" x="{x:.2f}%" y="{y}" text-anchor="{anchor}">{calendar.date(calendar.day(at)):{form}}</text>'
            for x, anchor, at, form in marks
        ]

    def mondays(self) -> list[tuple[float, str, int, str]]:
        """The Mondays between the two ends, as many as have room; narrow screens show none of them."""
        calendar, marks, last = self.clock.calendar, [], ROOM
        for day in range(calendar.day(self.clock.start) + 1, calendar.day(self.stop)):
            x = self.x(calendar.midnight[day])
            if calendar.date(day).weekday() == 0 and last < x < 100 - ROOM:
                marks.append((x, "middle", calendar.midnight[day], "%m-%d"))
                last = x + ROOM / 2
        return marks
