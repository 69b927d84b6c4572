"""The shape of a sub-site: whose it is, how it looks, what stands first, what is announced. Nothing that another definition says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from qinzheng.definitions.form import Definition, Identifier, Strict, Text, in_order
from qinzheng.definitions.library import Complaint, Library

Accent = Literal["azurite", "bamboo", "ochre", "ink"]
"""The pigment of its head. Cinnabar and gamboge are cards and nothing else."""


class Announcement(Strict):
    """What a site announces (公告), from a day on, until a day where that is known."""

    begins: dt.date
    ends: dt.date | None = None
    title: Text
    text: Text
    item: Identifier | None = Field(default=None, description="the item that it is about")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        in_order(self.begins, self.ends)
        return self

    def stands(self, day: dt.date) -> bool:
        """Whether it is shown on that day."""
        return self.begins <= day and (self.ends is None or day <= self.ends)


class Site(Definition):
    """A sub-site of some units, or one for every unit of a kind; its address is its id, or the unit's.

    What a unit does, where and when comes from the catalogue and the tree of units; a unit with a site of its own has none of
    those for every unit of its kind.
    """

    kind: Literal["site"]
    units: list[Identifier] = Field(
        default=[], description="whose site it is; the first gives place and hours"
    )
    of_every: Literal["department", "town"] | None = Field(
        default=None, description="one site for every unit of the kind"
    )
    accent: Accent = "azurite"
    lead: Text | None = None
    first: list[Identifier] = Field(default=[], description="items that stand first, in this order")
    announcements: list[Announcement] = []

    @model_validator(mode="after")
    def _of_some_or_of_every(self) -> Self:
        if bool(self.units) == (self.of_every is not None):
            raise ValueError(
                "units 与 of_every 须写一个、只写一个 / give units or of_every, and only one of them"
            )
        return self


def check_site(site: Site, library: Library) -> Iterator[Complaint]:
    """Every item that it names exists, and no two sites are of one unit or of every unit of one kind."""
    known = {item.id for item in library.all("item")}
    named = [(("first", n), id) for n, id in enumerate(site.first)]
    named += [
        (("announcements", n, "item"), each.item)  # type: ignore[misc]
        for n, each in enumerate(site.announcements) if each.item is not None
    ]  # fmt: skip
    for place, id in named:
        if id not in known:
            yield Complaint(place, f"没有事项 {id}", f"there is no item {id}")
    for other in library.standing("site"):
        if other.id == site.id:
            continue
        if site.of_every is not None and site.of_every == other.of_every:
            yield Complaint(
                ("of_every",),
                f"站点 {other.id} 已是每个这类单位的",
                f"{other.id} is of every such unit already",
            )
        for unit in sorted(set(site.units) & set(other.units)):
            yield Complaint(
                ("units",), f"单位 {unit} 已有站点 {other.id}", f"{unit} has the site {other.id} already"
            )
