"""Answers as tables for others: CSV, XLSX, JSON. Texts cannot act as formulas where a spreadsheet opens them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from qinzheng.measures.ask import Answer
from qinzheng.measures.formulas import guarded
from qinzheng.measures.period import Period
from qinzheng.measures.schema import Measure

Cell = str | int | float | None
HEADS = {
    "organization": "单位 organization", "town": "镇街 town", "item": "事项 item", "procedure": "程序 procedure",
    "month": "月 month", "day": "日 day", "act": "动作 act", "clock": "时钟 clock", "ending": "结果 ending",
    "level": "级别 level", "rule": "规则 rule",
}  # fmt: skip
FIGURES = (
    "数值 value", "分子 numerator", "分母 denominator", "区间下限 low (95 %)", "区间上限 high (95 %)", "件数 n",
    "可比 comparable",
)  # fmt: skip


def table(
    measure: Measure, answers: Sequence[Answer], names: Mapping[str, str] | None = None
) -> list[list[Cell]]:
    """Head and rows. ``names``: what an organization is called, beside its id."""
    by = list(answers[0].key) if answers else []
    head: list[Cell] = []
    for name in by:
        head += [HEADS[name], "名称 name"] if name in ("organization", "town") and names else [HEADS[name]]
    lines: list[list[Cell]] = [[*head, *FIGURES]]
    for answer in answers:
        keys: list[Cell] = []
        for name in by:
            value = answer.key[name]
            named = name in ("organization", "town") and names
            keys += [guarded(value), guarded((names or {}).get(value, ""))] if named else [guarded(value)]
        lines.append([
            *keys, answer.value, answer.numerator, answer.denominator, answer.low, answer.high, answer.n,
            "是 yes" if answer.comparable else "否 no",
        ])  # fmt: skip
    return lines


def to_csv(lines: Sequence[Sequence[Cell]]) -> bytes:
    """UTF-8 with a mark, so that spreadsheets read the Chinese."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(lines: Sequence[Sequence[Cell]], title: str) -> bytes:
    """One sheet; every text is a text."""
    book = Workbook()
    sheet = book.active
    sheet.title = "".join(c for c in title if c not in "[]:*?/\\")[:31] or "1"
    for r, line in enumerate(lines, start=1):
        for c, value in enumerate(line, start=1):
            cell = sheet.cell(r, c)
            if isinstance(value, str):
                cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
                cell.data_type = "s"
            else:
                cell.value = value
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def to_json(measure: Measure, period: Period, upto: int, answers: Sequence[Answer]) -> str:
    """Everything, with the evidence that the question can be asked again by."""
    said: dict[str, Any] = {
        "measure": measure.id, "name": measure.name.model_dump(), "from": period.first.isoformat(),
        "to": period.last.isoformat(), "position": upto, "answers": [asdict(answer) for answer in answers],
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False, indent=1)
