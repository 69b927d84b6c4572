"""``qinzheng catalogue …``: the parser, light; the bodies need the database."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from qinzheng.operations.console import on_database

BODIES = "qinzheng.operations.catalogue_commands"


def register(groups: Any) -> None:
    """Add the group."""
    parser = groups.add_parser("catalogue", help="事项目录：表格导入、三率 · the catalogue: import, rates")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("template", help="写出空白模板 · write the empty template (.xlsx)")
    verb.add_argument("file", type=Path, help="模板文件 · where it goes")
    verb.set_defaults(run=on_database(BODIES, "template"))
    verb = verbs.add_parser(
        "export", help="现有事项写成导入的表格 · items as they stand, to change and import again"
    )
    verb.add_argument("file", type=Path, help="文件 · where it goes (.xlsx)")
    verb.add_argument("--unit", help="只要一个单位的 · one unit only")
    verb.set_defaults(run=on_database(BODIES, "export"))
    verb = verbs.add_parser("import", help="从表格导入事项，存为草稿 · items from a spreadsheet, as drafts")
    verb.add_argument("file", type=Path, help="xlsx 或 CSV · the spreadsheet")
    verb.add_argument("--by", required=True, help="起草人（化名）· who drafts (a pseudonym)")
    verb.add_argument(
        "--from", dest="begins", type=dt.date.fromisoformat, metavar="DAY",
        help="施行日，表中另写的除外；缺省为今天 · in force from (default: today)",
    )  # fmt: skip
    verb.add_argument(
        "--dry-run", action="store_true", help="只看差异，不存 · show the differences, keep nothing"
    )
    verb.set_defaults(run=on_database(BODIES, "import_"))
    verb = verbs.add_parser("rates", help="进驻率、授权率、即办率 · the three rates, by unit")
    verb.add_argument(
        "--day", type=dt.date.fromisoformat, help="某一天的；缺省为今天 · of a day (default: today)"
    )
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=on_database(BODIES, "rates_"))
