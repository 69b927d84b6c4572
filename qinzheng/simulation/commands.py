"""``qinzheng simulate`` and ``qinzheng demo``: a labelled sample, judged, and how well it was judged."""

from __future__ import annotations

import argparse
import csv
import os
import sys
import webbrowser
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from qinzheng.definitions.library import Kind
from qinzheng.exchange import supervise
from qinzheng.simulation import city

COLUMNS = ("case", "act", "occurred", "reported", "organization", "actor", "role", "number", "next")
SAMPLE_CASES, SAMPLE_SEED = 3_000, 2025


def register(groups: Any, kinds: Mapping[str, Kind]) -> None:
    """Add both commands."""
    verb = groups.add_parser(
        "simulate", help="生成虚构城市的办件与真相 · generate cases of a fictional city, with the truth"
    )
    verb.add_argument("--cases", type=int, default=SAMPLE_CASES, help="件数 · cases")
    verb.add_argument("--seed", type=int, default=SAMPLE_SEED, help="种子 · seed")
    verb.add_argument("--out", type=Path, default=Path("simulated.csv"), help="日志 · the log")
    verb.add_argument(
        "--truth", type=Path, help="真相：办件与应被发现的规则 · the truth: case and rule that must find it"
    )
    verb.set_defaults(run=run_simulate)
    verb = groups.add_parser("demo", help="示例：生成、监察、报告 · sample: simulate, supervise, report")
    verb.add_argument("--cases", type=int, default=SAMPLE_CASES, help="件数 · cases")
    verb.add_argument("--seed", type=int, default=SAMPLE_SEED, help="种子 · seed")
    verb.add_argument("--out", type=Path, help="目录 · folder (default: var/demo)")
    verb.set_defaults(run=lambda arguments: run_demo(arguments, kinds))


def run_simulate(arguments: argparse.Namespace) -> int:
    """Write the log and the truth."""
    if arguments.cases < 1:
        print("--cases 至少为 1 / --cases must be at least 1", file=sys.stderr)
        return 2
    events, truths = simulate(arguments.cases, arguments.seed, arguments.out, arguments.truth)
    print(
        f"清和市（虚构）：{events} 条事件 → {arguments.out}；{truths} 处违规 / {events} events, {truths} violations (fictional)"
    )
    return 0


def simulate(cases: int, seed: int, out: Path, truth: Path | None) -> tuple[int, int]:
    """Write the log and the truth; returns (events, violations)."""
    events = truths = 0
    out.parent.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, str]] = []
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for case in city.generate(cases, seed):
            for event in case.events:
                events += 1
                values = [getattr(event, name) for name in COLUMNS]
                writer.writerow(
                    [value.isoformat() if hasattr(value, "isoformat") else value for value in values]
                )
            rows += [_truth(case.name, rule) for rule in case.truth]
            truths += len(case.truth)
    if truth is not None:
        with truth.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("case", "rule"), *rows])
    return events, truths


def _truth(case: str, rule: str) -> tuple[str, str]:
    """(key, rule): a rule keyed by officer-day carries its key behind the @."""
    name, _, key = rule.partition("@")
    return (key or case, name)


def detection(cards: Path, truth: Path) -> dict[str, tuple[int, int, int]]:
    """rule → (found rightly, found wrongly, missed), by (key, rule)."""
    table = pq.read_table(cards, columns=["case", "rule"])
    found = set(zip(table["case"].to_pylist(), table["rule"].to_pylist(), strict=True))
    with truth.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        expected = {(case, rule) for case, rule in rows}
    right = Counter(rule for _, rule in found & expected)
    wrong = Counter(rule for _, rule in found - expected)
    missed = Counter(rule for _, rule in expected - found)
    return {rule: (right[rule], wrong[rule], missed[rule]) for rule in sorted({*right, *wrong, *missed})}


def run_demo(arguments: argparse.Namespace, kinds: Mapping[str, Kind]) -> int:
    """Simulate a labelled sample, judge it, show the table and where the report is."""
    folder = arguments.out or Path(os.environ.get("QINZHENG_HOME", "var")) / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    log, truth = folder / "log.csv", folder / "truth.csv"
    simulate(arguments.cases, arguments.seed, log, truth)
    options = argparse.Namespace(
        log=log, mapping="demo", rules=None, as_of=None, workers=1, out=folder, json=False, definitions=None
    )
    code = supervise.run(options, kinds)
    if code:
        return code
    console = Console()
    console.print(_table(detection(folder / "cards.parquet", truth)))
    report = (folder / "report.html").resolve().as_uri()
    console.print(f"\n示例报告（虚构的清和市）· sample report (fictional city):\n{report}", soft_wrap=True)
    if "CI" not in os.environ and (sys.platform == "darwin" or os.environ.get("DISPLAY")):
        webbrowser.open(report)
    return 0


def _table(rows: Mapping[str, tuple[int, int, int]]) -> Table:
    table = Table(
        title="注入的违规，发现得如何 · injected violations, how well they were found", title_justify="left"
    )
    for name in ("规则 rule", "注入 injected", "发现 found", "误报 wrong", "漏报 missed"):
        table.add_column(name, justify="left" if "rule" in name else "right")
    for rule, (right, wrong, missed) in rows.items():
        table.add_row(rule.removeprefix(city.RULE), str(right + missed), str(right), str(wrong), str(missed))
    return table
