"""A map of towns without borders at hand: the points nearest to each town (Voronoi cells), inside one frame. Pure.

The borders are a drawing, not the administrative ones, and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, float]
MARGIN = 0.12
"""Of the width of the towns, left free around them."""


def frame(points: Sequence[Point]) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) around the points, never without width."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    margin = max(max(xs) - min(xs), max(ys) - min(ys), 1.0) * MARGIN
    return min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin


def cells(points: Sequence[Point]) -> list[list[Point]]:
    """One convex polygon a point, together the whole frame; two towns at one place share it: the later has no area."""
    left, top, right, bottom = frame(points)
    found = []
    for n, here in enumerate(points):
        cell: list[Point] = [(left, top), (right, top), (right, bottom), (left, bottom)]
        for k, other in enumerate(points):
            if other == here:
                cell = [] if k < n else cell
            else:
                cell = _nearer(cell, here, other)
        found.append(cell)
    return found


def _nearer(cell: list[Point], here: Point, other: Point) -> list[Point]:
    """The part of a convex polygon that is nearer to ``here`` than to ``other``."""
    dx, dy = other[0] - here[0], other[1] - here[1]
    border = (other[0] ** 2 + other[1] ** 2 - here[0] ** 2 - here[1] ** 2) / 2
    beyond = [dx * x + dy * y - border for x, y in cell]
    kept: list[Point] = []
    for n, (point, side) in enumerate(zip(cell, beyond, strict=True)):
        if side <= 0:
            kept.append(point)
        following, next_side = cell[(n + 1) % len(cell)], beyond[(n + 1) % len(cell)]
        if side * next_side < 0:
            share = side / (side - next_side)
            kept.append(
                (point[0] + share * (following[0] - point[0]), point[1] + share * (following[1] - point[1]))
            )
    return kept
