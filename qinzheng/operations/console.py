"""Commands that need the database: their parsers, light; their bodies are loaded when Django is ready."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

LEDGER = "qinzheng.operations.ledger_commands"
DEFINITIONS = "qinzheng.operations.definition_commands"
JUDGING = "qinzheng.operations.judging_commands"
MIGRATION = "qinzheng.operations.migration_commands"
ORGANIZATIONS = "qinzheng.operations.organization_commands"
READINESS = "qinzheng.operations.readiness"
WITNESS = "qinzheng.operations.witness_commands"


def ready(*, migrate: bool = True) -> None:
    """A database that answers, with its tables, and Django upon it: see :func:`qinzheng.operations.readiness.ready`."""
    import_module(READINESS).ready(migrate=migrate)


def on_database(module: str, name: str, *, migrate: bool = True) -> Callable[[argparse.Namespace], int]:
    """The body of a command, loaded once the database is there: its module needs Django's models."""

    def run(arguments: argparse.Namespace) -> int:
        ready(migrate=migrate)
        code: int = getattr(import_module(module), name)(arguments)
        return code

    return run


def by_name(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """The body of a command that needs no database, loaded when it is run."""

    def run(arguments: argparse.Namespace) -> int:
        code: int = getattr(import_module(module), name)(arguments)
        return code

    return run


def register(groups: Any) -> None:
    """Add every command that needs the database."""
    _ledger(groups)
    _cases(groups)
    _judging(groups)
    _organizations(groups)


def _ledger(groups: Any) -> None:
    ledger = groups.add_parser(
        "ledger", help="账本：定序、检查点、导出、证明、验证 · sequence, checkpoint, export, prove, verify"
    )
    verbs = ledger.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("sequence", help="给已提交的事件定序 · give committed events their positions")
    verb.set_defaults(run=on_database(LEDGER, "sequence"))
    verb = verbs.add_parser("key", help="新建签名密钥，给出公钥 · make a signing key, print its public line")
    verb.add_argument("file", type=Path, help="私钥文件，没有则新建 · key file, made where missing")
    verb.add_argument("--name", default="qinzheng/ledger", help="密钥名，即日志名 · its name, and the log's")
    verb.set_defaults(run=by_name(WITNESS, "key"))
    verb = verbs.add_parser(
        "checkpoint", help="签发检查点到库外目录 · sign a checkpoint into a folder outside"
    )
    verb.add_argument("--to", type=Path, required=True, help="目录 · folder")
    verb.add_argument("--key", type=Path, required=True, help="私钥文件 · key file, see ledger key")
    verb.add_argument("--origin", help="日志名，默认密钥名 · name of the log (default: the key's)")
    verb.add_argument(
        "--trust", action="append", default=[], metavar="KEY", help="换密钥前的公钥 · public key used before"
    )
    verb.set_defaults(run=on_database(LEDGER, "checkpoint_"))
    verb = verbs.add_parser("export", help="导出全部事件 · export every event")
    verb.add_argument("file", type=Path)
    verb.set_defaults(run=on_database(LEDGER, "export"))
    verb = verbs.add_parser(
        "prove", help="事件的回执，或两个检查点的一致性证明 · a receipt, or a consistency proof"
    )
    verb.add_argument("event", nargs="?", help="事件编号；不给则证明一致性 · event id; none: consistency")
    verb.add_argument("--checkpoint", type=Path, required=True)
    verb.add_argument("--since", type=Path, help="较早的检查点 · the earlier checkpoint")
    verb.set_defaults(run=on_database(LEDGER, "prove"))
    verb = verbs.add_parser(
        "witness", help="作为见证人签名，矛盾者拒签 · sign as a witness, never a contradiction"
    )
    verb.add_argument("file", type=Path, help="ledger prove 的输出 · what ledger prove printed")
    verb.add_argument("--to", type=Path, required=True, help="见证人的目录 · the witness's folder")
    verb.add_argument("--key", type=Path, required=True, help="见证人的私钥 · the witness's key file")
    verb.add_argument(
        "--log", action="append", required=True, metavar="KEY", help="日志的公钥 · the log's public key"
    )
    verb.set_defaults(run=by_name(WITNESS, "cosign"))
    verb = verbs.add_parser(
        "verify", help="离线验证，或以账本重放核对各投影表 · verify offline, or replay against the tables"
    )
    what = verb.add_mutually_exclusive_group(required=True)
    what.add_argument("file", type=Path, nargs="?", help="导出文件 · export")
    what.add_argument("--receipt", type=Path, help="回执 · a receipt")
    what.add_argument("--extension", type=Path, help="一致性证明 · a consistency proof")
    what.add_argument("--projections", action="store_true", help="核对投影表 · check the projections")
    verb.add_argument("--checkpoint", type=Path, action="append", default=[])
    verb.add_argument("--key", action="append", default=[], help="公钥行 · public key line")
    verb.set_defaults(run=verify)


def verify(arguments: argparse.Namespace) -> int:
    """Offline where something is given; on the database for projections."""
    if arguments.projections:
        return on_database(LEDGER, "projections_")(arguments)
    return by_name(WITNESS, "verify")(arguments)


def _cases(groups: Any) -> None:
    parser = groups.add_parser("cases", help="办件：迁移到新版本程序 · cases: to another edition")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser(
        "rehearse", help="预演迁移，写出计划，不作改动 · rehearse a migration: a plan, no change"
    )
    verb.add_argument("procedure", help="程序 · procedure id")
    verb.add_argument(
        "--to", help="目标版本的哈希前缀，默认最新发布 · hash of the edition (default: the newest)"
    )
    verb.add_argument(
        "--state",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="状态改名 · a state that changes its name",
    )
    verb.add_argument("--plan", type=Path, required=True, help="写入的计划文件 · the plan to write")
    verb.set_defaults(run=on_database(MIGRATION, "rehearse"))
    verb = verbs.add_parser("migrate", help="按计划迁移 · run a plan")
    verb.add_argument("plan", type=Path)
    verb.add_argument("--by", required=True, help="经办人（化名）· who (a pseudonym)")
    verb.add_argument("--reason", required=True, help="理由 · why")
    verb.set_defaults(run=on_database(MIGRATION, "migrate"))
    verb = verbs.add_parser(
        "conceal",
        help="密封：对所列单位、岗位不存在，不写即解封 · seal from units and posts; unseal where none is named",
    )
    verb.add_argument("number", help="办件编号 · the case's number")
    verb.add_argument(
        "--from", dest="concerns", action="append", default=[], metavar="ID",
        help="被反映的单位或岗位，可多次，整份重写 · whom it concerns, said whole",
    )  # fmt: skip
    verb.add_argument("--by", required=True, metavar="POST", help="监察岗位 · a post of supervision")
    verb.add_argument("--reason", required=True, help="理由 · why")
    verb.set_defaults(run=on_database("qinzheng.operations.sealing_commands", "conceal"))


def _judging(groups: Any) -> None:
    verb = groups.add_parser("judge", help="重判本系统账本 · judge the system's own ledger in batch")
    verb.add_argument("--procedure", help="只判一个程序 · one procedure only")
    verb.add_argument("--rules", default="standard", help="规则集 · rule set")
    verb.add_argument("--as-of", help="截至时刻 · as of this moment (default: now)")
    verb.add_argument("--known-at", help="只用当时已知的事件 · only events recorded by this moment")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=on_database(JUDGING, "judge"))
    verb = groups.add_parser(
        "redetermine", help="日历或规则发布后，重新认定在办时限 · reckon open clocks anew after a publication"
    )
    verb.set_defaults(run=on_database(JUDGING, "redetermine"))
    verb = groups.add_parser("tick", help="让时间走过：标记、视同行为 · let time pass: marks, deemed acts")
    verb.add_argument("--once", action="store_true", help="只走一次 · once, then stop")
    verb.set_defaults(run=on_database(JUDGING, "tick"))


