"""Bodies of ``qinzheng definitions load | publish | export | list --editions``."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.utils import timezone
from rich.console import Console

from qinzheng.definitions import actions, shelf
from qinzheng.definitions.library import DefinitionErrors, default_root
from qinzheng.definitions.models import Edition
from qinzheng.ledger import actions as ledger
from qinzheng.operations import definition_commands, judging_commands
from qinzheng.supervision import effect
from qinzheng.supervision.difference import table

REFUSALS = (actions.NotPublishable, DefinitionErrors, shelf.NotPublished)


def load(arguments: argparse.Namespace) -> int:
    """Load files as drafts; what is there already in these bytes is passed over."""
    library = definition_commands.read(arguments.root, arguments.kinds)
    if library is None:
        return 1
    try:
        drafts = actions.load(library, arguments.root or default_root(), arguments.by)
    except REFUSALS as why:
        print(why, file=sys.stderr)
        return 1
    print(f"新草稿 {len(drafts)} 件 / {len(drafts)} new draft(s)")
    return 0


def publish(arguments: argparse.Namespace) -> int:
    """Check drafts, show what they would do to last year's cases, publish them by a second person; all or none.

    What was shown is kept in the ledger with the publication. Open clocks are then reckoned anew, by event.
    """
    drafts = [
        draft
        for draft in actions.drafts()
        if arguments.kind in (None, draft.kind) and arguments.id in (None, draft.definition)
    ]
    if not drafts:
        print("没有这样的草稿，请先 load / there is no such draft: load it first", file=sys.stderr)
        return 1
    try:
        shelf.check(shelf.prospect(drafts))
        shown = effect.of(drafts, ledger.microseconds(timezone.now()) or 0)
        _show(drafts, shown)
        if arguments.dry_run:
            return 0
        actions.publish(drafts, arguments.by, {name: shown[name] for name in KEPT})
    except REFUSALS as why:
        print(why, file=sys.stderr)
        return 1
    print(f"已发布 {len(drafts)} 件 / {len(drafts)} published")
    if any(draft.kind in effect.JUDGED for draft in drafts):
        moved = judging_commands.redetermine_all()
        print(f"已重新认定 {moved} 件在办办件 / {moved} open case(s) redetermined")
    return 0


KEPT = ("cases", "unfit", "appear", "vanish")
"""What of the effect goes into the ledger: figures, no case."""


def _show(drafts: list[Edition], shown: dict[str, Any]) -> None:
    for draft in drafts:
        print(
            f"{draft.kind:<10} {draft.definition:<34} {str(draft.in_force_from or ''):<10} {draft.sha256[:12]}"
        )
    if not any(draft.kind in effect.JUDGED for draft in drafts):
        print("不影响牌：这类定义不参与判定 / moves no card: nothing is judged by these kinds")
        return
    print(
        f"去年办件 {shown['cases']} 件，按草案重判：新增牌 {shown['appear']}，消失牌 {shown['vanish']}，"
        f"无法重判 {shown['unfit']} 件 / last year's {shown['cases']} case(s) judged under the drafts: "
        f"{shown['appear']} card(s) would appear, {shown['vanish']} vanish, {shown['unfit']} case(s) do not fit"
    )
    if shown["rules"]:
        Console().print(table(shown))


def export(arguments: argparse.Namespace) -> int:
    """Write what stands to a folder, byte for byte."""
    written = actions.export(arguments.folder)
    print(f"导出 {len(written)} 个文件 → {arguments.folder} / {len(written)} file(s)")
    return 0


def editions(arguments: argparse.Namespace) -> int:
    """Every draft and published edition, in the order in which they came."""
    found = Edition.objects.order_by("kind", "definition", "id").defer("text")
    rows = [_row(edition) for edition in found if arguments.kind in (None, edition.kind)]
    definition_commands.show(rows, arguments.json)
    return 0


def _row(edition: Edition) -> dict[str, str]:
    state = f"草稿 · draft ({edition.drafted_by})"
    if edition.published_at is not None:
        state = f"{edition.published_at:%Y-%m-%d} 发布 · published ({edition.drafted_by} → {edition.published_by})"
    return {
        "kind": edition.kind, "id": edition.definition, "in_force_from": str(edition.in_force_from or ""),
        "sha256": edition.sha256, "file": edition.file, "state": state,
    }  # fmt: skip
