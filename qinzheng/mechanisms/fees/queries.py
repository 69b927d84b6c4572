"""A case's fees as the ledger tells them: the list that binds it, what was taken, waived and given back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qinzheng.cases import actions as cases
from qinzheng.cases.guide import Fee, Guide, Question
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import queries
from qinzheng.ledger.queries import StoredEvent
from qinzheng.mechanisms.fees.reckoning import Entry, Kind, standing, yuan
from qinzheng.mechanisms.fees.schema import FeeRules

BOOKED, WAIVED, REFUNDED = "fees.booked", "fees.waived", "fees.refunded"
KINDS: dict[str, Kind] = {BOOKED: "booked", WAIVED: "waived", REFUNDED: "refunded"}
SUBJECT = "fees:"


@dataclass(frozen=True)
class Line:
    """One entry with its serial on the case, its ground, who entered it for which unit, and when."""

    entry: Entry
    serial: int
    name: str
    ground: str
    actor: str
    organization: str
    at: int


@dataclass(frozen=True)
class Account:
    """All fees of a case. ``fees`` is its item's list as of the day of opening; None where the item does not say.

    ``questions``: those of the item on which a fee of its list depends. What the applicant answered is not kept with the
    case, so whoever charges has to ask.
    """

    fees: Sequence[Fee] | None
    lines: Sequence[Line]
    questions: Mapping[str, Question] = field(default_factory=dict)

    @property
    def entries(self) -> list[Entry]:
        """The entries alone, for the arithmetic."""
        return [line.entry for line in self.lines]

    @property
    def standing(self) -> int:
        """What was taken and not given back, in fen."""
        return standing(self.entries)


def rules(day: dt.date) -> FeeRules | None:
    """The rules in force on a day; None where the city publishes none."""
    found: list[FeeRules] = shelf.library().standing("fees", day)
    return found[0] if found else None


def subject(case: Case) -> str:
    """The ledger's subject of a case's fees: beside the case, so that they go on after it has ended."""
    return SUBJECT + case.pk.removeprefix("case:")


def account(case: Case) -> Account:
    """The account of a case."""
    item = cases.item_of(case)
    fees = None if item is None or item.guide == Guide() else item.guide.fees
    asked = {question for fee in fees or () for question in fee.when}
    questions = (
        {} if item is None else {key: each for key, each in item.guide.situations.items() if key in asked}
    )
    return Account(fees, [_line(event, n) for n, event in enumerate(_entered(case), start=1)], questions)


def shown(case: Case, found: FeeRules | None, held: Account) -> bool:
    """Whether the case has a page of fees: its kind is charged for, and its item says what, or something was entered."""
    return found is not None and case.procedure in found.procedures and bool(held.fees or held.lines)


def total(case: Case) -> str | None:
    """For the case's page: what was taken and stands, in yuan; None where the case has no page of fees."""
    held = account(case)
    return yuan(held.standing) if shown(case, rules(dt.datetime.now(shelf.ZONE).date()), held) else None


def _entered(case: Case) -> list[StoredEvent]:
    return [event for event in queries.history(subject(case)) if event.type in KINDS]


def _line(event: StoredEvent, serial: int) -> Line:
    body = event.body
    entry = Entry(
        KINDS[event.type], event.id, body["fee"], body["fen"], body.get("units", 1), body.get("waived", 0), body.get("of", "")
    )  # fmt: skip
    return Line(
        entry,
        serial,
        body["called"],
        body.get("ground", ""),
        event.actor,
        event.organization,
        event.recorded_at,
    )
