"""Crash drill: writers and the database server are killed with -9 while acts are performed.

    python -m benchmarks.crash [--kills 100]

Writers note each acknowledged act on disk after it returned. Afterwards: nothing acknowledged is lost, nothing is
half done (every table is what the ledger says), no subject's order has a gap, and the log is contiguous.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import psycopg

from qinzheng.operations import console, database

WRITERS = 3


def write(notes: Path) -> None:
    """Open and answer letters for ever; one line an acknowledged act."""
    from qinzheng.cases import actions as cases
    from qinzheng.cases.engine import Who

    clerk, handler = Who("k", "A市", "clerk"), Who("h", "A市", "handler")
    with notes.open("a", encoding="ascii") as file:
        while True:
            done = cases.open_case("letters.reply", "submit", clerk, {})
            file.write(f"{done.event}\n")
            file.flush()
            done = cases.perform(done.case, "reply", handler, {})
            file.write(f"{done.event}\n")
            file.flush()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        console.ready()
        write(options.write)
    with database.temporary() as cluster, tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = cluster.url()
        console.ready()
        return drill(cluster, Path(folder), options.kills)


def drill(cluster: database.Cluster, folder: Path, kills: int) -> int:
    """Kill, restart, and at the end count."""
    from django.db import connection

    from qinzheng import wiring
    from qinzheng.definitions import actions
    from qinzheng.definitions.library import Library, default_root
    from qinzheng.ledger import projections, queries, sequencer

    root = default_root()
    actions.load(Library.read([root], wiring.KINDS), root, "drafter")
    actions.publish(actions.drafts(), "publisher")
    connection.close()
    chance = random.Random(1)
    writers: dict[int, subprocess.Popen[bytes]] = {}
    notes: dict[int, Path] = {}
    servers = 0
    for number in range(kills):
        for n in range(WRITERS):
            if n not in writers or writers[n].poll() is not None:
                notes[n] = folder / f"notes-{number}-{n}"
                command = [sys.executable, "-m", "benchmarks.crash", "--write", str(notes[n])]
                writers[n] = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_for(notes.values())
        time.sleep(chance.uniform(0.5, 1.5))
        if number % 5 == 4:
            servers += 1
            kill_server(cluster)
        else:
            writers[chance.randrange(WRITERS)].send_signal(signal.SIGKILL)
    for writer in writers.values():
        writer.kill()
        writer.wait()
    sequencer.sequence_all()
    acknowledged = {
        line for note in folder.glob("notes-*") for line in note.read_text().split("\n") if len(line) == 36
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM ledger_event")
        stored = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "SELECT count(*) FROM (SELECT subject FROM ledger_event GROUP BY subject HAVING max(subject_seq) <> count(*)) gaps"
        )
        gaps = cursor.fetchone()[0]
        cursor.execute("SELECT count(*), coalesce(max(position) + 1, 0) FROM ledger_position")
        count, end = cursor.fetchone()
    lost, halves = len(acknowledged - stored), sum(1 for _ in projections.check())
    print(f"kills: {kills} ({servers} of the server); acknowledged acts: {len(acknowledged)}; lost: {lost}; "
          f"rows unlike the ledger: {halves}; subjects with gaps: {gaps}; positions: {count} of {end}, log of {queries.head()[1]}")  # fmt: skip
    return 0 if (lost, halves, gaps) == (0, 0, 0) and count == end == len(stored) else 1


def wait_for(notes: Iterable[Path]) -> None:
    """Until every writer has written: a kill while it starts would prove nothing."""
    for note in notes:
        for _ in range(600):
            if note.exists() and note.stat().st_size:
                break
            time.sleep(0.1)
        else:
            raise SystemExit("a writer did not come to write")


def kill_server(cluster: database.Cluster) -> None:
    """Kill the postmaster with -9, wait for its children to notice, start it again."""
    pid = int((cluster.data / "postmaster.pid").read_text().split("\n")[0])
    os.kill(pid, signal.SIGKILL)
    for _ in range(50):
        time.sleep(0.2)
        try:
            cluster.start()
            psycopg.connect(cluster.url()).close()
        except (database.DatabaseUnavailable, psycopg.OperationalError):
            continue
        return
    raise SystemExit("the server did not come back")


if __name__ == "__main__":
    raise SystemExit(main())
