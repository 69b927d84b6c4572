"""The shape of a pattern: what is compared, from which numbers on something is said, and what to look at then.

A new threshold is data; a new kind of comparison is code (``qinzheng.supervision.patterns.looking``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from qinzheng.cases.items import telling
from qinzheng.cases.schema import Procedure
from qinzheng.definitions.form import Definition, Identifier, Strict, Text
from qinzheng.definitions.library import Complaint, Library


class Overtaking(Strict):
    """A case was done while at least ``passed`` of the same unit and item that came ``earlier`` working days before still waited.

    Cases of a channel or a fast track, and cases that were paused, are compared with nobody.
    """

    look: Literal["overtaking"]
    passed: int = Field(ge=1, le=1000)
    earlier: int = Field(ge=1, le=250, description="working days; those of one day have no order")


class Favour(Strict):
    """An officer took fewer days for one party than for others of the same items: at least so many cases of each, faster in
    so large a share of comparisons, and among all pairs tested so few told by chance."""

    look: Literal["favour"]
    relations: list[Literal["applicant", "agent"]] = Field(min_length=1)
    least: int = Field(ge=5, le=10_000, description="cases of the party with the officer")
    others: int = Field(ge=10, le=100_000, description="the officer's other cases of the same items")
    faster: int = Field(
        ge=51, le=100, description="per cent of comparisons in which the party's case took fewer days"
    )
    by_chance: int = Field(ge=1, le=20, description="per cent of what is told that may be chance")


class BesideTheGuide(Strict):
    """In so large a share of a unit's cases of an item the office took a step that the guide does not name."""

    look: Literal["beside_the_guide"]
    named: dict[Identifier, Annotated[int, Field(ge=1, le=1000)]] = Field(
        default={},
        description="steps that the guide names in words beside its way, and how often in one case",
    )
    least: int = Field(ge=5, le=10_000, description="cases of a unit and an item")
    share: int = Field(ge=1, le=100, description="per cent of them")


class AskedBeyond(Strict):
    """After a correction was asked for, papers came in that the item's list does not name, in so many cases of a unit and an item."""

    look: Literal["asked_beyond"]
    least: int = Field(ge=1, le=10_000)


class StoppedBesideTheLaw(Strict):
    """A special procedure that the item's own law does not ask for, or for longer than it allows, stopped the clock, in so many
    cases of a unit and an item. Only what was handled elsewhere can be so: here it is refused."""

    look: Literal["stopped_beside_the_law"]
    least: int = Field(ge=1, le=10_000)


Look = Annotated[
    Overtaking | Favour | BesideTheGuide | AskedBeyond | StoppedBesideTheLaw, Field(discriminator="look")
]


class Pattern(Definition):
    """One comparison that supervision makes."""

    kind: Literal["pattern"]
    supervises: list[Identifier] = Field(min_length=1, description="procedures, always named")
    calendar: Identifier
    compare: Look
    otherwise: Text = Field(description="what else could explain it")
    remedy: Text = Field(description="what to look at before anything is said to anybody")


def check_pattern(pattern: Pattern, library: Library) -> Iterator[Complaint]:
    """Every procedure and act that it names exists."""
    every = {procedure.id: procedure for procedure in library.all("procedure")}
    for i, name in enumerate(pattern.supervises):
        if name not in every:
            yield Complaint(("supervises", i), f"没有程序 {name}", f"there is no procedure {name}")
    chosen = [every[name] for name in pattern.supervises if name in every]
    if not any(calendar.id == pattern.calendar for calendar in library.all("calendar")):
        yield Complaint(
            ("calendar",), f"没有日历 {pattern.calendar}", f"there is no calendar {pattern.calendar}"
        )
    if isinstance(pattern.compare, BesideTheGuide):
        for act in pattern.compare.named:
            if not any(act in procedure.acts for procedure in chosen):
                yield Complaint(
                    ("compare", "named", act),
                    f"所列程序都没有环节 {act}",
                    f"no procedure named has the act {act}",
                )
    if isinstance(pattern.compare, StoppedBesideTheLaw):
        yield from _tell(chosen)
    if isinstance(pattern.compare, Overtaking | Favour):
        for i, procedure in enumerate(chosen):
            if not ends(procedure):
                yield Complaint(
                    ("supervises", i),
                    f"程序 {procedure.id} 没有部门的办件时钟，无从比较",
                    f"{procedure.id} has no clock of a department to compare",
                )


def _tell(chosen: list[Procedure]) -> Iterator[Complaint]:
    """Each procedure has an act that tells the time of a special procedure."""
    for i, procedure in enumerate(chosen):
        if not telling(procedure):
            yield Complaint(
                ("supervises", i),
                f"程序 {procedure.id} 没有告知特别程序时间的环节",
                f"{procedure.id} has no act that tells the time of a special procedure",
            )


def ends(procedure: Procedure) -> list[tuple[str, str, str]]:
    """(procedure, clock, act that completes it) of the clocks that a department owes for the case."""
    return [
        (procedure.id, name, act)
        for name, clock in procedure.clocks.items()
        if clock.role == "case" and clock.owner == "department"
        for act in clock.completes
    ]
