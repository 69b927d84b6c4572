"""What the ledger says of packets and their entries, to be compared with the tables; and that each record is as its last version."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from qinzheng.exchange.upward.answers import ACKNOWLEDGED, REJECTED, RETURNED
from qinzheng.exchange.upward.building import BUILT
from qinzheng.exchange.upward.sending import SENT
from qinzheng.ledger.projections import Difference, Projection, Rows
from qinzheng.ledger.queries import StoredEvent

TYPES = (BUILT, SENT, RETURNED, ACKNOWLEDGED, REJECTED)


def _packet(rows: Rows, event: StoredEvent) -> None:
    key, body = (event.subject.removeprefix("packet:"),), event.body
    if event.type == BUILT:
        rows[key] = {
            "report": body["report"], "dataset": body["dataset"], "sequence": body["sequence"], "previous": body["previous"],
            "digest": body["digest"], "records": len(body["records"]), "state": "built",
        }  # fmt: skip
        return
    row = rows[key]
    if event.type in (SENT, RETURNED):
        row["state"] = "sent" if event.type == SENT else "built"
    elif not body["rejected"]:
        row["state"] = "acknowledged"
    else:
        row["state"] = "rejected" if len(body["rejected"]) == row["records"] else "partly"


def _entry(rows: Rows, event: StoredEvent) -> None:
    packet, body = event.subject.removeprefix("packet:"), event.body
    if event.type == BUILT:
        for record, version, _, _ in body["records"]:
            rows[packet, record] = {"version": version, "outcome": "waiting", "code": "", "field": ""}
        return
    rejected = {record: (code, field) for record, _, code, field in body["rejected"]}
    for (of, record), row in rows.items():
        if of == packet:
            row["outcome"] = "rejected" if record in rejected else "acknowledged"
            row["code"], row["field"] = rejected.get(record, ("", ""))


PROJECTIONS = [
    Projection(
        "exchange_packet", ("id",), ("report", "dataset", "sequence", "previous", "digest", "records", "state"), TYPES, _packet
    ),
    Projection(
        "exchange_entry", ("packet_id", "record_id"), ("version", "outcome", "code", "field"),
        (BUILT, ACKNOWLEDGED, REJECTED), _entry,
    ),
]  # fmt: skip

_ASTRAY = """
SELECT r.id, r.version, r.state, coalesce(e.version, 0), e.outcome FROM exchange_record r
LEFT JOIN LATERAL (
    SELECT version, outcome FROM exchange_entry WHERE record_id = r.id ORDER BY version DESC LIMIT 1
) AS e ON true
WHERE r.version <> coalesce(e.version, 0) OR (r.state <> 'held' AND r.state IS DISTINCT FROM e.outcome)
ORDER BY r.id
"""


def check() -> Iterator[Difference]:
    """Records that are not as their last version: a row edited by hand."""
    with connection.cursor() as cursor:
        cursor.execute(_ASTRAY)
        for id, version, state, last, outcome in cursor.fetchall():
            yield Difference("exchange_record", (id,), "version, state", (last, outcome), (version, state))
