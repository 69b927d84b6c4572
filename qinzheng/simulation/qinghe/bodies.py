"""Bodies of ``qinzheng city load | live`` (see ``qinzheng.simulation.qinghe.commands``)."""

from __future__ import annotations

import argparse
import sys
import threading
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from qinzheng.operations import running
from qinzheng.simulation.qinghe import catalogue, helping, living
from qinzheng.simulation.qinghe import load as loading


def load(arguments: argparse.Namespace) -> int:
    """Load the city and say how long it took."""
    began = time.perf_counter()
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def say(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=of)
                if not console.is_terminal:
                    print(what, file=sys.stderr, flush=True)
            bar.update(tasks[what], completed=done, total=of)

        try:
            new = loading.load(arguments.scale, arguments.seed, say)
        except loading.NotDemo as why:
            print(why, file=sys.stderr)
            return 1
    if new:
        helping.help_out(arguments.seed)
    if new:
        catalogue.found()
        living.City(arguments.seed).charged()
    seconds = time.perf_counter() - began
    print(
        f"清和市已载入，{seconds:.1f} 秒 / the city is loaded, {seconds:.1f} s"
        if new
        else "清和市已在 / the city is there already"
    )
    return 0


def live(arguments: argparse.Namespace) -> int:
    """Act until told to stop."""
    stop = threading.Event()
    running.on_signal(stop)
    living.City(arguments.seed, arguments.site).live(arguments.every, stop)
    return 0
