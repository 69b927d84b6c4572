"""The shape of a source: a law, a city document, a standard, or our own labelled choice."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from qinzheng.definitions.form import Strict, Text

SourceId = Annotated[str, StringConstraints(pattern=r"^[^\s/]+$", max_length=60)]


class Article(Strict):
    """One article. ``text`` is its wording, word for word; ``gist`` our own words, said to be so."""

    text: Text | None = None
    gist: Text | None = None
    note: str | None = None


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
