"""A judgement as a table in the terminal: by organization, then the rules that spoke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text as Words

from qinzheng.definitions.form import Text
from qinzheng.supervision.batch import Verdict, names
from qinzheng.supervision.schema import Rule

SHOWN = 25
COLUMNS = (("completed_on_time", "按时 on time"), ("completed_late", "超期 late"), ("running", "在办 running"),
           ("overdue", "逾期未结 overdue"))  # fmt: skip


def show(
    console: Console,
    title: Text,
    organizations: list[str],
    rules: list[Rule],
    verdict: Verdict,
    summary: Mapping[str, Any],
) -> None:
    """Print the table. Organizations by how much was late; those with fewer cases stand below."""
    table = Table(title=f"{title.zh} · {title.en}", caption=_caption(summary), title_justify="left")
    table.add_column("单位 organization")
    for _, heading in COLUMNS:
        table.add_column(heading, justify="right")
    for level in ("yellow", "red"):
        table.add_column({"yellow": "黄牌 yellow", "red": "红牌 red"}[level], justify="right")
    cards = _cards(rules, verdict)
    rows = sorted(
        verdict.by_organization.items(),
        key=lambda row: (-(row[1]["completed_late"] + row[1]["overdue"]), row[0]),
    )
    for code, counts in rows[:SHOWN]:
        table.add_row(
            Words(_named(names(organizations, code))),
            *(str(counts[name]) for name, _ in COLUMNS),
            str(cards[code, "yellow"]), str(cards[code, "red"]),
        )  # fmt: skip
    if len(rows) > SHOWN:
        table.add_row(f"… 其余 {len(rows) - SHOWN} 个单位 · {len(rows) - SHOWN} more", *[""] * 6)
    console.print(table)
    spoken = Table(title="牌与提示 · cards by rule", title_justify="left")
    for heading in ("规则 rule", "级别 level", "次数 count"):
        spoken.add_column(heading, justify="right" if heading.endswith("count") else "left")
    for rule in rules:
        for level, count in summary["cards"].get(rule.id, {}).items():
            spoken.add_row(f"{rule.name.zh} · {rule.name.en}", level, str(count))
    console.print(spoken)


def plain(text: str) -> str:
    """A text of a log made safe to print: nothing in it moves the cursor or colours the terminal."""
    return "".join(
        letter if letter == "\n" or letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def _named(name: str) -> str:
    return plain(name) if name not in ("", "unknown") else "单位不明 unit unknown"


def _cards(rules: list[Rule], verdict: Verdict) -> Counter[tuple[int, str]]:
    levels = [rule.level for rule in rules]
    return Counter(
        (organization, levels[rule])
        for organization, rule in zip(verdict.cards.organization, verdict.cards.rule, strict=True)
    )


def _caption(summary: Mapping[str, Any]) -> str:
    return (
        f"{summary['cases']} 件 cases · {summary['events']} 条 events · 未收 rejected {summary['rejected']} · "
        f"截至 as of {summary['as_of']} · {summary['seconds']} s"
    )
