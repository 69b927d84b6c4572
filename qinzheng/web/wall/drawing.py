"""The drawings of the wall: the river of cases and the map of towns, SVG made on the server. Every word is escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from qinzheng.definitions.form import Text
from qinzheng.web.language import Language, pick
from qinzheng.web.wall import cells, river, tables
from qinzheng.web.wall.now import Dot, Standing
from qinzheng.web.wall.places import Load, Town

WIDTH, HEAD, LANE = 1032, 44, 46
LEFT, RIGHT = 240, 896
"""Where the water begins and ends; left of it the units, right of it their counts."""
RADII = ((150, 9), (600, 7), (tables.MOST_DOTS, 5))
"""Up to so many dots, so large each: few are seen from afar, many can still be told apart."""
WOBBLE = 15
"""How far a dot may lie from the middle of its lane: a fixed place a case, so that it does not jump."""
BANKS = (
    (0.0, Text(zh="开始", en="start")),
    (river.PROMISE, Text(zh="承诺", en="promise")),
    (river.LAW, Text(zh="期限", en="limit")),
)
COUNTS = Text(zh="在办 · 超期", en="open · late")
LETTERS = {"zh": 9, "en": 17}
"""How many letters of a unit's name fit beside its lane."""
STEPS = 4
"""Shades of a town by the share of its open cases that is late."""


def water(standing: Standing, language: Language) -> str:
    """The river whole: banks, lanes with their units and counts, and the dots."""
    lanes = standing.lanes
    height = HEAD + LANE * max(len(lanes), 1)
    law = _x(river.LAW)
    parts = [
        f'<rect class="beyond" x="{law:.0f}" y="{HEAD}" width="{RIGHT - law:.0f}" height="{height - HEAD}"/>',
        *(_bank(share, name, height, language) for share, name in BANKS),
        f'<text class="counts" x="{WIDTH}" y="28" text-anchor="end">{escape(pick(COUNTS, language))}</text>',
        *(_lane(n, lane, language) for n, lane in enumerate(lanes)),
        '<g data-dots>', dots(standing.dots.values(), len(standing.dots)), "</g>",
    ]  # fmt: skip
    said = Text(
        zh=f"办件之河：在办 {standing.open} 件，超期 {standing.late} 件；图上 {len(standing.dots)} 件最紧迫的",
        en=f"River of cases: {standing.open} open, {standing.late} late; the {len(standing.dots)} most urgent are drawn",
    )
    return (
        f'<svg class="river" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(pick(said, language))}">'
        + "".join(parts) + "</svg>"
    )  # fmt: skip


def dots(found: Iterable[Dot], among: int) -> str:
    """The dots alone, as the stream sends those that an event moved; ``among`` how many dots the river has."""
    radius = next((radius for most, radius in RADII if among <= most), RADII[-1][1])
    return "".join(_dot(dot, radius) for dot in found)


def _dot(dot: Dot, radius: int) -> str:
    off = int(dot.key, 16) % (2 * WOBBLE + 1) - WOBBLE
    return (
        f'<circle class="dot {dot.where.place}" data-key="{dot.key}" cx="{_x(dot.where.x):.1f}" '
        f'cy="{HEAD + LANE * dot.lane + LANE // 2 + off}" r="{radius}"/>'
    )


def _x(share: float) -> float:
    return LEFT + 10 + share * (RIGHT - LEFT - 20)


def _bank(share: float, name: Text, height: int, language: Language) -> str:
    x = _x(share)
    return (
        f'<text class="bank-name" x="{x:.0f}" y="28" text-anchor="{"middle" if share else "start"}">{escape(pick(name, language))}</text>'
        f'<line class="bank{" law" if share == river.LAW else ""}" x1="{x:.0f}" x2="{x:.0f}" y1="{HEAD - 6}" y2="{height}"/>'
    )


def _lane(n: int, lane: Load, language: Language) -> str:
    top, base = HEAD + LANE * n, HEAD + LANE * n + 32
    name = pick(lane.name, language)
    most = LETTERS[language]
    short = name if len(name) <= most else name[: most - 1] + "…"
    late = (
        f'<tspan class="late"> · {lane.late:,}</tspan>' if lane.late else '<tspan class="none"> · 0</tspan>'
    )
    return (
        f'<line class="lane" x1="0" x2="{WIDTH}" y1="{top}" y2="{top}"/>'
        f'<text class="lane-name" x="0" y="{base}"><title>{escape(name)}</title>{escape(short)}</text>'
        f'<text class="counts" x="{WIDTH}" y="{base}" text-anchor="end">{lane.open:,}{late}</text>'
    )


def map_of(towns: Sequence[Town], language: Language, width: int = 270, height: int = 190) -> str:
    """The towns on a plain map, the deeper the larger the share that is late, with the number of late cases; "" without places."""
    placed = [town for town in towns if town.x is not None and town.y is not None]
    if not placed:
        return ""
    points = [(town.x or 0.0, town.y or 0.0) for town in placed]
    left, top, right, bottom = cells.frame(points)
    scale = min(width / (right - left), height / (bottom - top))
    drawn = []
    most = max((town.open for town in placed), default=0) or 1
    for town, point, cell in zip(placed, points, cells.cells(points), strict=True):
        outline = " ".join(f"{(x - left) * scale:.1f},{(y - top) * scale:.1f}" for x, y in cell)
        said = Text(
            zh=f"{town.name.zh}：在办 {town.open}，超期 {town.late}",
            en=f"{town.name.en}: {town.open} open, {town.late} late",
        )
        x, y = (point[0] - left) * scale, (point[1] - top) * scale
        drawn.append(
            f'<g class="town step-{step(town)}"><title>{escape(pick(said, language))}</title><polygon points="{outline}"/>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{0 if town.late else 2 + 6 * math.sqrt(town.open / most):.1f}"/>'
            f'<text x="{x:.1f}" y="{y + 8:.1f}" text-anchor="middle">{town.late or ""}</text></g>'
        )
    label = Text(
        zh="镇街超期示意图，数字为超期件数；分界为示意，非行政区划",
        en="Late cases by town; borders are a drawing, not administrative",
    )
    return (
        f'<svg class="map" viewBox="0 0 {(right - left) * scale:.0f} {(bottom - top) * scale:.0f}" role="img" '
        f'aria-label="{escape(pick(label, language))}">' + "".join(drawn) + "</svg>"
    )


def step(town: Town) -> int:
    """0: none late; up to ``STEPS`` where a fifth and more of the open cases are late."""
    if not town.late or not town.open:
        return 0
    return min(STEPS, 1 + int(town.late / town.open * 5 * (STEPS - 1)))
