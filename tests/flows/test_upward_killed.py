"""Processes that build and send are killed in the middle, and run beside one another: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from qinzheng.exchange.upward import deployment
from qinzheng.exchange.upward.models import Packet, Record, Touched
from qinzheng.ledger import sequencer
from tests.flows import reports
from tests.flows.province import Province
from tests.flows.reports import REPORT, agreed, build, opened, send, sound, states

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_S = 240
GATE = 0x5157
"""Number of the lock at which a builder is held up."""


@pytest.fixture
def province(published: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Province]:
    reports.city(tmp_path, monkeypatch)
    with reports.receiving(monkeypatch) as doors:
        yield doors.province


def process(*words: str) -> subprocess.Popen[bytes]:
    """``qinzheng upward …`` as a process of its own on the test's database."""
    at = connection.settings_dict
    url = f"postgresql://{at['USER']}@{'' if at['HOST'].startswith('/') else at['HOST']}:{at['PORT']}/{at['NAME']}"
    environment = {
        **os.environ, "DATABASE_URL": f"{url}?host={quote(at['HOST'])}", "QINZHENG_MASTER_KEY": settings.MASTER_KEY,
        "QINZHENG_UPWARD_KEY": settings.UPWARD_KEY, "QINZHENG_OUTGOING_ALLOW": settings.OUTGOING_ALLOW,
        "SECRET_KEY": "of a test", "PGPASSWORD": str(at["PASSWORD"]),
    }  # fmt: skip
    environment.pop("QINZHENG_EMBEDDED", None)
    return subprocess.Popen([sys.executable, "-m", "qinzheng.wiring", "upward", *words], env=environment)


def sequenced() -> None:
    while sequencer.sequence_once():
        pass


def test_a_sender_killed_while_the_receiver_answers_leaves_a_packet_that_goes_again(
    province: Province,
) -> None:
    opened()
    build()
    child: list[subprocess.Popen[bytes]] = []

    def killed(raw: bytes) -> None:
        if len(province.bodies) == 2:
            child[0].send_signal(signal.SIGKILL)
            child[0].wait()

    province.on_packet = killed
    child.append(process("send", REPORT))
    assert child[0].wait(PATIENCE_S) == -signal.SIGKILL
    assert states() == {"acknowledged": 1, "waiting": 1}
    assert len(province.held) == 2  # the second was taken, and nobody here knows
    assert send(province) == 0  # it is its sender's for ten minutes
    Packet.objects.filter(answered_at=None).update(next_at="2026-01-01T00:00Z")
    assert send(province) == 1
    assert len(province.bodies) == 3
    assert province.bodies[1] == province.bodies[2]
    agreed(province)
    sound(province)


@contextmanager
def gate() -> Iterator[None]:
    """Whoever writes the last thing of a packet waits here, in its transaction, until the gate goes up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION held_up() RETURNS trigger LANGUAGE plpgsql AS "
            f"'BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NEW; END'"
        )
        cursor.execute(
            "CREATE TRIGGER held_up BEFORE INSERT ON exchange_entry FOR EACH ROW EXECUTE FUNCTION held_up()"
        )
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [GATE])
            cursor.execute("DROP TRIGGER held_up ON exchange_entry")
            cursor.execute("DROP FUNCTION held_up")


def waiting() -> int:
    """How many stand before the gate."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", [GATE]
        )
        found: int = cursor.fetchone()[0]
        return found


def until(wanted: int) -> None:
    """Until so many stand there; a deadline bounds the wait."""
    ends = time.monotonic() + PATIENCE_S
    while waiting() != wanted:
        assert time.monotonic() < ends, f"not {wanted} before the gate within {PATIENCE_S} s"


def test_a_builder_killed_in_its_transaction_leaves_nothing_half_done(province: Province) -> None:
    opened()
    sequenced()
    with gate():
        child = process("build", REPORT)
        until(1)
        child.send_signal(signal.SIGKILL)
        assert child.wait(PATIENCE_S) == -signal.SIGKILL
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted",
                [GATE],
            )  # as TCP would tell the server in time that nobody is there
        until(0)
    assert (Packet.objects.count(), Record.objects.count()) == (0, 0)
    assert Touched.objects.count() == 1
    assert len(build()) == 2
    send(province)
    agreed(province)
    sound(province)


def test_two_at_once_build_and_send_each_record_once(province: Province) -> None:
    for _ in range(12):
        opened()
    sequenced()
    for verb in ("build", "send"):
        children = [process(verb, REPORT), process(verb, REPORT)]
        assert [child.wait(PATIENCE_S) for child in children] == [0, 0]
    assert Record.objects.count() == 24
    places = sorted(Packet.objects.values_list("dataset", "sequence"))
    assert places == [("application", 1), ("step", 1)]
    assert sum(len(each.records) for each in province.packets.values()) == 24
    agreed(province)
    sound(province)
    assert deployment.place(REPORT) == province.address
