"""Service items as complete JSON, out and in: ``qinzheng definitions items export | import``. No database.

The JSON is the definition itself, key for key (docs/reference/schema/item.json), so that it goes round without loss.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pydantic

from qinzheng.cases.items import Item, check_item
from qinzheng.definitions.library import DefinitionErrors, Kind, Library, default_root
from qinzheng.definitions.writing import plain

FORM = "qinzheng.items/1"
LARGEST = 50_000_000


class NotItems(Exception):
    """The file is not what we write: why, and the remedy, in two languages."""


def write(items: Sequence[Item]) -> bytes:
    """The items as one JSON document in UTF-8, in the order given."""
    said = [item.model_dump(mode="json", by_alias=True, exclude_defaults=True) for item in items]
    return json.dumps({"form": FORM, "items": said}, ensure_ascii=False, indent=1).encode() + b"\n"


def read(raw: bytes) -> list[Item]:
    """The items of a JSON document. Raises :class:`NotItems` that names item, key and remedy."""
    if len(raw) > LARGEST:
        raise NotItems(f"文件超过 {LARGEST} 字节，请拆分 / the file is over {LARGEST} bytes: split it")
    try:
        document = json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError) as why:
        raise NotItems(f"不是 JSON：{why} / not JSON: {why}") from None
    if (
        not isinstance(document, dict)
        or document.get("form") != FORM
        or not isinstance(document.get("items"), list)
    ):
        raise NotItems(
            f"应为 {{'form': '{FORM}', 'items': […]}} / should be {{'form': '{FORM}', 'items': […]}}"
        )
    faults: list[str] = []
    found: list[Item] = []
    for number, each in enumerate(document["items"], start=1):
        try:
            found.append(Item.model_validate_json(json.dumps(each)))
        except pydantic.ValidationError as errors:
            id = each.get("id", "") if isinstance(each, dict) else ""
            faults += [
                f"第 {number} 项 {id} · item {number}: {'.'.join(map(str, error['loc']))}: {error['msg']}"
                for error in errors.errors()
            ]
    if faults:
        raise NotItems("\n".join(["没有导入任何事项 / no item was imported", *faults]))
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("键重复 / a key is written twice")
    return found


def definitions(items: Sequence[Item]) -> bytes:
    """The items as strict YAML, one document each."""
    said = [item.model_dump(by_alias=True, exclude_defaults=True) for item in items]
    return b"---\n".join(plain(each) for each in said)


def register(verbs: Any, kinds: Mapping[str, Kind]) -> None:
    """Add the group to ``qinzheng definitions``."""
    parser = verbs.add_parser("items", help="事项与 JSON 互转 · service items to JSON and back")
    ways = parser.add_subparsers(dest="way", required=True, metavar="WAY")
    way = ways.add_parser("export", help="事项导出为完整 JSON · items as complete JSON")
    way.add_argument("items", nargs="*", help="事项的编号 · ids (default: all)")
    way.add_argument("--to", type=Path, required=True, help="文件 · file")
    way.add_argument("--definitions", type=Path, help="定义目录 · folder (default: the shipped definitions)")
    way.set_defaults(run=lambda arguments: export(arguments, kinds))
    way = ways.add_parser("import", help="JSON 导入为事项草稿 · items from JSON as drafts")
    way.add_argument("file", type=Path, help="JSON 文件 · the JSON file")
    way.add_argument("--to", type=Path, required=True, help="草稿写到的文件 · where the drafts go (.yaml)")
    way.add_argument("--definitions", type=Path, help="定义目录 · folder (default: the shipped definitions)")
    way.set_defaults(run=lambda arguments: import_(arguments, kinds))


def export(arguments: argparse.Namespace, kinds: Mapping[str, Kind]) -> int:
    """Write the items named, or all, in the order of their ids."""
    try:
        library = Library.read([arguments.definitions or default_root()], kinds)
        held: dict[str, Item] = {each.id: each for each in library.standing("item")}
        unknown = [id for id in arguments.items if id not in held]
        if unknown:
            raise NotItems(
                f"没有事项 {'、'.join(unknown)}，请核对编号 / there is no item {', '.join(unknown)}: check the id"
            )
        chosen = [held[id] for id in arguments.items or held]
        arguments.to.write_bytes(write(chosen))
    except (DefinitionErrors, NotItems) as why:
        print(why, file=sys.stderr)
        return 1
    except OSError as why:
        return _file_fault(arguments.to, why)
    print(f"{len(chosen)} 项 → {arguments.to} / {len(chosen)} item(s)")
    return 0


def import_(arguments: argparse.Namespace, kinds: Mapping[str, Kind]) -> int:
    """Write the drafts and say what they lack. 0: they hold; 1: refused; 3: they lack something."""
    try:
        items = read(arguments.file.read_bytes())
        library = Library.read([arguments.definitions or default_root()], kinds)
    except (DefinitionErrors, NotItems) as why:
        print(why, file=sys.stderr)
        return 1
    except OSError as why:
        return _file_fault(arguments.file, why)
    try:
        arguments.to.write_bytes(definitions(items))
    except OSError as why:
        return _file_fault(arguments.to, why)
    print(f"{len(items)} 项 → {arguments.to} / {len(items)} item(s)")
    lacks = [
        f"{item.id} {'.'.join(map(str, each.path))}\n    {each.zh}\n    {each.en}"
        for item in items
        for each in check_item(item, library)
    ]
    if lacks:
        print("\n".join(lacks), file=sys.stderr)
    return 3 if lacks else 0


def _file_fault(file: Path, why: OSError) -> int:
    print(
        f"文件 {file}：{why.strerror}，请检查路径与权限 / {file}: {why.strerror}: check path and permissions",
        file=sys.stderr,
    )
    return 1
