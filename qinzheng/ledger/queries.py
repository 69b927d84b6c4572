"""The only reads of the ledger that others may call."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from qinzheng.ledger import actions, crypto
from qinzheng.ledger.merkle import Tiles, Tree

_SELECT = f"SELECT {', '.join('e.' + name for name in actions.COLUMNS)} FROM ledger_event e"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it is stored: times in microseconds UTC, ``raw`` the hashed bytes of the body."""

    id: str
    subject: str
    subject_seq: int
    type: str
    kind: str
    procedure: str
    organization: str
    actor: str
    occurred_at: int | None
    precision: str
    reported_at: int | None
    recorded_at: int
    under: str
    caused_by: str | None
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The body, parsed."""
        value: dict[str, Any] = json.loads(self.raw)
        return value

    def fields(self) -> dict[str, Any]:
        """What :func:`qinzheng.ledger.envelope.leaf` commits to."""
        return {
            "id": self.id, "subject": self.subject, "subject_seq": self.subject_seq, "type": self.type,
            "kind": self.kind, "procedure": self.procedure, "organization": self.organization,
            "actor": self.actor, "occurred_at": self.occurred_at, "precision": self.precision,
            "reported_at": self.reported_at, "recorded_at": self.recorded_at, "under": self.under,
            "caused_by": self.caused_by, "body": self.raw,
        }  # fmt: skip


def stored(found: tuple[Any, ...]) -> StoredEvent:
    """An event from a row of ``actions.COLUMNS``."""
    value = dict(zip(actions.COLUMNS, found, strict=True))
    return StoredEvent(
        str(value["id"]), value["subject"], value["subject_seq"], value["type"], value["kind"], value["procedure"],
        value["organization"], value["actor"], actions.microseconds(value["occurred_at"]), value["precision"],
        actions.microseconds(value["reported_at"]), actions.microseconds(value["recorded_at"]) or 0, value["under"],
        None if value["caused_by"] is None else str(value["caused_by"]), bytes(value["body"]),
    )  # fmt: skip


def history(subject: str) -> list[StoredEvent]:
    """Every event of a subject, in its order."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_SELECT} WHERE subject = %s ORDER BY subject_seq", [subject])
        return [stored(found) for found in cursor.fetchall()]


def histories(subjects: Collection[str], types: Collection[str]) -> dict[str, list[StoredEvent]]:
    """Every event of some types of several subjects, each subject's in its order, in one question."""
    found: dict[str, list[StoredEvent]] = {subject: [] for subject in subjects}
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_SELECT} WHERE subject = ANY(%s::text[]) AND type = ANY(%s::text[]) ORDER BY subject, subject_seq",
            [list(found), list(types)],
        )
        for row in cursor.fetchall():
            event = stored(row)
            found[event.subject].append(event)
    return found


def events(*, types: tuple[str, ...] = (), kind: str | None = None) -> Iterator[StoredEvent]:
    """Every event by subject and order, streamed; of some types or one kind only."""
    with transaction.atomic(), connection.connection.cursor(name="ledger_events") as cursor:
        cursor.itersize = 5_000
        cursor.execute(
            f"{_SELECT} WHERE (cardinality(%s::text[]) = 0 OR type = ANY(%s)) AND (%s::text IS NULL OR kind = %s) "
            "ORDER BY subject, subject_seq",
            [list(types), list(types), kind, kind],
        )
        for found in cursor:
            yield stored(found)


def recorded_since(begin: int, type: str) -> Iterator[StoredEvent]:
    """Events of a type recorded from a moment on (UTC microseconds), as they came: by an index on the time of recording."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_SELECT} WHERE recorded_at >= %s AND type = %s ORDER BY recorded_at, row",
            [actions.instant(begin), type],
        )
        for found in cursor.fetchall():
            yield stored(found)


def recorded_within(
    begin: dt.datetime, end: dt.datetime, types: Collection[str], most: int
) -> list[StoredEvent]:
    """The newest events of some types recorded from ``begin`` and before ``end``, by the index on the time of recording."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_SELECT} WHERE recorded_at >= %s AND recorded_at < %s AND type = ANY(%s::text[]) "
            "ORDER BY recorded_at DESC, row DESC LIMIT %s",
            [begin, end, list(types), most],
        )
        return [stored(found) for found in cursor.fetchall()]


def sequenced(begin: int = 0) -> Iterator[tuple[int, bytes, StoredEvent]]:
    """(position, leaf hash, event) from a position on, in order, streamed."""
    with transaction.atomic(), connection.connection.cursor(name="ledger_sequenced") as cursor:
        cursor.itersize = 5_000
        cursor.execute(
            f"SELECT p.position, p.leaf, {', '.join('e.' + name for name in actions.COLUMNS)} "
            "FROM ledger_position p JOIN ledger_event e ON e.row = p.event_id WHERE p.position >= %s ORDER BY p.position",
            [begin],
        )
        for found in cursor:
            yield found[0], bytes(found[1]), stored(found[2:])


def latest(limit: int) -> list[tuple[int, StoredEvent]]:
    """(row, event) of the newest events as they were inserted, the newest first: for pages that watch, never for followers.

    A transaction that commits late puts its events behind newer ones: look again at the last few, not only at new rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.row, {', '.join('e.' + name for name in actions.COLUMNS)} FROM ledger_event e "
            "ORDER BY e.row DESC LIMIT %s",
            [limit],
        )
        return [(found[0], stored(found[1:])) for found in cursor.fetchall()]


def head() -> tuple[str, int]:
    """The log's hash and how many events are sequenced."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash, size FROM ledger_head")
        found = cursor.fetchone()
        return (found[0], found[1]) if found else (crypto.SUITES[settings.CRYPTO][0], 0)


def tiles(size: int | None = None) -> Tiles:
    """The tree as it is, or was at a size."""
    hash, now = head()

    def read(level: int, index: int) -> bytes:
        with connection.cursor() as cursor:
            cursor.execute("SELECT hashes FROM ledger_tile WHERE level = %s AND index = %s", [level, index])
            found = cursor.fetchone()
            return bytes(found[0]) if found else b""

    return Tiles(Tree(hash), now if size is None else size, read)


def position_of(event_id: str) -> tuple[int, StoredEvent] | None:
    """Where an event stands in the log; None where it is not sequenced."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.position, {', '.join('e.' + name for name in actions.COLUMNS)} FROM ledger_event e "
            "JOIN ledger_position p ON p.event_id = e.row WHERE e.id = %s",
            [event_id],
        )
        found = cursor.fetchone()
        return (found[0], stored(found[1:])) if found else None


def positions_of(subject: str) -> dict[str, int]:
    """Event id → position, of every event of a subject that is sequenced."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, p.position FROM ledger_event e JOIN ledger_position p ON p.event_id = e.row WHERE e.subject = %s",
            [subject],
        )
        return {str(id): position for id, position in cursor.fetchall()}


def event(event_id: str) -> StoredEvent | None:
    """One event, sequenced or not; None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_SELECT} WHERE e.id = %s", [event_id])
        found = cursor.fetchone()
        return stored(found) if found else None
