"""The template for a city to fill in, and the units, posts and people as they stand, in the sheets of the import."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from qinzheng.organizations import cells, queries, sheets
from qinzheng.organizations.models import Membership, Organization, Placement, Post, Tenure
from qinzheng.organizations.sheets import Sheet

HEAD = PatternFill("solid", fgColor="DDE7F3")
EXAMPLE = Font(italic=True, color="808080")
NOTES = (
    "每张表第一行是表头，带 * 的列必填。以 # 开头的行是示例，导入时跳过，可删。",
    "In each sheet the first row is the header; columns with * must be filled. Rows that begin with # are examples and are passed over.",
    "先预演：qinzheng organizations import 本文件 --by 操作人 --dry-run；有一处错误就什么也不写入，并逐处指明工作表、行、列与改法。",
    "Rehearse first with --dry-run. One fault and nothing is written; each is named by sheet, row, column and remedy.",
    "同一文件可反复导入：没有变化就什么也不做。单位改隶：改“上级编号”并填“调整日”，历史不会被改写。",
    "The same file can be imported again: no change, nothing done. A unit that moves: change its parent and say since which day.",
    "日期写 2026-01-01，首日与末日都算在内。代码与编号请设为文本格式。不要合并单元格。不得填写身份证号。",
    "Days as 2026-01-01, first and last included. Format codes as text. Do not merge cells. Never an identity number.",
)


def template(path: Path) -> None:
    """Write the empty template: every sheet with its header, notes on the columns and one example row."""
    empty(sheets.SHEETS, NOTES).save(path)


def empty(known: Sequence[Sheet], notes: Sequence[str]) -> Workbook:
    """An empty template of some sheets: notes first, then each sheet with its header and one example row."""
    book = begun(notes)
    for sheet in known:
        page = add(book, sheet)
        write(page, [f"{sheets.EXAMPLE}{sheet.columns[0].example}", *(c.example for c in sheet.columns[1:])])
        for cell in page[page.max_row]:
            cell.font = EXAMPLE
    return book


def export(path: Path, day: dt.date) -> dict[str, int]:
    """Write what exists on a day; imported again it changes nothing. How many rows each sheet has."""
    book = begun(NOTES)
    counts = {}
    for sheet, rows in _rows(day):
        page = add(book, sheet)
        counts[sheet.name] = 0
        for row in rows:
            write(page, [cells.shown(column, row.get(column.field)) for column in sheet.columns])
            counts[sheet.name] += 1
    book.save(path)
    return counts


def _rows(day: dt.date) -> Iterable[tuple[Sheet, Iterable[Mapping[str, Any]]]]:
    on = queries.on(day)
    parents = dict(Placement.objects.filter(on).values_list("organization_id", "parent_id"))
    units = [
        {**row, "parent": parents.get(row["id"])}
        for row in Organization.objects.filter(on).order_by("id").values()
    ]
    posts = {
        row["id"]: row
        for row in Post.objects.filter(on).order_by("organization_id", "name_zh", "id").values()
    }
    place = {
        id: {"organization": row["organization_id"], "name_zh": row["name_zh"], "post": id}
        for id, row in posts.items()
    }
    tenures = Tenure.objects.filter(on, post_id__in=posts).select_related("person")
    seats = Membership.objects.filter(on, post_id__in=posts).order_by("group_id", "post_id")
    yield sheets.UNITS, [row for row in units if row["kind"] != "service_point"]
    yield sheets.POINTS, [row for row in units if row["kind"] == "service_point"]
    yield sheets.POSTS, [{**row, **place[id], "stand_in": row["stand_in_id"]} for id, row in posts.items()]
    yield sheets.TENURES, [
        {**place[held.post_id], "person": held.person_id, "name": held.person.name, "number": held.person.number,
         "begins": held.begins, "ends": held.ends}
        for held in tenures.order_by("post_id")
    ]  # fmt: skip
    yield sheets.GROUPS, [
        {**place[seat.post_id], "group": seat.group_id, "duty": seat.duty, "begins": seat.begins, "ends": seat.ends}
        for seat in seats
    ]  # fmt: skip


def begun(notes: Sequence[str]) -> Workbook:
    """A workbook that begins with a sheet of notes."""
    book = Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.title = sheets.NOTES
    page.column_dimensions["A"].width = 110
    for note in notes:
        write(page, [note])
        page.cell(page.max_row, 1).alignment = Alignment(wrap_text=True)
    return book


def add(book: Workbook, sheet: Sheet) -> Worksheet:
    """One more sheet with its header, a note on each column."""
    page: Worksheet = book.create_sheet(sheet.name)
    write(page, list(sheets.titles(sheet)))
    for number, column in enumerate(sheet.columns, start=1):
        head = page.cell(1, number)
        head.font, head.fill = Font(bold=True), HEAD
        head.comment = Comment(column.note, "Qinzheng")
        page.column_dimensions[get_column_letter(number)].width = 18
    page.freeze_panes = "A2"
    return page


def write(page: Worksheet, values: list[Any]) -> None:
    """One row. Text is written as text, whatever it begins with: openpyxl would take ``=…`` for a formula."""
    number = page.max_row + 1 if any(cell.value is not None for cell in page[page.max_row]) else page.max_row
    for place, value in enumerate(values, start=1):
        cell = page.cell(number, place)
        cell.value = value if value != "" else None
        if isinstance(value, str) and value:
            cell.data_type = "s"
            cell.number_format = "@"
