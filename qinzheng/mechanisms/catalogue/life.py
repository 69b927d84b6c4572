"""The life of items: who was admitted when and why, what was delegated, merged, abolished. Read from the editions. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from qinzheng.cases.guide import Life
from qinzheng.cases.items import Item
from qinzheng.definitions.form import Text

CLASSES = {
    "service": Text(zh="行政服务项目", en="services"), "licence": Text(zh="许可项目", en="licences"),
    "former": Text(zh="非许可审批项目", en="former approvals"),
}  # fmt: skip
"""The classes in which a centre's admissions are told. Which sorts are services is ours: all that are neither of the others."""


@dataclass(frozen=True)
class Turned:
    """One turn of one item."""

    item: Item
    turn: Life

    @property
    def sort(self) -> str:
        """Its class."""
        return class_of(self.item)


def class_of(item: Item) -> str:
    """The class of an item."""
    return {"licence": "licence", "former_approval": "former"}.get(item.sort, "service")


def turns(items: Iterable[Item], first: dt.date, last: dt.date, kinds: Collection[str] = ()) -> list[Turned]:
    """The turns between two days, both included, in their order; of some kinds only, or of all."""
    found = [
        Turned(item, turn)
        for item in items
        for turn in item.life
        if first <= turn.on <= last and (not kinds or turn.turn in kinds)
    ]
    return sorted(found, key=lambda each: (each.turn.on, each.item.id))


def counted(found: Iterable[Turned]) -> dict[str, int]:
    """How many turns fell on each class, in the order of the classes; a class without any is nought."""
    counts = Counter(each.sort for each in found)
    return {name: counts[name] for name in CLASSES}


def level(item: Item, day: dt.date) -> str:
    """The level that decides on a day: its own, or the one to which it was delegated last and not taken back."""
    found: str = item.level
    for turn in item.life:
        if turn.on <= day and turn.turn == "delegated" and turn.to is not None:
            found = turn.to
        elif turn.on <= day and turn.turn == "taken_back":
            found = item.level
    return found
