"""Bodies of ``qinzheng organizations …`` (see ``qinzheng.operations.console``)."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from qinzheng.organizations import actions, exporting, importing, queries
from qinzheng.organizations.queries import Branch
from qinzheng.organizations.workbook import Unreadable


def template(arguments: argparse.Namespace) -> int:
    """Write the empty template."""
    try:
        exporting.template(arguments.file)
    except OSError as why:
        return _say(f"{arguments.file}：不能写入 / cannot be written: {why.strerror}")
    print(f"模板 → {arguments.file} / template written")
    return 0


def import_(arguments: argparse.Namespace) -> int:
    """Import a spreadsheet and report; 1 where any row was wrong."""
    try:
        report = importing.run(
            arguments.file, arguments.by, timezone.now(),
            dry_run=arguments.dry_run, accept_good=arguments.accept_good,
        )  # fmt: skip
    except Unreadable as why:
        return _say(f"{arguments.file.name}：{why}")
    for line in report.lines():
        print(line)
    return 1 if report.faults else 0


def export(arguments: argparse.Namespace) -> int:
    """Write what exists on a day."""
    day = _day(arguments.day)
    if day is None:
        return 2
    try:
        counts = exporting.export(arguments.file, day)
    except OSError as why:
        return _say(f"{arguments.file}：不能写入 / cannot be written: {why.strerror}")
    told = "，".join(f"{name} {count}" for name, count in counts.items())
    print(f"{day} 导出 {told} → {arguments.file} / exported")
    return 0


def tree(arguments: argparse.Namespace) -> int:
    """Print the tree, or the part below a unit, as it stood on a day."""
    day = _day(arguments.day)
    if day is None:
        return 2
    roots = queries.tree(day, desks=arguments.posts)
    if arguments.under:
        roots = [branch for root in roots for branch in root if branch.id == arguments.under]
        if not roots:
            return _say(f"{day} 没有单位 {arguments.under} / there was no unit {arguments.under} on {day}")
    if arguments.json:
        print(json.dumps([_plain(root) for root in roots], ensure_ascii=False))
    else:
        for root in roots:
            print("\n".join(_drawn(root, 0)))
        print(f"{day}：{sum(1 for root in roots for _ in root)} 个单位 / unit(s)")
    return 0


def _day(text: str | None) -> dt.date | None:
    if text is None:
        return actions.day_of(timezone.now())
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        _say(f"--day {text} 不是日期，请写成 2026-01-01 / is no day: write it as 2026-01-01")
        return None


def _drawn(branch: Branch, depth: int) -> Iterator[str]:
    yield f"{'  ' * depth}{branch.name.zh} · {branch.id}"
    for desk in branch.desks:
        head = "★" if desk.head else "-"
        yield f"{'  ' * (depth + 1)}{head} {desk.name.zh} · {desk.id} · {desk.holder or '空缺 vacant'}"
    for child in branch.children:
        yield from _drawn(child, depth + 1)


def _plain(branch: Branch) -> dict[str, Any]:
    return {
        "id": branch.id, "kind": branch.kind, "zh": branch.name.zh, "en": branch.name.en,
        "posts": [{"id": desk.id, "zh": desk.name.zh, "en": desk.name.en, "head": desk.head, "holder": desk.holder}
                  for desk in branch.desks],
        "children": [_plain(child) for child in branch.children],
    }  # fmt: skip


def _say(why: str) -> int:
    print(why, file=sys.stderr)
    return 1
