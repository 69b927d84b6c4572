"""``qinzheng replay LOG --mapping ID [--take]``: the parser, light; with ``--take`` the cases become ours in the database."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from qinzheng.definitions.library import Kind

BODIES = "qinzheng.exchange.replay_commands"
Body = Callable[[argparse.Namespace], int]


def register(groups: Any, kinds: Mapping[str, Kind], on_database: Callable[[str, str], Body]) -> None:
    """Add the command. ``on_database``: module and name to a body that runs once the database is there."""
    verb = groups.add_parser(
        "replay",
        help="日志按程序逐件回放：能办的成为本系统的办件，其余列明原因 · a log replayed as native cases, what did not fit reported",
    )
    verb.add_argument("log", type=Path, help="日志 · the log")
    verb.add_argument("--mapping", required=True, help="映射的编号或文件 · id or file of the mapping")
    verb.add_argument("--definitions", type=Path, help="定义目录 · folder (default: the shipped definitions)")
    verb.add_argument(
        "--take", action="store_true",
        help="写入数据库成为办件，重复执行不会重复 · write the cases into the database; again changes nothing",
    )  # fmt: skip
    verb.add_argument("--json", action="store_true", help="一行 JSON · one line of JSON")
    verb.set_defaults(kinds=kinds, run=on_database(BODIES, "run"))
