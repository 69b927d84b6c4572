"""The ledger: events sequenced a second, proof time and size at 10 M events, offline verification.

    python -m benchmarks.ledger [--events 100000] [--size 10000000]

Sequencing and verification run on a real server with ``--events``; proofs on a tree of ``--size`` synthetic leaves
held as tiles in memory (one tile read is one look-up, in the database one indexed row).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import os
import statistics
import tempfile
import time
from pathlib import Path

from qinzheng.ledger.merkle import WIDTH, Tiles, Tree, verify_consistency, verify_inclusion
from qinzheng.operations import console, database


def proofs(size: int) -> None:
    """Print proof times over a tree of ``size`` leaves."""
    tree = Tree("sha256")
    levels: list[list[bytes]] = [[hashlib.sha256(n.to_bytes(8, "big")).digest() for n in range(size)]]
    while len(levels[-1]) >= WIDTH:
        below = levels[-1]
        level = []
        for begin in range(0, len(below) // WIDTH * WIDTH, WIDTH):
            part = below[begin : begin + WIDTH]
            while len(part) > 1:
                part = [tree.node(part[i], part[i + 1]) for i in range(0, len(part), 2)]
            level.append(part[0])
        levels.append(level)

    def read(level: int, index: int) -> bytes:
        return b"".join(levels[level][index * WIDTH : (index + 1) * WIDTH])

    root = Tiles(tree, size, read).root()
    made, checked, lengths = [], [], []
    for k in range(200):
        index = k * (size // 200)
        began = time.perf_counter()
        proof = Tiles(tree, size, read).inclusion(index, size)
        made.append(time.perf_counter() - began)
        began = time.perf_counter()
        assert verify_inclusion(tree, levels[0][index], index, size, proof, root)
        checked.append(time.perf_counter() - began)
        lengths.append(len(proof) * 32)
    old = size // 3
    began = time.perf_counter()
    proof = Tiles(tree, size, read).consistency(old, size)
    took = time.perf_counter() - began
    assert verify_consistency(tree, old, size, proof, Tiles(tree, size, read).root(old), root)
    print(f"| inclusion proof at {size:,}: made, median (max) | {_ms(made)} ms |")
    print(f"| … checked | {_ms(checked)} ms |")
    print(f"| … size | {max(lengths)} bytes |")
    print(f"| consistency proof {old:,} → {size:,} | {took * 1000:.2f} ms, {len(proof) * 32} bytes |")


def _ms(times: list[float]) -> str:
    return f"{statistics.median(times) * 1000:.2f} ({max(times) * 1000:.2f})"


def throughput(events: int) -> None:
    """Print appended, sequenced and verified events a second."""
    from qinzheng.ledger import actions, export, sequencer, verifier
    from qinzheng.ledger.envelope import NewEvent

    stamp = actions.instant(1_700_000_000_000_000)
    assert stamp is not None
    body = {"act": "受理", "state": "accepted", "form": {"days": 5}, "organization": "住建局"}
    began = time.perf_counter()
    for begin in range(0, events, 10_000):
        actions.copy_in(
            [
                actions.row(
                    NewEvent(type="cases.performed", subject=f"case-{n // 8}", body=body), n % 8 + 1, stamp
                )
                for n in range(begin, min(begin + 10_000, events))
            ]
        )
    print(f"| bulk append (COPY) | {events / (time.perf_counter() - began):,.0f} events/s |")
    began = time.perf_counter()
    assert sequencer.sequence_all() == events
    print(
        f"| sequenced (positions, leaf hashes, tiles) | {events / (time.perf_counter() - began):,.0f} events/s |"
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export.jsonl"
        export.write(file)
        began = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            assert verifier.main([str(file)]) == 0
        rate = events / (time.perf_counter() - began)
    print(
        f"| offline verification, one core | {rate:,.0f} events/s; 10 M in {10_000_000 / rate / 60:.1f} min (extrapolated) |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=10_000_000)
    options = parser.parse_args()
    print("| figure | value |\n|---|---|")
    with database.temporary(configuration={"max_wal_size": "'2GB'"}) as cluster:
        os.environ["DATABASE_URL"] = cluster.url()
        console.ready()
        throughput(options.events)
    proofs(options.size)


if __name__ == "__main__":
    main()
