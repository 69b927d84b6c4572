"""The shapes of what the API gives. Times are ISO 8601 with a zone; ids and codes are those of the pages."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from ninja import Schema


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


class SpecialProcedure(Schema):
    """A special procedure that the item's own law allows to stop the clock."""

    procedure: str
    most_days: int | None
    source: list[str]


class Item(Schema):
    """A service item in force. ``form``: what the opening act asks besides the procedure's own fields.

    ``special`` is null where the item has not been examined; an item that is not ``alive`` opens no case.
    """

    id: str
    name: Name
    sort: str
    organization: str
    procedure: str
    committed: dict[str, int]
    towns: bool
    alive: bool
    form: list[FormField]
    special: list[SpecialProcedure] | None
    source: list[str]


class WholeItem(Schema):
    """A service item in force; ``definition`` is the whole document, as ``qinzheng definitions items import`` reads it."""

    id: str
    edition: str
    in_force_from: dt.date
    definition: dict[str, Any]


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


class Channel(Schema):
    """A green channel; ``number`` is its watch, a case: looked at by the act ``watch``, ended by the act ``end``."""

    number: str
    state: str
    party: str
    items: list[str]
    reason: str
    shepherd: str
    since: dt.date
    until: dt.date
    by: str
    organization: str


class Matter(Schema):
    """Items that are asked for as one, and the one form."""

    id: str
    name: Name
    items: list[str]
    channels: list[str]
    form: list[FormField]


class Child(Schema):
    """The case of one item."""

    item: str
    number: str
    state: str


class OpenedMatter(Schema):
    """The parent's number, and the case of each item."""

    number: str
    state: str
    children: list[Child]
