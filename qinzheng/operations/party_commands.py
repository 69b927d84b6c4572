"""``qinzheng parties …``: their parsers; the bodies are in ``qinzheng.operations.party_register``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from qinzheng.operations.console import on_database

BODIES = "qinzheng.operations.party_register"
GROUNDS = ("purpose_achieved", "service_ended", "consent_withdrawn", "unlawful", "other_law")
"""The keys of ``parties.events.ERASURE_GROUNDS``, which needs Django; a test compares them."""


def register(groups: Any) -> None:
    """Add the group of commands."""
    parser = groups.add_parser(
        "parties",
        help="公民与企业：导入、导出、删除、查重、换主密钥 · import, export, erase, duplicates, keys",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("import", help="从表格导入企业，有错则全不写入 · enterprises, all or nothing")
    verb.add_argument("file", type=Path, help="xlsx 或 CSV · xlsx or CSV")
    verb.add_argument("--dry-run", action="store_true", help="只检查，不写入 · check only")
    _who(verb)
    verb.set_defaults(run=on_database(BODIES, "import_"))
    verb = verbs.add_parser(
        "export", help="导出一个主体的全部信息，供其本人 · all that is held, for the subject"
    )
    verb.add_argument("party", help="主体编号 · party id")
    verb.add_argument("--to", type=Path, help="写入文件（仅本人可读），默认标准输出 · a file, mode 0600")
    _who(verb)
    verb.set_defaults(run=on_database(BODIES, "export"))
    verb = verbs.add_parser("erase", help="删除一个主体的信息并销毁密钥，不可恢复 · erase for good")
    verb.add_argument("party", help="主体编号 · party id")
    verb.add_argument("--reason", required=True, choices=GROUNDS, help="个人信息保护法 47 · ground in law")
    _who(verb)
    verb.set_defaults(run=on_database(BODIES, "erase"))
    verb = verbs.add_parser("duplicates", help="列出可能重复的主体 · records that may be one subject")
    verb.add_argument("--json", action="store_true")
    _who(verb)
    verb.set_defaults(run=on_database(BODIES, "duplicates"))
    verb = verbs.add_parser("new-key", help="为新系统新建主密钥文件 · make the master key of a new system")
    verb.set_defaults(run=on_database(BODIES, "new_key"))
    verb = verbs.add_parser("rotate-key", help="更换主密钥，重新包裹全部数据密钥 · change the master key")
    verb.add_argument(
        "--keep-old", action="store_true", help="旧密钥留在文件中 · leave the old key in the file"
    )
    _who(verb)
    verb.set_defaults(run=on_database(BODIES, "rotate_key"))


def _who(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--by", required=True, metavar="WHO", help="经办岗位 · the post that acts")
