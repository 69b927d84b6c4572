"""The log as a file: one JSON line an event, in the order of positions, that the offline verifier reads."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qinzheng.ledger import checkpoint, queries, witnessed


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
    """Write the export, gzipped where the name ends in .gz; returns the number of events.

    A file that is there is replaced only when the new one is whole. Raises OSError.
    """
    part = path.with_name(f"{path.name}.part")
    count = -1
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(part, "wt", encoding="utf-8", newline="\n") as file:
            for text in lines():
                file.write(text + "\n")
                count += 1
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def receipt(event_id: str, note: str) -> dict[str, Any] | None:
    """A proof that one event is in the log under a checkpoint; None where it is not (yet).

    Raises :class:`~qinzheng.ledger.checkpoint.BadCheckpoint` where the log is not any more what the checkpoint says.
    """
    held = checkpoint.parse(note)
    tiles = witnessed.tiles_of(held)
    found = queries.position_of(event_id)
    if found is None or found[0] >= held.size:
        return None
    position, event = found
    return {
        "event": line(position, event),
        "proof": [base64.b64encode(hash).decode() for hash in tiles.inclusion(position, held.size)],
        "checkpoint": note,
    }
