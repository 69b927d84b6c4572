"""Who asks, found in the same flush that finds the case: an act through the API needs no round trip for rights alone.

Who may do what is not known here. Whoever asks brings a *question* on whose answer its rights stand, and what is asked
is what is acted on: the question, the case and its lock go to the database together.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection

from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.ledger import actions as ledger

Statement = tuple[str, Sequence[Any]]
Rows = Mapping[str, Sequence[Mapping[str, str]]]
"""asked, concerns and parties of a case, field → value"""

COLUMNS = tuple(field.attname for field in Case._meta.concrete_fields)
DOCUMENTS = frozenset({"situation", "fold", "promise"})
"""Columns that hold JSON."""
_OWN = ", ".join(f"c.{name}" for name in COLUMNS)
_HELD = f"SELECT clock_timestamp(), {_OWN} FROM cases_case c WHERE id = %s FOR UPDATE"
_ASKED = (
    "SELECT clock_timestamp(), {own}, asker.stands, ARRAY(SELECT organization FROM cases_asked WHERE case_id = c.id), "
    "ARRAY(SELECT ARRAY[organization, post] FROM cases_concern WHERE case_id = c.id), "
    "ARRAY(SELECT ARRAY[relation, party] FROM cases_party WHERE case_id = c.id) "
    "FROM ({asks}) AS asker, cases_case c WHERE c.number = %s FOR UPDATE OF c"
)


class Asker(Protocol):
    """Somebody who asks. ``asks``: one row whose column ``stands`` is text, no row where nobody is there."""

    @property
    def asks(self) -> Statement:
        """The question."""

    def who(self, stands: str, case: Case, rows: Rows) -> Who:
        """As whom it acts on the case, as of the answer; raises what it likes where it may not."""


@dataclass(frozen=True)
class Standing:
    """Rights that were found already, and the answer on which they stand: they count while the answer is the same."""

    asks: Statement
    stands: str


class Changed(Exception):
    """The rights stand on something else by now, or on nothing: find them anew."""


@dataclass(frozen=True)
class Found:
    """A case, held until the transaction ends, with the database's clock; ``stands`` and ``rows`` where somebody asked."""

    case: Case
    now: int
    stands: str = ""
    rows: Rows | None = None


def held(case_id: str, *, skip_locked: bool = False) -> Found | None:
    """The case by its id: BEGIN and all in one flush. None where there is none, or another holds it and ``skip_locked``.

    A clock set back never goes behind what the case has recorded.
    """
    row = _first(_HELD + (" SKIP LOCKED" if skip_locked else ""), [case_id])
    return None if row is None else Found(*_read(row))


def held_for(asker: Asker, number: str) -> Found | None:
    """The case by its number, with what the rules ask of it. None where there is none, or nobody asks."""
    asks, parameters = asker.asks
    row = _first(_asked(asks), [*parameters, number])
    if row is None:
        return None
    *_, stands, asked, concerns, parties = row
    rows = {
        "asked": [{"organization": each} for each in asked],
        "concerns": [{"organization": organization, "post": post} for organization, post in concerns],
        "parties": [{"relation": relation, "party": party} for relation, party in parties],
    }
    return Found(*_read(row), stands, rows)


_texts: dict[str, str] = {}


def _asked(asks: str) -> str:
    """The same text for the same question, so that the statement stays prepared."""
    found = _texts.get(asks)
    if found is None:
        found = _texts[asks] = _ASKED.format(own=_OWN, asks=asks)
    return found


def _first(sql: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    raw = connection.connection
    with connection.wrap_database_errors, raw.cursor() as cursor:
        with raw.pipeline():
            cursor.execute(sql, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _read(row: tuple[Any, ...]) -> tuple[Case, int]:
    """The case and the moment of a row that begins with the clock."""
    values = [
        json.loads(value) if name in DOCUMENTS and value is not None else value
        for name, value in zip(COLUMNS, row[1:], strict=False)
    ]
    case = Case.from_db(connection.alias, COLUMNS, values)
    at: dt.datetime = row[0]
    return case, max(ledger.microseconds(at) or 0, case.situation.get("recorded", 0))
