"""The one way to append: inside the caller's transaction, once, in the subject's order."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction

from qinzheng.ledger import envelope
from qinzheng.ledger.envelope import NewEvent

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)

COLUMNS = (
    "id", "subject", "subject_seq", "type", "kind", "procedure", "organization", "actor", "occurred_at",
    "precision", "reported_at", "recorded_at", "under", "caused_by", "body",
)  # fmt: skip
INSERT = f"INSERT INTO ledger_event ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"
COPY = f"COPY ledger_event ({', '.join(COLUMNS)}) FROM STDIN"


class OutOfTurn(Exception):
    """Somebody else appended to the subject first: read it again and decide anew."""


class AnotherEvent(Exception):
    """The idempotency key was used before, for an event that says something else."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append made, or found already made."""

    id: uuid.UUID
    subject: str
    subject_seq: int
    recorded_at: int
    new: bool


def instant(microseconds: int | None) -> dt.datetime | None:
    """Microseconds UTC as the database holds them."""
    return None if microseconds is None else EPOCH + dt.timedelta(microseconds=microseconds)


def microseconds(at: dt.datetime | None) -> int | None:
    """The other way round, exactly."""
    return None if at is None else (at - EPOCH) // MICROSECOND


def row(event: NewEvent, seq: int, recorded_at: dt.datetime) -> tuple[Any, ...]:
    """The values of ``COLUMNS`` for one event; raises :class:`~qinzheng.ledger.envelope.NotCanonical`."""
    envelope.check(event)
    return (
        event.id or envelope.uuid7(), event.subject, seq, event.type, event.kind, event.procedure,
        event.organization, event.actor, instant(event.occurred_at), event.precision, instant(event.reported_at),
        recorded_at, event.under, event.caused_by, envelope.canonical(event.body),
    )  # fmt: skip


def append(events: Sequence[NewEvent], *, recorded_at: int | None = None) -> list[Appended]:
    """Append events in their order, all or none, inside the caller's transaction.

    The same ``id`` with the same content is found, not made twice, also where two callers append it at once or it
    stands twice in ``events``; with other content it is :class:`AnotherEvent`. ``expected_seq`` (the seq the event
    must get) guards against writers that read the subject before somebody else wrote: :class:`OutOfTurn`.
    ``recorded_at`` is the database's own clock unless the caller read it in this transaction already; a clock that
    was set back does not take a subject back: its events are recorded no earlier than the one before.
    """
    keys = [event.id for event in events if event.id is not None]
    with transaction.atomic(), connection.cursor() as cursor:
        stamp = instant(recorded_at)
        if stamp is None:
            cursor.execute("SELECT clock_timestamp()")
            stamp = cursor.fetchone()[0]
        try:
            with transaction.atomic():
                return _append(cursor, events, stamp)
        except (OutOfTurn, IntegrityError):
            # Somebody appended the very same events in between: then they are there now, and found.
            if len(_known(cursor, keys)) < len(events):
                raise
            return _append(cursor, events, stamp)


def _append(cursor: Any, events: Sequence[NewEvent], stamp: dt.datetime) -> list[Appended]:
    known = _known(cursor, [event.id for event in events if event.id is not None])
    last = _last(cursor, sorted({event.subject for event in events}))
    done: list[Appended] = []
    rows: list[tuple[Any, ...]] = []
    for event in events:
        if event.id in known:
            done.append(_same(event, known[event.id]))
            continue
        before, recorded = last.get(event.subject, (0, stamp))
        seq, recorded = before + 1, max(recorded, stamp)
        if event.expected_seq is not None and event.expected_seq != seq:
            raise OutOfTurn(
                f"{event.subject}: 该事件应为第 {event.expected_seq} 个，现已到第 {seq} 个，请重读后再试 / "
                f"the event was to be number {event.expected_seq}, the next is {seq}: read again and try"
            )
        values = row(event, seq, recorded)
        rows.append(values)
        last[event.subject] = seq, recorded
        known[values[0]] = values
        done.append(Appended(values[0], event.subject, seq, microseconds(recorded) or 0, new=True))
    _insert(cursor, rows)
    return done


def copy_in(rows: Sequence[tuple[Any, ...]]) -> None:
    """Append many rows (see :func:`row`) by COPY: for imports into new subjects."""
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for values in rows:
            copy.write_row(values)


def _insert(cursor: Any, rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    places = ", ".join(["(" + ", ".join(["%s"] * len(COLUMNS)) + ")"] * len(rows))
    cursor.execute(
        f"INSERT INTO ledger_event ({', '.join(COLUMNS)}) VALUES {places} ON CONFLICT (subject, subject_seq) DO NOTHING",
        [value for values in rows for value in values],
    )
    if cursor.rowcount != len(rows):
        raise OutOfTurn("另一笔写入抢先，请重读后再试 / another writer was first: read again and try")


def _last(cursor: Any, subjects: list[str]) -> dict[str, tuple[int, dt.datetime]]:
    """The last order and record of each subject that has any: one look into the index a subject."""
    cursor.execute(
        "SELECT asked.subject, e.subject_seq, e.recorded_at FROM unnest(%s::text[]) AS asked (subject) "
        "CROSS JOIN LATERAL (SELECT subject_seq, recorded_at FROM ledger_event WHERE subject = asked.subject "
        "ORDER BY subject_seq DESC LIMIT 1) AS e",
        [subjects],
    )
    return {subject: (seq, recorded) for subject, seq, recorded in cursor.fetchall()}


def _known(cursor: Any, ids: Sequence[uuid.UUID | None]) -> dict[uuid.UUID | None, tuple[Any, ...]]:
    if not ids:
        return {}
    cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM ledger_event WHERE id = ANY(%s)", [list(ids)])
    return {found[0]: found for found in cursor.fetchall()}


def _same(event: NewEvent, found: tuple[Any, ...]) -> Appended:
    stored = dict(zip(COLUMNS, found, strict=True))
    fresh = dict(zip(COLUMNS, row(event, stored["subject_seq"], stored["recorded_at"]), strict=True))
    stored["body"] = bytes(stored["body"])
    different = [name for name in COLUMNS if fresh[name] != stored[name]]
    if different:
        raise AnotherEvent(
            f"幂等键 {event.id} 已用于另一事件，不同之处 {different} / "
            f"idempotency key {event.id} names another event; they differ in {different}"
        )
    recorded = microseconds(stored["recorded_at"]) or 0
    return Appended(stored["id"], stored["subject"], stored["subject_seq"], recorded, new=False)
