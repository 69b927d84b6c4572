"""A province's spreadsheet, a folder, a table: collected again and again, nothing doubled, every row accounted for."""

import datetime as dt
import json
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from django.db import connection

from qinzheng.cases.items import Item
from qinzheng.cases.models import Case, OutsideNumber
from qinzheng.clocks.models import Clock
from qinzheng.definitions import actions, shelf
from qinzheng.definitions.library import Library, default_root
from qinzheng.exchange import collecting, collecting_parser
from qinzheng.exchange.choosing import Refusal
from qinzheng.exchange.collecting import Account, collect
from qinzheng.exchange.collecting_coverage import coverage
from qinzheng.exchange.reading import Refused
from qinzheng.ledger import queries
from qinzheng.supervision.models import Card
from qinzheng.wiring import KINDS, build_parser
from tests.flows import applications

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = ["办件编号", "事项编码", "受理部门", "申请人", "申请时间", "受理时间", "办结时间", "办理结果"]
UNIT = "市住房和城乡建设局"
NAME = "province-services"
BY = "p-000000000001"
NOW = dt.datetime.now(shelf.ZONE).replace(microsecond=0, tzinfo=None)


@pytest.fixture(autouse=True)
def _city(published: Any) -> None:
    applications.city()


@pytest.fixture
def item() -> str:
    items: list[Item] = shelf.library().all("item")
    return next(i.id for i in items if i.procedure == "services.matter" and i.organization == "housing")


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


def test_a_provinces_spreadsheet_is_collected_twice_and_its_late_cases_stand_beside_ours(
    item: str, tmp_path: Path
) -> None:
    place = sheet(tmp_path / "导出.xlsx", export(item))
    first = one(collect(NAME, place, BY))
    adds_up(first)
    assert (first.read, first.taken, first.acts, first.rejected, first.refused) == (4, 4, 9, 0, 0)
    stands = held()
    second = one(collect(NAME, place, BY))
    adds_up(second)
    assert (second.taken, second.continued, second.known, second.acts) == (0, 0, 4, 0)
    assert held() == stands
    assert first.our_cases == second.our_cases == 4
    numbers = dict(OutsideNumber.objects.values_list("number", "case__state"))
    assert numbers == {"P1": "done", "P2": "done", "P3": "accepted", "P4": "received"}
    endings = dict(Clock.objects.filter(clock="handling").values_list("case", "ending"))
    by_number = {
        number: endings.get(id) for number, id in OutsideNumber.objects.values_list("number", "case")
    }
    assert by_number == {"P1": "completed_on_time", "P2": "completed_late", "P3": "overdue", "P4": None}
    late = OutsideNumber.objects.filter(number__in=("P2", "P3")).values("case")
    assert {card.organization for card in Card.objects.filter(case__in=late)} == {"housing"}
    past = Card.objects.filter(rule="standard.past-own-limit").values_list("case", flat=True)
    assert set(past) == set(late.values_list("case", flat=True))
    overdue = Case.objects.filter(closed_at=None, next_due__lt=dt.datetime.now(dt.UTC))
    assert [case.organization for case in overdue] == ["housing"]
    raw = b"".join(
        event.raw for id in Case.objects.values_list("pk", flat=True) for event in queries.history(id)
    )
    assert "张三".encode() not in raw


def test_what_went_on_over_there_goes_on_here(item: str, tmp_path: Path) -> None:
    place = sheet(tmp_path / "a.xlsx", [row("P4", item, 30)])
    collect(NAME, place, BY)
    sheet(tmp_path / "a.xlsx", [row("P4", item, 30, 29)])
    second = one(collect(NAME, place, BY))
    assert (second.continued, second.acts) == (1, 1)
    sheet(tmp_path / "a.xlsx", [row("P4", item, 30, 29, 2)])
    assert one(collect(NAME, place, BY)).acts == 1
    assert Case.objects.get().state == "done"
    assert Clock.objects.get(clock="handling").ending == "completed_late"


def test_an_act_that_the_source_changed_is_reported_and_nothing_is_doubled(item: str, tmp_path: Path) -> None:
    place = sheet(tmp_path / "a.xlsx", [row("P4", item, 30, 29)])
    collect(NAME, place, BY)
    stands = held()
    sheet(tmp_path / "a.xlsx", [row("P4", item, 30, 25)])
    changed = one(collect(NAME, place, BY))
    assert (changed.refused, changed.acts) == (1, 0)
    assert "changed or removed" in changed.shown[0][2]
    assert held() == stands


