"""The limit ruler (时限尺): one clock as a drawing, the same everywhere. Server-made SVG."""

from __future__ import annotations

from html import escape

from qinzheng.calendars.calendar import Calendar
from qinzheng.clocks import explain as words
from qinzheng.clocks.machine import FAR
from qinzheng.supervision.explain import ClockSaid

WIDTH, HEIGHT, LEFT, RIGHT, LINE = 720, 84, 8, 12, 40
MOST_TICKS = 70


def draw(clock: ClockSaid, calendar: Calendar, title: str) -> str:
    """The ruler of a clock: from its start to its limit or its end, whichever is later."""
    due = clock.due if clock.due < FAR else clock.end
    stop = max(due, clock.end, clock.start + 1)
    scale = (WIDTH - LEFT - RIGHT) / (stop - clock.start)

    def x(at: int) -> float:
        return LEFT + (min(max(at, clock.start), stop) - clock.start) * scale

    parts = [
        f'<svg class="ruler" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>"
    ]
    parts += _days(calendar, clock.start, stop, x)
    parts.append(f'<rect class="used" x="{x(clock.start):.1f}" y="{LINE - 5}" width="{max(x(min(clock.end, due)) - x(clock.start), 1):.1f}" height="10"/>')
    if clock.end > due:
        parts.append(f'<rect class="over" x="{x(due):.1f}" y="{LINE - 5}" width="{max(x(clock.end) - x(due), 1):.1f}" height="10"/>')
    if clock.promise < FAR:
        parts.append(_flag(x(clock.promise), 16, "promise", "承诺 promise"))
    if clock.due < FAR:
        parts.append(_flag(x(clock.due), 28, "limit", "期限 limit"))
    parts.append(f'<path class="needle" d="M{x(clock.end):.1f} {LINE + 8} l-5 9 h10 z"/>')
    begin, end = words.moment(calendar, clock.start), words.moment(calendar, clock.end)
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 6}">{escape(begin.en[4:14])}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">{escape(end.en[4:14])}</text></svg>')
    return "".join(parts)


def _days(calendar: Calendar, start: int, stop: int, x: object) -> list[str]:
    """Rest days shaded, working days ticked; too many to draw become a plain line."""
    assert callable(x)
    first, last = calendar.day(start), calendar.day(stop)
    parts = []
    if last - first <= MOST_TICKS * 2:
        for day in range(first, last + 1):
            left = x(calendar.midnight[day])
            if calendar.is_work(day):
                parts.append(f'<line class="tick" x1="{left:.1f}" x2="{left:.1f}" y1="{LINE - 3}" y2="{LINE + 3}"/>')
            else:
                width = x(calendar.midnight[day + 1]) - left
                parts.append(f'<rect class="rest" x="{left:.1f}" y="{LINE - 9}" width="{width:.1f}" height="18"/>')
    return [*parts, f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{LINE}" y2="{LINE}"/>']


def _flag(x: float, height: int, name: str, text: str) -> str:
    anchor = "end" if x > WIDTH / 2 else "start"
    shift = -4 if anchor == "end" else 4
    return (
        f'<g class="{name}"><line x1="{x:.1f}" x2="{x:.1f}" y1="{LINE + 5}" y2="{LINE - height}"/>'
        f'<path d="M{x:.1f} {LINE - height} h9 l-3 4 l3 4 h-9 z"/>'
        f'<text x="{x + shift + (9 if anchor == "start" else 0):.1f}" y="{LINE - height + 8}" text-anchor="{anchor}">{text}</text></g>'
    )
