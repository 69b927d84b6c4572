"""The form that every definition shares: identity, life, source, name in two languages.

Each kind's own shape stands in the package that owns the kind (``<package>/schema.py``)
and inherits from :class:`Definition`. Unknown keys are errors, in every nested part too.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$", max_length=80)]
SourceRef = Annotated[str, StringConstraints(pattern=r"^[^\s/]+(/[^\s/]+)?$", max_length=120)]
"""``<source id>/<article>``, e.g. ``行政许可法/42``; the source must be loaded and hold the article."""


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
