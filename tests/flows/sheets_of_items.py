"""Spreadsheets of items as a city hands them in."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook

from qinzheng.mechanisms.catalogue.columns import SHEETS

Rows = Sequence[Mapping[str, object]]


def xlsx(**by_sheet: Rows) -> bytes:
    """A workbook: sheet name → rows, each title of a column → what its cell says."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in by_sheet.items():
        page = book.create_sheet(name)
        titles = list(dict.fromkeys(title for row in rows for title in row))
        page.append(titles)
        for row in rows:
            page.append([row.get(title) for title in titles])
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def as_csv(rows: Rows) -> bytes:
    """The first sheet as CSV, as spreadsheets write it."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


NAMES = [sheet.name for sheet in SHEETS]
