"""Visitors of a running city: lean keep-alive connections that log in as demonstration accounts and time what they get.

Used by the benchmarks that load pages. A visit is timed from the moment at which it was *meant* to begin, so a server
that falls behind is not flattered by clients that wait for it.
"""

from __future__ import annotations

import atexit
import http.client
import os
import queue
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connections

from qinzheng.operations import console

PATIENCE_S = 120.0
REDIRECTS = (301, 302, 303)
SMALL = "0.5"
"""The scale of a city that a benchmark makes for itself."""


@dataclass
class Answer:
    """What came back: status, the location of a redirect, and the body."""

    status: int
    location: str
    body: bytes


class Visitor:
    """One connection with its cookies or its token. Not for two threads at once."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port, self.token = port, token
        self.cookies: dict[str, str] = {}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)

    def ask(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """GET, or POST where there is a body. A connection that the server closed is opened anew, once."""
        told = {"Accept-Encoding": "identity", **(headers or {})}
        if self.token:
            told["Authorization"] = f"Bearer {self.token}"
        if self.cookies:
            told["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            return self._ask(path, body, told)
        except (http.client.RemoteDisconnected, ConnectionError):
            if body is not None:
                raise  # whether it was done is not known; the caller decides
            self._connection.close()
            return self._ask(path, body, told)

    def _ask(self, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        self._connection.request("GET" if body is None else "POST", path, body, headers)
        found = self._connection.getresponse()
        content = found.read()
        for line in found.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return Answer(found.status, found.headers.get("Location", ""), content)

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def log_in(self, login: str) -> Visitor:
        """Enter as a demonstration account by its button."""
        page = self.ask("/login/").body.decode()
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if found is None:
            raise RuntimeError("the login page has no form: is this a demonstration (QINZHENG_DEMO=1)?")
        form = urllib.parse.urlencode({"csrfmiddlewaretoken": found[1], "login": login}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.ask("/demo/login/", form, kind)
        if answer.status not in REDIRECTS:
            raise RuntimeError(f"{login} could not log in: {answer.status}")
        return self


@dataclass(frozen=True)
class Visit:
    """One kind of visit: its name in the table, how often among all, and what it does."""

    name: str
    weight: float
    go: Callable[[Visitor, random.Random], Answer]
    login: str


@dataclass
class Tally:
    """Times by kind of visit, in ms, and what went wrong."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    late: float = 0.0
    """The most a visit began after it was meant to, in ms: the clients' own lag."""


def spread(times: Sequence[float]) -> tuple[float, float, float]:
    """(p50, p95, p99) of times in ms."""
    ordered = sorted(times)
    return tuple(ordered[min(int(len(ordered) * share), len(ordered) - 1)] for share in (0.5, 0.95, 0.99))  # type: ignore[return-value]


def at_rate(
    port: int, visits: Sequence[Visit], rate: float, seconds: float, seed: int = 1, threads: int = 48
) -> Tally:
    """Visits at random moments (Poisson) for so long, each by a connection that is free; open loop."""
    chance = random.Random(seed)
    cookies = {login: Visitor(port).log_in(login).cookies for login in {each.login for each in visits}}
    tally, lock = Tally(), threading.Lock()
    due: queue.Queue[tuple[float, Visit, int] | None] = queue.Queue()

    def serve() -> None:
        mine = Visitor(port)
        while (entry := due.get()) is not None:
            meant, visit, own = entry
            mine.cookies = dict(cookies[visit.login])
            began = time.perf_counter()
            try:
                status = visit.go(mine, random.Random(own)).status
            except OSError as why:
                status, mine = 0, Visitor(port)
                with lock:
                    tally.faults[f"{visit.name}: {type(why).__name__}"] += 1
            took = (time.perf_counter() - meant) * 1000
            with lock:
                tally.late = max(tally.late, (began - meant) * 1000)
                if 200 <= status < 400:
                    tally.times[visit.name].append(took)
                elif status:
                    tally.faults[f"{visit.name}: {status}"] += 1

    workers = [threading.Thread(target=serve, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    at = time.perf_counter()
    ends = at + seconds
    while at < ends:
        visit = chance.choices(visits, [each.weight for each in visits])[0]
        time.sleep(max(0.0, at - time.perf_counter()))
        due.put((at, visit, chance.randrange(2**31)))
        at += chance.expovariate(rate)
    for _ in workers:
        due.put(None)
    for worker in workers:
        worker.join(PATIENCE_S)
    return tally


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def home(given: Path | None) -> Iterator[Path]:
    """The home of a loaded city: the one ``given``, or a small one of its own, gone afterwards. Django is ready in it."""
    own = Path(tempfile.mkdtemp(prefix="qinzheng-city-"))
    atexit.register(shutil.rmtree, own, ignore_errors=True)  # after the database that stands in it was left
    os.environ |= {"QINZHENG_HOME": str(given or own), "QINZHENG_DEMO": "1"}
    if given is None:
        load = [sys.executable, "-m", "qinzheng.wiring", "city", "load", "--scale", SMALL]
        subprocess.run(load, check=True, stdout=subprocess.DEVNULL)
    console.ready()
    yield given or own
    connections.close_all()


@contextmanager
def serving(
    port: int, *commands: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """``qinzheng`` processes beside one another until the block ends; waits until the pages answer."""
    told = {**os.environ, "QINZHENG_LOG_LEVEL": "WARNING", **(environment or {})}
    started = [start(command, told) for command in commands]
    try:
        answered(port)
        yield started
    finally:
        for process in started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(PATIENCE_S)


def start(command: Sequence[str], environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """One ``qinzheng`` process in a session of its own."""
    own = [sys.executable, "-m", "qinzheng.wiring", *command]
    return subprocess.Popen(own, env=dict(environment or os.environ), start_new_session=True)


def answered(port: int, within: float = PATIENCE_S) -> float:
    """Wait until ``/healthz`` answers at all; the seconds that it took. Raises :class:`TimeoutError`."""
    began = time.monotonic()
    while time.monotonic() - began < within:
        visitor = Visitor(port)
        try:
            if visitor.ask("/healthz").status in (200, 503):
                return time.monotonic() - began
        except OSError:
            pass
        finally:
            visitor.close()
        time.sleep(0.1)
    raise TimeoutError(f"nothing answers on port {port} within {within:.0f} s")
