"""The sequencer: gives committed events their contiguous positions and extends the Merkle log.

It reads by a cursor on (transaction id, row) and stops at the oldest transaction still running, so
that an event that commits late is not skipped. Events themselves are never updated.

Transaction ids are a cluster's own: where a backup was restored into another cluster they begin anew, and the
cursor would stand for ever before every new event. The head names its cluster; in another one the sequencer
first takes everything that has no position, and begins a new cursor above the rows that it found.
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
HEAD = ("hash", "size", "peaks", "transaction", "row", "cluster", "floor")


def sequence_once(batch: int = BATCH) -> int:
    """Sequence one batch; returns how many events got a position. 0 too where another sequencer runs."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cluster = _cluster(cursor)
        head = _head(cursor, cluster)
        at_home = head["cluster"] == cluster
        found = _next(cursor, head, batch) if at_home else _left(cursor, batch)
        if found:
            _extend(cursor, head, found)
        if not at_home and len(found) < batch:
            cursor.execute(
                "UPDATE ledger_head SET cluster = %s, transaction = 0, row = 0, "
                "floor = (SELECT coalesce(max(row), 0) FROM ledger_event)",
                [cluster],
            )
        return len(found)


def _next(cursor: Any, head: dict[str, Any], batch: int) -> list[tuple[Any, ...]]:
    """What was committed since, in the order of (transaction, row)."""
    cursor.execute(
        f"SELECT transaction, row, {', '.join(actions.COLUMNS)} FROM ledger_event "
        "WHERE (transaction, row) > (%s, %s) AND row > %s "
        "AND transaction < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint "
        "ORDER BY transaction, row LIMIT %s",
        [head["transaction"], head["row"], head["floor"], batch],
    )
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _left(cursor: Any, batch: int) -> list[tuple[Any, ...]]:
    """What has no position after a restore. The lock waits for writers, so that no row can come in below the floor."""
    cursor.execute("LOCK TABLE ledger_event IN SHARE MODE")
    cursor.execute(
        f"SELECT transaction, row, {', '.join(actions.COLUMNS)} FROM ledger_event AS e "
        "WHERE NOT EXISTS (SELECT 1 FROM ledger_position WHERE event_id = e.row) ORDER BY row LIMIT %s",
        [batch],
    )
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _cluster(cursor: Any) -> str:
    """What transaction ids are counted in: the cluster, and the database, which a restore makes anew."""
    cursor.execute(
        "SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || oid "
        "FROM pg_database WHERE datname = current_database()"
    )
    return str(cursor.fetchone()[0])


def sequence_all() -> int:
    """Sequence everything that is committed; returns how many events got a position."""
    total = 0
    while done := sequence_once():
        total += done
    return total


def _head(cursor: Any, cluster: str) -> dict[str, Any]:
    hash = crypto.SUITES[settings.CRYPTO][0]
    cursor.execute("SELECT " + ", ".join(HEAD) + " FROM ledger_head")
    found = cursor.fetchone()
    if found is None:
        found = (hash, 0, b"", 0, 0, cluster, 0)
        cursor.execute(
            f"INSERT INTO ledger_head (one, {', '.join(HEAD)}) VALUES (true, %s, %s, %s, %s, %s, %s, %s)",
            found,
        )
    return dict(zip(HEAD, found, strict=True))


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
