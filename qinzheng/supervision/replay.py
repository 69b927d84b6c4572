"""How the tables of cases, clocks and cards follow from the ledger: for ``verify --projections``."""

from __future__ import annotations

import uuid
from typing import Any

from qinzheng.cases import about
from qinzheng.cases.acts import CONCERNED, CORRECTED, DEEMED, MIGRATED, NUMBERED, OPENED, PERFORMED, UNDEEMED
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.projections import Projection, Rows
from qinzheng.ledger.queries import StoredEvent
from qinzheng.supervision.live import ISSUED, MOVED, MOVED_BY, REDETERMINED, VANISHED, WITHDRAWN

ACTS = (OPENED, PERFORMED, CORRECTED, DEEMED, UNDEEMED, MIGRATED)
"""The events that say where a case stands."""


def _case(rows: Rows, event: StoredEvent) -> None:
    if not event.procedure:
        return  # a card on an officer-day belongs to no case
    body = event.body
    row = rows.setdefault((event.subject,), {"situation": {}})
    if event.type not in ACTS:
        row["situation"] = {**row["situation"], "recorded": event.recorded_at}
        return
    if event.type == OPENED:
        row |= {"number": body["number"], "procedure": event.procedure, "edition": event.under,
                "opened_at": ledger.instant(event.occurred_at), "variant": body["variant"],
                "opened_by": event.organization, "promise": body.get("promise", {}),
                **{name: body.get(name, "") for name in ("item", "title", "town")}}  # fmt: skip
    if event.type == CORRECTED and body["corrects"] == 1:
        row["opened_at"] = ledger.instant(event.occurred_at)
    if event.type == MIGRATED:
        row["edition"] = event.under
    row |= {"state": body["state"], "organization": body["organization"],
            "closed_at": ledger.instant(body.get("closed"))}  # fmt: skip
    row["situation"] = _situation(row["situation"], event, body)


def _situation(before: dict[str, Any], event: StoredEvent, body: dict[str, Any]) -> dict[str, Any]:
    """What the engine keeps of the case, as the event left it."""
    known: dict[str, Any] = {"deemed": before.get("deemed", []), "last": before.get("last", 0)}
    if event.type in (OPENED, PERFORMED, CORRECTED, DEEMED):
        known["last"] = max(known["last"], event.occurred_at or 0, body.get("passed_at", 0))
    if event.type in (DEEMED, UNDEEMED):
        entry, listed = [body["act"], event.occurred_at, body["passed_at"]], known["deemed"]
        others = [each for each in listed if each != entry]
        known["deemed"] = sorted(
            [*others, entry] if event.type == DEEMED else others, key=lambda each: (each[2], each[1], each[0])
        )
    return known | {"done": body["done"], "joints": body.get("joints", {}), "recorded": event.recorded_at}


def _outside(rows: Rows, event: StoredEvent) -> None:
    body = event.body
    numbers = body.get("outside", {}) if event.type == OPENED else {body["kind"]: body["number"]}
    for kind, number in numbers.items():
        rows[kind, number] = {"case_id": event.subject}


def _parties(rows: Rows, event: StoredEvent) -> None:
    for relation, party in event.body.get("parties", {}).items():
        rows[event.subject, relation] = {"party": party}


def _concerns(rows: Rows, event: StoredEvent) -> None:
    if event.type == CONCERNED:  # said anew, whole
        for key in [key for key in rows if key[0] == event.subject]:
            del rows[key]
    for concern in event.body.get("concerns", []):
        rows[(event.subject, *about.apart(concern))] = {}


def _asked(rows: Rows, event: StoredEvent) -> None:
    for group in event.body.get("joints", {}).values():
        for organization in group["asked"]:
            rows[event.subject, organization] = {}


def _clock(rows: Rows, event: StoredEvent) -> None:
    body = event.body
    if event.type == VANISHED:
        rows.pop((event.subject, body["clock"], body["ordinal"]), None)
        return
    at: dict[str, Any] = {
        name: ledger.instant(body[name]) for name in ("start", "due", "promise", "paused", "end")
    }
    rows[event.subject, body["clock"], body["ordinal"]] = {
        "organization": body["organization"], "started_at": at["start"], "due_at": at["due"],
        "promised_at": at["promise"], "paused_at": at["paused"], "ended_at": at["end"], "ending": body["ending"],
        **{name: body.get(name) for name in MOVED_BY},
    }  # fmt: skip


def _card(rows: Rows, event: StoredEvent) -> None:
    body = event.body
    key = (body["card"],)
    if event.type == WITHDRAWN:
        rows[key] |= {"withdrawn_at": ledger.instant(event.recorded_at), "withdrawn_for": _cause(event)}
        return
    rows[key] = {
        "case": event.subject, "rule": body["rule"], "level": body["level"], "at": ledger.instant(body["at"]),
        "organization": body["to"], "detail": body["detail"], "occurrence": body["occurrence"],
        "edition": event.under, "issued_at": ledger.instant(event.recorded_at), "withdrawn_at": None,
        "withdrawn_for": None,
    }  # fmt: skip


def _cause(event: StoredEvent) -> uuid.UUID | None:
    return None if event.caused_by is None else uuid.UUID(event.caused_by)


PROJECTIONS = [
    Projection(
        "cases_case", ("id",),
        ("number", "procedure", "edition", "variant", "opened_at", "closed_at", "state", "organization", "situation",
         "opened_by", "promise", "item", "title", "town"),
        (*ACTS, NUMBERED, CONCERNED, MOVED, REDETERMINED, VANISHED, ISSUED, WITHDRAWN), _case,
    ),
    Projection("cases_outside_number", ("kind", "number"), ("case_id",), (OPENED, NUMBERED), _outside),
    Projection("cases_party", ("case_id", "relation"), ("party",), (OPENED,), _parties),
    Projection("cases_concern", ("case_id", "organization", "post"), (), (OPENED, CONCERNED), _concerns),
    Projection("cases_asked", ("case_id", "organization"), (), ACTS, _asked),
    Projection(
        "clocks_clock", ("case", "clock", "ordinal"),
        ("organization", "started_at", "due_at", "promised_at", "paused_at", "ended_at", "ending", *MOVED_BY),
        (MOVED, REDETERMINED, VANISHED), _clock,
    ),
    Projection(
        "supervision_card", ("id",),
        ("case", "rule", "edition", "level", "occurrence", "at", "organization", "detail", "issued_at", "withdrawn_at",
         "withdrawn_for"),
        (ISSUED, WITHDRAWN), _card,
    ),
]  # fmt: skip
