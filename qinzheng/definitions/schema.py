"""The shape of a source: a law, a city document, a standard, or our own labelled choice."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from qinzheng.definitions.form import Strict, Text, Unit, in_order

SourceId = Annotated[str, StringConstraints(pattern=r"^[^\s/]+$", max_length=60)]


class Period(Strict):
    """A period that an article states: the limit itself, or by how much it may be extended."""

    amount: int = Field(ge=1, le=100_000)
    unit: Unit
    of: Literal["limit", "extension"] = "limit"


class Article(Strict):
    """One article. ``text`` is its wording, word for word; ``gist`` our own words, said to be so.

    ``periods`` are what it states in figures: a clock that cites it for its limit is compared with them.
    """

    text: Text | None = None
    gist: Text | None = None
    note: str | None = None
    periods: list[Period] = []


class Source(Strict):
    """Where rules come from.

    ``mark``: ``primary`` (the text was read in full), ``excerpt`` (only a part or a report of it was seen),
    ``memory`` (not checked against a text yet), ``ours`` (our own choice, no authority).
    """

    kind: Literal["source"]
    id: SourceId
    name: Text
    issuer: Text
    number: str | None = None
    in_force_from: dt.date | None = None
    in_force_to: dt.date | None = None
    checked_on: dt.date
    status: Literal["in_force", "historical", "ours"]
    mark: Literal["primary", "excerpt", "memory", "ours"]
    address: str | None = Field(default=None, description="where the text was read")
    articles: dict[str, Article] = {}

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        in_order(self.in_force_from, self.in_force_to)
        return self
