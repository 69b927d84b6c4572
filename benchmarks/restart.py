"""Restart drill under load: web, worker and database are killed with -9 while applications act through the API.

    python -m benchmarks.restart [--kills 30] [--clients 8]

A supervisor process starts again what has died, as systemd would. Each client notes every act that was acknowledged,
and sends an act whose fate it does not know again with the same idempotency key. Printed: the longest time without
an acknowledged act after each kind of kill; and at the end: acknowledged acts lost, acts done twice, cards issued
twice, subjects with gaps, rows unlike the ledger.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from http.client import HTTPException

from benchmarks import api, crash, visitors
from benchmarks.visitors import Visitor
from qinzheng.operations import console, database, keeping

KINDS = ("web", "a web process", "worker", "database", "all")
SETTLE_S = (1.0, 2.0)
SILENCE_S = 60.0


class Clients:
    """Applications that act until told to stop, and what they know of their acts."""

    def __init__(self, port: int, secret: str, count: int) -> None:
        self.port, self.secret = port, secret
        self.acknowledged: dict[str, str] = {}
        """idempotency key → number of the case"""
        self.repeated = 0
        self.moments = [time.monotonic()]
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self.threads = [threading.Thread(target=self._act, args=(n,), daemon=True) for n in range(count)]
        for thread in self.threads:
            thread.start()

    def _act(self, seed: int) -> None:
        chance = random.Random(seed)
        while not self.stop.is_set():
            if chance.random() < 0.1:
                late = (
                    dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1, seconds=chance.uniform(30, 58))
                ).isoformat()
                number = self._sure(
                    "/cases", {"procedure": "demo.minutes", "act": "receive", "occurred_at": late}
                )
                self._sure(f"/cases/{number}/acts", {"act": "accept", "occurred_at": late})
            else:
                number = self._sure("/cases", {"procedure": "letters.reply", "act": "submit"})
                self._sure(f"/cases/{number}/acts", {"act": "reply"})

    def _sure(self, path: str, body: dict[str, str]) -> str:
        """Ask until it is acknowledged, always with the same key."""
        key, tries = str(uuid.uuid4()), 0
        while True:
            try:
                answer = Visitor(self.port, self.secret).ask(
                    f"/api/v1{path}", json.dumps(body).encode(),
                    {"Content-Type": "application/json", "Idempotency-Key": key},
                )  # fmt: skip
            except (OSError, HTTPException):  # cut off before, or in the middle of, the answer
                answer = None
            if answer is not None and answer.status in (200, 201):
                number: str = json.loads(answer.body)["number"]
                with self._lock:
                    self.acknowledged[key] = number
                    self.repeated += bool(tries)
                    self.moments = [time.monotonic()]
                return number
            if answer is not None and answer.status < 500:
                raise SystemExit(f"{path} {answer.status} {answer.body.decode(errors='replace')}")
            tries += 1
            time.sleep(0.05)

    def silence(self, since: float) -> float:
        """The longest time without an acknowledged act, from ``since`` to the first act acknowledged after now, s."""
        now = time.monotonic()
        while self.moments[-1] <= now:
            if time.monotonic() - now > SILENCE_S:
                raise SystemExit("nothing was acknowledged for a minute")
            time.sleep(0.01)
        with self._lock:
            known = [since, *(moment for moment in self.moments if moment > since)]
        return max(later - earlier for earlier, later in itertools.pairwise(known))


class Keeper(keeping.Kept):
    """Looks after the processes in a thread of its own; never gives up."""

    def __init__(self, commands: dict[str, list[str]]) -> None:
        own = [sys.executable, "-m", "qinzheng.wiring"]
        told = {**os.environ, "QINZHENG_LOG_LEVEL": "CRITICAL"}
        super().__init__({name: [*own, *command] for name, command in commands.items()}, told, most=10**6)
        self.start()
        self.over = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _keep(self) -> None:
        while not self.over.wait(0.1):
            self.look()

    def end(self) -> None:
        """Stop keeping, then stop everything."""
        self.over.set()
        self._thread.join()
        self.stop()


def kill(kind: str, keeper: Keeper, cluster: database.Cluster) -> None:
    """One kill -9."""
    if kind in ("web", "all"):
        os.killpg(keeper.running["web"].pid, signal.SIGKILL)
    if kind == "a web process":
        listed = subprocess.run(
            ["pgrep", "-P", str(keeper.running["web"].pid)], capture_output=True, text=True, check=False
        )
        children = [int(pid) for pid in listed.stdout.split()]
        os.kill(random.choice(children or [keeper.running["web"].pid]), signal.SIGKILL)
    if kind in ("worker", "all"):
        os.killpg(keeper.running["worker"].pid, signal.SIGKILL)
    if kind in ("database", "all"):
        crash.kill_server(cluster)


def faults(acknowledged: dict[str, str]) -> dict[str, int]:
    """What must all be nought."""
    from django.db import connection  # noqa: PLC0415 (a fresh process: Django first)

    from qinzheng.ledger import projections, sequencer  # noqa: PLC0415

    connection.close()  # the one of before the last kill
    sequencer.sequence_all()

    def one(sql: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return int(cursor.fetchone()[0])

    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM ledger_event")
        stored = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT number FROM cases_case")
        numbers = {row[0] for row in cursor.fetchall()}
    lost = sum(1 for key, number in acknowledged.items() if key not in stored or number not in numbers)
    card = "convert_from(body, 'UTF8')::jsonb ->> 'card'"
    kinds = "sum(CASE type WHEN 'supervision.card_issued' THEN 1 WHEN 'supervision.card_withdrawn' THEN -1 ELSE 0 END)"
    return {
        "acknowledged and lost": lost,
        "cards issued twice": one(f"SELECT count(*) FROM (SELECT 1 FROM ledger_event WHERE type LIKE 'supervision.card%' GROUP BY {card} HAVING {kinds} > 1) twice"),
        "acts done twice": one("SELECT count(*) FROM (SELECT 1 FROM ledger_event WHERE type = 'cases.performed' GROUP BY subject, convert_from(body, 'UTF8')::jsonb ->> 'act' HAVING count(*) > 1) twice"),
        "subjects with gaps": one("SELECT count(*) FROM (SELECT 1 FROM ledger_event GROUP BY subject HAVING max(subject_seq) <> count(*)) gaps"),
        "events without a position": one("SELECT (SELECT count(*) FROM ledger_event) - (SELECT count(*) FROM ledger_position)"),
        "rows unlike the ledger": sum(1 for _ in projections.check()),
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    with database.temporary() as cluster, tempfile.TemporaryDirectory() as home:
        os.environ |= {
            "DATABASE_URL": cluster.url(),
            "QINZHENG_HOME": home,
            "SECRET_KEY": secrets.token_urlsafe(48),
        }
        console.ready()
        secret = api.prepare()
        port = visitors.free_port()
        keeper = Keeper({"web": ["web", "--port", str(port), "--workers", "2"], "worker": ["worker"]})
        visitors.answered(port)
        clients = Clients(port, secret, options.clients)
        took = drill(options.kills, keeper, cluster, clients)
        clients.stop.set()
        for thread in clients.threads:
            thread.join()
        keeper.end()
        found = faults(clients.acknowledged)
    print(
        "| killed with -9 | times | longest time without an acknowledged act, s: median (max) |\n|---|---|---|"
    )
    for kind, times in took.items():
        print(f"| {kind} | {len(times)} | {sorted(times)[len(times) // 2]:.2f} ({max(times):.2f}) |")
    print(f"acts acknowledged: {len(clients.acknowledged)}, of them sent more than once: {clients.repeated}; "
          + "; ".join(f"{name}: {count}" for name, count in found.items()))  # fmt: skip
    return 1 if any(found.values()) else 0


def drill(kills: int, keeper: Keeper, cluster: database.Cluster, clients: Clients) -> dict[str, list[float]]:
    """Kill one after another, each after the one before was overcome; seconds of silence by kind."""
    chance, took = random.Random(1), defaultdict(list)
    clients.silence(time.monotonic())
    for number in range(kills):
        time.sleep(chance.uniform(*SETTLE_S))
        kind, at = KINDS[number % len(KINDS)], time.monotonic()
        kill(kind, keeper, cluster)
        took[kind].append(clients.silence(at))
    return took


if __name__ == "__main__":
    sys.exit(main())
