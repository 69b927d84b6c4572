"""Bodies of ``qinzheng parties …`` (see ``qinzheng.operations.party_commands``). None prints a name unasked."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable

from qinzheng.organizations.workbook import Unreadable
from qinzheng.parties import actions, events, importing, keys, queries
from qinzheng.parties.subjects import PartyRefused
from qinzheng.parties.vault import VaultClosed

REFUSALS = (PartyRefused, VaultClosed, Unreadable, OSError)
SIGNS = {
    "same_name": "同名", "same_core_name": "字号相同", "similar_name": "名称相近", "same_phone": "电话相同",
    "similar_address": "地址相近", "same_legal_representative": "法定代表人相同",
}  # fmt: skip


def explained(body: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """A command whose refusals are said on standard error, with exit code 1."""

    def run(arguments: argparse.Namespace) -> int:
        try:
            return body(arguments)
        except REFUSALS as why:
            print(why, file=sys.stderr)
            return 1

    return run


@explained
def import_(arguments: argparse.Namespace) -> int:
    """Import enterprises; exit code 1 where a row is wrong."""
    report = importing.run(arguments.file, arguments.by, dry_run=arguments.dry_run)
    print("\n".join(report.lines()))
    return 1 if report.faults else 0


@explained
def export(arguments: argparse.Namespace) -> int:
    """Print or write everything held of a subject, as JSON."""
    told = json.dumps(actions.export(arguments.party, by=arguments.by), ensure_ascii=False, indent=2)
    if arguments.to is None:
        print(told)
        return 0
    descriptor = os.open(arguments.to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(told + "\n")
    print(f"{arguments.party} → {arguments.to}")
    return 0


@explained
def erase(arguments: argparse.Namespace) -> int:
    """Erase a subject."""
    actions.erase(arguments.party, arguments.reason, by=arguments.by)
    zh, en = events.ERASURE_GROUNDS[arguments.reason]
    print(f"已删除 {arguments.party}：{zh} / erased: {en}")
    return 0


@explained
def duplicates(arguments: argparse.Namespace) -> int:
    """List pairs that may be one subject: ids, likeness, signs, and no data."""
    found = queries.duplicates(arguments.by)
    if arguments.json:
        print(json.dumps([[one.first, one.second, one.likeness, one.because] for one in found]))
        return 0
    for one in found:
        print(
            f"{one.likeness:>3}  {one.first}  {one.second}  {'、'.join(SIGNS[sign] for sign in one.because)}"
        )
    print(
        f"{len(found)} 对可能重复，请人工核对后合并 / {len(found)} pair(s) may be one subject: a person decides"
    )
    return 0


@explained
def new_key(arguments: argparse.Namespace) -> int:
    """Make the master key file of a new system."""
    path = keys.make_file()
    print(f"主密钥 → {path}，请立即另行备份 / the master key: back it up elsewhere now")
    return 0


@explained
def rotate_key(arguments: argparse.Namespace) -> int:
    """Change the master key."""
    done = keys.rotate(arguments.by, keep=arguments.keep_old)
    print(
        f"主密钥 {done.master}，重新包裹 {done.rewrapped} 个 / {done.rewrapped} key(s) wrapped under {done.master}"
    )
    if done.kept:
        former = "、".join(done.former) or "—"
        print(
            f"旧密钥 {former} 仍在；旧备份到期后请移除 / former keys are still there: take them out in time"
        )
    return 0
