"""One ledger event as one flat row of the archive. Pure.

The row holds the whole envelope, the hashed bytes of the body, the leaf hash that the log commits to, and the
fields of the body that measures read, as columns of their own: so that no question needs Python per row, and a
taker of the files can verify them against the log. Instants are microseconds UTC, days are whole days since
1970-01-01 in the zone of the definitions (``qinzheng.definitions.shelf.ZONE``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from qinzheng.definitions.shelf import ZONE
from qinzheng.ledger.queries import StoredEvent

FORM = 2
"""The form of the archive: a folder of another form is not read but made again from the ledger (ADR 0027)."""
OPENED, PERFORMED, MIGRATED = "cases.opened", "cases.performed", "cases.migrated"
CONCERNED = "cases.concerned"
DEEMED, UNDEEMED, CORRECTED = "cases.deemed", "cases.undeemed", "cases.corrected"
MOVED, REDETERMINED, VANISHED = "clocks.moved", "clocks.redetermined", "clocks.vanished"
ISSUED, WITHDRAWN = "supervision.card_issued", "supervision.card_withdrawn"
ACTS = (OPENED, PERFORMED, DEEMED)
MOVES = (*ACTS, UNDEEMED, CORRECTED, MIGRATED)
CLOCKS = (MOVED, REDETERMINED, VANISHED)
CARDS = (ISSUED, WITHDRAWN)
"""The names stand here again since measures know the ledger and not the packages that write these events."""

_TEXT, _LONG, _INT = pa.string(), pa.int64(), pa.int32()
SCHEMA = pa.schema([
    ("position", _LONG), ("leaf", pa.binary(32)), ("id", _TEXT), ("subject", _TEXT), ("seq", _INT), ("type", _TEXT),
    ("kind", _TEXT), ("procedure", _TEXT), ("organization", _TEXT), ("actor", _TEXT), ("occurred", _LONG),
    ("precision", _TEXT), ("reported", _LONG), ("recorded", _LONG), ("under", _TEXT), ("caused_by", _TEXT),
    ("body", pa.binary()), ("occurred_day", _INT),
    ("act", _TEXT), ("state", _TEXT), ("holder", _TEXT), ("item", _TEXT), ("variant", _TEXT), ("town", _TEXT),
    ("sealed", pa.bool_()),
    ("closed", _LONG), ("closed_day", _INT), ("passed", _LONG), ("corrects", _INT),
    ("clock", _TEXT), ("ordinal", _INT), ("start", _LONG), ("due", _LONG), ("promise", _LONG), ("paused", _LONG),
    ("ended", _LONG), ("ending", _TEXT), ("start_day", _INT), ("due_day", _INT), ("promise_day", _INT),
    ("ended_day", _INT), ("rested", _INT), ("first_due_day", _INT), ("first_promise_day", _INT), ("card", _TEXT), ("rule", _TEXT), ("level", _TEXT), ("fell", _LONG), ("fell_day", _INT),
    ("shown_by", _INT),
])  # fmt: skip
"""The columns of a file of events; a column that a type of event does not have is null."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FIRST = _EPOCH.date().toordinal()


def local(at: int) -> dt.datetime:
    """Microseconds UTC as the local date and time of the definitions' zone."""
    return (_EPOCH + dt.timedelta(microseconds=at)).astimezone(ZONE)


def day_of(at: int | None) -> int | None:
    """The local day of an instant, counted from 1970-01-01."""
    return None if at is None else local(at).toordinal() - _FIRST


def day_number(date: dt.date) -> int:
    """A date as the archive counts days."""
    return date.toordinal() - _FIRST


def date_of(day: int) -> dt.date:
    """The other way round."""
    return dt.date.fromordinal(day + _FIRST)


def midnight(date: dt.date) -> int:
    """The first microsecond of a local day."""
    begin = dt.datetime.combine(date, dt.time(), ZONE)
    return (begin - _EPOCH) // dt.timedelta(microseconds=1)


def month_of(at: int) -> str:
    """The local month of an instant, ``2026-01``."""
    return f"{local(at):%Y-%m}"


def flat(position: int, leaf: bytes, event: StoredEvent) -> tuple[Any, ...]:
    """The values of ``SCHEMA`` for one event at its position."""
    envelope = (
        position, leaf, event.id, event.subject, event.subject_seq, event.type, event.kind, event.procedure,
        event.organization, event.actor, event.occurred_at, event.precision, event.reported_at, event.recorded_at,
        event.under, event.caused_by, event.raw, day_of(event.occurred_at),
    )  # fmt: skip
    return envelope + _told(event)


def table(rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """Rows as a table of ``SCHEMA``."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


_NOT_A_CASE = (None,) * 11
_NO_CLOCK = (None,) * 15
_NO_CARD = (None,) * 6


def _told(event: StoredEvent) -> tuple[Any, ...]:
    """The columns that come out of the body."""
    if event.type in MOVES:
        body = event.body
        opening, closed = event.type == OPENED, body.get("closed")
        case = (
            body.get("act"), body["state"], body["organization"],
            *((body.get(name, "") for name in ("item", "variant", "town")) if opening else (None,) * 3),
            bool(body.get("concerns")) if opening else None, closed, day_of(closed), body.get("passed_at"), body.get("corrects"),
        )  # fmt: skip
        return case + _NO_CLOCK + _NO_CARD
    if event.type == CONCERNED:
        return (*_NOT_A_CASE[:6], bool(event.body["concerns"]), *_NOT_A_CASE[7:], *_NO_CLOCK, *_NO_CARD)
    if event.type in CLOCKS:
        return _clock(event.body)
    if event.type in CARDS:
        body = event.body
        at = body.get("at")
        card = (body["card"], body["rule"], body.get("level"), at, day_of(at), body.get("event"))
        clock = (body.get("clock"), body.get("ordinal"), *_NO_CLOCK[2:])
        return (None, None, body.get("to"), *_NOT_A_CASE[3:], *clock, *card)
    return _NOT_A_CASE + _NO_CLOCK + _NO_CARD


def _clock(body: dict[str, Any]) -> tuple[Any, ...]:
    start, due, promise, end = (body.get(name) for name in ("start", "due", "promise", "end"))
    clock = (
        body["clock"], body["ordinal"], start, due, promise, body.get("paused"), end, body.get("ending"),
        day_of(start), day_of(due), day_of(promise), day_of(end), body.get("rested"),
        day_of(body.get("first_due", due)), day_of(body.get("first_promise", promise)),
    )  # fmt: skip
    return (None, None, body.get("organization"), *_NOT_A_CASE[3:], *clock, *_NO_CARD)
