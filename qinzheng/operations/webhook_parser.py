"""``qinzheng webhooks list | disable | enable | ping | deliveries``: the parser, light; the bodies need the database."""

from __future__ import annotations

from typing import Any

from qinzheng.operations.console import on_database

BODIES = "qinzheng.operations.webhook_commands"


def register(groups: Any) -> None:
    """Add the group."""
    parser = groups.add_parser("webhooks", help="事件推送的订阅：列出、停用、试投 · webhooks of applications")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("list", help="列出订阅、进度与失败 · every subscription, how far it is, failures")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=on_database(BODIES, "list_"))
    for name, help in (
        ("disable", "停用，位置保留 · switch off; its position stays"),
        ("enable", "启用，从停处继续 · switch on; it goes on where it stopped"),
    ):
        verb = verbs.add_parser(name, help=help)
        verb.add_argument("webhook", help="订阅编号，见 list · its number")
        verb.add_argument("--by", required=True, help="操作人化名 · who (a pseudonym)")
        verb.set_defaults(run=on_database(BODIES, name))
    verb = verbs.add_parser("ping", help="试投一次 · try its receiver once")
    verb.add_argument("webhook", help="订阅编号 · its number")
    verb.set_defaults(run=on_database(BODIES, "ping"))
    verb = verbs.add_parser("deliveries", help="近期投递记录 · the newest attempts")
    verb.add_argument("webhook", help="订阅编号 · its number")
    verb.add_argument("--limit", type=int, default=20, help="条数 · how many (default: 20)")
    verb.set_defaults(run=on_database(BODIES, "deliveries"))
