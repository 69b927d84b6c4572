"""``qinzheng convert LOG --mapping ID --to FILE``: a log read through its mapping, written in another form."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qinzheng.definitions.library import DefinitionErrors, Kind, Library, default_root
from qinzheng.exchange import mapping as mappings
from qinzheng.exchange import writing
from qinzheng.exchange.reading import Refused
from qinzheng.supervision.archive import Archive


def register(groups: Any, kinds: Mapping[str, Kind]) -> None:
    """Add the command."""
    verb = groups.add_parser("convert", help="把日志转成 XES、OCEL、CSV、Parquet · a log in another form")
    verb.add_argument("log", type=Path, help="日志 · the log")
    verb.add_argument("--mapping", required=True, help="映射编号 · id of the mapping")
    verb.add_argument(
        "--to", type=Path, required=True, help=f"文件，结尾定格式 · file: {' '.join(writing.WRITERS)}"
    )
    verb.set_defaults(run=lambda arguments: run(arguments, kinds))


def run(arguments: argparse.Namespace, kinds: Mapping[str, Kind]) -> int:
    """Read, write, say how many."""
    try:
        library = Library.read([default_root()], kinds)
        chosen = library.get("mapping", arguments.mapping)
        with tempfile.TemporaryDirectory(prefix="qinzheng-") as folder:
            path = Path(folder) / "events.parquet"
            procedure = library.get("procedure", chosen.procedure)
            _, report = mappings.take_log(arguments.log, chosen, procedure, path)
            count = writing.write(Archive(path), arguments.to)
    except KeyError:
        print(f"没有映射 {arguments.mapping} / there is no mapping {arguments.mapping}", file=sys.stderr)
        return 1
    except (DefinitionErrors, Refused, writing.Unwritable) as why:
        print(why, file=sys.stderr)
        return 1
    print(
        f"{count} 条事件 → {arguments.to}，未收 {report.rejected} 行 / {count} events, {report.rejected} rows rejected"
    )
    return 0
