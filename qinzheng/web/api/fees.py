"""Fees of a case through the API: the list and what was entered; booking, waiving, refunding. The key is the event's id."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from ninja import Schema, Status
from pydantic import Field

from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.mechanisms.fees import booking, queries
from qinzheng.mechanisms.fees.queries import Line
from qinzheng.web.api.asked import Strict, Word
from qinzheng.web.api.door import ApiRequest, Bearer, key_of, refused, router
from qinzheng.web.api.problems import not_found
from qinzheng.web.api.shapes import Name
from qinzheng.web.calendars import today
from qinzheng.web.fees import views


class NewFee(Strict):
    """``do`` book: ``fee`` is its place in the list, ``fen`` the amount asked for, where one is named. waive: ``fee``, ``fen``,
    ``ground``. refund: ``of`` (a booking's id), ``fen``, ``ground``. ``called``: what it was called, kept where it is not listed."""

    do: Literal["book", "waive", "refund"]
    fee: int = Field(default=0, ge=0, le=1_000_000)
    units: int = Field(default=1, ge=1, le=100_000)
    fen: int | None = Field(default=None, ge=0, le=10**12)
    ground: Word = ""
    of: Word = ""
    called: str = Field(default="", max_length=booking.LONGEST_NAME, description="nothing personal")


class Listed(Schema):
    """One fee of the list."""

    fee: int
    name: Name
    fen: int
    per_unit: bool
    source: list[str]


class FeeEntry(Schema):
    """One entry: taken, waived or given back, in fen."""

    id: str
    kind: Literal["booked", "waived", "refunded"]
    serial: int
    fee: int
    name: str
    fen: int
    units: int
    waived: int
    of: str
    ground: str
    organization: str
    day: dt.date


class Fees(Schema):
    """The fees of a case; ``standing``: what was taken and not given back."""

    listed: list[Listed] | None
    standing: int
    entries: list[FeeEntry]


@router.get("/cases/{number}/fees", auth=Bearer("see", Case), response=Fees, operation_id="list_fees")
def fees(request: ApiRequest, number: str) -> dict[str, Any]:
    """What the case's item costs, and what was taken, waived and given back. ``listed`` is null where the item does not say."""
    case = request.rows.filter(number=number).first()
    if case is None:
        raise not_found()
    account = queries.account(case)
    listed = None if account.fees is None else [
        {"fee": n, "name": {"zh": fee.name.zh, "en": fee.name.en}, "fen": fee.fen, "per_unit": fee.per is not None, "source": fee.source}
        for n, fee in enumerate(account.fees, start=1)
    ]  # fmt: skip
    return {
        "listed": listed,
        "standing": account.standing,
        "entries": [_line(line) for line in account.lines],
    }


@router.post(
    "/cases/{number}/fees", auth=Bearer("perform", Case), response={201: FeeEntry}, operation_id="enter_fee"
)
def enter(request: ApiRequest, number: str, new: NewFee) -> Status[Any]:
    """Book a fee of the list, waive, or give back. What is not listed is refused and entered as asked for."""
    key = key_of(request)
    case = request.rows.filter(number=number).first()
    if case is None:
        raise not_found()
    who = _who(request, case, new.do)
    if new.do == "book":
        line = booking.book(case, new.fee, new.units, who, stated=new.fen, called=new.called, key=key)
    elif new.do == "waive":
        line = booking.waive(case, new.fee, new.fen or 0, new.ground, who, key=key)
    else:
        line = booking.refund(case, new.of, new.fen or 0, new.ground, who, key=key)
    return Status(201, _line(line))


def _who(request: ApiRequest, case: Case, do: str) -> Who:
    found = queries.rules(today())
    who = views.as_whom(request.reader, case, found, do) if found is not None else None
    if who is None:
        raise refused()
    return who


def _line(line: Line) -> dict[str, Any]:
    entry = line.entry
    return {
        "id": entry.id, "kind": entry.kind, "serial": line.serial, "fee": entry.fee, "name": line.name, "fen": entry.fen,
        "units": entry.units, "waived": entry.waived, "of": entry.of, "ground": line.ground, "organization": line.organization,
        "day": shelf.day(line.at),
    }  # fmt: skip
