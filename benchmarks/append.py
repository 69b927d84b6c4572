"""Durable acts a second through ``open_case`` and ``perform``: ledger, clocks, judge and case in one transaction.

    python -m benchmarks.append [--writers 1 4 16] [--seconds 8]

A server of its own with PostgreSQL's default durability (fsync, synchronous_commit on), clients on the same
machine. Prints acts/s, p50 and p99 in milliseconds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from typing import Any

import django

from qinzheng.operations import database

SETTINGS = {"shared_buffers": "'256MB'", "max_wal_size": "'2GB'"}


def writer(url: str, seconds: float, number: int, start: Any, out: Any) -> None:
    """Open letters and answer them until the time is over; two acts a case."""
    os.environ["DATABASE_URL"] = url
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

    database.ensure()
    django.setup()
    from qinzheng.cases import actions as cases  # noqa: PLC0415
    from qinzheng.cases.engine import Who  # noqa: PLC0415

    clerk, handler = Who(f"k-{number}", "A市", "clerk"), Who(f"h-{number}", "A市", "handler")
    cases.open_case("letters.reply", "submit", clerk, {})
    times: list[float] = []
    start.wait()
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        done = cases.open_case("letters.reply", "submit", clerk, {})
        middle = time.perf_counter()
        cases.perform(done.case, "reply", handler, {})
        times += [middle - began, time.perf_counter() - middle]
    out.put(times)


def measure(url: str, writers: int, seconds: float) -> tuple[float, float, float]:
    """(acts a second, p50 ms, p99 ms)"""
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    start = context.Barrier(writers)
    processes = [context.Process(target=writer, args=(url, seconds, n, start, out)) for n in range(writers)]
    for process in processes:
        process.start()
    times = sorted(time for _ in processes for time in out.get())
    for process in processes:
        process.join()
    return len(times) / seconds, times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--writers", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    with database.temporary(configuration=SETTINGS) as cluster:
        os.environ["DATABASE_URL"] = cluster.url()
        from qinzheng.operations import console  # noqa: PLC0415

        console.ready()
        from qinzheng import wiring  # noqa: PLC0415
        from qinzheng.definitions import actions  # noqa: PLC0415
        from qinzheng.definitions.library import Library, default_root  # noqa: PLC0415

        root = default_root()
        actions.load(Library.read([root], wiring.KINDS), root, "drafter")
        actions.publish(actions.drafts(), "publisher")
        print("| writers | acts/s | p50 ms | p99 ms |\n|---|---|---|---|")
        for writers in options.writers:
            rate, p50, p99 = measure(cluster.url(), writers, options.seconds)
            print(f"| {writers} | {rate:.0f} | {p50:.1f} | {p99:.1f} |", flush=True)


if __name__ == "__main__":
    main()
