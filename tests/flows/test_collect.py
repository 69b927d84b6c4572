"""A province's spreadsheet, a folder, a table: collected again and again, nothing doubled, every row accounted for."""

import datetime as dt
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from qinzheng.cases.items import Item
from qinzheng.cases.models import Case, OutsideNumber
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf
from qinzheng.exchange.choosing import Refusal
from qinzheng.exchange.collecting import parser as collecting_parser
from qinzheng.exchange.collecting import runs
from qinzheng.exchange.collecting.coverage import coverage
from qinzheng.exchange.collecting.runs import collect
from qinzheng.exchange.reading import Refused
from qinzheng.ledger import projections, queries
from qinzheng.supervision.models import Card
from qinzheng.wiring import build_parser
from tests.flows import applications
from tests.flows.provinces import (
    BY,
    NAME,
    UNIT,
    adds_up,
    export,
    held,
    one,
    row,
    sheet,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _city(published: Any) -> None:
    applications.city()


@pytest.fixture
def item() -> str:
    items: list[Item] = shelf.library().all("item")
    return next(i.id for i in items if i.procedure == "services.matter" and i.organization == "housing")


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


def test_a_spreadsheet_that_is_opened_and_saved_again_is_the_same(item: str, tmp_path: Path) -> None:
    """Saving moves a time by a fraction of a second: that is no change over there."""
    rows = [row(f"N{n}", item, 40 + n * 1.2345678, 39 + n * 1.1234567) for n in range(60)]
    place = sheet(tmp_path / "a.xlsx", rows)
    collect(NAME, place, BY)
    for _ in range(3):
        book = openpyxl.load_workbook(place)
        book.save(place)
        again = one(collect(NAME, place, BY))
        assert (again.known, again.refused, again.acts) == (60, 0, 0)


def test_collected_cases_follow_from_the_ledger_alone(item: str, tmp_path: Path) -> None:
    place = sheet(tmp_path / "a.xlsx", [*export(item), row("P9", item, 30)])
    collect(NAME, place, BY)
    sheet(tmp_path / "a.xlsx", [*export(item), row("P9", item, 30, 29, 2)])
    assert one(collect(NAME, place, BY)).continued == 1
    assert list(projections.check()) == []


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


def test_an_act_that_the_source_changed_is_corrected_and_counted_and_nothing_is_doubled(
    item: str, tmp_path: Path
) -> None:
    place = sheet(tmp_path / "a.xlsx", [row("P4", item, 30, 29)])
    collect(NAME, place, BY)
    stands = held()
    sheet(tmp_path / "a.xlsx", [row("P4", item, 30, 25)])
    changed = one(collect(NAME, place, BY))
    assert (changed.refused, changed.acts, changed.changed, changed.gone_acts) == (0, 0, 1, 0)
    adds_up(changed)
    assert {**held(), "events": 0} == {**stands, "events": 0}
    moved = [event for event in queries.history(Case.objects.get().pk) if event.type == "cases.corrected"]
    assert [event.body["act"] for event in moved] == ["accept"]
    assert one(collect(NAME, place, BY)).changed == 0
    sheet(tmp_path / "a.xlsx", [row("P4", item, 30)])
    gone = one(collect(NAME, place, BY))
    assert (gone.changed, gone.gone_acts, gone.known) == (0, 1, 1)
    assert "no longer tells" in gone.shown[-1][2]
    assert [body["changed"] for _, body in runs.runs(NAME)] == [0, 1, 0, 0]
    assert list(projections.check()) == []


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
    assert coverage(runs.collector(NAME), dt.datetime.now(dt.UTC)).gone == 2


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
    assert not list(runs.runs(NAME))


# -- who should report ----------------------------------------------------------------------------------


def test_coverage_names_who_reports_who_is_silent_and_who_never_did(item: str, tmp_path: Path) -> None:
    unit = shelf.library().get("item", item).organization
    old = row("P1", item, 200, 199, 190)
    collect(NAME, sheet(tmp_path / "a.xlsx", [old]), BY)
    chosen = runs.collector(NAME)
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
