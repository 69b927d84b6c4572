"""Body of ``qinzheng measures patterns``: comparisons of many cases as JSON, a line a pattern. Nothing personal: parties by reference."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.measures import queries
from qinzheng.measures.handled import Steps
from qinzheng.measures.period import Period, WrongPeriod
from qinzheng.supervision.patterns import looking


def patterns(arguments: argparse.Namespace) -> int:
    """Print what each pattern, or each one named, finds in the period; exit code 1 where it cannot be asked so."""
    try:
        period = Period(arguments.first, arguments.last)
        known = {pattern.id: pattern for pattern in looking.patterns(period.last)}
        for id in arguments.id or known:
            if id not in known:
                listed = "、".join(known) or "无"
                print(f"没有 {id}；可用：{listed} / there is no {id}; known: {listed}", file=sys.stderr)
                return 1
        if not queries.position():
            print(
                "还没有档案：先运行 qinzheng archive follow --once / no archive yet: run it first",
                file=sys.stderr,
            )
            return 1
        for id in arguments.id or known:
            print(json.dumps(told(looking.look(known[id], period), period), ensure_ascii=False))
    except (WrongPeriod, BeyondCalendar, IncompleteCalendar) as why:
        print(why, file=sys.stderr)
        return 1
    return 0


def told(looked: looking.Looked, period: Period) -> dict[str, Any]:
    """One pattern's findings with everything that says which question they answer."""
    return {
        "pattern": looked.pattern.id, "edition": looked.edition, "position": looked.position,
        "from": period.first.isoformat(), "to": period.last.isoformat(), "examined": looked.examined, "tested": looked.tested,
        "more": looked.more, "found": [_plain(each) for each in looked.found],
    }  # fmt: skip


def _plain(finding: looking.Finding) -> dict[str, Any]:
    held = finding._asdict() if isinstance(finding, Steps) else asdict(finding)
    return {name: _value(value) for name, value in held.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Fraction):
        return float(value)
    return {name: _value(part) for name, part in value.items()} if isinstance(value, dict) else value
