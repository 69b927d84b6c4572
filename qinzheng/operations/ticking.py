"""Time passes: the cases whose next moment has come, and those whose law or calendar has changed, taken up one by one.

Each case is a transaction of its own and is locked by whoever takes it up, so two workers beside each other do
nothing twice. One that cannot be reckoned is an alarm and is put aside for a minute; it never holds up another.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.cases import actions as cases
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.supervision import programs

log = structlog.get_logger("qinzheng.worker")

ASIDE_S = 60.0
"""For how long a case that cannot be reckoned is left alone (ours)."""
BATCH = 200
"""Cases that are taken up in one go when law or calendar have changed: so that the worker can be stopped between."""

DUE = (
    "SELECT id FROM cases_case WHERE due_at < (SELECT clock_timestamp()) AND NOT id = ANY(%s) "
    "ORDER BY due_at LIMIT %s"
)
"""The moment is asked once, in a query of its own: only so does the index on ``due_at`` end where time ends."""


@dataclass
class Aside:
    """Cases that could not be reckoned, each until when it is left alone.

    ``patient``: whatever is wrong with a case, the next one's time passes. Otherwise only a calendar that ends before
    the case does is borne with, and any other fault is raised.
    """

    patient: bool = True
    until: dict[str, float] = field(default_factory=dict)

    def ids(self) -> list[str]:
        """Those that are still left alone."""
        now = time.monotonic()
        self.until = {case: until for case, until in self.until.items() if until > now}
        return list(self.until)

    def put(self, case: str, why: Exception) -> None:
        """Leave a case alone for a while, and say so. Only the kind of the fault is told: its text may hold more."""
        if not self.patient and not isinstance(why, BeyondCalendar):
            raise why
        self.until[case] = time.monotonic() + ASIDE_S
        log.error("case_stuck", case=case, fault=type(why).__name__, again_in_s=ASIDE_S)


def tick_once(limit: int = 1000, aside: Aside | None = None) -> int:
    """Pass time for the cases that are due by the database's clock, soonest first; returns how many moved."""
    aside = Aside(patient=False) if aside is None else aside
    with connection.cursor() as cursor:
        cursor.execute(DUE, [aside.ids(), limit])
        due = [case for (case,) in cursor.fetchall()]
    return sum(pass_time(case, aside) for case in due)


def pass_time(case: str, aside: Aside) -> bool:
    """Let time pass for one case; False where somebody else holds it or it cannot be reckoned."""
    try:
        return cases.pass_time(case)
    except (OperationalError, InterfaceError):
        raise  # it is the database that does not answer: no fault of the case
    except Exception as why:  # noqa: BLE001 - see Aside
        aside.put(case, why)
    return False


@dataclass
class Redetermination:
    """Open cases that are judged by another program than the one now in force are refolded, after a publication.

    The program of a case is a name in its saved state, so a worker that was killed goes on where it stopped, and
    one that starts finds what was published while none ran. A rule that comes into force on a day counts from it.
    """

    aside: Aside = field(default_factory=Aside)
    seen: tuple[tuple[int, int], dt.date] | None = None

    def once(self) -> int:
        """Take up one batch; returns how many cases moved."""
        now = (shelf.stamp(), timezone.now().astimezone(shelf.ZONE).date())
        if now == self.seen:
            return 0
        left = False
        for program in self._programs():
            found = self._other(*program)
            left = left or bool(found)
            moved = sum(pass_time(case, self.aside) for case in found)
            if moved:
                return moved
        if not left:
            self.seen = now
        return 0

    def _programs(self) -> Iterator[tuple[Any, ...]]:
        kinds = Case.objects.filter(closed_at=None).values_list("procedure", "edition", "variant", "promise")
        for kind in kinds.order_by("procedure", "edition", "variant", "promise").distinct():
            try:
                yield (*kind, programs.ready(*kind).name)
            except (LookupError, ValueError) as why:
                log.error(
                    "program_missing", procedure=kind[0], edition=kind[1][:12], fault=type(why).__name__
                )

    def _other(self, procedure: str, edition: str, variant: str, promise: Any, name: str) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM cases_case WHERE closed_at IS NULL AND procedure = %s AND edition = %s "
                "AND variant = %s AND promise = %s::jsonb AND fold->>'program' IS DISTINCT FROM %s "
                "AND NOT id = ANY(%s) ORDER BY next_due, id LIMIT %s",
                [procedure, edition, variant, json.dumps(promise), name, self.aside.ids(), BATCH],
            )
            return [case for (case,) in cursor.fetchall()]
