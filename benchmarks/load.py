"""Pages and the API of a big city: alone, and under a mixed load at a fixed rate.

    QINZHENG_HOME=/somewhere/big QINZHENG_DEMO=1 qinzheng city load --scale 84     # a million cases, about 20 minutes
    python -m benchmarks.load --home /somewhere/big [--rate 100] [--seconds 60] [--workers 2]

Without ``--home`` a small city is made for it. Starts the worker and the web processes on that city and waits until every event is sequenced and archived. Prints, for
each kind of page, p50 and p95 in ms asked one after another (``alone``) and among all the others at random moments
(``load``, timed from when a visit was meant to begin; p99 too), then the errors. Clients share the machine.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import time
import urllib.parse
import uuid
from collections.abc import Sequence
from pathlib import Path

from benchmarks import visitors
from benchmarks.visitors import Answer, Visit, Visitor, spread

PROCEDURE = "letters.reply"
WORDS = ("登记", "许可证", "养老", "道路 挖掘", "占道", "食品经营", "变更登记", "施工许可", "水电", "补贴")
SAMPLE = 3_000
TARGET_MS, ALONE_MS = 300, 100


def cases_of(organization: str | None) -> list[str]:
    """Numbers of random cases, of one unit or of all."""
    from qinzheng.cases.models import Case  # noqa: PLC0415 (a fresh process: Django first)

    rows = Case.objects.all() if organization is None else Case.objects.filter(organization=organization)
    keys = [f"case:{uuid.UUID(int=random.Random(n).getrandbits(128))}" for n in range(SAMPLE)]
    if organization is not None:
        return list(rows.order_by("-opened_at").values_list("number", flat=True)[:SAMPLE])
    found = (rows.filter(pk__gte=key).order_by("pk").values_list("number", flat=True).first() for key in keys)
    return [number for number in found if number]


def token() -> str:
    """The secret of an application that reads and acts for the housing department."""
    from qinzheng.access import actions as access  # noqa: PLC0415
    from qinzheng.operations import token_commands  # noqa: PLC0415

    told = argparse.Namespace(
        login=f"load-{uuid.uuid4().hex[:8]}", unit="housing", role=["clerk", "handler"], by="bench"
    )
    account = token_commands.account_of(told)
    return access.issue_token(account, told.login, ["read", "act"], 1, "bench")[1]


def mix(secret: str) -> list[Visit]:
    """What a working day asks for. Weights are ours: most of the work is lists and single cases."""
    own, every = cases_of("housing"), cases_of(None)

    def page(path: str) -> visitors.Callable[[Visitor, random.Random], Answer]:
        return lambda visitor, chance: visitor.ask(path)

    def searched(visitor: Visitor, chance: random.Random) -> Answer:
        return visitor.ask("/cases/?q=" + urllib.parse.quote(chance.choice(WORDS)))

    def numbered(visitor: Visitor, chance: random.Random) -> Answer:
        return visitor.ask("/cases/?q=" + urllib.parse.quote(chance.choice(every)))

    def one(numbers: Sequence[str]) -> visitors.Callable[[Visitor, random.Random], Answer]:
        return lambda visitor, chance: visitor.ask(f"/cases/{urllib.parse.quote(chance.choice(numbers))}/")

    def read(visitor: Visitor, chance: random.Random) -> Answer:
        return with_token(visitor, "/api/v1/cases?size=50")

    def acts(visitor: Visitor, chance: random.Random) -> Answer:
        body = json.dumps({"procedure": PROCEDURE, "act": "submit"}).encode()
        return with_token(visitor, "/api/v1/cases", body)

    def with_token(visitor: Visitor, path: str, body: bytes | None = None) -> Answer:
        kept, visitor.cookies, visitor.token = visitor.cookies, {}, secret
        told = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())} if body else {}
        try:
            return visitor.ask(path, body, told)
        finally:
            visitor.cookies, visitor.token = kept, ""

    return [
        Visit("worklist", 20, page("/work/"), "demo-handler"),
        Visit("case list (a department)", 8, page("/cases/"), "demo-handler"),
        Visit("case list (the whole city)", 7, page("/cases/"), "demo-supervisor"),
        Visit("search, words", 10, searched, "demo-supervisor"),
        Visit("search, a number", 5, numbered, "demo-supervisor"),
        Visit("case page", 25, one(own), "demo-handler"),
        Visit("case page (supervisor)", 5, one(every), "demo-supervisor"),
        Visit("cards", 3, page("/cards/"), "demo-supervisor"),
        Visit("overview", 2, page("/overview/"), "demo-mayor"),
        Visit("wall", 2, page("/wall/"), "demo-mayor"),
        Visit("home", 3, page("/"), "demo-citizen"),
        Visit("API, list of 50", 5, read, "demo-handler"),
        Visit("API, a case opened", 5, acts, "demo-handler"),
    ]


def alone(port: int, visits: Sequence[Visit], times: int) -> dict[str, list[float]]:
    """Each kind one after another, on one connection, ms."""
    found: dict[str, list[float]] = {}
    for visit in visits:
        visitor = Visitor(port).log_in(visit.login)
        took = []
        for n in range(times + 3):
            began = time.perf_counter()
            answer = visit.go(visitor, random.Random(n))
            if answer.status >= 400:
                raise RuntimeError(
                    f"{visit.name}: {answer.status}\n{answer.body[:400].decode(errors='replace')}"
                )
            took.append((time.perf_counter() - began) * 1000)
        found[visit.name] = took[3:]
    return found


def caught_up(most_s: float = 3 * 3600) -> tuple[int, int]:
    """Wait for the sequencer and the archive of measures; (events, cases)."""
    from qinzheng.cases.models import Case  # noqa: PLC0415
    from qinzheng.ledger import queries  # noqa: PLC0415
    from qinzheng.ledger.models import Event  # noqa: PLC0415
    from qinzheng.measures import queries as measures  # noqa: PLC0415

    events, began = Event.objects.count(), time.monotonic()
    while time.monotonic() - began < most_s:
        head, kept = queries.head()[1], measures.position()
        if head >= events and kept >= events:
            return events, Case.objects.count()
        print(f"  sequenced {head:,}, archived {kept:,} of {events:,}", flush=True)
        time.sleep(20)
    raise TimeoutError("the worker did not catch up")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, help="a loaded city (default: a small one of its own)")
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--alone", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    port = visitors.free_port()
    web = ["web", "--port", str(port), "--workers", str(options.workers)]
    with visitors.home(options.home):
        secret = token()
        with visitors.serving(port, web, ["worker"]):
            events, cases = caught_up()
            print(
                f"{cases:,} cases, {events:,} events; load of the machine {os.getloadavg()[0]:.1f}",
                flush=True,
            )
            visits = mix(secret)
            visitors.at_rate(port, visits, options.rate / 4, 10, seed=0)
            quiet = alone(port, visits, options.alone)
            tally = visitors.at_rate(port, visits, options.rate, options.seconds)
    print(
        "| page | alone p50 | alone p95 | load n | load p50 | load p95 | load p99 |\n|---|---|---|---|---|---|---|"
    )
    for visit in visits:
        (a50, a95, _), times = spread(quiet[visit.name]), tally.times[visit.name]
        told = " | ".join(f"{each:.0f}" for each in spread(times)) if times else "– | – | –"
        print(f"| {visit.name} | {a50:.0f} | {a95:.0f} | {len(times)} | {told} |")
    every = list(itertools.chain.from_iterable(tally.times.values()))
    print(f"| **all** | | | {len(every)} | " + " | ".join(f"**{each:.0f}**" for each in spread(every)) + " |")
    print(f"done {len(every) / options.seconds:.0f}/s of {options.rate:.0f}/s; faults: {dict(tally.faults) or 'none'}; "
          f"visits began at most {tally.late:.0f} ms late; targets: p95 ≤ {TARGET_MS} under load, lists ≤ {ALONE_MS} alone")  # fmt: skip


if __name__ == "__main__":
    main()
