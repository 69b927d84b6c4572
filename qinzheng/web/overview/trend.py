"""A measure by month as a drawing: the value as a line, its interval as a band. Its table stands beside it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qinzheng.measures.ask import Answer
from qinzheng.measures.schema import Measure
from qinzheng.web.overview import said

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT, TOP, FOOT = 64, 28, 12, 28
MOST_NAMES = 13
"""Months named under the axis; of more every second, third, … is."""


def draw(measure: Measure, months: Sequence[Answer], label: str) -> str:
    """SVG; "" where there are fewer than two months to draw."""
    known = [answer for answer in months if answer.value is not None]
    if len(known) < 2:
        return ""
    low, high = _span(measure, known)
    step = (WIDTH - LEFT - RIGHT) / (len(months) - 1)

    def x(n: int) -> float:
        return LEFT + n * step

    def y(number: float) -> float:
        return TOP + (high - number) / (high - low) * (HEIGHT - TOP - FOOT)

    parts = [_axis(measure, number, y(number)) for number in sorted({low, (low + high) / 2, high})]
    parts += _names(months, x)
    for run in _runs(months):
        banded = [(n, answer) for n, answer in run if answer.low is not None and answer.high is not None]
        if len(banded) > 1:
            over = [f"{x(n):.1f},{y(answer.high or 0):.1f}" for n, answer in banded]
            under = [f"{x(n):.1f},{y(answer.low or 0):.1f}" for n, answer in reversed(banded)]
            parts.append(f'<polygon class="band" points="{" ".join(over + under)}"/>')
        parts.append(
            f'<polyline class="value" points="{" ".join(f"{x(n):.1f},{y(a.value or 0):.1f}" for n, a in run)}"/>'
        )
        parts += [
            f'<circle cx="{x(n):.1f}" cy="{y(a.value or 0):.1f}" r="3"><title>{escape(a.key["month"])} {said.value(measure, a.value)}</title></circle>'
            for n, a in run
        ]
    return f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'


def _span(measure: Measure, known: Sequence[Answer]) -> tuple[float, float]:
    """(lowest, highest) of the drawing: counts from nought, all else as far as the intervals reach."""
    ends = [number for a in known for number in (a.value, a.low, a.high) if number is not None]
    low = 0.0 if measure.value.statistic == "count" else min(ends)
    high = max(ends)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _axis(measure: Measure, number: float, y: float) -> str:
    return (
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{said.value(measure, number)}</text>'
    )


def _names(months: Sequence[Answer], x: object) -> list[str]:
    every = -(-len(months) // MOST_NAMES)
    return [
        f'<text x="{x(n):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(answer.key["month"][2:])}</text>'  # type: ignore[operator]
        for n, answer in enumerate(months)
        if n % every == 0
    ]


def _runs(months: Sequence[Answer]) -> list[list[tuple[int, Answer]]]:
    """Stretches of months that have a value: nothing is drawn across a gap."""
    runs: list[list[tuple[int, Answer]]] = [[]]
    for n, answer in enumerate(months):
        if answer.value is None:
            runs.append([])
        else:
            runs[-1].append((n, answer))
    return [run for run in runs if run]
