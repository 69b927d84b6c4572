"""Bodies of ``qinzheng files …``: whether every file of an applicant lies in the store, and its way to another store."""

from __future__ import annotations

import argparse
import json
import sys

from django.conf import settings

from qinzheng.cases import attachments_moving as moving
from qinzheng.cases import attachments_storage as storage

SHOWN = 20
"""So many names are printed; ``--json`` prints all."""


def check(arguments: argparse.Namespace) -> int:
    """Compare store and database; 1 where a file is missing or does not open."""
    try:
        store = storage.store()
        found = moving.standing(store)
        damaged = list(moving.damaged()) if arguments.open else []
        swept = 0
        if arguments.sweep:
            for each in found.erased:
                store.drop(each.place)
            swept = len(found.erased)
    except OSError as why:
        print(why, file=sys.stderr)
        return 1
    if arguments.json:
        told = {"wanted": found.wanted, "missing": found.missing, "damaged": damaged, "swept": swept,
                "erased": [each.place for each in found.erased], "unknown": [each.place for each in found.unknown]}  # fmt: skip
        print(json.dumps(told))
    else:
        _say(found, damaged, swept, opened=arguments.open)
    return 1 if found.missing or damaged else 0


def _say(found: moving.Standing, damaged: list[str], swept: int, *, opened: bool) -> None:
    where = settings.FILES
    print(
        f"{where}：应有 {found.wanted} 个密文，缺 {len(found.missing)} 个 / "
        f"{found.wanted} sealed file(s) are wanted, {len(found.missing)} missing"
    )
    if opened:
        print(
            f"逐个解密核对：{len(damaged)} 个打不开或被改动 / each was opened: {len(damaged)} do not open or were changed"
        )
    for place in found.missing[:SHOWN]:
        print(
            f"  {place}：用 qinzheng files copy --from 备份目录/files 放回 / put it back from a backup's files"
        )
    for place in damaged[:SHOWN]:
        print(
            f"  {place}：从存储中移走，再从备份放回 / take it out of the store, then put it back from a backup"
        )
    left = sum(each.size for each in found.erased)
    if found.erased:
        done = f"已清除 {swept} 个 / {swept} swept" if swept else "加 --sweep 清除 / --sweep takes them away"
        print(
            f"密钥已销毁、密文仍在：{len(found.erased)} 个 {left} 字节，{done} / "
            f"{len(found.erased)} file(s), {left} byte(s), lie there though their keys were destroyed"
        )
    if found.unknown:
        print(
            f"本库不认识的密文 {len(found.unknown)} 个（上传中断、正在上传或另一套系统的），不动它们 / "
            f"{len(found.unknown)} file(s) are unknown to this database (an upload cut off or under way, another system's): they are left"
        )


def copy(arguments: argparse.Namespace) -> int:
    """Bring every wanted file that the store lacks from another store; 1 where some are in neither."""
    try:
        made = moving.copy(moving.wanted(), storage.at(arguments.from_), storage.store())
    except OSError as why:
        print(f"{why}\n已复制的仍在，请再运行一次 / what was copied stays: run it again", file=sys.stderr)
        return 1
    print(
        f"{arguments.from_} → {settings.FILES}：复制 {len(made.digests)} 个 {made.moved} 字节，来处缺 {len(made.missing)} 个 / "
        f"{len(made.digests)} file(s), {made.moved} byte(s) copied; {len(made.missing)} missing there"
    )
    return 1 if made.missing else 0
