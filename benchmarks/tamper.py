"""Tamper drill: a database superuser alters the ledger; the checkpoint held outside finds it.

    python -m benchmarks.tamper [--times 1000]

Each alteration is made in a transaction with the triggers switched off, exported, verified offline, and rolled
back. Printed: found of made, by kind, and how near the named position was.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from qinzheng.operations import console, database

EVENTS, EVERY = 400, 50


def edit(cursor: Any, at: int) -> None:
    cursor.execute("UPDATE ledger_event SET body = '{\"n\":-1}' WHERE row = %s", [at])


def back_date(cursor: Any, at: int) -> None:
    cursor.execute(
        "UPDATE ledger_event SET recorded_at = recorded_at - interval '3 days' WHERE row = %s", [at]
    )


def claim_earlier(cursor: Any, at: int) -> None:
    cursor.execute("UPDATE ledger_event SET occurred_at = '2020-01-01' WHERE row = %s", [at])


def replace_actor(cursor: Any, at: int) -> None:
    cursor.execute("UPDATE ledger_event SET actor = 'another' WHERE row = %s", [at])


def delete(cursor: Any, at: int) -> None:
    cursor.execute("DELETE FROM ledger_position WHERE event_id = %s RETURNING position", [at])
    position = cursor.fetchone()[0]
    cursor.execute("DELETE FROM ledger_event WHERE row = %s", [at])
    cursor.execute("UPDATE ledger_position SET position = -position WHERE position > %s", [position])
    cursor.execute("UPDATE ledger_position SET position = -position - 1 WHERE position < 0")
    cursor.execute("UPDATE ledger_head SET size = size - 1")


def insert(cursor: Any, at: int) -> None:
    cursor.execute("SELECT position FROM ledger_position WHERE event_id = %s", [at])
    position = cursor.fetchone()[0]
    cursor.execute("UPDATE ledger_position SET position = -position - 1 WHERE position >= %s", [position])
    cursor.execute("UPDATE ledger_position SET position = -position WHERE position < 0")
    cursor.execute(
        "INSERT INTO ledger_event (id, subject, subject_seq, type, kind, procedure, organization, actor, occurred_at, "
        "precision, reported_at, recorded_at, under, caused_by, body) SELECT gen_random_uuid(), 'forged', 1, type, kind, "
        "procedure, organization, actor, occurred_at, precision, reported_at, recorded_at, under, caused_by, body "
        "FROM ledger_event WHERE row = %s RETURNING row",
        [at],
    )
    row = cursor.fetchone()[0]
    cursor.execute(
        "INSERT INTO ledger_position (position, event_id, leaf) VALUES (%s, %s, '')", [position, row]
    )
    cursor.execute("UPDATE ledger_head SET size = size + 1")


def swap(cursor: Any, at: int) -> None:
    cursor.execute("SELECT position FROM ledger_position WHERE event_id = %s", [at])
    position = cursor.fetchone()[0]
    other = position + 1 if position + 1 < EVENTS else position - 1
    cursor.execute(
        "UPDATE ledger_position SET position = CASE WHEN position = %s THEN -1 ELSE -2 END WHERE position IN (%s, %s)",
        [position, position, other],
    )
    cursor.execute(
        "UPDATE ledger_position SET position = CASE WHEN position = -1 THEN %s ELSE %s END WHERE position < 0",
        [other, position],
    )


def truncate(cursor: Any, at: int) -> None:
    cursor.execute("SELECT position FROM ledger_position WHERE event_id = %s", [at])
    position = cursor.fetchone()[0]
    cursor.execute("DELETE FROM ledger_position WHERE position >= %s", [position])
    cursor.execute("UPDATE ledger_head SET size = %s", [position])


def another_edition(cursor: Any, at: int) -> None:
    cursor.execute("UPDATE ledger_event SET under = 'another' WHERE row = %s", [at])


def rebuild(cursor: Any, at: int) -> None:
    """The event changed, and then leaf hashes, tiles and head made anew, as if the log had always been so."""
    edit(cursor, at)
    cursor.execute("TRUNCATE ledger_position, ledger_tile, ledger_head")
    sequencer = import_module("qinzheng.ledger.sequencer")
    assert sequencer.sequence_all() == EVENTS


KINDS: tuple[Callable[[Any, int], None], ...] = (
    edit, back_date, claim_earlier, replace_actor, another_edition, delete, insert, swap, truncate, rebuild,
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with (
        database.temporary(configuration={"fsync": "off"}) as cluster,
        tempfile.TemporaryDirectory() as folder,
    ):
        os.environ["DATABASE_URL"] = cluster.url()
        console.ready()
        return drill(Path(folder), options.times, options.seed)


def drill(folder: Path, times: int, seed: int) -> int:
    """Prepare a log with checkpoints outside, alter it ``times`` times, count what was found."""
    from django.db import connection, transaction

    from qinzheng.ledger import actions, crypto, export, sequencer, verifier, witnessed
    from qinzheng.ledger.envelope import NewEvent

    crypto.create_key(folder / "key", "drill/ledger", "ed25519")
    signer = crypto.read_key(folder / "key")
    for begin in range(0, EVENTS, EVERY):
        actions.append(
            [
                NewEvent(type="drill", subject=f"case-{n % 40}", body={"n": n})
                for n in range(begin, begin + EVERY)
            ]
        )
        sequencer.sequence_all()
        witnessed.write(folder / "outside", signer, "drill/ledger")
    arguments = [str(folder / "export.jsonl"), "--key", str(crypto.key_of(signer))]
    for note in sorted((folder / "outside").glob("checkpoint-*")):
        arguments += ["--checkpoint", str(note)]
    chance = random.Random(seed)
    made, found, near = Counter[str](), Counter[str](), 0
    for number in range(times):
        kind = KINDS[number % len(KINDS)]
        at = chance.randrange(1, EVENTS + 1)
        with contextlib.suppress(_Undo), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                kind(cursor, at)
            export.write(folder / "export.jsonl")
            raise _Undo
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = verifier.main(arguments)
        made[kind.__name__] += 1
        found[kind.__name__] += code == 1
        first = said.getvalue().split("\t")[0]
        near += first.isdigit() and abs(int(first) - at) <= EVERY
    print("| alteration | made | found |\n|---|---|---|")
    for name in made:
        print(f"| {name} | {made[name]} | {found[name]} |")
    print(f"| all | {made.total()} | {found.total()} |")
    print(
        f"\nFirst bad position named within one checkpoint interval ({EVERY} events): {near} of {made.total()}."
    )
    return 0 if found == made else 1


class _Undo(Exception):
    """Rolls the alteration back."""


if __name__ == "__main__":
    raise SystemExit(main())
