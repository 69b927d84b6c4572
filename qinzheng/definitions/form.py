"""The form that every definition shares: identity, life, source, name in two languages.

Each kind's own shape stands in the package that owns the kind (``<package>/schema.py``)
and inherits from :class:`Definition`. Unknown keys are errors, in every nested part too.
"""

from __future__ import annotations

import datetime as dt
import re
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$", max_length=80)]
SourceRef = Annotated[str, StringConstraints(pattern=r"^[^\s/]+(/[^\s/]+)?$", max_length=120)]
"""``<source id>/<article>``, e.g. ``行政许可法/42``; the source must be loaded and hold the article."""


Unit = Literal["minutes", "hours", "working_hours", "working_days", "calendar_days", "months", "years"]
"""What a period is counted in: the word that an article and a clock share."""


def _compiles(text: str) -> str:
    try:
        re.compile(text)
    except re.error as why:
        raise ValueError(f"不是正则表达式：{why} / not a regular expression: {why}") from None
    return text


Pattern = Annotated[str, AfterValidator(_compiles)]
"""A regular expression."""


class Strict(BaseModel):
    """A part of a definition: immutable, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Text(Strict):
    """A text in the two languages of the interface. Chinese is the source language."""

    zh: str
    en: str


class Definition(Strict):
    """What every definition says about itself."""

    kind: str
    id: Identifier
    name: Text
    in_force_from: dt.date
    in_force_to: dt.date | None = None
    checked_on: dt.date = Field(description="when a person last compared this with the text it rests on")
    source: list[SourceRef] = Field(min_length=1)
    basis: Literal["law", "city", "historical", "ours"] = Field(
        description="law: binding text; city: a cited city document; historical: no longer in force; "
        "ours: our own choice, labelled so wherever it is shown"
    )
    note: Text | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        in_order(self.in_force_from, self.in_force_to)
        return self


def in_order(begins: dt.date | None, ends: dt.date | None) -> None:
    """Refuse a life that ends before it begins: such a definition would never be in force."""
    if begins is not None and ends is not None and ends < begins:
        raise ValueError(
            f"in_force_to {ends} 早于 in_force_from {begins}，请更正 / ends before it begins: correct one"
        )


def placeholders(words: str) -> list[str]:
    """The placeholders of a text in their order; raises ValueError where braces do not fit or hold more than a name."""
    found = []
    for _, name, form, conversion in Formatter().parse(words):
        if name is None:
            continue
        if form or conversion or not name.isidentifier():
            raise ValueError(name)
        found.append(name)
    return found