def test_what_cannot_be_taken_is_named_with_its_reason_and_the_rest_is_taken(
    item: str, tmp_path: Path
) -> None:
    rows = [
        row("P1", item, 60, 59, 57), row("P5", item, 5, unit="市幻想局"), row("P6", "no.such", 5),
        row("", item, 5), ["P7", item, UNIT, "", "昨天", "-", "-", "在办"],
        ["P8", item, UNIT, "", "2001-01-01 09:00:00", "-", "-", "在办"], row("P1", item, 60, 59),
        row("P9", item, -3),
    ]  # fmt: skip
    account = one(collect(NAME, sheet(tmp_path / "a.xlsx", rows), BY))
    adds_up(account)
    assert (account.read, account.rejected, account.taken, account.refused, account.later) == (8, 4, 1, 2, 1)
    reasons = " ".join(en for _, en, _ in account.reasons)
    for said in (
        "no unit 市幻想局",
        "no item no.such",
        "which case",
        "not a time",
        "outside the calendar",
        "another row",
    ):
        assert said in reasons, said
    assert sum(count for _, _, count in account.reasons) == account.rejected + account.refused
    assert list(OutsideNumber.objects.values_list("number", flat=True)) == ["P1"]


def test_open_cases_that_the_source_no_longer_lists_are_counted(item: str, tmp_path: Path) -> None:
    place = sheet(tmp_path / "a.xlsx", export(item))
    collect(NAME, place, BY)
    sheet(tmp_path / "a.xlsx", export(item)[:2])
    assert one(collect(NAME, place, BY)).gone == 2
    assert coverage(collecting.collector(NAME), dt.datetime.now(dt.UTC)).gone == 2


