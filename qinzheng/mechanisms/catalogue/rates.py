"""The three rates of a catalogue on a day, for each unit and the city, and their trend over the days on which something changed.

Pure. A rate counts every item of the day, so there is nothing to estimate; a unit without items has no rate and is no nought.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from qinzheng.cases.items import ENDS, Item
from qinzheng.definitions.library import Library
from qinzheng.mechanisms.catalogue.schema import Fact, Rate

DAYS_SHOWN = 12
"""Days of change that a trend goes back."""


@dataclass(frozen=True)
class Share:
    """Some of some items. ``value`` is None where there are none to be a share of."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None


def standing(item: Item, day: dt.date) -> bool:
    """Whether the item has not ended: neither merged into another nor abolished by then."""
    return not any(turn.turn in ENDS for turn in item.life if turn.on <= day)


def in_centre(item: Item, day: dt.date) -> bool:
    """Whether the centre accepts it that day: an item whose life is told must have been admitted by then."""
    return item.in_centre and item.alive(day)


HOLDS: dict[Fact, Callable[[Item, dt.date], bool]] = {
    "standing": standing,
    "in_centre": in_centre,
    "at_window": lambda item, day: item.at_window,
    "at_once": lambda item, day: item.at_once,
}


def share(rate: Rate, items: Iterable[Item], day: dt.date) -> Share:
    """The rate of these items (one edition each, in force that day)."""
    numerator = denominator = 0
    for item in items:
        if item.sort in rate.apart or not all(HOLDS[fact](item, day) for fact in rate.among):
            continue
        denominator += 1
        numerator += all(HOLDS[fact](item, day) for fact in rate.counts)
    return Share(numerator, denominator)


def by_unit(rate: Rate, items: Iterable[Item], day: dt.date) -> dict[str, Share]:
    """The rate of each unit that decides some of these items."""
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        groups[item.organization].append(item)
    return {unit: share(rate, of_unit, day) for unit, of_unit in groups.items()}


def days_of_change(library: Library, until: dt.date) -> list[dt.date]:
    """The days up to ``until`` on which an edition of some item began or ended, or an item's life turned; the last is ``until``.

    None before the first edition: what was in the catalogue then is not known.
    """
    items: list[Item] = library.all("item")
    if not items:
        return []
    first = min(item.in_force_from for item in items)
    found = {item.in_force_from for item in items}
    found |= {item.in_force_to + dt.timedelta(days=1) for item in items if item.in_force_to is not None}
    found |= {turn.on for item in items for turn in item.life}
    return [*sorted(day for day in found if first <= day < until)[-DAYS_SHOWN:], until]


def trends(
    chosen: Sequence[Rate], library: Library, days: Sequence[dt.date], unit: str | None = None
) -> dict[str, list[Share]]:
    """Rate → its share on each of these days; of one unit, or of all."""
    found: dict[str, list[Share]] = {rate.id: [] for rate in chosen}
    for day in days:
        items: list[Item] = library.standing("item", day)
        those = [item for item in items if unit is None or item.organization == unit]
        for rate in chosen:
            found[rate.id].append(share(rate, those, day))
    return found
