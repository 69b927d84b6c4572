"""``qinzheng accounts`` and ``qinzheng evidence``: the parsers, light; the bodies need the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qinzheng.operations.console import on_database

BODIES = "qinzheng.operations.account_commands"


def register(groups: Any) -> None:
    """Add both groups."""
    parser = groups.add_parser(
        "accounts", help="账号：首批三员、列出 · accounts: the first three administrators"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser(
        "found",
        help="首次使用：开立系统、安全、审计管理员，只能用一次 · the first three administrators, once",
    )
    for power in ("system", "security", "audit"):
        verb.add_argument(f"--{power}", required=True, metavar="LOGIN", help=f"{power} 的登录名 · its login")
    verb.add_argument("--by", required=True, help="经办人（化名）· who (a pseudonym)")
    verb.set_defaults(run=on_database(BODIES, "found"))
    verb = verbs.add_parser("list", help="各类账号数与管理员 · accounts by kind, and administrators")
    verb.set_defaults(run=on_database(BODIES, "list_"))
    verb = groups.add_parser("evidence", help="等保三级证据包 · the pack of evidence for 等保三级")
    verb.add_argument("folder", type=Path, help="写入的新目录 · a new folder")
    verb.add_argument("--backups", type=Path, help="备份目录的上级 · the folder that holds the backups")
    verb.set_defaults(run=on_database("qinzheng.operations.evidence_commands", "evidence_", migrate=False))
