"""Replays the events against the tables that screens and scores read, and names a row edited by hand.

A package above registers one :class:`Projection` a table (see ``qinzheng.plugged``). Without this check an
insider would leave the ledger alone and change the table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from qinzheng.ledger import queries
from qinzheng.ledger.queries import StoredEvent

Rows = dict[tuple[Any, ...], dict[str, Any]]
"""key columns' values → the other columns"""


@dataclass(frozen=True)
class Projection:
    """How a table follows from events: its name, its key, its columns, and the fold of one event into rows."""

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    types: tuple[str, ...]
    fold: Callable[[Rows, StoredEvent], None]


@dataclass(frozen=True)
class Difference:
    """A row that is not what the ledger says."""

    table: str
    key: tuple[Any, ...]
    column: str
    expected: Any
    found: Any

    def __str__(self) -> str:
        return (
            f"{self.table} {self.key} {self.column}: 账本为 {self.expected!r}，表中为 {self.found!r} / "
            f"the ledger says {self.expected!r}, the table {self.found!r}"
        )


PROJECTIONS: list[Projection] = []


def check() -> Iterator[Difference]:
    """Every difference of every registered projection."""
    for projection in PROJECTIONS:
        expected: Rows = {}
        for event in queries.events(types=projection.types):
            projection.fold(expected, event)
        yield from _compare(projection, expected)


def _compare(projection: Projection, expected: Rows) -> Iterator[Difference]:
    named = ", ".join(f'"{name}"' for name in (*projection.key, *projection.columns))
    width = len(projection.key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {named} FROM {projection.table} ORDER BY {', '.join(map(str, range(1, width + 1)))}"
        )
        for row in cursor.fetchall():
            key, values = tuple(row[:width]), row[width:]
            row_expected: Mapping[str, Any] | None = expected.pop(key, None)
            if row_expected is None:
                yield Difference(projection.table, key, "*", None, "一行 / a row")
                continue
            for name, stored in zip(projection.columns, values, strict=True):
                value = json.loads(stored) if isinstance(row_expected.get(name), dict) else stored
                if row_expected.get(name) != value:
                    yield Difference(projection.table, key, name, row_expected.get(name), value)
    for key in sorted(expected):
        yield Difference(projection.table, key, "*", "一行 / a row", None)
