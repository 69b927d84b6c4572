"""The archive on a real PostgreSQL: sealed months, two followers, kill -9 at any moment, another ledger."""

import datetime as dt
import os
import signal
import subprocess
import sys
import textwrap
import threading
from random import Random

import pyarrow.parquet as pq
import pytest
from django.db import connection

from qinzheng.ledger import actions, sequencer
from qinzheng.ledger import queries as ledger
from qinzheng.ledger.envelope import NewEvent
from qinzheng.measures import archive

pytestmark = pytest.mark.django_db(transaction=True)

BEGIN = actions.microseconds(dt.datetime(2026, 1, 5, tzinfo=dt.UTC)) or 0
DAY = 86_400_000_000


@pytest.fixture
def measured(transactional_db, tmp_path):
    return tmp_path / "archive"


def written(random: Random, times: int) -> None:
    """Events of every kind of body, some days apart; stamps of concurrent writers cross."""
    now = BEGIN + ledger.head()[1] * DAY // 3
    for _ in range(times):
        now += random.choice((0, 1, DAY // 2, DAY))
        subject = f"case:{random.randrange(40)}"
        body = random.choice(({"act": "x", "state": "s", "organization": "o", "closed": now}, {"count": 3}))
        type = "cases.performed" if "act" in body else "test.happened"
        occurred = random.choice((now, now - DAY, None))
        event = NewEvent(
            type=type, subject=subject, body=body, occurred_at=occurred, procedure="p", organization="o"
        )
        actions.append([event], recorded_at=now - random.choice((0, 0, DAY)))
    sequencer.sequence_all()


def caught_up(place) -> None:
    while archive.read_manifest(place).position < ledger.head()[1]:
        archive.follow(place)


def sealed(place) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (place / "months").glob("*.parquet")}


def test_rebuilt_from_the_ledger_the_sealed_months_are_the_same_bytes(measured, tmp_path):
    written(Random(1), 150)
    for _ in range(6):
        archive.follow(measured, 70)
        written(Random(2), 40)
    caught_up(measured)
    again = tmp_path / "again"
    assert archive.follow(again) == ledger.head()[1]
    assert len(sealed(measured)) > 3
    assert sealed(measured) == sealed(again)
    assert archive.read_manifest(measured).months == archive.read_manifest(again).months
    assert archive.verify(measured) == []


def test_a_sealed_month_altered_is_named(measured):
    written(Random(1), 200)
    archive.follow(measured)
    victim = archive.read_manifest(measured).months[1].file
    raw = bytearray((measured / victim).read_bytes())
    raw[len(raw) // 2] ^= 1
    (measured / victim).write_bytes(raw)
    assert archive.verify(measured) == [victim]


def test_following_twice_does_nothing_twice(measured):
    written(Random(4), 100)
    assert archive.follow(measured) == ledger.head()[1]
    before = archive.read_manifest(measured)
    assert archive.follow(measured) == 0
    assert archive.read_manifest(measured) == before


def test_two_followers_at_once_leave_one_archive(measured):
    written(Random(8), 300)
    done: list[int] = []

    def run() -> None:
        total = 0
        while archive.read_manifest(measured).position < ledger.head()[1]:
            total += archive.follow(measured, 50)
        done.append(total)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == ledger.head()[1]
    positions = [row[0] for row in held(measured)]
    assert positions == list(range(ledger.head()[1]))


def held(place) -> list[tuple[int, str]]:
    """(position, id) of every event that the files hold, file by file."""
    manifest = archive.read_manifest(place)
    tables = [pq.read_table(place / s.file, columns=["position", "id"]) for s in manifest.segments]
    return [
        (p, i) for t in tables for p, i in zip(t["position"].to_pylist(), t["id"].to_pylist(), strict=True)
    ]


KILLED_AT = ("replace", "fsync", "unlink", "write_table")
RUN = """
    import os, sys, signal
    import django
    django.setup()
    from django.db import connection
    from pathlib import Path
    from qinzheng.measures import archive
    where, times, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    def dying(real):
        def call(*args, **kwargs):
            global times
            times -= 1
            if times == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)
        return call
    if where == "write_table":
        archive.pq.ParquetWriter.write_table = dying(archive.pq.ParquetWriter.write_table)
    elif where == "fsync":
        os.fsync = dying(os.fsync)
    else:
        setattr(Path, where, dying(getattr(Path, where)))
    while archive.follow(folder, 15):
        pass
"""


@pytest.mark.parametrize("where", KILLED_AT)
@pytest.mark.parametrize("times", [1, 2, 5])
def test_killed_at_any_moment_the_archive_is_whole(measured, tmp_path, where, times):
    written(Random(9), 120)
    environment = {**os.environ, "DATABASE_URL": url(), "DJANGO_SETTINGS_MODULE": "config.settings",
                   "PYTHONPATH": os.pathsep.join(sys.path)}  # fmt: skip
    command = [sys.executable, "-c", textwrap.dedent(RUN), where, str(times), str(measured)]
    died = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    manifest = archive.read_manifest(measured)
    assert [row[0] for row in held(measured)] == list(range(manifest.position))
    caught_up(measured)  # the server may hold the dead one's lock for a moment
    again = tmp_path / "again"
    archive.follow(again)
    assert held(measured) == held(again)
    assert sealed(measured) == sealed(again)
    named = {measured / s.file for s in archive.read_manifest(measured).segments}
    assert {p for part in ("months", "tail") for p in (measured / part).glob("*")} == named


def url() -> str:
    given = connection.settings_dict
    host = f"?host={given['HOST']}"
    return f"postgresql://{given['USER']}:{given['PASSWORD']}@/{given['NAME']}{host}&port={given['PORT']}"


def test_an_archive_of_another_ledger_is_refused(measured, tmp_path):
    written(Random(9), 60)
    assert archive.follow(measured) == 60
    path = measured / "manifest.json"
    path.write_text(path.read_text().replace(archive.read_manifest(measured).leaf, "00" * 32))
    with pytest.raises(archive.AnotherLedger, match="move the folder away"):
        archive.follow(measured)
