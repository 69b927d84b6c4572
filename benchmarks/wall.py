"""From an act to its card on the wall, and how late marks are noticed, while a city is at work.

    python -m benchmarks.wall [--home HOME] [--rate 200] [--seconds 60] [--workers 2]

HOME is a loaded city (``qinzheng city load``); without one a small city is made. Applications act through the API at a fixed rate (open loop); now and
then one accepts a case of ``demo.minutes`` and says that it happened minutes ago, so that a red card falls with the
act; a reader follows ``/wall/stream`` as a browser does. Printed: milliseconds from the beginning of the request to the
moment at which the card stands in what the stream sent; and, for cards that fall because time passed, from the moment
of the mark to the moment at which the card was recorded.
"""

from __future__ import annotations

import argparse
import datetime as dt
import http.client
import json
import os
import re
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

from benchmarks import load, visitors
from benchmarks.visitors import Visitor, spread

CARDS_A_SECOND, MARKS_A_SECOND = 0.5, 1.0
LATE = dt.timedelta(minutes=5)
CLIENTS = 16
AFTER_S = 5.0
"""How long the stream is read after the last act."""
CARD = re.compile(rb"data-key=\"([^\"]+)\"")


class Wall(threading.Thread):
    """Reads the stream; notes when each card was first seen."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.cookies = port, Visitor(port).log_in("demo-supervisor").cookies
        self.seen: dict[str, float] = {}
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            stream = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            stream.request("GET", "/wall/stream", headers={"Cookie": cookies, "Accept-Encoding": "identity"})
            answer = stream.getresponse()
            while not self.ended.is_set() and (line := answer.readline()):
                now = time.time()
                for card in CARD.findall(line):
                    self.seen.setdefault(card.decode(), now)
            stream.close()


class Applications:
    """Clients with one token. Each act is either ordinary, or gives a card at once, or leaves one to time."""

    def __init__(self, port: int, secret: str, rate: float, seconds: float) -> None:
        self.port, self.secret, self.rate, self.seconds = port, secret, rate, seconds
        self.begun: dict[str, float] = {}
        self.told: dict[str, dt.datetime] = {}
        """when each case left to time was known: its number → the moment its last act was answered"""
        self.times: list[float] = []
        self.faults: list[str] = []
        self._lock = threading.Lock()
        self._next = 0
        self._start = 0.0

    def run(self) -> None:
        """All clients, until the time is over."""
        self._start = time.perf_counter()
        threads = [threading.Thread(target=self._client) for _ in range(CLIENTS)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    def _client(self) -> None:
        mine = Visitor(self.port, self.secret)
        while True:
            with self._lock:
                number, self._next = self._next, self._next + 1
            meant = self._start + number / self.rate
            if meant >= self._start + self.seconds:
                return
            time.sleep(max(0.0, meant - time.perf_counter()))
            if number % round(self.rate / CARDS_A_SECOND) == 0:
                self._minutes(mine, LATE, timed=True)
            elif number % round(self.rate / MARKS_A_SECOND) == 1:
                self._minutes(mine, dt.timedelta(seconds=115), timed=False)
            else:
                self._ask(mine, "/api/v1/cases", {"procedure": load.PROCEDURE, "act": "submit"})
            with self._lock:
                self.times.append((time.perf_counter() - meant) * 1000)

    def _minutes(self, mine: Visitor, ago: dt.timedelta, *, timed: bool) -> None:
        """A case whose clock began so long ago: its marks have passed, or pass in the next seconds."""
        at = (dt.datetime.now(dt.UTC) - ago).isoformat()
        opened = self._ask(
            mine, "/api/v1/cases", {"procedure": "demo.minutes", "act": "receive", "occurred_at": at}
        )
        if opened is None:
            return
        began = time.time()
        self._ask(mine, f"/api/v1/cases/{opened}/acts", {"act": "accept", "occurred_at": at})
        with self._lock:
            if timed:
                self.begun[opened] = began
            else:
                self.told[opened] = dt.datetime.now(dt.UTC)

    def _ask(self, mine: Visitor, path: str, body: dict[str, str]) -> str | None:
        told = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        answer = mine.ask(path, json.dumps(body).encode(), told)
        if answer.status not in (200, 201):
            with self._lock:
                self.faults.append(f"{answer.status} {answer.body[:200].decode(errors='replace')}")
            return None
        number: str = json.loads(answer.body)["number"]
        return number


def shown(wall: Wall, begun: dict[str, float]) -> tuple[list[float], int]:
    """(ms from the act to its card on the wall, how many cards never stood there)."""
    from qinzheng.cases.models import Case  # noqa: PLC0415 (a fresh process: Django first)
    from qinzheng.supervision.models import Card  # noqa: PLC0415

    numbers = dict(Case.objects.filter(number__in=begun).values_list("pk", "number"))
    first: dict[str, float] = {}
    for card, case in Card.objects.filter(case__in=numbers, level="red").values_list("pk", "case"):
        if card in wall.seen:
            first[case] = min(first.get(case, wall.seen[card]), wall.seen[card])
    took = [(at - begun[numbers[case]]) * 1000 for case, at in first.items()]
    return took, len(begun) - len(took)


def lateness(told: Mapping[str, dt.datetime]) -> list[float]:
    """Ms between a mark's moment and the record of its card, for marks that fell after their case was known."""
    from qinzheng.cases.models import Case  # noqa: PLC0415
    from qinzheng.supervision.models import Card  # noqa: PLC0415

    numbers = dict(Case.objects.filter(number__in=told).values_list("pk", "number"))
    cards = Card.objects.filter(case__in=numbers).values_list("case", "at", "issued_at")
    return [(issued - at).total_seconds() * 1000 for case, at, issued in cards if at > told[numbers[case]]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, help="a loaded city (default: a small one of its own)")
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    port = visitors.free_port()
    web = ["web", "--port", str(port), "--workers", str(options.workers)]
    with visitors.home(options.home):
        secret = load.token()
        with visitors.serving(port, web, ["worker"]):
            Applications(port, secret, options.rate / 4, 8).run()
            wall = Wall(port)
            wall.start()
            acts = Applications(port, secret, options.rate, options.seconds)
            acts.run()
            time.sleep(AFTER_S)
            wall.ended.set()
        took, never = shown(wall, acts.begun)
        late = lateness(acts.told)
    print("| figure | n | p50 ms | p95 ms | p99 ms |\n|---|---|---|---|---|")
    for name, times in (
        ("act, by the API", acts.times),
        ("act to card on the wall", took),
        ("mark to card recorded", late),
    ):
        told = " | ".join(f"{each:.0f}" for each in spread(times)) if times else "– | – | –"
        print(f"| {name} | {len(times)} | {told} |")
    print(f"{len(acts.times) / options.seconds:.0f} acts/s of {options.rate:.0f}; cards that never stood on the wall: {never}; "
          f"faults: {acts.faults[:3] or 'none'}; load of the machine {os.getloadavg()[0]:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
