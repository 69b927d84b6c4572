"""Bodies of ``qinzheng cases rehearse | migrate``: running cases to another edition of their procedure."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter

from qinzheng.cases import migration
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.definitions import shelf
from qinzheng.definitions.models import Edition


def rehearse(arguments: argparse.Namespace) -> int:
    """Write the plan, a line a case, and say how many clocks it moves; nothing else changes."""
    published = Edition.objects.filter(kind="procedure", definition=arguments.procedure)
    published = published.exclude(published_at=None)
    if arguments.to:
        published = published.filter(sha256__startswith=arguments.to)
    newest = published.order_by("-id").first()
    if newest is None:
        return _say(f"{arguments.procedure}：没有这个已发布的版本 / no such published edition")
    states = dict(pair.partition("=")[::2] for pair in arguments.state)
    count: Counter[str] = Counter()
    try:
        with arguments.plan.open("w", encoding="utf-8") as file:
            for line in migration.rehearse(arguments.procedure, newest.sha256, states):
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                count["refused" if line["refused"] else "ready"] += 1
                count["clocks"] += len(line["clocks"])
    except (NotAllowed, shelf.NotPublished, OSError) as why:
        return _say(str(why))
    print(
        f"可迁移 {count['ready']} 件，不能迁移 {count['refused']} 件，变动时限 {count['clocks']} 个 → {arguments.plan} / "
        f"{count['ready']} case(s) can move, {count['refused']} cannot, {count['clocks']} clock(s) change"
    )
    return 0


def migrate(arguments: argparse.Namespace) -> int:
    """Run a plan; a case that would not do exactly what the plan says stays where it is and is named."""
    who = Who(arguments.by, "", "supervisor")
    count: Counter[str] = Counter()
    try:
        lines = arguments.plan.read_text(encoding="utf-8").splitlines()
        for number, text in enumerate(lines, start=1):
            line = json.loads(text)
            came = migration.run(line, who, arguments.reason)
            count[came] += 1
            if came == "changed":
                print(
                    f"第 {number} 行 {line['case']}：预演后有变化，请重新预演 / line {number}: changed since, rehearse again"
                )
            elif came == "refused":
                print(f"第 {number} 行 {line['case']}：{line['refused']}")
    except (NotAllowed, OSError, ValueError, KeyError) as why:
        return _say(f"{arguments.plan}: {why}")
    print("，".join(f"{name} {n}" for name, n in sorted(count.items())) or "空计划 / an empty plan")
    return 1 if count["changed"] or count["refused"] else 0


def _say(why: str) -> int:
    print(why, file=sys.stderr)
    return 1
