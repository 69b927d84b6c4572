"""``qinzheng definitions check | list`` without a database, ``load | publish | export`` with one."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qinzheng.definitions.library import DefinitionErrors, Kind, Library, default_root
from qinzheng.operations.console import on_database

BODIES = "qinzheng.operations.edition_commands"


def register(groups: Any, kinds: Mapping[str, Kind]) -> Any:
    """Add the group of commands; returns it, for verbs that others bring."""
    parser = groups.add_parser(
        "definitions", help="定义：检查、载入、发布、导出、列表 · check, load, publish, export, list"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("check", help="检查定义文件 · check the files")
    _root(verb)
    verb.set_defaults(run=lambda arguments: check(arguments, kinds))
    verb = verbs.add_parser("list", help="列出定义 · list the definitions")
    _root(verb)
    verb.add_argument("--kind", help="只列一类 · one kind only")
    verb.add_argument("--json", action="store_true")
    verb.add_argument(
        "--editions",
        action="store_true",
        help="列数据库中的草稿和已发布版本 · the drafts and published editions of the database",
    )
    listed = on_database(BODIES, "editions")
    verb.set_defaults(
        run=lambda arguments: listed(arguments) if arguments.editions else list_(arguments, kinds)
    )
    verb = verbs.add_parser("load", help="载入为草稿 · load as drafts")
    _root(verb)
    verb.add_argument("--by", required=True, help="起草人（化名）· who drafts (a pseudonym)")
    verb.set_defaults(kinds=kinds, run=on_database(BODIES, "load"))
    verb = verbs.add_parser("publish", help="发布草稿 · publish drafts (a second person)")
    verb.add_argument("--by", required=True, help="发布人，不得是起草人 · who publishes, not who drafted")
    verb.add_argument("--kind", choices=sorted(kinds), help="只发布一类 · one kind only")
    verb.add_argument("--id", help="只发布一个定义 · one definition only")
    verb.add_argument(
        "--dry-run",
        action="store_true",
        help="只查验并显示对去年办件的影响，不发布 · check and show the effect on last year's cases, publish nothing",
    )
    verb.set_defaults(run=on_database(BODIES, "publish"))
    verb = verbs.add_parser(
        "export", help="导出已发布的定义，逐字节相同 · export published definitions, byte for byte"
    )
    verb.add_argument("folder", type=Path)
    verb.set_defaults(run=on_database(BODIES, "export"))
    return verbs


def check(arguments: argparse.Namespace, kinds: Mapping[str, Kind]) -> int:
    """Every problem with file, line, key and remedy; exit code 1 where there is one."""
    library = read(arguments.root, kinds)
    if library is None:
        return 1
    counts: dict[str, int] = {}
    for held in library:
        counts[held.definition.kind] = counts.get(held.definition.kind, 0) + 1
    said = "，".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    print(f"定义全部合格：{said} / all definitions hold")
    return 0


def list_(arguments: argparse.Namespace, kinds: Mapping[str, Kind]) -> int:
    """One line a definition, or JSON."""
    library = read(arguments.root, kinds)
    if library is None:
        return 1
    rows = [_row(library, held.definition) for held in library]
    rows = [row for row in rows if arguments.kind in (None, row["kind"])]
    rows.sort(key=lambda row: (row["kind"], row["id"], row["in_force_from"]))
    show(rows, arguments.json)
    return 0


def show(rows: list[dict[str, str]], as_json: bool) -> None:
    """One line a definition, or all as one line of JSON."""
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        words = f"{row['zh']} · {row['en']}" if "zh" in row else row["state"]
        print(f"{row['kind']:<10} {row['id']:<34} {row['in_force_from']:<10} {row['sha256'][:12]} {words}")


def read(root: Path | None, kinds: Mapping[str, Kind]) -> Library | None:
    """The library of a folder; None where it has problems, which are printed."""
    try:
        return Library.read([root or default_root()], kinds)
    except DefinitionErrors as errors:
        print(errors, file=sys.stderr)
        return None


def _row(library: Library, definition: Any) -> dict[str, str]:
    file, line = library.where(definition)
    return {
        "kind": definition.kind, "id": definition.id, "zh": definition.name.zh, "en": definition.name.en,
        "in_force_from": str(definition.in_force_from or ""), "sha256": library.hash(definition),
        "file": f"{file.name}:{line}",
    }  # fmt: skip


def _root(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "root", type=Path, nargs="?", help="定义目录 · folder (default: the shipped definitions)"
    )
