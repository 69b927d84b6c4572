"""The shapes of what the API takes and gives. Times are ISO 8601 with a zone; ids and codes are those of the pages."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field

from qinzheng.ledger.envelope import Precision

Word = Annotated[str, Field(max_length=80)]


class Strict(Schema):
    """What is sent to us: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid")


class Name(Schema):
    """A name in both languages."""

    zh: str
    en: str


class Problem(Schema):
    """Problem details (RFC 9457): ``title`` and ``detail`` in the language asked for, ``zh`` and ``en`` beside them."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    zh: str
    en: str
    errors: list[dict[str, str]]


# -- sent to us ---------------------------------------------------------------------------------------


class NewAct(Strict):
    """One act. Without ``occurred_at`` it happens now; with ``precision: day`` only the local day of it counts."""

    act: Word
    form: dict[str, Any] = {}
    occurred_at: AwareDatetime | None = None
    precision: Precision = "instant"
    reported_at: AwareDatetime | None = None


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
    occurred_at: AwareDatetime
    precision: Precision = "instant"
    reported_at: AwareDatetime | None = None
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


# -- given --------------------------------------------------------------------------------------------


class Done(Schema):
    """What came of an act; the same request with the same key is answered the same."""

    case: str
    number: str
    state: str
    event: str


class CaseRow(Schema):
    """A case as lists show it."""

    number: str
    procedure: str
    item: str
    title: str
    town: str
    state: str
    organization: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    next_due: dt.datetime | None


class CaseFull(CaseRow):
    """A case with its names, its numbers elsewhere and who takes part, by reference."""

    id: str
    edition: str
    variant: str
    state_name: Name
    procedure_name: Name
    ended_as: str | None
    opened_by: str
    outside: list[dict[str, str]]
    parties: dict[str, str]


class Cases(Schema):
    """A page of cases; ``following`` is empty on the last."""

    cases: list[CaseRow]
    following: str


class FormField(Schema):
    """A field of an act's form."""

    field: str
    name: Name
    type: str
    required: bool
    choices: list[str]
    least: int | None
    most: int | None


class OpenAct(Schema):
    """An act that the caller may do now."""

    act: str
    name: Name
    form: list[FormField]


class Event(Schema):
    """One event. ``form`` holds codes and figures; texts and what is personal stay out of it, named in ``kept``."""

    id: str
    type: str
    kind: str
    subject: str
    seq: int
    procedure: str
    organization: str
    actor: str
    occurred_at: dt.datetime | None
    precision: str
    reported_at: dt.datetime | None
    recorded_at: dt.datetime
    caused_by: str | None
    body: dict[str, Any]
    kept: list[str]


class FeedEvent(Event):
    """An event with its place in the ledger and the number of its case."""

    position: int
    number: str


class Feed(Schema):
    """Events in the order of the ledger. Ask again with ``following``; it moves on past what is not yours to see."""

    events: list[FeedEvent]
    following: int
    more: bool


class Clock(Schema):
    """One clock as it stands, and why it is due when it is."""

    clock: str
    name: Name
    organization: str
    started_at: dt.datetime
    due_at: dt.datetime | None
    promised_at: dt.datetime | None
    ended_at: dt.datetime | None
    ending: str
    why_due: Name
    why_promise: Name | None


class Card(Schema):
    """One card; the hash of rule, edition, case and occurrence names it."""

    id: str
    number: str
    rule: str
    edition: str
    level: str
    organization: str
    at: dt.datetime
    issued_at: dt.datetime
    withdrawn_at: dt.datetime | None


class Cards(Schema):
    """A page of cards."""

    cards: list[Card]
    following: str


class Organization(Schema):
    """A unit."""

    id: str
    kind: str
    name_zh: str
    name_en: str
    code: str
    division_code: str
    parent: str | None
    begins: dt.date
    ends: dt.date | None


class Organizations(Schema):
    """A page of units."""

    organizations: list[Organization]
    following: str


class Item(Schema):
    """A service item in force."""

    id: str
    name: Name
    sort: str
    organization: str
    procedure: str
    committed: dict[str, int]
    towns: bool
    source: list[str]


class Procedure(Schema):
    """A procedure in force; ``definition`` is the whole document with its sources."""

    id: str
    name: Name
    edition: str
    in_force_from: dt.date
    source: list[str]
    definition: dict[str, Any]


class MeasureRow(Schema):
    """A published measure and what it can be divided by."""

    id: str
    name: Name
    by: list[str]


class Answer(Schema):
    """One figure with its interval, and the question that reproduces it."""

    key: dict[str, str]
    value: float | None
    numerator: int | None
    denominator: int | None
    low: float | None
    high: float | None
    n: int
    comparable: bool
    evidence: dict[str, Any]


class Answers(Schema):
    """The answers to a measure, as known when the ledger had ``upto`` events in the archive."""

    measure: str
    upto: int
    answers: list[Answer]


class Taken(Schema):
    """What came of one case that was told: ``taken``, ``continued``, ``known`` or ``rejected`` and why."""

    case: str
    result: Literal["taken", "continued", "known", "rejected"]
    number: str = ""
    acts: int
    new: int
    already: int
    zh: str = ""
    en: str = ""


class Rejected(Schema):
    """A line that was not taken: which (from 1), and why, by field."""

    line: int
    case: str
    errors: list[dict[str, str]]


class Intake(Schema):
    """The account of a bulk: lines read = acts of cases + lines rejected; nothing is left out."""

    lines: int
    acts: int
    new: int
    already: int
    refused: int
    cases: list[Taken]
    rejected: list[Rejected]
