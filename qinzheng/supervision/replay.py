"""How the tables of cases, clocks and cards follow from the ledger: for ``verify --projections``."""

from __future__ import annotations

from typing import Any

from qinzheng.cases.actions import DEEMED, MIGRATED, OPENED, PERFORMED
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.projections import Projection, Rows
from qinzheng.ledger.queries import StoredEvent
from qinzheng.supervision.live import ISSUED, MOVED, REDETERMINED, VANISHED, WITHDRAWN


def _case(rows: Rows, event: StoredEvent) -> None:
    body = event.body
    row = rows.setdefault((event.subject,), {})
    if event.type == OPENED:
        row |= {"number": body["number"], "procedure": event.procedure, "edition": event.under,
                "opened_at": ledger.instant(event.occurred_at)}  # fmt: skip
    if event.type == MIGRATED:
        row["edition"] = event.under
    row |= {"state": body["state"], "organization": body["organization"]}


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
    }  # fmt: skip


def _card(rows: Rows, event: StoredEvent) -> None:
    body = event.body
    key = (body["card"],)
    if event.type == WITHDRAWN:
        rows[key]["withdrawn_at"] = ledger.instant(event.recorded_at)
        return
    rows[key] = {
        "case": event.subject, "rule": body["rule"], "level": body["level"], "at": ledger.instant(body["at"]),
        "organization": body["to"], "detail": body["detail"], "withdrawn_at": None,
    }  # fmt: skip


PROJECTIONS = [
    Projection(
        "cases_case", ("id",), ("number", "procedure", "edition", "opened_at", "state", "organization"),
        (OPENED, PERFORMED, DEEMED, MIGRATED), _case,
    ),
    Projection(
        "clocks_clock", ("case", "clock", "ordinal"),
        ("organization", "started_at", "due_at", "promised_at", "paused_at", "ended_at", "ending"), (MOVED, REDETERMINED, VANISHED), _clock,
    ),
    Projection(
        "supervision_card", ("id",), ("case", "rule", "level", "at", "organization", "detail", "withdrawn_at"),
        (ISSUED, WITHDRAWN), _card,
    ),
]  # fmt: skip
