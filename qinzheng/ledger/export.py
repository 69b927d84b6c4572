"""The log as a file: one JSON line an event, in the order of positions, that the offline verifier reads."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qinzheng.ledger import queries


def line(position: int, event: queries.StoredEvent) -> dict[str, Any]:
    """One event as the export writes it; the body as its exact bytes in base64."""
    fields = event.fields()
    fields["body"] = base64.b64encode(event.raw).decode()
    return {"position": position, **fields}


def lines() -> Iterator[str]:
    """The head line, then every sequenced event."""
    hash, size = queries.head()
    yield json.dumps({"format": "qinzheng.ledger.1", "hash": hash, "size": size})
    for position, _, event in queries.sequenced():
        if position >= size:
            return
        yield json.dumps(line(position, event), ensure_ascii=False)


def write(path: Path) -> int:
    """Write the export, gzipped where the name ends in .gz; returns the number of events."""
    count = -1
    with (
        gzip.open(path, "wt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open("w", encoding="utf-8") as file
    ):
        for text in lines():
            file.write(text + "\n")
            count += 1
    return count


def receipt(event_id: str, note: str, size: int) -> dict[str, Any] | None:
    """A proof that one event is in the log under a checkpoint; None where it is not (yet)."""
    found = queries.position_of(event_id)
    if found is None or found[0] >= size:
        return None
    position, event = found
    proof = queries.tiles(size).inclusion(position, size)
    return {
        "event": line(position, event),
        "proof": [base64.b64encode(hash).decode() for hash in proof],
        "checkpoint": note,
    }
