"""The shapes of a rate of the catalogue, and of a checklist that units answer point by point. Closed vocabularies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from qinzheng.cases.items import Sort
from qinzheng.definitions.form import Definition, Identifier, Strict, Text
from qinzheng.definitions.library import Complaint, Library

Fact = Literal["standing", "in_centre", "at_window", "at_once"]
"""What an item is on a day: not ended; accepted at the centre; decided at the window; done on the spot."""


class Rate(Definition):
    """A share of items on a day: those of ``among`` for which every fact of ``counts`` holds too.

    It is a count of all items, not of a sample, so it has no interval; ``apart`` says which sorts are in neither number.
    """

    kind: Literal["rate"]
    counts: list[Fact] = Field(min_length=1)
    among: list[Fact] = Field(min_length=1)
    apart: list[Sort] = []
    formula: Text


class Point(Strict):
    """One point of a checklist: what must be so, and what shows it."""

    name: Text
    part: Identifier
    says: Text
    proof: Text = Field(description="what is accepted as proof")
    rate: Identifier | None = Field(
        default=None, description="a rate whose figure of the unit is put beside the statement"
    )


class Checklist(Definition):
    """Points that every unit with items answers for itself, with proof; another one attests each."""

    kind: Literal["checklist"]
    parts: dict[Identifier, Text] = Field(min_length=1)
    points: dict[Identifier, Point] = Field(min_length=1)
    valid_months: int = Field(ge=1, le=120, description="after so many months a statement must be made anew")


def check_checklist(checklist: Checklist, library: Library) -> Iterator[Complaint]:
    """Every part and rate that a point names exists, and every part has a point."""
    rates = {each.id for each in library.all("rate")}
    for key, point in checklist.points.items():
        if point.part not in checklist.parts:
            known = "、".join(checklist.parts)
            yield Complaint(
                ("points", key, "part"),
                f"没有部分 {point.part}；可用：{known}",
                f"there is no part {point.part}; known: {known}",
            )
        if point.rate is not None and point.rate not in rates:
            known = "、".join(sorted(rates)) or "无"
            yield Complaint(
                ("points", key, "rate"),
                f"没有比率 {point.rate}；可用：{known}",
                f"there is no rate {point.rate}; known: {known}",
            )
    used = {point.part for point in checklist.points.values()}
    for part in checklist.parts.keys() - used:
        yield Complaint(
            ("parts", part), "这一部分没有要点：请补上或删去", "no point belongs to it: add one or remove it"
        )
