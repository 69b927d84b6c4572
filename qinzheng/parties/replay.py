"""How the tables of parties follow from the ledger, for ``ledger verify --projections``.

What was sealed is compared by its commitment, so that a record changed by somebody who has the key is found too.
"""

from __future__ import annotations

from typing import Any

from qinzheng.ledger import actions as ledger
from qinzheng.ledger.projections import Projection, Rows
from qinzheng.ledger.queries import StoredEvent
from qinzheng.parties import events

BEGUN: dict[str, Any] = {"merged_into_id": None, "restricted_at": None, "erased_at": None}
COLUMNS = ("kind", "town", "credit_class", "commitment", "created_at", *BEGUN)
TYPES = (
    events.REGISTERED, events.CHANGED, events.CREDIT_CHANGED, events.MERGED, events.UNMERGED, events.RESTRICTED,
    events.RELEASED, events.ERASED,
)  # fmt: skip


def _party(rows: Rows, event: StoredEvent) -> None:
    key, body, at = (event.subject,), event.body, ledger.instant(event.recorded_at)
    if event.type == events.REGISTERED:
        told = {name: body[name] for name in ("kind", "town", "credit_class", "commitment")}
        rows[key] = BEGUN | told | {"created_at": at}
    elif event.type == events.CHANGED:
        rows[key] |= {name: body[name] for name in ("town", "commitment") if name in body}
    elif event.type == events.CREDIT_CHANGED:
        rows[key]["credit_class"] = body["after"]
    elif event.type == events.MERGED and "into" in body:
        rows[key]["merged_into_id"] = body["into"]
    elif event.type == events.UNMERGED and "out_of" in body:
        rows[key]["merged_into_id"] = None
    elif event.type == events.RESTRICTED:
        rows[key]["restricted_at"] = at
    elif event.type == events.RELEASED:
        rows[key]["restricted_at"] = None
    elif event.type == events.ERASED:
        rows[key] |= {"commitment": "", "erased_at": at}


def _text(rows: Rows, event: StoredEvent) -> None:
    if event.type == events.TEXT_KEPT:
        rows[event.subject,] = {
            "subject": event.body["subject"],
            "commitment": event.body["commitment"],
        }
    else:
        rows[event.subject,]["commitment"] = ""


def _listing(rows: Rows, event: StoredEvent) -> None:
    key = (event.subject, event.body["list"], event.body["year"])
    if event.type == events.LISTED:
        rows[key] = {}
    else:
        del rows[key]


def _consent(rows: Rows, event: StoredEvent) -> None:
    at = ledger.instant(event.recorded_at)
    key = (event.subject, event.body["purpose"])
    if event.type == events.CONSENTED:
        rows[key] = {"given_at": at, "withdrawn_at": None}
    else:
        rows[key]["withdrawn_at"] = at


PROJECTIONS = [
    Projection("parties_party", ("id",), COLUMNS, TYPES, _party),
    Projection(
        "parties_sealed_text", ("id",), ("subject", "commitment"), (events.TEXT_KEPT, events.TEXT_ERASED), _text
    ),
    Projection(
        "parties_consent", ("party_id", "purpose"), ("given_at", "withdrawn_at"),
        (events.CONSENTED, events.WITHDRAWN), _consent,
    ),
    Projection("parties_listing", ("party_id", "code", "year"), (), (events.LISTED, events.UNLISTED), _listing),
]  # fmt: skip
