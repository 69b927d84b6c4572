"""What two judgements of the same cases differ in. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.table import Table

from qinzheng.supervision.batch import Verdict
from qinzheng.supervision.schema import Rule

SHOWN = 10
Found = set[tuple[str, str, int]]
"""(case, rule, occurrence): that an edition has another hash is no difference by itself."""


def found(verdict: Verdict, rules: list[Rule]) -> Found:
    """The cards of a judgement."""
    cards = verdict.cards
    rows = zip(cards.key, cards.rule, cards.occurrence, strict=True)
    return {(case, rules[rule].id, occurrence) for case, rule, occurrence in rows}


def difference(now: Found, then: Found) -> dict[str, Any]:
    """By rule: how many cards would appear and vanish, and the first cases concerned."""
    appear, vanish = then - now, now - then
    new, gone = Counter(rule for _, rule, _ in appear), Counter(rule for _, rule, _ in vanish)
    rules = {
        rule: {
            "appear": new[rule],
            "vanish": gone[rule],
            "cases": sorted({case for case, of, _ in appear | vanish if of == rule})[:SHOWN],
        }
        for rule in sorted({*new, *gone})
    }
    return {
        "cards_now": len(now),
        "cards_then": len(then),
        "appear": len(appear),
        "vanish": len(vanish),
        "rules": rules,
    }


def table(answer: dict[str, Any]) -> Table:
    """The difference as a table, a line a rule."""
    drawn = Table(title="若按草案 · under the draft", title_justify="left")
    for heading in ("规则 rule", "新增 would appear", "消失 would vanish", "例 for example"):
        drawn.add_column(heading)
    for rule, row in answer["rules"].items():
        drawn.add_row(rule, str(row["appear"]), str(row["vanish"]), "、".join(row["cases"]))
    return drawn
