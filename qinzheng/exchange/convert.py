"""``qinzheng convert LOG --mapping ID --to FILE``: a log read through its mapping, written in another form.

Beside XES, CSV and Parquet the mapping is written under which ``supervise`` reads that file again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from qinzheng.definitions.library import DefinitionErrors, Kind
from qinzheng.exchange import mapping as mappings
from qinzheng.exchange import writing
from qinzheng.exchange.choosing import Refusal, choose, covering
from qinzheng.exchange.reading import Refused
from qinzheng.exchange.times import Reach
from qinzheng.supervision.archive import Archive


def register(groups: Any, kinds: Mapping[str, Kind]) -> None:
    """Add the command."""
    verb = groups.add_parser("convert", help="把日志转成 XES、OCEL、CSV、Parquet · a log in another form")
    verb.add_argument("log", type=Path, help="日志 · the log")
    verb.add_argument("--mapping", required=True, help="映射的编号或文件 · id or file of the mapping")
    verb.add_argument(
        "--to", type=Path, required=True, help=f"文件，结尾定格式 · file: {' '.join(writing.WRITERS)}"
    )
    verb.set_defaults(run=lambda arguments: run(arguments, kinds))


def run(arguments: argparse.Namespace, kinds: Mapping[str, Kind]) -> int:
    """Read, write, say how many."""
    target: Path = arguments.to
    try:
        library, chosen = choose(arguments.mapping, None, kinds)
        with tempfile.TemporaryDirectory(prefix="qinzheng-") as folder:
            path = Path(folder) / "events.parquet"
            procedure = library.get("procedure", chosen.procedure)
            reach = Reach.of(covering(library, procedure).values())
            _, report = mappings.take_log(arguments.log, chosen, procedure, path, reach=reach)
            source = Archive(path)
            count = writing.write(source, target, chosen.assigns)
            back = writing.read_back(source, target, chosen)
        if back is not None:
            own = target.with_name(target.name.removesuffix(writing.ending(target)) + ".mapping.yaml")
            own.write_text(yaml.safe_dump(back, allow_unicode=True, sort_keys=False), encoding="utf-8")
            print(f"读回用的映射 · the mapping to read it back: {own}", file=sys.stderr)
    except (DefinitionErrors, Refusal, Refused, writing.Unwritable) as why:
        print(why, file=sys.stderr)
        return 1
    except OSError as why:
        print(
            f"写不进 {target}：{why.strerror}，请换一个位置 / {target} cannot be written: {why.strerror}: name another place",
            file=sys.stderr,
        )
        return 1
    print(
        f"{count} 条事件 → {target}，未收 {report.rejected} 行 / {count} events, {report.rejected} rows rejected"
    )
    return 0
