"""What a service item says to those who ask for it: conditions, materials, situations, fees, papers, channels, life.

Parts of an item's definition; the guide, the application form, the window's check of materials and the catalogue's
figures are all read from them, so that the published guide cannot differ from what the window asks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from qinzheng.cases.schema import Field_
from qinzheng.definitions.form import Identifier, SourceRef, Strict, Text

Channel = Literal["window", "online", "village", "on_behalf", "machine", "post", "phone"]
"""Where an item can be asked for; ``on_behalf``: a village officer or a helper for somebody."""
Level = Literal["nation", "province", "city", "county", "town", "village"]
Audience = Literal["citizens", "firms", "both"]
Situations = Mapping[str, Collection[str]]
"""What an applicant said of the situation: question → the answers chosen."""


class Question(Strict):
    """One question about the applicant's situation; only what the answer makes necessary is then asked for."""

    name: Text
    answers: dict[Identifier, Text] = Field(min_length=2)
    several: bool = Field(default=False, description="more than one answer may be true")
    help: Text | None = None


class Wanted(Strict):
    """Something asked for only in some situations: for each question named, one of the answers must be given."""

    when: dict[Identifier, Annotated[list[Identifier], Field(min_length=1)]] = {}

    def applies(self, situations: Situations) -> bool:
        """Whether it is wanted in these situations."""
        return all(
            set(answers) & set(situations.get(question, ())) for question, answers in self.when.items()
        )


class Material(Wanted):
    """One paper that the applicant brings, or need not bring because another organization has it."""

    name: Text
    form: Literal["original", "copy", "original_and_copy", "electronic", "filled_in"] = "copy"
    copies: int = Field(default=1, ge=1, le=20)
    sample: Text | None = Field(default=None, description="what a good one looks like, in plain words")
    blank: Identifier | None = Field(
        default=None, description="the paper to fill in, by its id (kind `paper`)"
    )
    shared_from: Identifier | None = Field(
        default=None, description="the organization that has it already: the applicant need not bring it"
    )
    later: bool = Field(default=False, description="may be supplied later (容缺受理)")
    promise: Text | None = Field(
        default=None, description="what may be promised in its place (告知承诺); checked afterwards"
    )
    source: list[SourceRef] = []


class Fee(Wanted):
    """One charge. Nothing else can be booked on a case of the item."""

    name: Text
    fen: int = Field(ge=0, description="fen; the unit's price where `per` is given")
    per: Text | None = None
    source: list[SourceRef] = Field(min_length=1, description="the list and the law that allow it")


class Paper(Strict):
    """One document that the case ends with."""

    name: Text
    sort: Literal["certificate", "approval", "reply", "record", "payment"]
    valid_months: int | None = Field(default=None, ge=1, description="none: for good, or as the paper says")


class Special(Strict):
    """A special procedure that the item's own law asks for (许可法 45): only these may stop the clock."""

    procedure: Identifier = Field(
        description="a choice of the field `procedure` of the act that tells the time"
    )
    most_days: int | None = Field(
        default=None, ge=1, description="where its own law caps it, in working days"
    )
    source: list[SourceRef] = Field(min_length=1)


class Before(Strict):
    """The same item before it was made easier: what the cut is counted from."""

    days: int | None = Field(default=None, ge=0)
    steps: int | None = Field(default=None, ge=1)
    materials: int | None = Field(default=None, ge=0)
    trips: int | None = Field(default=None, ge=0)
    doors: int | None = Field(default=None, ge=0)
    persons: int | None = Field(default=None, ge=0)
    as_of: dt.date
    source: list[SourceRef] = Field(min_length=1)


class Life(Strict):
    """One turn in the life of an item, with its reason."""

    turn: Literal[
        "proposed", "admitted", "delegated", "taken_back", "merged", "suspended", "resumed", "abolished"
    ]
    on: dt.date
    reason: Text
    to: str | None = Field(default=None, description="delegated: the level; merged: the item that goes on")
    source: list[SourceRef] = []


class Guide(Strict):
    """All that an item says to those who ask for it. An item in short form has none of it."""

    plain: Text | None = Field(default=None, description="what it is, in words that a neighbour would use")
    said: list[str] = Field(default=[], description="how people call it")
    audience: Audience = "both"
    conditions: list[Text] = []
    situations: dict[Identifier, Question] = {}
    materials: dict[Identifier, Material] = {}
    form: dict[Identifier, Field_] = Field(
        default={}, description="what the application asks beside the papers"
    )
    fees: list[Fee] = []
    papers: list[Paper] = []
    channels: list[Channel] = ["window"]
    points: list[Identifier] = Field(
        default=[], description="service points beside those of the deciding unit"
    )
    a_year: int | None = Field(default=None, ge=0, description="about how often a year")

    def materials_for(self, situations: Situations) -> dict[str, Material]:
        """The papers wanted in these situations."""
        return {key: each for key, each in self.materials.items() if each.applies(situations)}

    def to_bring(self, situations: Situations) -> dict[str, Material]:
        """Those that the applicant has to bring: what another organization has is not asked again."""
        wanted = self.materials_for(situations)
        return {key: each for key, each in wanted.items() if each.shared_from is None}

    def fees_for(self, situations: Situations) -> list[Fee]:
        """What is charged in these situations."""
        return [fee for fee in self.fees if fee.applies(situations)]


def unknown_answers(wanted: Iterable[tuple[tuple[str | int, ...], Wanted]], questions: Mapping[str, Question]) -> list[
    tuple[tuple[str | int, ...], str, str]
]:  # fmt: skip
    """(place, question, answer) of every condition on a question or an answer that the item does not have."""
    return [
        ((*place, "when", question), question, answer)
        for place, each in wanted
        for question, answers in each.when.items()
        for answer in answers
        if question not in questions or answer not in questions[question].answers
    ]
