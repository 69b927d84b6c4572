"""The rows of the sheets: found below a header, each cell read, every fault placed by sheet, row and column. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qinzheng.organizations import cells, sheets
from qinzheng.organizations.rules import Refused
from qinzheng.organizations.sheets import Sheet
from qinzheng.organizations.workbook import Grid

HEADER_WITHIN = 10
"""Rows among which the header is looked for: official tables begin with a title."""


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, and what to do: sheet, row as the spreadsheet numbers it (0: the sheet itself), column."""

    sheet: str
    row: int
    column: str
    zh: str
    en: str

    def __str__(self) -> str:
        place = (
            f"{self.sheet} 第 {self.row} 行「{self.column}」"
            if self.row
            else f"{self.sheet}「{self.column}」"
        )
        where = f"row {self.row}, column {self.column}" if self.row else self.column
        return f"{place}：{self.zh} / {where}: {self.en}"


@dataclass(frozen=True)
class Line:
    """One row: what each field says; a column that the sheet lacks is missing, an empty cell is empty.

    ``unread``: fields whose cells could not be read, missing here and named among the faults.
    """

    sheet: Sheet
    row: int
    fields: Mapping[str, Any]
    unread: frozenset[str] = frozenset()

    def given(self, *names: str) -> dict[str, Any]:
        """Those of some fields that the sheet has a column for."""
        return {name: self.fields[name] for name in names if name in self.fields}

    def get(self, name: str) -> Any:
        """A field, None where its column is missing."""
        return self.fields.get(name)


def lines(
    grids: Sequence[Grid], known: Sequence[Sheet] = sheets.SHEETS, *, whole: bool = True
) -> tuple[list[Line], list[Fault]]:
    """The rows of every known sheet that could be read, and what could not.

    ``whole``: only rows of which every cell could be read; else also the others, for whoever looks on in them.
    """
    found: list[Line] = []
    faults: list[Fault] = []
    by_name = {sheet.name: sheet for sheet in known}
    for grid in grids:
        if grid.name == sheets.NOTES or not any(_filled(row) for row in grid.rows):
            continue
        sheet = by_name.get(grid.name) if grid.name else _by_header(grid, known)
        if sheet is None:
            names = "、".join(by_name)
            faults.append(
                Fault(
                    grid.name or "CSV",
                    0,
                    "",
                    f"认不出是哪张表，可用：{names}",
                    f"is none of these sheets: {names}",
                )
            )
            continue
        _read(sheet, grid, found, faults)
    if whole:
        found = [line for line in found if not line.unread]
    return found, faults


def _filled(row: Sequence[Any]) -> bool:
    return any(str(cell).strip() for cell in row)


def _titles(row: Sequence[Any]) -> list[str]:
    return [re.sub(r"[\s*＊]", "", str(cell)) for cell in row]


def _by_header(grid: Grid, known: Sequence[Sheet]) -> Sheet | None:
    return next((sheet for sheet in known if _header(sheet, grid) is not None), None)


def _header(sheet: Sheet, grid: Grid) -> int | None:
    needed = {column.title for column in sheet.columns if column.required}
    for i, row in enumerate(grid.rows[:HEADER_WITHIN]):
        if needed <= set(_titles(row)):
            return i
    return None


def _read(sheet: Sheet, grid: Grid, found: list[Line], faults: list[Fault]) -> None:
    at = _header(sheet, grid)
    if at is None:
        needed = "、".join(column.title for column in sheet.columns if column.required)
        faults.append(
            Fault(
                sheet.name,
                0,
                "表头",
                f"前 {HEADER_WITHIN} 行中没有含全部必填列的表头：{needed}",
                f"no header with every required column: {needed}",
            )
        )
        return
    titles = _titles(grid.rows[at])
    columns = {column.title: column for column in sheet.columns}
    for title in sorted(
        {title for title in titles if title and (title not in columns or titles.count(title) > 1)}
    ):
        known = "、".join(columns)
        faults.append(
            Fault(
                sheet.name,
                at + 1,
                title,
                f"没有这一列或重复，可用：{known}",
                f"no such column, or twice; known: {known}",
            )
        )
        return
    for i, row in enumerate(grid.rows[at + 1 :], start=at + 1):
        if not _filled(row) or str(row[0]).strip().startswith(sheets.EXAMPLE):
            continue
        fields: dict[str, Any] = {}
        unread = set()
        for j, title in enumerate(titles):
            if not title:
                continue
            column = columns[title]
            try:
                if (i, j) in grid.problems:
                    raise Refused(column.field, *grid.problems[i, j])
                fields[column.field] = cells.cell(column, row[j] if j < len(row) else "")
            except Refused as why:
                faults.append(Fault(sheet.name, i + 1, title, why.zh, why.en))
                unread.add(column.field)
        found.append(Line(sheet, i + 1, fields, frozenset(unread)))
