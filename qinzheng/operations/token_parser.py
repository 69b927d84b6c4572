"""``qinzheng tokens issue | list | revoke``: the parser, light; the bodies need the database."""

from __future__ import annotations

from typing import Any

from qinzheng.operations.console import on_database

BODIES = "qinzheng.operations.token_commands"
SCOPES = ("read", "act", "ingest", "feed", "rate", "device")
"""As ``qinzheng.access.actions.TOKEN_SCOPES`` has them; a test holds the two together."""


def register(groups: Any) -> None:
    """Add the group."""
    parser = groups.add_parser("tokens", help="应用令牌：签发、列出、吊销 · tokens of applications")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("issue", help="签发，密钥只显示这一次 · issue; the secret is shown this once")
    verb.add_argument(
        "login", help="应用账号，没有则建立 · the application's account, made where there is none"
    )
    verb.add_argument("--scope", action="append", required=True, choices=SCOPES, help="范围，可多次 · scope")
    verb.add_argument("--days", type=int, default=90, help="有效天数 · days until it ends (default: 90)")
    verb.add_argument("--unit", help="新账号任职的单位 · the unit where a new account holds a post")
    verb.add_argument("--role", action="append", default=[], help="岗位职责，可多次 · a role of that post")
    verb.add_argument(
        "--for", dest="units", action="append", default=[], metavar="UNIT",
        help="只代表这些单位及其下级 · only for these units and those below",
    )  # fmt: skip
    verb.add_argument("--by", required=True, help="签发人化名 · who issues (a pseudonym)")
    verb.set_defaults(run=on_database(BODIES, "issue"))
    verb = verbs.add_parser("list", help="列出有效的令牌 · the tokens that open something")
    verb.set_defaults(run=on_database(BODIES, "list_"))
    verb = verbs.add_parser("revoke", help="吊销，下一次请求即生效 · revoke, from the next request on")
    verb.add_argument("token", type=int, help="令牌编号，见 list · its number")
    verb.add_argument("--by", required=True, help="吊销人化名 · who revokes (a pseudonym)")
    verb.set_defaults(run=on_database(BODIES, "revoke"))
