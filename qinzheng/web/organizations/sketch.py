"""A plain map of the city: its towns as names, the unit and its points marked. Places as entered; a sketch, no survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from qinzheng.definitions.form import Text
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization
from qinzheng.web.language import Language, pick

WIDTH, HEIGHT, MARGIN = 480, 336, 34
LETTER, LATIN = 16.0, 8.5
"""Widths of a letter, for not writing one name over another."""
LABEL = Text(zh="全市示意图：{names} 已标出", en="Sketch of the city; marked: {names}")


def of(
    towns: Sequence[Organization], marked: Sequence[Organization], spoken: Language,
    numbers: Mapping[str, int] | None = None,
) -> str:  # fmt: skip
    """The towns with their names, and what is marked with a pin; "" where nothing has a place.

    ``numbers``: unit → the number in its pin, as a list beside the map has it.
    """
    placed = [unit for unit in marked if unit.x is not None and unit.y is not None]
    known = [town for town in towns if town.x is not None and town.y is not None]
    if not placed or not known:
        return ""
    xs, ys = ([getattr(unit, axis) for unit in (*known, *placed)] for axis in ("x", "y"))
    left, top = min(xs), min(ys)
    scale = min(
        (WIDTH - 2 * MARGIN) / ((max(xs) - left) or 1), (HEIGHT - 2 * MARGIN) / ((max(ys) - top) or 1)
    )

    def at(unit: Organization) -> tuple[float, float]:
        return MARGIN + ((unit.x or 0) - left) * scale, MARGIN + ((unit.y or 0) - top) * scale

    height = 2 * MARGIN + (max(ys) - top) * scale
    here = {unit.pk for unit in placed}
    parts = _towns(
        [(*at(town), pick(organizations.text(town), spoken)) for town in known if town.pk not in here]
    )
    told = numbers or {}
    # The southern pins last, so that they stand before those behind them.
    for unit in sorted(placed, key=lambda unit: unit.y or 0):
        parts.append(_pin(*at(unit), pick(organizations.text(unit), spoken), told.get(unit.pk)))
    names = ("、" if spoken == "zh" else ", ").join(
        pick(organizations.text(unit), spoken) for unit in placed[:6]
    )
    label = pick(LABEL, spoken).format(names=names)
    return (
        f'<svg class="sketch" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(label)}">'
        + "".join(parts) + "</svg>"
    )  # fmt: skip


def _towns(towns: Sequence[tuple[float, float, str]]) -> list[str]:
    """Each town as a dot; its name beneath it, else above it, else only on hover where both places are taken."""
    taken: list[tuple[float, float, float]] = []
    parts = []
    for x, y, name in towns:
        half = sum(LETTER if ord(letter) > 0x2E80 else LATIN for letter in name) / 2
        place = min(max(x, half), WIDTH - half)
        line = next((at for at in (y + 19, y - 8) if _free(taken, place, at, half)), None)
        written = ""
        if line is not None:
            taken.append((place, line, half))
            written = f'<text x="{place:.1f}" y="{line:.1f}" text-anchor="middle">{escape(name)}</text>'
        parts.append(
            f'<g class="place"><title>{escape(name)}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>{written}</g>'
        )
    return parts


def _free(taken: Sequence[tuple[float, float, float]], x: float, y: float, half: float) -> bool:
    return all(abs(x - other) > half + wide or abs(y - line) > LETTER for other, line, wide in taken)


def _pin(x: float, y: float, name: str, number: int | None) -> str:
    if number is None:
        return (
            f'<g class="pin"><title>{escape(name)}</title>'
            f'<path d="M{x:.1f} {y:.1f}l-7 -11a8 8 0 1 1 14 0z"/></g>'
        )  # fmt: skip
    return (
        f'<g class="pin numbered"><title>{number} {escape(name)}</title><path d="M{x:.1f} {y:.1f}l-9 -13a11 11 0 1 1 18 0z"/>'
        f'<text x="{x:.1f}" y="{y - 15:.1f}" text-anchor="middle">{number}</text></g>'
    )
