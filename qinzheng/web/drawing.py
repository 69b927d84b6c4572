"""Small drawings made on the server: a trend in a line of text, a bar among its equals. Their words say the same."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT, PAD = 72, 24, 3
CIRCLE = '<circle class="{}" cx="6" cy="6" r="4"/>'
SHAPES = {
    "good": '<path class="line" d="M2 6.5l3 3 5-7"/>',
    "due": '<path class="line" d="M6 1.5l5 9H1z"/>',
    "late": '<rect class="full" x="1.5" y="1.5" width="9" height="9"/>',
    "paused": '<path class="line" d="M4 2v8M8 2v8"/>',
    "own": CIRCLE.format("full"),
}
"""What stands for a tone beside its colour: ✓ good, △ due, ■ late, ‖ paused, ● own; ○ all others."""


def badge(tone: str, word: str) -> str:
    """One state: a shape and a word."""
    shape = SHAPES.get(tone) or CIRCLE.format("line")
    return (
        f'<span class="badge {escape(tone)}"><svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">'
        f"{shape}</svg>{escape(word)}</span>"
    )


def sparkline(values: Sequence[float], label: str) -> str:
    """A trend of up to a few dozen values, the last one marked. One value or none is no trend: nothing is drawn."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    spread = (high - low) or 1
    step = (WIDTH - 2 * PAD) / (len(values) - 1)
    points = [
        (PAD + n * step, HEIGHT - PAD - (value - low) / spread * (HEIGHT - 2 * PAD))
        for n, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return (
        f'<svg class="sparkline" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(label)}"><polyline points="{line}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/></svg>'
    )


def bar(share: float, late: float, label: str) -> str:
    """A share of the whole (0 to 1) with, at its end, the part of it that is late."""
    share, late = min(max(share, 0), 1), min(max(late, 0), 1)
    return (
        f'<svg class="bar" width="100%" height="10" role="img" aria-label="{escape(label)}">'
        f'<rect class="track" width="100%" height="10"/><rect class="whole" width="{share * 100:.1f}%" height="10"/>'
        f'<rect class="late" x="{(share - late) * 100 if late < share else 0:.1f}%" width="{min(late, share) * 100:.1f}%" height="10"/></svg>'
    )
