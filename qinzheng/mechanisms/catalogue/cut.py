"""What was cut: days, steps, papers and trips of an item before its reform, and by the edition in force. Pure.

What is now is read from the same edition that the guide is printed from. How the four figures are counted is ours
(``ours-catalogue/cut``); trips that were really made are a measure, counted from events, and not this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qinzheng.cases import paths
from qinzheng.cases.items import Item
from qinzheng.cases.schema import Procedure
from qinzheng.mechanisms.catalogue.differences import promised

FIGURES = ("days", "steps", "materials", "trips")
WITHOUT_TRIP = frozenset({"online", "post", "phone"})
IN_DAYS = frozenset({"working_days", "calendar_days"})


@dataclass(frozen=True)
class Cut:
    """One item's figures before and now; a figure that is not known is missing."""

    item: Item
    before: Mapping[str, int]
    now: Mapping[str, int]


def of(item: Item, way: Procedure) -> Cut:
    """The figures of an item, as far as they are known."""
    stated = {name: getattr(item.before, name) for name in FIGURES} if item.before is not None else {}
    return Cut(item, {name: value for name, value in stated.items() if value is not None}, now(item, way))


def now(item: Item, way: Procedure) -> dict[str, int]:
    """By the edition: days promised (0: on the spot), acts of the plainest way, papers to bring at most, least trips to apply.

    Papers are missing where the item, in short form, lists none.
    """
    found: dict[str, int] = {"steps": 1 if item.at_once else len(paths.plainest(way))}
    days = 0 if item.at_once else promised_days(item, way)
    if days is not None:
        found["days"] = days
    if item.guide.materials:
        found["materials"] = len(item.guide.to_bring({
            name: list(question.answers) for name, question in item.guide.situations.items()
        }))  # fmt: skip
    found["trips"] = 0 if WITHOUT_TRIP & set(item.guide.channels) else 1
    return found


def promised_days(item: Item, way: Procedure) -> int | None:
    """The days promised of the longest clock of the department that the item's own promise, or else the procedure's, is about."""
    clocks = {
        name: clock
        for name, clock in way.clocks.items()
        if clock.role == "case"
        and clock.owner == "department"
        and not clock.backward
        and clock.counting.unit in IN_DAYS
    }
    chosen = [name for name in clocks if name in item.committed] or list(clocks)
    amounts = [amount for name in chosen if (amount := promised(item, way, name)) is not None]
    return max(amounts, default=None)


def totals(cuts: Iterable[Cut]) -> dict[str, tuple[int, int, int]]:
    """Of each figure: (items of which both numbers are known, their sum before, their sum now)."""
    found = {}
    listed = list(cuts)
    for name in FIGURES:
        both = [(cut.before[name], cut.now[name]) for cut in listed if name in cut.before and name in cut.now]
        found[name] = (len(both), sum(old for old, _ in both), sum(new for _, new in both))
    return found
