"""The one way in: append an event, and let the row that it is about follow from it in the same transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from qinzheng.cases.engine import Who
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import EventKind, NewEvent
from qinzheng.mechanisms.windows.folding import TABLES

SYSTEM = Who("", "", "system")


@dataclass(frozen=True)
class Recorded:
    """An event as it was appended."""

    id: str
    subject: str
    subject_seq: int
    type: str
    actor: str
    recorded_at: int
    body: Mapping[str, Any]


def hold(*names: str) -> int:
    """Let one at a time go on, until the transaction ends, for each of these names; the database's clock (UTC microseconds)."""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        cursor.execute("SELECT clock_timestamp()")
        return ledger.microseconds(cursor.fetchone()[0]) or 0


def moment(at: int) -> dt.datetime:
    """UTC microseconds as the tables hold them."""
    return ledger.EPOCH + at * ledger.MICROSECOND


def record(
    type: str, subject: str, body: Mapping[str, Any], who: Who, now: int, *, key: uuid.UUID | None = None,
    kind: EventKind = "act",
) -> Recorded:  # fmt: skip
    """Append one event and write the row that follows from it."""
    event = NewEvent(
        type=type, subject=subject, body=body, kind=kind, organization=who.organization, actor=who.actor, id=key
    )  # fmt: skip
    (done,) = ledger.append([event], recorded_at=now)
    fact = Recorded(str(done.id), subject, done.subject_seq, type, who.actor, done.recorded_at, body)
    for table in TABLES:
        if type in table.types:
            _follow(table, fact)
    return fact


def _follow(table: Any, fact: Recorded) -> None:
    key = table.key(fact)
    rows = table.model._default_manager.filter(pk=key)
    found = rows.values().first()
    known = {} if found is None else {(key,): {name: value for name, value in found.items() if name != "id"}}
    table.fold(known, fact)
    if found is None:
        table.model._default_manager.create(pk=key, **known[key,])
    else:
        rows.update(**known[key,])
