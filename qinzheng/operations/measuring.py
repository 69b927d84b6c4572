"""``qinzheng measures list | ask | patterns | evidence`` and ``qinzheng archive follow | verify``: their parsers, light."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from qinzheng.operations.console import on_database

BODIES = "qinzheng.operations.measure_commands"


def register(groups: Any) -> None:
    """Add both groups of commands."""
    _measures(groups)
    _archive(groups)


def _measures(groups: Any) -> None:
    parser = groups.add_parser(
        "measures", help="指标：列出、提问、溯源 · measures: list, ask, open the evidence"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("list", help="列出已发布的指标 · list the published measures")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=on_database(BODIES, "list_"))
    verb = verbs.add_parser("ask", help="问一个指标 · ask one measure")
    verb.add_argument("id", help="指标编号 · measure id")
    verb.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="DIMENSION",
        help="划分，可多次 · by what; may be given again",
    )
    verb.add_argument(
        "--from", dest="first", type=dt.date.fromisoformat, required=True, help="起日，含 · first day"
    )
    verb.add_argument(
        "--to", dest="last", type=dt.date.fromisoformat, required=True, help="止日，含 · last day"
    )
    verb.add_argument(
        "--upto", type=int, help="账本位置，缺省为最新 · position of the ledger (default: the newest)"
    )
    verb.add_argument(
        "--organization", action="append", default=[], metavar="ID", help="只计这些单位 · count only these"
    )
    verb.add_argument(
        "--roll-up", action="store_true", help="按止日的单位树逐级汇总 · along the tree of the last day"
    )
    forms = verb.add_mutually_exclusive_group()
    forms.add_argument("--csv", type=Path, metavar="FILE", help="写成 CSV · write CSV")
    forms.add_argument("--xlsx", type=Path, metavar="FILE", help="写成 XLSX · write XLSX")
    forms.add_argument("--json", action="store_true", help="打印 JSON，含证据摘要 · print JSON with digests")
    verb.set_defaults(run=on_database(BODIES, "ask_"))
    verb = verbs.add_parser(
        "patterns", help="比较许多办件，逐项打印 JSON · compare many cases, a line of JSON a pattern"
    )
    verb.add_argument("id", nargs="*", help="口径编号，缺省全部 · pattern ids (default: all)")
    verb.add_argument(
        "--from", dest="first", type=dt.date.fromisoformat, required=True, help="起日，含 · first day"
    )
    verb.add_argument(
        "--to", dest="last", type=dt.date.fromisoformat, required=True, help="止日，含 · last day"
    )
    verb.set_defaults(run=on_database("qinzheng.operations.pattern_commands", "patterns"))
    verb = verbs.add_parser(
        "evidence", help="按 JSON 回答打开其事件 · the events behind an answer printed by ask --json"
    )
    verb.add_argument("file", type=Path, help="ask --json 的输出 · what ask --json printed")
    verb.add_argument("--number", type=int, default=1, help="第几个回答 · which answer, from 1")
    verb.set_defaults(run=on_database(BODIES, "evidence_"))


def _archive(groups: Any) -> None:
    parser = groups.add_parser("archive", help="档案：跟随账本、核验 · archive: follow the ledger, verify")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("follow", help="定序并收入档案 · sequence and take events in")
    verb.add_argument("--once", action="store_true", help="只到最新为止 · up to the newest, then stop")
    verb.set_defaults(run=on_database(BODIES, "follow"))
    verb = verbs.add_parser("verify", help="核验封存的各月与账本相符 · the sealed months against the ledger")
    verb.set_defaults(run=on_database(BODIES, "verify"))
