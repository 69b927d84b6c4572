"""``qinzheng upward …``: the parser, light; the bodies need the database."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

BODIES = "qinzheng.exchange.upward.commands"
Body = Callable[[argparse.Namespace], int]


def register(groups: Any, on_database: Callable[[str, str], Body]) -> None:
    """Add the group. ``on_database``: module and name to a body that runs once the database is there."""
    parser = groups.add_parser(
        "upward", help="上报：组包、发送、回执、补正、对账 · report upward in packets that are answered"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _verb(verbs, on_database, "status", "各上报的现状 · how each report stands", one=False)
    verb = _verb(verbs, on_database, "build", "立即组包，不等满包 · build packets now")
    verb.add_argument(
        "--again",
        action="store_true",
        help="从账本起点重读，只报有变化的 · read the ledger from its beginning",
    )
    verb = _verb(verbs, on_database, "send", "发送到期的数据包，收取答复 · send what is due, take answers")
    verb.add_argument(
        "--to", dest="place", metavar="PLACE",
        help="地址或目录；缺省取环境变量 QINZHENG_UPWARD_<NAME> · address or folder",
    )  # fmt: skip
    verb = _verb(verbs, on_database, "take", "收取答复文件 · take answers that came as files")
    verb.add_argument("files", type=Path, nargs="+", help="答复文件 · files with answers")
    verb = _verb(
        verbs, on_database, "worklist", "须补正的记录及原因 · records to mend, with the reason", one=False
    )
    verb.add_argument("--unit", help="只看一个承办单位 · one unit only")
    verb = _verb(verbs, on_database, "repair", "不待更正，随下一包再报 · report again with the next packet")
    verb.add_argument(
        "records", nargs="*", help="记录编号；缺省全部须补正的 · record ids (default: all that are open)"
    )
    verb.add_argument("--by", required=True, help="操作人（岗位编号或化名）· who (a post id or a pseudonym)")
    verb = _verb(verbs, on_database, "reconcile", "按日、按数据集对账 · counts by day and data set")
    verb.add_argument("--days", type=int, default=14, help="最近若干日 · the last so many days")
    verb.add_argument(
        "--against", type=Path, metavar="FILE",
        help="接收方清单（CSV：record,version）· the receiver's list, compared one by one",
    )  # fmt: skip


def _verb(
    verbs: Any, on_database: Callable[[str, str], Body], name: str, words: str, *, one: bool = True
) -> Any:
    verb = verbs.add_parser(name, help=words)
    if one:
        verb.add_argument("name", help="上报定义 · report id")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=on_database(BODIES, name))
    return verb
