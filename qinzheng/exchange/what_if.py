"""``qinzheng what-if LOG --mapping ID --draft DIR``: judge history under a draft, and print the difference.

Every card that would appear or vanish, before anything is published. Cards are compared by case, rule and
occurrence: that an edition has another hash is no difference by itself.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from qinzheng.definitions.library import Kind
from qinzheng.exchange import supervise
from qinzheng.supervision.difference import Found, difference, table
from qinzheng.supervision.difference import found as cards_of


def register(groups: Any, kinds: Mapping[str, Kind]) -> None:
    """Add the command."""
    verb = groups.add_parser(
        "what-if", help="按草案重判历史，列出牌的增减 · judge history under a draft, print the difference"
    )
    verb.add_argument("log", type=Path, help="日志 · the log")
    verb.add_argument("--mapping", required=True, help="映射 · id or file of the mapping")
    verb.add_argument(
        "--draft", type=Path, required=True, help="草案定义目录（完整）· folder of all definitions as drafted"
    )
    verb.add_argument(
        "--definitions", type=Path, help="现行定义目录 · definitions in force (default: the shipped ones)"
    )
    verb.add_argument("--rules", help="规则集 · rule set")
    verb.add_argument("--as-of", help="截至时刻 · as of this moment")
    verb.add_argument("--json", action="store_true", help="一行 JSON · one line of JSON")
    verb.set_defaults(run=lambda arguments: run(arguments, kinds))


def run(arguments: argparse.Namespace, kinds: Mapping[str, Kind]) -> int:
    """Judge twice and compare."""
    console = Console(stderr=True)
    try:
        now = found(arguments, arguments.definitions, kinds, console)
        then = found(arguments, arguments.draft, kinds, console)
    except supervise.REFUSALS as why:
        console.print(str(why), style="red", markup=False, highlight=False)
        return 1
    answer = difference(now, then)
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    Console().print(table(answer))
    return 0


def found(
    arguments: argparse.Namespace, definitions: Path | None, kinds: Mapping[str, Kind], console: Console
) -> Found:
    """The cards of the log under one folder of definitions."""
    options = argparse.Namespace(**{**vars(arguments), "definitions": definitions, "workers": 0})
    with tempfile.TemporaryDirectory(prefix="qinzheng-") as folder:
        judged = supervise.judge_log(options, kinds, Path(folder), console)
        return cards_of(judged.verdict, judged.compiled.rules)
