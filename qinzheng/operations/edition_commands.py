"""Bodies of ``qinzheng definitions load | publish | export``."""

from __future__ import annotations

import argparse
import sys

from qinzheng.definitions import actions
from qinzheng.definitions.library import default_root
from qinzheng.operations import definition_commands


def load(arguments: argparse.Namespace) -> int:
    """Load files as drafts; what is there already in these bytes is passed over."""
    library = definition_commands.read(arguments.root, arguments.kinds)
    if library is None:
        return 1
    drafts = actions.load(library, arguments.root or default_root(), arguments.by)
    print(f"新草稿 {len(drafts)} 件 / {len(drafts)} new draft(s)")
    return 0


def publish(arguments: argparse.Namespace) -> int:
    """Publish drafts by a second person; all or none."""
    drafts = [
        edition
        for edition in actions.drafts()
        if arguments.kind in (None, edition.kind) and arguments.id in (None, edition.definition)
    ]
    try:
        actions.publish(drafts, arguments.by)
    except actions.NotPublishable as why:
        print(why, file=sys.stderr)
        return 1
    print(f"已发布 {len(drafts)} 件 / {len(drafts)} published")
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write published definitions to a folder, byte for byte."""
    written = actions.export(arguments.folder)
    print(f"导出 {len(written)} 个文件 → {arguments.folder} / {len(written)} file(s)")
    return 0
