"""Events as the API shows them: what the ledger holds, without kept texts and without references to persons."""

from __future__ import annotations

from typing import Any

from qinzheng.cases.about import SEALED
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.queries import StoredEvent

INNER = frozenset({"done", "joints", "parties", "concerns"})
"""What a body says for our own tables, and whom a case is about: neither is for a feed."""
PARTY = "party:"


def plain(event: StoredEvent) -> dict[str, Any]:
    """One event as :class:`~qinzheng.web.api.shapes.Event`."""
    body = {name: value for name, value in event.body.items() if name not in INNER}
    kept: list[str] = []
    if isinstance(body.get("form"), dict):
        body["form"], kept = shown(body["form"])
    return {
        "id": event.id, "type": event.type, "kind": event.kind, "subject": event.subject, "seq": event.subject_seq,
        "procedure": event.procedure, "organization": event.organization, "actor": event.actor,
        "occurred_at": ledger.instant(event.occurred_at), "precision": event.precision,
        "reported_at": ledger.instant(event.reported_at), "recorded_at": ledger.instant(event.recorded_at),
        "caused_by": event.caused_by, "body": body, "kept": kept,
    }  # fmt: skip


def shown(form: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A form without what is kept sealed, and the names of the fields left out."""
    kept = sorted(name for name, value in form.items() if _is_reference(value))
    return {name: value for name, value in form.items() if name not in kept}, kept


def _is_reference(value: Any) -> bool:
    if isinstance(value, list):
        return any(_is_reference(part) for part in value)
    return isinstance(value, str) and value.startswith((SEALED, PARTY))
