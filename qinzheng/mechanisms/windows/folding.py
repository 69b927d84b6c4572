"""How tickets, counters and appointments follow from events: the very folds that the writer and ``ledger verify`` use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import models

from qinzheng.ledger import actions as ledger
from qinzheng.ledger.projections import Rows
from qinzheng.mechanisms.windows.models import Appointment, Counter, Ticket

DRAWN, CALLED, MISSED, REQUEUED = "windows.drawn", "windows.called", "windows.missed", "windows.requeued"
TRANSFERRED, SERVED, LEFT, LAPSED = "windows.transferred", "windows.served", "windows.left", "windows.lapsed"
OPENED, CLOSED = "windows.counter_opened", "windows.counter_closed"
BOOKED, CANCELLED, KEPT = "windows.booked", "windows.booking_cancelled", "windows.booking_kept"
BOOKING_MISSED, REMINDED = "windows.booking_missed", "windows.reminder_due"

QUEUE, BOOKING = "queue:", "appointment:"
ENDS = {MISSED: "missed", SERVED: "served", LEFT: "left", LAPSED: "lapsed"}
BOOKING_ENDS = {CANCELLED: "cancelled", KEPT: "kept", BOOKING_MISSED: "missed"}


class Fact(Protocol):
    """An event as a fold reads it: one just appended, or one of the ledger."""

    @property
    def id(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def subject_seq(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def actor(self) -> str: ...
    @property
    def recorded_at(self) -> int: ...
    @property
    def body(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Table:
    """A table, the events that it follows from, which row an event is about, and the fold."""

    model: type[models.Model]
    types: tuple[str, ...]
    key: Callable[[Fact], str]
    fold: Callable[[Rows, Fact], None]


def where(subject: str) -> tuple[str, dt.date]:
    """The point and the day of a queue."""
    _, point, day = subject.split(":")
    return point, dt.date.fromisoformat(day)


def ticket_of(fact: Fact) -> str:
    """The ticket that an event is about."""
    return fact.id if fact.type == DRAWN else str(fact.body["ticket"])


def counter_of(fact: Fact) -> str:
    """The counter that an event is about."""
    return f"{where(fact.subject)[0]}:{fact.body['counter']}"


def booking_of(fact: Fact) -> str:
    """The appointment that an event is about."""
    return fact.subject.removeprefix(BOOKING)


def _ticket(rows: Rows, fact: Fact) -> None:
    key, body, at = (ticket_of(fact),), fact.body, ledger.instant(fact.recorded_at)
    if fact.type == DRAWN:
        point, day = where(fact.subject)
        rows[key] = {
            "point": point, "day": day, "number": body["ticket"], "line": body["line"], "place": at, "serial": fact.subject_seq,
            "slot": ledger.instant(body["slot"]), "appointment": body["appointment"], "state": "waiting", "counter": None,
            "post": "", "calls": 0, "ground": "", "passed": 0, "jump": "", "requeued": False, "case": "", "drawn_at": at,
            "called_at": None, "ended_at": None,
        }  # fmt: skip
        return
    row = rows[key]
    if fact.type == CALLED:
        row |= {
            "state": "called", "counter": body["counter"], "post": fact.actor, "calls": row["calls"] + 1,
            "called_at": row["called_at"] or at,
        }  # fmt: skip
        if body["ground"]:
            row |= {"ground": body["ground"], "passed": body["passed"], "jump": fact.id}
    elif fact.type == TRANSFERRED:
        row |= {"state": "waiting", "line": body["line"], "counter": None, "calls": 0}
    elif fact.type == REQUEUED:
        row |= {
            "state": "waiting", "counter": None, "calls": 0, "requeued": True, "place": at, "serial": fact.subject_seq,
            "slot": None, "ended_at": None,
        }  # fmt: skip
    else:
        row |= {"state": ENDS[fact.type], "ended_at": at}
        if fact.type == SERVED:
            row["case"] = body["case"]


def _counter(rows: Rows, fact: Fact) -> None:
    opened = fact.type == OPENED
    rows[counter_of(fact),] = {
        "point": where(fact.subject)[0], "number": fact.body["counter"], "lines": list(fact.body["lines"]) if opened else [],
        "post": fact.actor if opened else "", "since": ledger.instant(fact.recorded_at),
    }  # fmt: skip


def _booking(rows: Rows, fact: Fact) -> None:
    key, body, at = (booking_of(fact),), fact.body, ledger.instant(fact.recorded_at)
    if fact.type == BOOKED:
        rows[key] = {
            "point": body["point"], "begins": ledger.instant(body["begins"]), "ends": ledger.instant(body["ends"]),
            "seat": body["seat"], "item": body["item"], "party": body["party"], "state": "booked", "booked_at": at,
            "reminded_at": None, "ended_at": None,
        }  # fmt: skip
    elif fact.type == REMINDED:
        rows[key]["reminded_at"] = at
    else:
        rows[key] |= {"state": BOOKING_ENDS[fact.type], "ended_at": at}


TABLES = (
    Table(Ticket, (DRAWN, CALLED, REQUEUED, TRANSFERRED, *ENDS), ticket_of, _ticket),
    Table(Counter, (OPENED, CLOSED), counter_of, _counter),
    Table(Appointment, (BOOKED, REMINDED, *BOOKING_ENDS), booking_of, _booking),
)