def test_a_hostile_or_wrong_file_is_refused_in_words_and_leaves_nothing(item: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no such file"):
        collect(NAME, str(tmp_path / "nowhere.xlsx"), BY)
    with pytest.raises(Refused, match="columns are missing"):
        collect(NAME, sheet(tmp_path / "a.xlsx", [], ["甲", "乙"]), BY)
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(Refused, match="damaged"):
        collect(NAME, str(tmp_path / "b.xlsx"), BY)
    with pytest.raises(Refusal, match=NAME):
        collect("no-such", "x", BY)
    assert not list(collecting.runs(NAME))


# -- who should report ----------------------------------------------------------------------------------


def test_coverage_names_who_reports_who_is_silent_and_who_never_did(item: str, tmp_path: Path) -> None:
    unit = shelf.library().get("item", item).organization
    old = row("P1", item, 200, 199, 190)
    collect(NAME, sheet(tmp_path / "a.xlsx", [old]), BY)
    chosen = collecting.collector(NAME)
    found = coverage(chosen, dt.datetime.now(dt.UTC))
    items = {line.id: line for line in found.items}
    assert (items[item].cases, items[item].standing) == (1, "silent")
    never = [line for line in found.items if line.standing == "never"]
    expected = {each.id for each in shelf.library().all("item") if each.procedure == "services.matter"}
    assert {line.id for line in never} == expected - {item}
    assert ("housing" in found.unexpected) == ("housing" not in {line.id for line in found.organizations})
    assert unit in {line.id for line in found.organizations}
    collect(NAME, sheet(tmp_path / "a.xlsx", [old, row("P2", item, 2)]), BY)
    again = coverage(chosen, dt.datetime.now(dt.UTC))
    assert {line.id: line.standing for line in again.items}[item] == "reports"
    assert again.last_run is not None
    assert again.whole


# -- a folder and a table -------------------------------------------------------------------------------


EVENTS = """
kind: mapping
id: events-{form}
name: {{zh: 测试, en: test}}
in_force_from: 2024-01-01
checked_on: 2026-11-25
source: [ours/sample-exports]
basis: ours
procedure: services.matter
rules: standard
format: {form}
zone: Asia/Shanghai
case: number
row: event
activity: step
acts: {{receive: [收件], accept: [受理], finish: [办结]}}
others: reject
at: {{field: at}}
organization: {{field: unit}}
actor: officer
---
kind: collector
id: by-{form}
name: {{zh: 测试, en: test}}
in_force_from: 2024-01-01
checked_on: 2026-11-25
source: [ours/sample-exports]
basis: ours
mapping: events-{form}
reads: {reads}
number: national_platform
organizations: {{住建: housing}}
"""


@pytest.fixture
def extra(tmp_path: Path) -> None:
    """Two collectors of a city's own: a folder of CSV files, and a table with a watermark."""
    root = tmp_path / "definitions"
    shutil.copytree(default_root(), root)
    (root / "csv.yaml").write_text(
        EVENTS.format(form="csv", reads='{form: folder, pattern: "*.csv"}'), encoding="utf-8"
    )
    (root / "table.yaml").write_text(
        EVENTS.format(form="table", reads="{form: table, table: outside.steps, watermark: changed}"),
        encoding="utf-8",
    )
    actions.load(Library.read([root], KINDS), root, "drafter")
    actions.publish(actions.drafts(), "publisher")


def csv(path: Path, *lines: str) -> None:
    path.write_text("\n".join(["number,step,at,unit,officer", *lines]) + "\n", encoding="utf-8")


def test_a_folder_is_read_file_by_file_and_an_unchanged_file_is_left_alone(
    extra: None, tmp_path: Path
) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    csv(
        folder / "1.csv",
        f"A,收件,{ago(60)},住建,李四",
        f"A,受理,{ago(59)},住建,李四",
        f"B,收件,{ago(3)},住建,王五",
    )
    first = one(collect("by-csv", str(folder), BY))
    assert (first.part, first.taken, first.acts) == ("1.csv", 2, 3)
    assert collect("by-csv", str(folder), BY) == []
    csv(folder / "2.csv", f"A,办结,{ago(10)},住建,李四", f"C,受理,{ago(2)},住建,李四")
    second = one(collect("by-csv", str(folder), BY))
    assert (second.part, second.continued, second.refused) == ("2.csv", 1, 1)
    assert "opens the case" in second.shown[0][2]
    csv(folder / "3.csv", f"C,收件,{ago(4)},住建,李四")
    third = {account.part: account for account in collect("by-csv", str(folder), BY)}
    assert set(third) == {"2.csv", "3.csv"}  # the one that was not taken whole is tried again
    fourth = {account.part: account for account in collect("by-csv", str(folder), BY)}
    assert fourth["2.csv"].continued == 1
    assert collect("by-csv", str(folder), BY) == []
    assert {account.part for account in collect("by-csv", str(folder), BY, again=True)} == {
        "1.csv",
        "2.csv",
        "3.csv",
    }
    assert dict(OutsideNumber.objects.values_list("number", "case__state")) == {
        "A": "done", "B": "received", "C": "accepted",
    }  # fmt: skip
    actors = {
        event.actor for id in Case.objects.values_list("pk", flat=True) for event in queries.history(id)
    }
    assert not any("李四" in actor for actor in actors)
    assert len(actors - {""}) == 2


def test_of_a_case_with_a_wrong_row_nothing_is_taken_until_it_is_right(extra: None, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    csv(
        folder / "1.csv",
        f"A,收件,{ago(60)},住建,李四",
        f"A,受理,{ago(59)},住建,李四",
        "A,办结,不详,住建,李四",
    )
    held_back = one(collect("by-csv", str(folder), BY))
    assert (held_back.rejected, held_back.refused, held_back.taken) == (1, 1, 0)
    assert Case.objects.count() == 0  # told in part it would look late
    csv(
        folder / "1.csv",
        f"A,收件,{ago(60)},住建,李四",
        f"A,受理,{ago(59)},住建,李四",
        f"A,办结,{ago(58)},住建,李四",
    )
    assert one(collect("by-csv", str(folder), BY)).taken == 1
    assert Clock.objects.get(clock="handling").ending == "completed_on_time"


@pytest.fixture
def table(extra: None) -> Any:
    """Another system's table, in a schema of its own, and its address."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA outside")
        cursor.execute(
            "CREATE TABLE outside.steps (number text, step text, at timestamp, unit text, officer text, changed timestamp)"
        )
    settings = connection.settings_dict
    host, port = settings["HOST"], settings["PORT"]
    yield f"postgresql://{settings['USER']}:{settings['PASSWORD']}@/{settings['NAME']}?host={host}&port={port}"
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA outside CASCADE")


def add(*rows: tuple[str, str, float, str, float]) -> None:
    """(number, step, days ago, unit, days ago that the row changed)"""
    with connection.cursor() as cursor:
        for number, step, days, unit, changed in rows:
            cursor.execute(
                "INSERT INTO outside.steps VALUES (%s, %s, %s, %s, 'x', %s)",
                [number, step, ago(days), unit, ago(changed)],
            )


def test_a_table_is_read_from_its_watermark_in_one_snapshot_and_reconciled(table: str) -> None:
    add(("A", "收件", 60, "住建", 60), ("A", "受理", 59, "住建", 59), ("B", "收件", 9, "住建", 9))
    first = one(collect("by-table", table, BY))
    assert (first.read, first.taken, first.source_rows, first.source_cases, first.our_cases) == (
        3,
        2,
        3,
        2,
        2,
    )
    stands = held()
    second = one(collect("by-table", table, BY))
    assert (second.read, second.known, second.acts) == (1, 1, 0)  # the row at the watermark alone
    assert held() == stands
    add(("A", "办结", 5, "住建", 4))
    third = one(collect("by-table", table, BY))
    assert (third.read, third.continued, third.known) == (2, 1, 1)
    everything = one(collect("by-table", table, BY, again=True))
    assert (everything.read, everything.acts, everything.source_cases, everything.our_cases) == (4, 0, 2, 2)
    assert dict(OutsideNumber.objects.values_list("number", "case__state")) == {"A": "done", "B": "received"}


def test_the_watermark_never_goes_past_a_row_that_was_not_taken(table: str) -> None:
    add(("A", "收件", 9, "住建", 9), ("B", "收件", 8, "未知局", 8), ("C", "收件", 7, "住建", 7))
    first = one(collect("by-table", table, BY))
    assert (first.taken, first.refused) == (2, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outside.steps SET unit = '住建' WHERE number = 'B'"
        )  # its stamp is not touched
    second = one(collect("by-table", table, BY))
    assert (second.taken, second.known, second.refused) == (1, 1, 0)
    assert Case.objects.count() == 3


def test_the_source_is_only_read(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the collector to write, PostgreSQL itself would refuse: a trigger cannot even be reached."""
    with psycopg.connect(table) as found:
        found.read_only = True
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            found.execute("DELETE FROM outside.steps")
    add(("A", "收件", 9, "住建", 9))
    before = rows_of("outside.steps")
    collect("by-table", table, BY)
    assert rows_of("outside.steps") == before
    with pytest.raises(Refusal, match="cannot be read"):
        collect("by-table", table.replace("/test_", "/no_such_"), BY)


# -- the command ----------------------------------------------------------------------------------------


def command(*words: str) -> tuple[Any, Any]:
    arguments = build_parser().parse_args(["collect", *words])
    return arguments, import_module(collecting_parser.BODIES)


def test_the_command_prints_its_account_and_says_when_something_is_left(
    item: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = sheet(tmp_path / "a.xlsx", export(item))
    arguments, bodies = command("run", NAME, "--from", place, "--by", BY, "--json")
    assert bodies.run(arguments) == 0
    (account,) = json.loads(capsys.readouterr().out)
    assert (account["taken"], account["read"]) == (4, 4)
    sheet(tmp_path / "a.xlsx", [row("P5", item, 5, unit="市幻想局")])
    arguments, bodies = command("run", NAME, "--from", place, "--by", BY)
    assert bodies.run(arguments) == 1
    assert "市幻想局" in capsys.readouterr().err
    arguments, bodies = command("run", NAME, "--by", BY)
    assert bodies.run(arguments) == 1
    assert "QINZHENG_COLLECT_PROVINCE_SERVICES" in capsys.readouterr().err
    arguments, bodies = command("coverage", "--json")
    assert bodies.coverage_(arguments) == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["collector"], told["cases"]) == (NAME, 4)
    arguments, bodies = command("list")
    assert bodies.list_(arguments) == 0
    assert NAME in capsys.readouterr().out
