"""The shapes of what the API takes: bodies and queries. Times are ISO 8601 with a zone."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from qinzheng.ledger.envelope import Precision

Word = Annotated[str, Field(max_length=80)]


def _in_every_zone(moment: dt.datetime) -> dt.datetime:
    if not 1 < moment.year < dt.MAXYEAR:
        raise ValueError("年份超出范围，请核对 / the year is out of range: check it")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_every_zone)]
"""A time whose local day can be told, whatever the zone: its year is neither the first nor the last of the calendar."""


class Strict(BaseModel):
    """What is sent to us: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid")


# -- sent to us ---------------------------------------------------------------------------------------


class NewAct(Strict):
    """One act. Without ``occurred_at`` it happens now; with ``precision: day`` only the local day of it counts."""

    act: Word
    form: dict[str, Any] = {}
    occurred_at: Moment | None = None
    precision: Precision = "instant"
    reported_at: Moment | None = None


class NewCase(NewAct):
    """The act that opens a case, and what the case is about. A title names the matter, never a person."""

    procedure: Word
    variant: Word = ""
    item: Word = ""
    title: str = Field(default="", max_length=120)
    town: Word = ""
    parties: dict[str, str] = Field(default={}, description="relation → id of a party")
    concerns: list[str] = Field(
        default=[], description="organizations and posts that must not learn of the case"
    )
    outside: dict[str, str] = Field(default={}, description="kind of outside number → number")
    promised: list[Word] = Field(
        default=[], description="materials for which the applicant's promise stands, where the item allows it"
    )
    point: Word = Field(
        default="",
        description="service point where the papers were put in; its hours say when they were received",
    )
    put_in: Moment | None = Field(
        default=None, description="when they were put in there; needed with `point`"
    )

    @model_validator(mode="after")
    def _point_and_time_together(self) -> NewCase:
        if bool(self.point) != (self.put_in is not None) or (self.point and self.occurred_at is not None):
            raise ValueError(
                "point 与 put_in 要一起给，且不再给 occurred_at / point and put_in go together, without occurred_at"
            )
        return self


class NewMatter(Strict):
    """What all the items of a matter ask, each field once, and what they are about."""

    form: dict[str, Any] = {}
    title: str = Field(default="", max_length=120)
    town: Word = ""
    parties: dict[str, str] = Field(default={}, description="relation → id of a party")
    concerns: list[str] = Field(
        default=[], description="organizations and posts that must not learn of the cases"
    )


class NewChannel(Strict):
    """A green channel: for whom, for which items, why, who watches, until the end of which day."""

    party: Word
    items: list[Word]
    reason: str = Field(max_length=200, description="the project; nothing personal")
    shepherd: Word = Field(description="a post")
    until: dt.date


class NewNumber(Strict):
    """A number that another system gave the case."""

    kind: Word
    number: Word


class Told(Strict):
    """One act as the system that handles the case tells it. The same act of a case at the same moment is one act.

    ``case`` is the case's number in that system. ``procedure``, ``item``, ``title``, ``town`` and ``outside`` count
    where the case is not known yet. ``role`` is one that the procedure knows for the act (default: its first).
    """

    case: Annotated[str, Field(min_length=1, max_length=80)]
    procedure: Word
    act: Word
    occurred_at: Moment
    precision: Precision = "instant"
    reported_at: Moment | None = None
    organization: Word
    role: Word = ""
    officer: Word = Field(default="", description="a staff number over there; the ledger keeps a pseudonym")
    form: dict[str, Any] = {}
    item: Word = ""
    title: str = Field(default="", max_length=120)
    town: Word = ""
    variant: Word = ""
    outside: dict[str, str] = {}


# -- asked in the address ------------------------------------------------------------------------------

MOST = 200
"""Rows a page may have."""


class Paged(Schema):
    """Which page: ``after`` is what the page before gave as ``following``."""

    after: str = ""
    size: int = Field(default=50, ge=1, le=MOST)


class CaseQuery(Paged):
    """Which cases; ``q`` are words of the matter, or a number."""

    q: str = Field(default="", max_length=100)
    procedure: str = ""
    item: str = ""
    organization: str = ""
    town: str = ""
    state: str = ""
    open: bool | None = None
    overdue: bool | None = None


class CardQuery(Paged):
    """Which cards."""

    level: str = ""
    organization: str = ""
    rule: str = ""
    withdrawn: bool | None = None


class UnitQuery(Paged):
    """Which units."""

    kind: str = ""


class FeedQuery(Schema):
    """``after``: where the last answer said to go on, its ``following``."""

    after: int = Field(default=0, ge=0)
    size: int = Field(default=200, ge=1, le=1_000)


class MeasureQuery(Schema):
    """From the first day to the last, both counted; ``upto``: as known when the ledger had so many events."""

    model_config = ConfigDict(populate_by_name=True)
    first: dt.date = Field(alias="from")
    last: dt.date = Field(alias="to")
    by: list[str] = ["organization"]
    upto: int | None = Field(default=None, ge=0)
