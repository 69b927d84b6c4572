"""``qinzheng channels give | list | end`` and ``qinzheng matters open | list | show``: the parsers, light."""

from __future__ import annotations

import datetime as dt
from typing import Any

from qinzheng.operations.console import on_database

BODIES = "qinzheng.operations.project_commands"


def register(groups: Any) -> None:
    """Add both groups."""
    _channels(groups)
    _matters(groups)


def _channels(groups: Any) -> None:
    parser = groups.add_parser("channels", help="绿色通道：给予、列出、终止 · green channels")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("give", help="给予，同时开始每日跟踪 · give one; its daily watch begins")
    verb.add_argument("party", help="当事人编号 · the party's id")
    verb.add_argument("--item", dest="items", action="append", required=True, help="事项，可多次 · an item")
    verb.add_argument(
        "--reason", required=True, help="项目与理由，不写个人信息 · the project; nothing personal"
    )
    verb.add_argument("--shepherd", required=True, metavar="POST", help="专人岗位 · the shepherd's post")
    verb.add_argument(
        "--until", required=True, type=dt.date.fromisoformat, help="到哪一天 · last day, YYYY-MM-DD"
    )
    _by(verb, "给予人岗位（政府或机关负责人）· the post that gives it")
    verb.set_defaults(run=on_database(BODIES, "give"))
    verb = verbs.add_parser("list", help="列出，在用的在前 · list, those that stand first")
    verb.set_defaults(run=on_database(BODIES, "channels"))
    verb = verbs.add_parser("end", help="终止 · end one")
    verb.add_argument("party", help="当事人编号 · the party's id")
    verb.add_argument("--reason", required=True, help="理由 · why")
    _by(verb, "终止人岗位 · the post that ends it")
    verb.set_defaults(run=on_database(BODIES, "end"))


def _matters(groups: Any) -> None:
    parser = groups.add_parser("matters", help="一件事：申请、列出、查看 · one matter for several items")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("open", help="一并收件 · take in the whole matter at a window")
    verb.add_argument("matter", help="一件事编号 · the matter's id")
    verb.add_argument("--party", help="申请人编号 · the applicant's id")
    verb.add_argument("--town", default="", help="所在镇街 · the town")
    verb.add_argument(
        "--field", dest="fields", action="append", default=[], metavar="NAME=VALUE", help="表单栏，可多次 · a field of the form"
    )  # fmt: skip
    _by(verb, "收件岗位 · the window's post")
    verb.set_defaults(run=on_database(BODIES, "open_"))
    verb = verbs.add_parser("list", help="列出，附所问各栏 · list, with the fields that each asks")
    verb.set_defaults(run=on_database(BODIES, "matters"))
    verb = verbs.add_parser("show", help="主件与各事项办到哪里 · where parent and items stand")
    verb.add_argument("number", help="主件编号 · the parent's number")
    verb.set_defaults(run=on_database(BODIES, "show"))


def _by(verb: Any, help: str) -> None:
    verb.add_argument("--by", required=True, metavar="POST", help=help)
