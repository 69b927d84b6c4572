"""What a province could export, and what we hold of it."""

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
from django.db import connection

from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.exchange.collecting.runs import Account
from qinzheng.ledger import queries

HEADER = ["办件编号", "事项编码", "受理部门", "申请人", "申请时间", "受理时间", "办结时间", "办理结果"]
UNIT = "市住房和城乡建设局"
NAME = "province-services"
BY = "p-000000000001"
NOW = dt.datetime.now(shelf.ZONE).replace(microsecond=0, tzinfo=None)


def ago(days: float) -> dt.datetime:
    return NOW - dt.timedelta(days=days)


def row(
    number: str,
    item: str,
    began: float,
    accepted: float | None = None,
    ended: float | None = None,
    **more: str,
) -> list[Any]:
    """One case as the province lists it: days ago that it was received, accepted, ended."""
    return [
        number, item, more.get("unit", UNIT), "张三丰", ago(began), "-" if accepted is None else ago(accepted),
        "-" if ended is None else ago(ended), more.get("result", "办结" if ended is not None else "在办"),
    ]  # fmt: skip


def sheet(path: Path, rows: list[list[Any]], header: list[str] = HEADER) -> str:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for each in (header, *rows):
        page.append(each)
    book.save(path)
    return str(path)


def export(item: str) -> list[list[Any]]:
    """Finished in time, finished late, late and open, just received."""
    return [
        row("P1", item, 60, 59, 57), row("P2", item, 120, 119, 40), row("P3", item, 100, 99), row("P4", item, 1),
    ]  # fmt: skip


def rows_of(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        found: int = cursor.fetchone()[0]
        return found


TABLES = (
    "cases_case",
    "clocks_clock",
    "supervision_card",
    "cases_outside_number",
    "cases_words",
    "parties_sealed_text",
)


def held() -> dict[str, int]:
    """How many rows of everything, and events of cases."""
    found = {table: rows_of(table) for table in TABLES}
    found["events"] = sum(len(queries.history(id)) for id in Case.objects.values_list("pk", flat=True))
    return found


def one(accounts: list[Account]) -> Account:
    (account,) = accounts
    return account


def adds_up(account: Account) -> None:
    assert account.read == account.accepted + account.rejected
