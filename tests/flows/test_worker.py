"""The worker as a process: time, positions, checkpoints and the archive; killed, doubled, with faults, without a database."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from qinzheng.cases import actions as cases
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.ledger import checkpoint, crypto, projections, queries, sequencer, witnessed
from qinzheng.measures import archive
from qinzheng.operations import database, ticking
from qinzheng.operations.models import Heartbeat
from qinzheng.supervision import programs
from qinzheng.supervision.models import Card
from tests.flows.test_redetermined import publish

CLERK = Who("p-0123456789ab", "town-01", "clerk")
PATIENCE_S = 240
MINUTE = 60_000_000


def until(ask, what):
    """What ``ask`` answers, once it is true; a deadline bounds the wait."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        found = ask()
        if found:
            return found
        time.sleep(0.05)
    pytest.fail(f"not within {PATIENCE_S} s: {what}")


@contextmanager
def worker(home, url):
    """A worker process on the database at ``url``; killed at the end if it still runs."""
    environment = {
        **os.environ, "DATABASE_URL": url, "QINZHENG_HOME": str(home), "QINZHENG_MASTER_KEY": settings.MASTER_KEY,
        "QINZHENG_LOG_LEVEL": "INFO", "PYTHONFAULTHANDLER": "1",
    }  # fmt: skip
    environment.pop("QINZHENG_EMBEDDED", None)
    with (home / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "qinzheng.wiring", "worker"], env=environment, stdout=log, stderr=log
        )
    try:
        yield process
    except BaseException:
        print((home / "worker.log").read_text("utf-8")[-8000:])
        raise
    finally:
        process.kill()
        process.wait()


def url_of_the_test():
    found = connection.settings_dict
    host = found["HOST"]
    place = (
        f"/{found['NAME']}?host={quote(host)}"
        if host.startswith("/")
        else f"{host}:{found['PORT']}/{found['NAME']}"
    )
    login = quote(found["USER"]) + (f":{quote(found['PASSWORD'])}" if found["PASSWORD"] else "")
    return f"postgresql://{login}@{place}"


def with_key(home, mode=0o600):
    path = home / "keys" / "checkpoint.key"
    crypto.create_key(path, "test/log", "ed25519")
    path.chmod(mode)
    return path


def falls_soon():
    """A case whose promised minute ends three seconds from now."""
    now = int(time.time() * 1_000_000)
    case = cases.open_case("demo.minutes", "receive", CLERK, {}, occurred_at=now - MINUTE + 2_000_000).case
    cases.perform(case, "accept", CLERK, {}, occurred_at=now - MINUTE + 3_000_000)
    assert not Card.objects.filter(case=case).exists()
    return case


def has_card(case):
    return lambda: Card.objects.filter(case=case, rule="standard.past-promise").exists()


