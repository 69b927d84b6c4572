"""Replays the events against the tables that screens and scores read, and names a row edited by hand.

A package above registers one :class:`Projection` a table (see ``qinzheng.plugged``), or a check of its own where a row
does not follow from one event after another. Without this an insider would leave the ledger alone and change the
table. That the ledger itself was left alone is for the export and the checkpoints to show.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from qinzheng.ledger import queries
from qinzheng.ledger.queries import StoredEvent

Rows = dict[tuple[Any, ...], dict[str, Any]]
"""key columns' values → the other columns"""


@dataclass(frozen=True)
class Projection:
    """How a table follows from events: its name, its key, its columns, and the fold of one event into rows.

    ``where``: the rows that are projected, in SQL, where the table also holds what no event told yet.
    """

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    types: tuple[str, ...]
    fold: Callable[[Rows, StoredEvent], None]
    where: str = "true"


@dataclass(frozen=True)
class Difference:
    """A row that is not what the ledger says."""

    table: str
    key: tuple[Any, ...]
    column: str
    expected: Any
    found: Any

    def __str__(self) -> str:
        expected, found = (f"{value!r:.300}" for value in (self.expected, self.found))
        return (
            f"{self.table} {self.key} {self.column}: 账本为 {expected}，表中为 {found} / "
            f"the ledger says {expected}, the table {found}"
        )


PROJECTIONS: list[Projection] = []
CHECKS: list[Callable[[], Iterator[Difference]]] = []
"""Besides the projections; filled by ``qinzheng.plugged``."""
A_ROW = "一行 / a row"


def check() -> Iterator[Difference]:
    """Every difference of every registered projection and check, all as of one moment."""
    with _one_snapshot():
        for projection in PROJECTIONS:
            expected: Rows = {}
            for event in queries.events(types=projection.types):
                try:
                    projection.fold(expected, event)
                except (LookupError, ValueError, TypeError, AttributeError) as why:
                    yield unreadable(event, why)
            yield from _compare(projection, expected)
        for more in CHECKS:
            yield from more()


def unreadable(event: StoredEvent, why: Exception) -> Difference:
    """An event that cannot be replayed: nothing of ours wrote it so."""
    key = (event.subject, event.subject_seq)
    return Difference("ledger_event", key, "body", "可重放的事件 / an event that can be replayed", repr(why))


@contextmanager
def _one_snapshot() -> Iterator[None]:
    """Events and tables as of one moment, so that an act done meanwhile is no difference.

    Inside a transaction of the caller's the snapshot is the caller's affair.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _compare(projection: Projection, expected: Rows) -> Iterator[Difference]:
    named = ", ".join(f'"{name}"' for name in (*projection.key, *projection.columns))
    width = len(projection.key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {named} FROM {projection.table} WHERE {projection.where} "
            f"ORDER BY {', '.join(map(str, range(1, width + 1)))}"
        )
        for row in cursor.fetchall():
            key, values = tuple(row[:width]), row[width:]
            row_expected: Mapping[str, Any] | None = expected.pop(key, None)
            if row_expected is None:
                yield Difference(projection.table, key, "*", None, A_ROW)
                continue
            for name, value in zip(projection.columns, values, strict=True):
                found = _plain(value, row_expected.get(name))
                if row_expected.get(name) != found:
                    yield Difference(projection.table, key, name, row_expected.get(name), found)
    for key in sorted(expected, key=str):
        yield Difference(projection.table, key, "*", A_ROW, None)


def _plain(stored: Any, expected: Any) -> Any:
    """The column as Python has it; the driver gives JSON as text and bytes as a view."""
    if isinstance(stored, memoryview):
        return bytes(stored)
    return json.loads(stored) if isinstance(stored, str) and isinstance(expected, dict | list) else stored
