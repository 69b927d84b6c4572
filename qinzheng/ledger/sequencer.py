"""The sequencer: gives committed events their contiguous positions and extends the Merkle log.

It reads by a cursor on (transaction id, row) and stops at the oldest transaction still running, so
that an event that commits late is not skipped. Events themselves are never updated.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection, transaction

from qinzheng.ledger import actions, crypto, envelope, queries
from qinzheng.ledger.merkle import WIDTH, Tree

LOCK = 0x716E_7A68
"""The advisory lock that makes the sequencer one."""
BATCH = 5_000


def sequence_once(batch: int = BATCH) -> int:
    """Sequence one batch; returns how many events got a position. 0 too where another sequencer runs."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        head = _head(cursor)
        cursor.execute(
            f"SELECT transaction, row, {', '.join(actions.COLUMNS)} FROM ledger_event "
            "WHERE (transaction, row) > (%s, %s) "
            "AND transaction < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint "
            "ORDER BY transaction, row LIMIT %s",
            [head["transaction"], head["row"], batch],
        )
        found = cursor.fetchall()
        if found:
            _extend(cursor, head, found)
        return len(found)


def sequence_all() -> int:
    """Sequence everything that is committed; returns how many events got a position."""
    total = 0
    while done := sequence_once():
        total += done
    return total


def _head(cursor: Any) -> dict[str, Any]:
    hash = crypto.SUITES[settings.CRYPTO][0]
    cursor.execute(
        "INSERT INTO ledger_head (one, hash, size, peaks, transaction, row) VALUES (true, %s, 0, '', 0, 0) "
        "ON CONFLICT DO NOTHING",
        [hash],
    )
    cursor.execute("SELECT hash, size, peaks, transaction, row FROM ledger_head")
    return dict(zip(("hash", "size", "peaks", "transaction", "row"), cursor.fetchone(), strict=True))


def _extend(cursor: Any, head: dict[str, Any], found: list[tuple[Any, ...]]) -> None:
    tree = Tree(head["hash"])
    raw = bytes(head["peaks"])
    peaks = [raw[i : i + 32] for i in range(0, len(raw), 32)]
    size = head["size"]
    leaves: list[bytes] = []
    for row in found:
        leaf = tree.leaf(envelope.leaf(queries.stored(row[2:]).fields()))
        tree.push(peaks, size + len(leaves), leaf)
        leaves.append(leaf)
    with cursor.copy("COPY ledger_position (position, event_id, leaf) FROM STDIN") as copy:
        for offset, (row, leaf) in enumerate(zip(found, leaves, strict=True)):
            copy.write_row((size + offset, row[1], leaf))
    _write_tiles(cursor, tree, 0, size, leaves)
    cursor.execute(
        "UPDATE ledger_head SET size = %s, peaks = %s, transaction = %s, row = %s",
        [size + len(leaves), b"".join(peaks), found[-1][0], found[-1][1]],
    )


def _write_tiles(cursor: Any, tree: Tree, level: int, size: int, hashes: list[bytes]) -> None:
    """Append hashes to a level that holds ``size``; every tile that fills up adds one to the level above."""
    first = size // WIDTH
    cursor.execute("SELECT hashes FROM ledger_tile WHERE level = %s AND index = %s", [level, first])
    held = cursor.fetchone()
    raw = (bytes(held[0]) if held else b"") + b"".join(hashes)
    rows, full = [], []
    for start in range(0, len(raw), WIDTH * 32):
        part = raw[start : start + WIDTH * 32]
        rows.append((level, first + start // (WIDTH * 32), part))
        if len(part) == WIDTH * 32:
            full.append(part)
    cursor.executemany(
        "INSERT INTO ledger_tile (level, index, hashes) VALUES (%s, %s, %s) "
        "ON CONFLICT (level, index) DO UPDATE SET hashes = excluded.hashes",
        rows,
    )
    if full:
        _write_tiles(cursor, tree, level + 1, first, [_root(tree, part) for part in full])


def _root(tree: Tree, part: bytes) -> bytes:
    level = [part[i : i + 32] for i in range(0, len(part), 32)]
    while len(level) > 1:
        level = [tree.node(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]
