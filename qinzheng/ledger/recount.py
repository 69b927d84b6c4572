"""The log's own tables, recounted from the events: positions, leaf hashes, tiles, and how far the sequencer came.

They are caches of what the events say. A row that was put behind the cursor would be read by screens and stand in
no proof; a changed tile would be found by nobody until the next checkpoint is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from qinzheng.ledger import envelope, queries
from qinzheng.ledger.merkle import WIDTH, Tree
from qinzheng.ledger.projections import A_ROW, Difference


def check() -> Iterator[Difference]:
    """Every difference between the log's tables and the events."""
    hash, size = queries.head()
    tree, peaks, count = Tree(hash), list[bytes](), 0
    levels: list[list[bytes]] = [[]]
    full: list[int] = [0]
    for position, held, event in queries.sequenced():
        leaf = tree.leaf(envelope.leaf(event.fields()))
        if position != count:
            yield Difference("ledger_position", (position,), "position", count, position)
        if held != leaf:
            yield Difference("ledger_position", (position,), "leaf", leaf.hex(), held.hex())
        tree.push(peaks, count, leaf)
        count += 1
        yield from _grow(tree, levels, full, 0, leaf)
    for level, hashes in enumerate(levels):
        if hashes:
            yield from _tile(level, full[level], hashes)
    yield from _head(tree, peaks, size, count)
    yield from _extra_tiles([number + bool(hashes) for number, hashes in zip(full, levels, strict=True)])
    yield from _skipped()


def _grow(
    tree: Tree, levels: list[list[bytes]], full: list[int], level: int, hash: bytes
) -> Iterator[Difference]:
    """Add a hash to a level; a tile that fills up is compared and adds one to the level above."""
    if level == len(levels):
        levels.append([])
        full.append(0)
    levels[level].append(hash)
    if len(levels[level]) < WIDTH:
        return
    hashes, levels[level] = levels[level], []
    yield from _tile(level, full[level], hashes)
    full[level] += 1
    while len(hashes) > 1:
        hashes = [tree.node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    yield from _grow(tree, levels, full, level + 1, hashes[0])


def _tile(level: int, index: int, hashes: list[bytes]) -> Iterator[Difference]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT hashes FROM ledger_tile WHERE level = %s AND index = %s", [level, index])
        found = cursor.fetchone()
    if found is None or bytes(found[0]) != b"".join(hashes):
        held = None if found is None else bytes(found[0]).hex()
        yield Difference("ledger_tile", (level, index), "hashes", b"".join(hashes).hex(), held)


def _extra_tiles(numbers: list[int]) -> Iterator[Difference]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT level, index FROM ledger_tile ORDER BY level, index")
        for level, index in cursor.fetchall():
            if not 0 <= index < (numbers[level] if 0 <= level < len(numbers) else 0):
                yield Difference("ledger_tile", (level, index), "*", None, A_ROW)


def _head(tree: Tree, peaks: list[bytes], size: int, count: int) -> Iterator[Difference]:
    if size != count:
        yield Difference("ledger_head", (), "size", count, size)
    with connection.cursor() as cursor:
        cursor.execute("SELECT peaks FROM ledger_head")
        found = cursor.fetchone()
    held = bytes(found[0]) if found else b""
    if held != b"".join(peaks):
        yield Difference("ledger_head", (), "peaks", b"".join(peaks).hex(), held.hex())


def _skipped() -> Iterator[Difference]:
    """Events behind the cursor that have no position: they were never hashed into the log."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.subject, e.subject_seq FROM ledger_event e, ledger_head h "
            "WHERE (e.row <= h.floor OR (e.transaction, e.row) <= (h.transaction, h.row)) "
            "AND NOT EXISTS (SELECT 1 FROM ledger_position p WHERE p.event_id = e.row) ORDER BY e.row"
        )
        for subject, seq in cursor.fetchall():
            yield Difference("ledger_position", (subject, seq), "*", A_ROW, None)
