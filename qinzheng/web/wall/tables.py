"""What the wall reads from the tables. Every query goes by an index and reads what is open, new or late, never all cases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.web.wall.eyes import Eyes
from qinzheng.web.wall.river import Limits

MOST_DOTS = 2_000
"""Dots in the river: the most urgent ones. More could not be told apart, and would weigh a megabyte."""
_SEEN = (
    "(%(all)s OR c.organization = ANY(%(organizations)s::text[])) AND NOT c.id = ANY(%(concealed)s::text[])"
)
_OWN = "(c.procedure, k.clock) IN (SELECT * FROM unnest(%(procedures)s::text[], %(clocks)s::text[]))"
_LATE = "k.ended_at IS NULL AND k.due_at < %(now)s AND k.paused_at IS NULL"


@dataclass(frozen=True, slots=True)
class Standing:
    """How many cases a unit holds open for a town, and how many of them are past their limit."""

    organization: str
    town: str
    open: int
    late: int


@dataclass(frozen=True, slots=True)
class Running:
    """A running case clock: the case with its limits."""

    case: str
    organization: str
    limits: Limits


def standing(eyes: Eyes, now: dt.datetime) -> list[Standing]:
    """Open cases and late ones by unit and town: the part of the cases that is open, and the late clocks only."""
    given = _given(eyes, now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.organization, c.town, count(*) FROM cases_case c WHERE c.closed_at IS NULL AND {_SEEN} GROUP BY 1, 2",
            given,
        )
        opened = {(unit, town): n for unit, town, n in cursor.fetchall()}
        cursor.execute(
            'SELECT c.organization, c.town, count(DISTINCT c.id) FROM clocks_clock k JOIN cases_case c ON c.id = k."case" '
            f"WHERE {_LATE} AND c.closed_at IS NULL AND {_OWN} AND {_SEEN} GROUP BY 1, 2",
            given,
        )
        late = {(unit, town): n for unit, town, n in cursor.fetchall()}
    return [Standing(unit, town, n, late.get((unit, town), 0)) for (unit, town), n in sorted(opened.items())]


def urgent(eyes: Eyes, now: dt.datetime) -> list[Running]:
    """The open cases whose limits come first, the latest of all included; at most ``MOST_DOTS``."""
    return _running(eyes, now, "ORDER BY k.due_at LIMIT %(most)s", most=MOST_DOTS)


def running(eyes: Eyes, now: dt.datetime, cases: Sequence[str]) -> list[Running]:
    """The same of some cases only."""
    return _running(eyes, now, 'AND k."case" = ANY(%(cases)s::text[]) ORDER BY k.due_at', cases=list(cases))


def _running(eyes: Eyes, now: dt.datetime, end: str, **more: Any) -> list[Running]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.organization, k.started_at, k.due_at, k.promised_at, k.paused_at FROM clocks_clock k "
            'JOIN cases_case c ON c.id = k."case" WHERE k.ended_at IS NULL AND k.due_at IS NOT NULL '
            f"AND c.closed_at IS NULL AND {_OWN} AND {_SEEN} {end}",
            {**_given(eyes, now), **more},
        )
        found: dict[str, Running] = {}
        for case, organization, *instants in cursor.fetchall():
            start, due, promise, paused = (ledger.microseconds(at) for at in instants)
            # A case with two clocks of its own is seen by the one that is due first.
            found.setdefault(case, Running(case, organization, Limits(start or 0, due or 0, promise, paused)))
        return list(found.values())


def _given(eyes: Eyes, now: dt.datetime) -> dict[str, Any]:
    procedures, clocks = own_clocks()
    return {
        "all": eyes.organizations is None, "organizations": sorted(eyes.organizations or ()),
        "concealed": sorted(eyes.concealed), "procedures": procedures, "clocks": clocks, "now": now,
    }  # fmt: skip


def own_clocks() -> tuple[list[str], list[str]]:
    """(procedures, clocks), side by side: the clocks of whole cases in an office's hands, as the measures count them."""
    procedures = {one.id: one for one in shelf.library().all("procedure")}
    pairs = [
        (one.id, name)
        for one in procedures.values()
        for name, clock in one.clocks.items()
        if clock.role == "case" and clock.owner == "department"
    ]
    return [procedure for procedure, _ in pairs], [clock for _, clock in pairs]
