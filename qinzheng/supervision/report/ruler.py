"""The limit ruler (时限尺): one clock as a drawing, the same everywhere. Server-made SVG."""

from __future__ import annotations

from html import escape

from qinzheng.calendars.calendar import Calendar
from qinzheng.clocks.machine import APPLICANT, DEPARTMENT, FAR, NOBODY, THIRD_PARTY
from qinzheng.supervision.explain import CaseSaid, ClockSaid

WIDTH, HEIGHT, LEFT, RIGHT, LINE = 720, 84, 8, 12, 40
MOST_TICKS = 70
ROOM = 150
"""How near the ends the needle's own date is left out."""
WHOSE = {DEPARTMENT: "used", APPLICANT: "applicant", THIRD_PARTY: "third", NOBODY: "nobody"}
HATCH = 6
"""Pixels between the strokes that mark time which is not the department's: never by colour alone."""


def draw(clock: ClockSaid, case: CaseSaid, title: str, description: str) -> str:
    """The ruler of a clock: from its start to its limit or its end, whichever is later."""
    calendar = case.calendar
    due = clock.due if clock.due < FAR else clock.end
    stop = max(due, clock.end, clock.start + 1)
    scale = (WIDTH - LEFT - RIGHT) / (stop - clock.start)

    def x(at: int) -> float:
        return LEFT + (min(max(at, clock.start), stop) - clock.start) * scale

    parts = [
        f'<svg class="ruler" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    ]
    parts += _days(calendar, clock.start, stop, x)
    parts.append(
        f'<rect class="used" x="{x(clock.start):.1f}" y="{LINE - 5}" width="{max(x(min(clock.end, due)) - x(clock.start), 1):.1f}" height="10"/>'
    )
    for turn, begin, end in case.stretches:
        if turn != DEPARTMENT and begin < min(clock.end, due) and end > clock.start:
            parts += _stretch(x(begin), x(min(end, clock.end, due)), WHOSE[turn])
    if clock.end > due:
        parts.append(
            f'<rect class="over" x="{x(due):.1f}" y="{LINE - 5}" width="{max(x(clock.end) - x(due), 1):.1f}" height="10"/>'
        )
    if clock.promise < FAR:
        parts.append(_flag(x(clock.promise), 16, "promise", "承诺 promise"))
    if clock.due < FAR:
        parts.append(_flag(x(clock.due), 28, "limit", "期限 limit"))
    parts.append(f'<path class="needle" d="M{x(clock.end):.1f} {LINE + 8} l-5 9 h10 z"/>')
    parts += _dates(calendar, clock, stop, x(clock.end))
    return "".join([*parts, "</svg>"])


def _dates(calendar: Calendar, clock: ClockSaid, stop: int, needle: float) -> list[str]:
    """The first and the last date of the ruler, and the needle's own where there is room between them."""
    marks = [(float(LEFT), "start", clock.start), (float(WIDTH - RIGHT), "end", stop)]
    if ROOM < needle < WIDTH - ROOM:
        marks.append((needle, "middle", clock.end))
    return [
        f'<text x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">{calendar.date(calendar.day(at))}</text>'
        for x, anchor, at in marks
    ]


def _stretch(left: float, right: float, kind: str) -> list[str]:
    """A stretch that was somebody else's time: coloured, and hatched."""
    top, bottom = LINE - 5, LINE + 5
    strokes = [
        f'<line class="hatch" x1="{left + n * HATCH:.1f}" x2="{min(left + n * HATCH + 4, right):.1f}" y1="{bottom}" y2="{top}"/>'
        for n in range(int((right - left) / HATCH) + 1)
    ]
    return [
        f'<rect class="{kind}" x="{left:.1f}" y="{top}" width="{max(right - left, 1):.1f}" height="10"/>',
        *strokes,
    ]


def _days(calendar: Calendar, start: int, stop: int, x: object) -> list[str]:
    """Rest days shaded, working days ticked; too many to draw become a plain line."""
    assert callable(x)
    first, last = calendar.day(start), calendar.day(stop)
    parts = []
    if last - first <= MOST_TICKS * 2:
        for day in range(first, last + 1):
            left = x(calendar.midnight[day])
            if calendar.is_work(day):
                parts.append(
                    f'<line class="tick" x1="{left:.1f}" x2="{left:.1f}" y1="{LINE - 3}" y2="{LINE + 3}"/>'
                )
            else:
                width = x(calendar.midnight[day + 1]) - left
                parts.append(
                    f'<rect class="rest" x="{left:.1f}" y="{LINE - 9}" width="{width:.1f}" height="18"/>'
                )
    return [*parts, f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{LINE}" y2="{LINE}"/>']


def _flag(x: float, height: int, name: str, text: str) -> str:
    anchor = "end" if x > WIDTH / 2 else "start"
    shift = -4 if anchor == "end" else 4
    return (
        f'<g class="{name}"><line x1="{x:.1f}" x2="{x:.1f}" y1="{LINE + 5}" y2="{LINE - height}"/>'
        f'<path d="M{x:.1f} {LINE - height} h9 l-3 4 l3 4 h-9 z"/>'
        f'<text x="{x + shift + (9 if anchor == "start" else 0):.1f}" y="{LINE - height + 8}" text-anchor="{anchor}">{text}</text></g>'
    )
