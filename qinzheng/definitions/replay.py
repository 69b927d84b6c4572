"""How the editions follow from the ledger, for ``ledger verify --projections``.

The ledger holds the hash of an edition's text, not the text: that the text is still the one of the hash is a check of
its own. A draft is in no event; only published rows are compared.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db import connection

from qinzheng.definitions.actions import PUBLISHED
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.projections import Difference, Projection, Rows
from qinzheng.ledger.queries import StoredEvent

TABLE = "definitions_edition"


def _edition(rows: Rows, event: StoredEvent) -> None:
    body = event.body
    day = dt.date.fromisoformat(body["in_force_from"]) if body["in_force_from"] else None
    # Two editions may be recorded at one moment: a clock that was set back takes no subject back.
    rows[body["kind"], body["definition"], day, ledger.instant(event.recorded_at), body["sha256"]] = {
        "drafted_by": body["drafted_by"], "published_by": event.actor, "file": body["file"],
        "place": body["place"],
    }  # fmt: skip


PROJECTIONS = [
    Projection(
        TABLE, ("kind", "definition", "in_force_from", "published_at", "sha256"),
        ("drafted_by", "published_by", "file", "place"), (PUBLISHED,), _edition,
        where="published_at IS NOT NULL",
    )
]  # fmt: skip


def check() -> Iterator[Difference]:
    """Every published edition whose text is not the one that its name, the hash, was made of."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT kind, definition, sha256, encode(sha256(text), 'hex') FROM {TABLE} "
            "WHERE published_at IS NOT NULL AND encode(sha256(text), 'hex') <> sha256 ORDER BY id"
        )
        for kind, definition, name, found in cursor.fetchall():
            yield Difference(TABLE, (kind, definition), "text", name, found)
