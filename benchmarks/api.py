"""Whole acts a second through the API with a token: HTTP, authentication, rules, ledger, clocks, judge, one durable commit.

    python -m benchmarks.api [--clients 16] [--seconds 8] [--workers 2]

A server of its own with PostgreSQL's default durability, granian, and clients on the same machine. Each client opens a
letter and answers it, over and over, on one connection. Prints acts/s, p50 and p99 in milliseconds, and the statements
that one act needs.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from typing import Any

from qinzheng.operations import database

SETTINGS = {"shared_buffers": "'256MB'", "max_wal_size": "'2GB'"}
PATIENCE_S = 60
WARM_S = 8


class Client:
    """One connection of one application."""

    def __init__(self, port: int, secret: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def post(self, path: str, body: Any) -> dict[str, Any]:
        """One act; anything but success ends the run."""
        headers = {**self.headers, "Idempotency-Key": str(uuid.uuid4())}
        self.connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{answer.status} {content.decode()}")
        found: dict[str, Any] = json.loads(content)
        return found


def client(port: int, secret: str, seconds: float, start: Any, out: Any) -> None:
    """Open letters and answer them until the time is over; two acts a case."""
    mine = Client(port, secret)
    times: list[float] = []
    start.wait()
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        number = mine.post("/cases", {"procedure": "letters.reply", "act": "submit"})["number"]
        middle = time.perf_counter()
        mine.post(f"/cases/{number}/acts", {"act": "reply"})
        times += [middle - began, time.perf_counter() - middle]
    out.put(times)


def measure(port: int, secret: str, clients: int, seconds: float) -> tuple[float, float, float]:
    """(acts a second, p50 ms, p99 ms)"""
    context = multiprocessing.get_context("spawn")
    out, start = context.Queue(), context.Barrier(clients)
    processes = [
        context.Process(target=client, args=(port, secret, seconds, start, out)) for _ in range(clients)
    ]
    for process in processes:
        process.start()
    times = sorted(each for _ in processes for each in out.get())
    for process in processes:
        process.join()
    return len(times) / seconds, times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000


def warm(port: int, secret: str) -> None:
    """Let every process read the definitions and open its connections before anything is measured."""
    until = time.monotonic() + WARM_S
    while time.monotonic() < until:
        Client(port, secret).post("/cases", {"procedure": "letters.reply", "act": "submit"})


def prepare() -> str:
    """Definitions, one unit, one application with its token; the secret."""
    import datetime as dt  # noqa: PLC0415 (a fresh process: Django first)

    from qinzheng import wiring  # noqa: PLC0415
    from qinzheng.access import actions as access  # noqa: PLC0415
    from qinzheng.definitions import actions  # noqa: PLC0415
    from qinzheng.definitions.library import Library, default_root  # noqa: PLC0415
    from qinzheng.organizations import actions as organizations  # noqa: PLC0415

    root, begins = default_root(), dt.date(2024, 1, 1)
    actions.load(Library.read([root], wiring.KINDS), root, "drafter")
    actions.publish(actions.drafts(), "publisher")
    with organizations.together():
        organizations.found_organization("city", "city", "清和市", parent=None, begins=begins, by="bench")
        organizations.found_organization(
            "housing", "department", "住建局", parent="city", begins=begins, by="bench"
        )
        post = organizations.create_post("housing", "应用", ["clerk", "handler"], begins=begins, by="bench")
        person = organizations.register_person("应用", by="bench")
        organizations.appoint(person, post, begins, by="bench")
    account = access.make_account("bench", "service", "bench", person_id=person)
    return access.issue_token(account, "bench", ["read", "act"], 1, "bench")[1]


def statements(secret: str) -> int:
    """How many statements one act through the API sends to the database, its token's posts at hand."""
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client as Inside  # noqa: PLC0415

    settings.ALLOWED_HOSTS = ["*"]
    inside = Inside(headers={"Authorization": f"Bearer {secret}"})

    def post(path: str, body: Any) -> Any:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        return inside.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=key)

    number = post("/cases", {"procedure": "letters.reply", "act": "submit"}).json()["number"]
    connection.force_debug_cursor = True
    connection.queries_log.clear()
    answer = post(f"/cases/{number}/acts", {"act": "reply"})
    found = len(connection.queries_log)
    connection.force_debug_cursor = False
    assert answer.status_code == 200, answer.content
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with database.temporary(configuration=SETTINGS) as cluster:
        os.environ["DATABASE_URL"] = cluster.url()
        from qinzheng.operations import console  # noqa: PLC0415

        console.ready()
        secret = prepare()
        print(f"statements of one act beside those of the act itself: {statements(secret)}")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        web = [
            sys.executable,
            "-m",
            "qinzheng.wiring",
            "web",
            "--port",
            str(port),
            "--workers",
            str(options.workers),
        ]
        server = subprocess.Popen(
            web, env={**os.environ, "QINZHENG_LOG_LEVEL": "WARNING"}, start_new_session=True
        )
        try:
            ready = time.monotonic() + PATIENCE_S
            while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < ready:
                time.sleep(0.2)
            warm(port, secret)
            print("| clients | acts/s | p50 ms | p99 ms |\n|---|---|---|---|")
            for clients in options.clients:
                rate, p50, p99 = measure(port, secret, clients, options.seconds)
                print(f"| {clients} | {rate:.0f} | {p50:.1f} | {p99:.1f} |", flush=True)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(PATIENCE_S)


if __name__ == "__main__":
    main()
