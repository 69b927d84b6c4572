"""Whole acts a second through the API with a token: HTTP, authentication, rules, ledger, clocks, judge, one durable commit.

    python -m benchmarks.api [--clients 1 16] [--seconds 8] [--workers 2] [--threads 4]

A server of its own with PostgreSQL's default durability, granian, and clients on the same machine, each in a process of
its own on one connection: it opens a letter and answers it, over and over. Prints acts/s, p50 and p99 in milliseconds, the
processor time of an act in server, database and clients, and the same acts without the API (``benchmarks.append``).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import append
from qinzheng.operations import database

PATIENCE_S = 60
WARM_S = 6
TICKS = os.sysconf("SC_CLK_TCK")


class Client:
    """One connection of one application; as little of a client as there can be, since it shares the processors."""

    def __init__(self, port: int, secret: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/json\r\n"

    def post(self, path: str, body: bytes, *, keyed: bool = True) -> dict[str, Any]:
        """One request; anything but success ends the run."""
        key = f"Idempotency-Key: {uuid.uuid4()}\r\n" if keyed else ""
        head = f"POST /api/v1{path} HTTP/1.1\r\n{self.head}{key}Content-Length: {len(body)}\r\n\r\n"
        self.socket.sendall(head.encode() + body)
        status, content = self.answer()
        if status not in (200, 201):
            raise RuntimeError(f"{status} {content.decode()}")
        found: dict[str, Any] = json.loads(content)
        return found

    def answer(self) -> tuple[int, bytes]:
        """(status, body) of the next answer."""
        read = b""
        while (end := read.find(b"\r\n\r\n")) < 0:
            read += self._more()
        head = read[:end].lower()
        begin = head.index(b"content-length:") + len(b"content-length:")
        length = int(head[begin:].split(b"\r\n", 1)[0])
        while len(read) < end + 4 + length:
            read += self._more()
        return int(read[9:12]), read[end + 4 :]

    def _more(self) -> bytes:
        found = self.socket.recv(1 << 16)
        if not found:
            raise RuntimeError("the server closed the connection")
        return found


OPEN, REPLY = b'{"procedure":"letters.reply","act":"submit"}', b'{"act":"reply"}'


def client(port: int, secret: str, seconds: float, start: Any, out: Any) -> None:
    """Open letters and answer them until the time is over; two acts a case."""
    mine = Client(port, secret)
    times: list[float] = []
    start.wait()
    used = spent()
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        number = mine.post("/cases", OPEN)["number"]
        middle = time.perf_counter()
        mine.post(f"/cases/{number}/acts", REPLY)
        times += [middle - began, time.perf_counter() - middle]
    out.put((times, spent() - used))


def spent() -> float:
    """Processor seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def processor(pid: int) -> float:
    """Processor seconds of a process and all below it, those that have ended too; 0 where there is no /proc."""
    found = 0.0
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        found = sum(map(int, fields[11:15])) / TICKS
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += processor(int(child))
    return found


def measure(client: Any, port: int, clients: int, *more: Any, seconds: float) -> tuple[list[float], float]:
    """(seconds of each request, in order; processor seconds of the clients)"""
    context = multiprocessing.get_context("spawn")
    out, start = context.Queue(), context.Barrier(clients)
    processes = [
        context.Process(target=client, args=(port, *more, seconds, start, out)) for _ in range(clients)
    ]
    for process in processes:
        process.start()
    answers = [out.get() for _ in processes]
    for process in processes:
        process.join()
    return sorted(each for times, _ in answers for each in times), sum(used for _, used in answers)


def warm(port: int, secret: str, connections: int) -> None:
    """Let every thread of every process read the definitions and open its connections before anything is measured."""
    until = time.monotonic() + WARM_S
    while time.monotonic() < until:
        several = [Client(port, secret) for _ in range(connections)]
        for each in several:
            each.post("/cases", OPEN)
            each.socket.close()


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
    return access.issue_token(account, "bench", ["read", "act", "ingest"], 1, "bench")[1]


def free_port() -> int:
    """A port that nobody holds just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Until somebody answers there."""
    ready = time.monotonic() + PATIENCE_S
    while time.monotonic() < ready:
        with socket.socket() as knock:
            if not knock.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.2)


def postmaster(cluster: database.Cluster) -> int:
    """The process of the database server."""
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


@contextlib.contextmanager
def served(workers: int, threads: int) -> Iterator[tuple[int, int]]:
    """(port, process) of ``qinzheng web`` on the database of the environment."""
    port = free_port()
    web = [sys.executable, "-m", "qinzheng.wiring", "web", "--port", str(port), "--workers", str(workers)]
    if threads:
        web += ["--threads", str(threads)]
    server = subprocess.Popen(
        web, env={**os.environ, "QINZHENG_LOG_LEVEL": "WARNING"}, start_new_session=True
    )
    try:
        wait_for(port)
        yield port, server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(PATIENCE_S)


def row(clients: int, times: list[float], seconds: float, *used: float) -> str:
    """One line of the table; ``used``: processor seconds of server, database and clients."""
    each = " | ".join(f"{1000 * part / len(times):.2f}" for part in used)
    return (
        f"| {clients} | {len(times) / seconds:.0f} | {1000 * times[len(times) // 2]:.1f} | "
        f"{1000 * times[int(len(times) * 0.99)]:.1f} | {each} | {' '.join(f'{load:.1f}' for load in os.getloadavg())} |"
    )


HEAD = "| clients | {0}/s | p50 ms | p99 ms | server ms/{1} | database ms/{1} | clients ms/{1} | load |\n|---|---|---|---|---|---|---|---|"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--threads", type=int, default=0, help="a worker; 0: what qinzheng web does by itself"
    )
    options = parser.parse_args()
    with database.temporary(configuration=append.SETTINGS) as cluster:
        os.environ["DATABASE_URL"] = cluster.url()
        from qinzheng.operations import console  # noqa: PLC0415

        console.ready()
        secret = prepare()
        database_server = postmaster(cluster)
        with served(options.workers, options.threads) as (port, server):
            warm(port, secret, max(options.clients))
            print(HEAD.format("acts", "act"))
            for clients in options.clients:
                before = processor(server), processor(database_server)
                times, used = measure(client, port, clients, secret, seconds=options.seconds)
                after = processor(server), processor(database_server)
                told = row(clients, times, options.seconds, after[0] - before[0], after[1] - before[1], used)
                print(told, flush=True)
        print("\nthe same acts without the API\n\n| writers | acts/s | p50 ms | p99 ms |\n|---|---|---|---|")
        for writers in options.clients:
            rate, p50, p99 = append.measure(cluster.url(), writers, options.seconds)
            print(f"| {writers} | {rate:.0f} | {p50:.1f} | {p99:.1f} |", flush=True)


if __name__ == "__main__":
    main()
