"""Reads of a case: held for writing, its acts in the ledger, and what a key did before."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from django.db import connection

from qinzheng.cases import about, doors, fields
from qinzheng.cases.acts import CORRECTED, OPENED, PERFORMED, Act, Done, Told
from qinzheng.cases.engine import Situation, Who
from qinzheng.cases.models import Case
from qinzheng.ledger import queries
from qinzheng.ledger.actions import AnotherEvent
from qinzheng.ledger.queries import StoredEvent


class NoSuchCase(Exception):
    """There is no such case (or none that you may see)."""


def held(case_id: str, *, skip_locked: bool = False) -> tuple[Case, int] | None:
    """The case, held until the transaction ends, and the database's clock; None where there is none to be held."""
    found = doors.held(case_id, skip_locked=skip_locked)
    return None if found is None else (found.case, found.now)


def lock(case_id: str) -> tuple[Case, int]:
    """The case, held, or :class:`NoSuchCase`."""
    found = held(case_id)
    if found is None:
        raise NoSuchCase(f"没有这件办件 / there is no such case: {case_id}")
    return found


def situation(case: Case) -> Situation:
    """Where the case stands, for the engine."""
    saved = case.situation
    return Situation(case.state, case.organization, saved.get("done", {}), saved.get("joints", {}))


def acts_of(case_id: str) -> list[Act]:
    """The acts of a case from the ledger; determinations are the kernel's own and not read back."""
    return acts(queries.history(case_id))


def acts_of_many(case_ids: Collection[str]) -> dict[str, list[Act]]:
    """:func:`acts_of` for several cases in one question."""
    return {id: acts(events) for id, events in queries.histories(case_ids, TOLD).items()}


TOLD = (OPENED, PERFORMED, CORRECTED)
"""The events that say what was done."""


def acts(events: Iterable[StoredEvent]) -> list[Act]:
    """The acts that a case's events tell, in the order in which they came, each as it was last corrected.

    A correction of the moment is known since it was told, so it is recorded then; one of anything else was not late.
    """
    found: dict[int, Act] = {}
    for event in events:
        if event.type not in TOLD:
            continue
        told = act(event)
        if event.type == CORRECTED:
            before = found[event.body["corrects"]]
            recorded = before.recorded_at if told.occurred_at == before.occurred_at else told.recorded_at
            told = replace(told, id=before.id, seq=before.seq, recorded_at=recorded)
        found[told.seq] = told
    return list(found.values())


def act(event: StoredEvent) -> Act:
    """One stored act as the kernel reads it."""
    body = event.body
    who = Who(event.actor, event.organization, body["role"])
    assert event.occurred_at is not None
    return Act(
        uuid.UUID(event.id), event.subject_seq, body["act"], who, event.occurred_at, event.reported_at,
        event.recorded_at, body["form"], "day" if event.precision == "day" else "instant",
    )  # fmt: skip


ABOUT = ("item", "title", "town", "parties", "concerns", "matter", "promised")
"""What the body of an opening says of the case beside its act."""


def done_before(
    told: Told, *, case: str = "", procedure: str = "", concerning: about.About | None = None
) -> Done | None:
    """What the key did before; None where it is new, or there is none. ``concerning``: what was to be opened about.

    Raises :class:`~qinzheng.ledger.actions.AnotherEvent` where it did something else, or on another case.
    """
    key, who = told.key, told.who
    if key is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.number, e.procedure, e.actor, e.organization, e.type, e.body "
            "FROM ledger_event e LEFT JOIN cases_case c ON c.id = e.subject WHERE e.id = %s",
            [key],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    body = json.loads(bytes(found[6]))
    asked: dict[str, Any] = {
        "case": case or found[0], "procedure": procedure or found[2], "actor": who.actor,
        "organization": who.organization, "type": PERFORMED if case else OPENED, "act": told.act, "role": who.role,
        "form": fields.kept(told.form),
    }  # fmt: skip
    stored: dict[str, Any] = dict(
        zip(("case", "number", "procedure", "actor", "organization", "type"), found, strict=False)
    )
    stored |= {name: body.get(name) for name in ("act", "role", "form")}
    if concerning is not None:
        wanted = concerning.body({})
        asked |= {name: wanted.get(name) for name in ABOUT}
        stored |= {name: body.get(name) for name in ABOUT}
    if about.said_again(stored["form"] or {}, asked["form"]):
        stored["form"] = asked["form"]
    different = [name for name, value in asked.items() if stored[name] != value]
    if different:
        raise AnotherEvent(
            f"幂等键 {key} 已用于另一行为，不同之处：{'、'.join(different)}；新的行为请用新键 / "
            f"idempotency key {key} did something else ({', '.join(different)} differ); a new act needs a new key"
        )
    return Done(stored["case"], stored["number"], body["state"], key, new=False)