def archived(home):
    """Everything has its position and stands in the archive."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_event")
        (events,) = cursor.fetchone()
    return queries.head()[1] == events == archive.read_manifest(home / "archive").position


@pytest.mark.django_db(transaction=True)
def test_marks_fall_once_under_two_workers_one_of_them_killed(published, tmp_path):
    key = crypto.key_of(crypto.read_key(with_key(tmp_path)))
    sequencer.sequence_all()
    first = falls_soon()
    with worker(tmp_path, url_of_the_test()) as killed, worker(tmp_path, url_of_the_test()) as other:
        until(has_card(first), "the first card")
        killed.kill()
        assert killed.wait() == -signal.SIGKILL
        second = falls_soon()
        until(has_card(second), "a card after the other worker was killed")
        until(lambda: archived(tmp_path), "everything in the archive")
        until((tmp_path / "checkpoints" / "checkpoint").exists, "a checkpoint")
        other.terminate()
        assert other.wait(PATIENCE_S) == 0
    for case in (first, second):
        issued = [
            event.body["rule"] for event in queries.history(case) if event.type == "supervision.card_issued"
        ]
        assert sorted(issued) == sorted(set(issued))
    assert list(projections.check()) == []
    assert archive.verify(tmp_path / "archive") == []
    signed = checkpoint.open_note((tmp_path / "checkpoints" / "checkpoint").read_text("utf-8"), [key])
    assert 0 < witnessed.tiles_of(signed).size <= queries.head()[1]


@pytest.mark.django_db(transaction=True)
def test_neither_an_unreadable_key_nor_a_broken_case_stops_time(published, tmp_path):
    with_key(tmp_path, mode=0o644)
    broken, sound = falls_soon(), falls_soon()
    Case.objects.filter(pk=broken).update(edition="0" * 64, due_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    sequencer.sequence_all()
    with worker(tmp_path, url_of_the_test()):
        until(has_card(sound), "the card of the sound case")
        until(
            Heartbeat.objects.filter(duty="checkpoint", fault="BadKey").exists, "the fault of the checkpoint"
        )
    lines = [json.loads(line) for line in (tmp_path / "worker.log").read_text("utf-8").splitlines()]
    assert ("case_stuck", broken) in {(line["event"], line.get("case")) for line in lines}
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_published_while_nobody_ran_is_redetermined_once(published):
    broken, case = (cases.open_case("letters.reply", "submit", CLERK, {}).case for _ in range(2))
    duty = ticking.Redetermination()
    assert duty.once() == 0
    publish("rule", "standard.past-promise", ("en: Past the promise", "en: Past what was promised"))
    Case.objects.filter(pk=broken).update(edition="0" * 64)
    assert (duty.once(), duty.once(), ticking.Redetermination().once()) == (1, 0, 0)
    kept = Case.objects.get(pk=case)
    assert kept.fold is not None
    assert kept.fold["program"] == programs.of(kept).name


@pytest.mark.django_db(transaction=True)
def test_the_cases_that_are_due_are_found_by_the_index_alone(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_case (id, number, procedure, edition, variant, item, title, town, promise, state, "
            "organization, opened_by, opened_at, last_seq, situation, due_at) "
            "SELECT 'case:' || n, n::text, 'p', 'e', '', '', '', '', '{}', 's', 'o', 'o', now(), 1, '{}', "
            "now() + (n - 5) * interval '1 minute' FROM generate_series(1, 50000) AS n"
        )
        cursor.execute("ANALYZE cases_case")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {ticking.DUE}", [[], 1000])
        (plan,) = cursor.fetchone()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    nodes = list(nodes_of(plan[0]["Plan"]))
    (scan,) = [node for node in nodes if node.get("Relation Name") == "cases_case"]
    assert (scan["Node Type"], scan["Index Name"]) == ("Index Scan", "cases_case_due")
    assert scan["Index Cond"].startswith("(due_at < ")
    assert scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0) <= 6


def nodes_of(node):
    yield node
    for below in node.get("Plans", []):
        yield from nodes_of(below)


SEED = """
from qinzheng.operations import console
console.ready()
from qinzheng.cases import actions as cases
from qinzheng.cases.engine import Who
cases.open_case("letters.reply", "submit", Who("p-0123456789ab", "town-01", "clerk"), {})
"""


def test_a_worker_goes_on_when_its_database_was_killed(tmp_path):
    with database.temporary() as cluster:
        run = partial(run_on, cluster.url(), tmp_path)
        run("-m", "qinzheng.wiring", "setup", "--drafted-by", "a", "--published-by", "b")
        run("-c", SEED)
        with worker(tmp_path, cluster.url()) as process:
            until(lambda: placed(cluster) == events(cluster), "positions before the crash")
            cluster.stop("immediate")
            until(
                lambda: "OperationalError" in (tmp_path / "worker.log").read_text("utf-8"),
                "a fault that is told",
            )
            cluster.start()
            run("-c", SEED)
            until(lambda: placed(cluster) == events(cluster), "positions after the crash")
            assert process.poll() is None


def run_on(url, home, *arguments):
    environment = {**os.environ, "DATABASE_URL": url, "QINZHENG_HOME": str(home)}
    environment |= {"QINZHENG_MASTER_KEY": settings.MASTER_KEY}
    subprocess.run([sys.executable, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)


def events(cluster):
    return one(cluster, "SELECT count(*) FROM ledger_event")


def placed(cluster):
    return one(cluster, "SELECT coalesce(max(size), 0) FROM ledger_head")


def one(cluster, question):
    with psycopg.connect(cluster.url()) as asked:
        ((found,),) = asked.execute(question).fetchall()
        return found
