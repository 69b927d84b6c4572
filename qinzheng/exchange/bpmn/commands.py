"""``qinzheng definitions bpmn export | import``: procedures as BPMN 2.0 drawings, and drawings as drafts. No database."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pydantic

from qinzheng.cases.checks import check_procedure
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import strict
from qinzheng.definitions.library import DefinitionErrors, Kind, Library, default_root, invalid
from qinzheng.exchange.bpmn import importing as bpmn_import
from qinzheng.exchange.bpmn import writing as bpmn_writing
from qinzheng.exchange.bpmn.draft import Draft
from qinzheng.exchange.bpmn.reading import LARGEST, NotBpmn

HEADER = "# 由 BPMN 2.0 图 {name} 导入的草稿，发布前须由人逐条核对\n# A draft imported from the BPMN 2.0 drawing {name}: a person compares it before it is published\n"


def register(verbs: Any, kinds: Mapping[str, Kind]) -> None:
    """Add the group to ``qinzheng definitions``."""
    parser = verbs.add_parser(
        "bpmn", help="程序与 BPMN 2.0 图互转 · procedures to BPMN 2.0 drawings and back"
    )
    ways = parser.add_subparsers(dest="way", required=True, metavar="WAY")
    way = ways.add_parser("export", help="程序导出为带布局的 BPMN 2.0 · a procedure as BPMN 2.0 with layout")
    way.add_argument("procedure", nargs="?", help="程序的编号 · id of the procedure (default: all)")
    way.add_argument(
        "--to", type=Path, required=True, help="文件；全部导出时为目录 · file, or a folder for all"
    )
    way.add_argument("--definitions", type=Path, help="定义目录 · folder (default: the shipped definitions)")
    way.set_defaults(run=lambda arguments: export(arguments, kinds))
    way = ways.add_parser("import", help="BPMN 2.0 图导入为草稿 · a BPMN 2.0 drawing as a draft")
    way.add_argument("drawing", type=Path, help="图文件 · the drawing (.bpmn, .xml)")
    way.add_argument("--to", type=Path, required=True, help="草稿写到的文件 · where the draft goes (.yaml)")
    way.add_argument(
        "--process", default="", help="有多个流程时的流程 id · id of the process, where there are several"
    )
    way.add_argument("--definitions", type=Path, help="定义目录 · folder (default: the shipped definitions)")
    way.add_argument(
        "--json", action="store_true", help="报告打印成一行 JSON · the report as one line of JSON"
    )
    way.set_defaults(run=lambda arguments: import_(arguments, kinds))


def export(arguments: argparse.Namespace, kinds: Mapping[str, Kind]) -> int:
    """Write one procedure, or each into a folder."""
    try:
        library = Library.read([arguments.definitions or default_root()], kinds)
        procedures: list[Procedure] = library.standing("procedure")
        wanted = [each for each in procedures if arguments.procedure in (None, each.id)]
        if not wanted:
            known = ", ".join(each.id for each in procedures)
            print(
                f"没有程序 {arguments.procedure}；可用：{known} / there is no such procedure; there are: {known}",
                file=sys.stderr,
            )
            return 1
        if arguments.procedure is None:
            arguments.to.mkdir(parents=True, exist_ok=True)
        for each in wanted:
            target = arguments.to if arguments.procedure else arguments.to / f"{each.id}.bpmn"
            target.write_bytes(bpmn_writing.write(each))
            print(f"{each.id} → {target}")
    except DefinitionErrors as errors:
        print(errors, file=sys.stderr)
        return 1
    except OSError as why:
        return _unwritable(arguments.to, why)
    return 0


def import_(arguments: argparse.Namespace, kinds: Mapping[str, Kind]) -> int:
    """Write the draft, say what was not understood, and what the draft lacks. 0: it holds; 1: refused; 3: it lacks something."""
    try:
        with arguments.drawing.open("rb") as file:
            raw = file.read(LARGEST + 1)
        found = bpmn_import.draft(raw, dt.date.today(), arguments.process)
        library = Library.read([arguments.definitions or default_root()], kinds)
    except NotBpmn as why:
        print(f"{arguments.drawing.name}:{why.line}\n    {why.zh}\n    {why.en}", file=sys.stderr)
        return 1
    except DefinitionErrors as errors:
        print(errors, file=sys.stderr)
        return 1
    except OSError as why:
        print(
            f"读不到 {arguments.drawing}：{why.strerror}，请检查路径 / {arguments.drawing} cannot be read: {why.strerror}: check the path",
            file=sys.stderr,
        )
        return 1
    text = HEADER.format(name=arguments.drawing.name).encode() + found.yaml()
    try:
        arguments.to.write_bytes(text)
    except OSError as why:
        return _unwritable(arguments.to, why)
    problems = lacking(text, arguments.to, library)
    _show(arguments, found, problems)
    return 3 if problems else 0


def lacking(text: bytes, file: Path, library: Library) -> list[str]:
    """What the draft lacks before ``qinzheng definitions check`` accepts it: line, key, remedy."""
    try:
        [document] = strict.documents(text)
        procedure = Procedure.model_validate(document.value)
    except strict.Unreadable as why:
        return [f"{file}:{why.line}\n    {why.zh}\n    {why.en}"]
    except pydantic.ValidationError as errors:
        return [str(invalid(file, document, error)) for error in errors.errors()]
    return [
        f"{file}:{document.line(each.path)} {'.'.join(map(str, each.path))}\n    {each.zh}\n    {each.en}"
        for each in check_procedure(procedure, library)
    ]


def _show(arguments: argparse.Namespace, found: Draft, problems: list[str]) -> None:
    if arguments.json:
        said = {
            "id": found.document.get("id"),
            "notes": [asdict(each) for each in found.notes],
            "lacks": problems,
        }
        print(json.dumps(said, ensure_ascii=False))
        return
    print(f"草稿 · draft: {arguments.to} ({found.document.get('id')})")
    for each in found.notes:
        print(f"{arguments.drawing.name}:{each.line} {each.element} {each.id}\n    {each.zh}\n    {each.en}")
        if each.decide_zh:
            print(f"    须由人决定：{each.decide_zh} / to decide: {each.decide_en}")
    if problems:
        print(f"草稿还缺 {len(problems)} 处 / the draft lacks {len(problems)} thing(s):", file=sys.stderr)
        print("\n".join(problems), file=sys.stderr)


def _unwritable(target: Path, why: OSError) -> int:
    print(
        f"写不进 {target}：{why.strerror}，请换一个位置 / {target} cannot be written: {why.strerror}: name another place",
        file=sys.stderr,
    )
    return 1