def _organizations(groups: Any) -> None:
    parser = groups.add_parser(
        "organizations", help="单位、岗位与人员：模板、导入、导出、树 · units, posts and people"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("template", help="写出空白模板，含说明与示例行 · an empty template with notes")
    verb.add_argument("file", type=Path, help="写入的 .xlsx · the workbook to write")
    verb.set_defaults(run=on_database(ORGANIZATIONS, "template"))
    verb = verbs.add_parser("import", help="由表格导入，逐处指明错误 · from a spreadsheet, every fault named")
    verb.add_argument("file", type=Path, help=".xlsx 或 .csv · xlsx or csv")
    verb.add_argument("--by", required=True, help="操作人（岗位编号或化名）· who (a post id or a pseudonym)")
    verb.add_argument("--dry-run", action="store_true", help="只预演，不写入 · rehearse, write nothing")
    verb.add_argument("--accept-good", action="store_true", help="仍写入无误的行 · write the good rows")
    verb.set_defaults(run=on_database(ORGANIZATIONS, "import_"))
    verb = verbs.add_parser("export", help="导出现状，可再导入 · as it stands; it can be imported again")
    verb.add_argument("file", type=Path, help="写入的 .xlsx · the workbook to write")
    verb.add_argument("--day", help="截至哪一天 · as of this day, YYYY-MM-DD (default: today)")
    verb.set_defaults(run=on_database(ORGANIZATIONS, "export"))
    verb = verbs.add_parser("tree", help="某日的单位树 · the tree as it stood on a day")
    verb.add_argument("--day", help="哪一天 · which day, YYYY-MM-DD (default: today)")
    verb.add_argument("--under", help="只看某单位之下 · one unit and what stands below it")
    verb.add_argument("--posts", action="store_true", help="连同岗位与在任者 · posts and their holders too")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=on_database(ORGANIZATIONS, "tree"))
