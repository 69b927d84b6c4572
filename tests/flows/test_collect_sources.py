"""Folders and tables of other systems: read only, from the watermark, in one snapshot, nothing left behind."""

import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from qinzheng.cases.models import Case, OutsideNumber
from qinzheng.clocks.models import Clock
from qinzheng.definitions import actions
from qinzheng.definitions.library import Library, default_root
from qinzheng.exchange.choosing import Refusal
from qinzheng.exchange.collecting.runs import collect
from qinzheng.ledger import queries
from qinzheng.wiring import KINDS
from tests.flows import applications
from tests.flows.provinces import BY, ago, held, one, rows_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _city(published: Any) -> None:
    applications.city()


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
