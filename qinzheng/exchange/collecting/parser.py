"""``qinzheng collect list | run | coverage``: the parser, light; the bodies need the database."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

BODIES = "qinzheng.exchange.collecting.commands"
Body = Callable[[argparse.Namespace], int]


def register(groups: Any, on_database: Callable[[str, str], Body]) -> None:
    """Add the group. ``on_database``: module and name to a body that runs once the database is there."""
    parser = groups.add_parser(
        "collect",
        help="收集器：只读收取仍在原处的数据 · collect from systems that stay where they are, read only",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("list", help="列出已发布的收集器 · list the published collectors")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=on_database(BODIES, "list_"))
    verb = verbs.add_parser("run", help="收取一次，可反复执行 · collect once; run it as often as you like")
    verb.add_argument("name", help="收集器 · collector id")
    verb.add_argument(
        "--from", dest="place", metavar="PLACE",
        help="文件、目录或 postgresql://…；缺省取环境变量 QINZHENG_COLLECT_<NAME> · file, folder or address",
    )  # fmt: skip
    verb.add_argument("--by", required=True, help="操作人（岗位编号或化名）· who (a post id or a pseudonym)")
    verb.add_argument("--again", action="store_true", help="不论水位与摘要，全部重读 · read everything anew")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=on_database(BODIES, "run"))
    verb = verbs.add_parser(
        "coverage", help="应报未报：单位、事项、办件 · which units, items and cases should report and do not"
    )
    verb.add_argument("name", nargs="?", help="收集器，缺省全部 · collector id (default: all)")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=on_database(BODIES, "coverage_"))
