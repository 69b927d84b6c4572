"""Items from a spreadsheet: differences shown, all or nothing, again nothing; a second person publishes, and the guide is the new one."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from qinzheng import wiring
from qinzheng.cases.items import Item
from qinzheng.definitions import actions, shelf
from qinzheng.definitions.models import Edition
from qinzheng.ledger import queries as ledger
from qinzheng.mechanisms.catalogue import exporting, importing
from qinzheng.mechanisms.catalogue.columns import SHEETS
from qinzheng.operations import catalogue_commands
from tests import townhall
from tests.flows.sheets_of_items import as_csv, xlsx
from tests.townhall import Townhall

pytestmark = pytest.mark.django_db
TODAY = dt.datetime.now(shelf.ZONE).date()
SOON = TODAY + dt.timedelta(days=5)


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


@pytest.fixture
def item(city: Townhall) -> Item:
    """An item of the housing department that has a promise."""
    items: list[Item] = shelf.library().standing("item")
    return next(
        each for each in items if each.organization == "housing" and each.committed.get("handling", 0) > 1
    )


@pytest.fixture(autouse=True)
def _shelf_read_anew() -> Iterator[None]:
    """What a test publishes is rolled back with it."""
    yield
    shelf.forget()


def logged_in(city: Townhall, name: str) -> Client:
    client = Client()
    client.force_login(city.accounts[name], backend="qinzheng.access.login.AccountBackend")
    return client


def run(content: bytes, **more: Any) -> importing.Report:
    return importing.run(content, more.pop("begins", SOON), TODAY, **more)


def kept() -> int:
    return Edition.objects.filter(kind="item", published_at=None).count()


def test_a_dry_run_says_the_difference_and_keeps_nothing(item: Item) -> None:
    promise = item.committed["handling"]
    report = run(as_csv([{"编号": item.id, "承诺时限": "1"}]))
    assert report.faults == []
    (draft,) = report.drafts
    assert [each.words.zh for each in draft.differences if each.about == "committed"] == [
        f"“办理”承诺时限由{promise}个工作日缩短为1个工作日"
    ]
    assert kept() == 0


def test_the_same_file_again_makes_nothing_double_before_and_after_it_is_published(item: Item) -> None:
    content = as_csv([{"编号": item.id, "承诺时限": "1", "即办": "是"}])
    first = run(content, by="a-drafter", keep=True)
    assert len(first.kept) == 1
    assert run(content, by="a-drafter", keep=True).kept == []
    assert kept() == 1
    actions.publish(actions.drafts(), "a-publisher")
    shelf.forget()
    again = run(content, by="a-drafter", keep=True)
    assert (again.drafts, again.kept, again.unchanged) == ([], [], [item.id])
    assert shelf.library().in_force("item", item.id, SOON).committed == {"handling": 1}
    assert shelf.library().in_force("item", item.id, TODAY).committed == item.committed


def test_nobody_publishes_its_own_draft(item: Item) -> None:
    run(as_csv([{"编号": item.id, "承诺时限": "1"}]), by="a-drafter", keep=True)
    with pytest.raises(actions.NotPublishable):
        actions.publish(actions.drafts(), "a-drafter")


def test_what_a_sheet_has_no_column_for_or_leaves_empty_stays(city: Townhall) -> None:
    items: list[Item] = shelf.library().standing("item")
    full = next(each for each in items if each.guide.materials and each.guide.fees)
    report = run(as_csv([{"编号": full.id, "名称": full.name.zh, "即办": "", "通俗说明": ""}]))
    assert (report.faults, report.drafts, report.unchanged) == ([], [], [full.id])


NEW = {
    "编号": "housing.a-new-item", "名称": "新设事项", "英文名称": "A new item", "类型": "公共服务", "决定单位": "housing",
    "办理程序": "services.matter", "承诺时限": "3", "申请途径": "窗口、网上", "依据": "ours/sample-services",
}  # fmt: skip


def test_a_new_item_with_papers_charges_and_life_in_one_workbook(city: Townhall) -> None:
    content = xlsx(
        事项=[NEW | {"原时限": 15, "原数截止日": dt.date(2012, 12, 31)}],
        材料=[
            {"事项编号": NEW["编号"], "材料编号": "form", "材料名称": "申请表", "形式": "填写", "容缺": "否"},
            {"事项编号": NEW["编号"], "材料编号": "licence", "材料名称": "营业执照", "共享单位": "market"},
        ],
        收费=[
            {"事项编号": NEW["编号"], "收费名称": "工本费", "金额": 12.5, "收费依据": "ours/sample-services"}
        ],
        变动=[
            {"事项编号": NEW["编号"], "变动": "进驻", "变动日期": "2026-03-01", "理由": "进驻市政务服务中心"}
        ],
    )
    report = run(content, by="a-drafter", keep=True)
    assert [str(fault) for fault in report.faults] == []
    actions.publish(actions.drafts(), "a-publisher")
    shelf.forget()
    made: Item = shelf.library().get("item", "housing.a-new-item")
    assert (made.guide.materials["licence"].shared_from, made.guide.fees[0].fen) == ("market", 1250)
    assert [(turn.turn, turn.on) for turn in made.life] == [("admitted", dt.date(2026, 3, 1))]
    assert made.before is not None
    assert made.before.days == 15


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"承诺时限": "99"}, "承诺时限", "之间"),
    ({"承诺时限": "快"}, "承诺时限", "数字"),
    ({"决定单位": "nowhere"}, "决定单位", "没有单位"),
    ({"办理程序": "services.nothing"}, "办理程序", "没有程序"),
    ({"类型": "礼物"}, "类型", "不在词表中"),
    ({"依据": "没有的法/1"}, "依据", "没有出处"),
    ({"实施编码": "123"}, "实施编码", "31 位"),
    ({"即办": "也许"}, "即办", "是"),
    ({"年办件量": "许多"}, "年办件量", "不是数"),
    ({"原材料": "3", "原数截止日": ""}, "原数截止日", "哪一天"),
    ({"编号": "Bad Id"}, "编号", "id"),
    ({"名称": "藏\u200b字"}, "名称", "看不见"),
]


@pytest.mark.parametrize(("change", "column", "why"), WRONG, ids=[next(iter(each[0])) for each in WRONG])
def test_one_fault_is_named_by_row_and_column_and_nothing_is_kept(
    item: Item, change: dict[str, Any], column: str, why: str
) -> None:
    good = {"编号": item.id, "承诺时限": "1"}
    report = run(xlsx(事项=[good, NEW | change]), by="a-drafter", keep=True)
    assert [(fault.sheet, fault.row, fault.column) for fault in report.faults] == [("事项", 3, column)]
    assert why in report.faults[0].zh
    assert report.faults[0].en
    assert (kept(), report.kept) == (0, [])


def test_rows_that_belong_to_no_item_or_stand_twice_are_faults(item: Item) -> None:
    content = xlsx(
        事项=[{"编号": item.id, "承诺时限": "1"}, {"编号": item.id, "承诺时限": "2"}],
        变动=[{"事项编号": "no.such-item", "变动": "取消", "变动日期": "2026-03-01", "理由": "整合"}],
    )
    found = [(fault.sheet, fault.row) for fault in run(content).faults]
    assert found == [("事项", 3), ("变动", 2)]


def test_what_was_decided_already_is_not_changed_backwards(item: Item) -> None:
    report = run(as_csv([{"编号": item.id, "承诺时限": "1"}]), begins=TODAY - dt.timedelta(days=1))
    assert [fault.column for fault in report.faults] == ["施行日"]


def test_a_change_before_an_edition_that_begins_later_is_refused_and_not_lost(item: Item) -> None:
    run(as_csv([{"编号": item.id, "承诺时限": "1"}]), by="a-drafter", keep=True)
    actions.publish(actions.drafts(), "a-publisher")
    shelf.forget()
    report = run(as_csv([{"编号": item.id, "即办": "是"}]), begins=TODAY)
    assert [fault.column for fault in report.faults] == ["施行日"]
    assert str(SOON) in report.faults[0].en
    assert run(as_csv([{"编号": item.id, "即办": "是"}])).faults == []


def test_a_unit_drafts_its_own_items_only(item: Item) -> None:
    report = run(as_csv([{"编号": item.id, "承诺时限": "1"}]), allowed={"market"}.__contains__)
    assert [fault.column for fault in report.faults] == ["决定单位"]


CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
"""What a cell may hold; control characters are the reader's business."""


@given(st.lists(st.tuples(st.sampled_from([column.title for column in SHEETS[0].columns[1:]]), CELLS), max_size=4))  # fmt: skip
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)  # fmt: skip
def test_whatever_the_cells_hold_it_is_a_change_a_fault_or_nothing(
    item: Item, cells: list[tuple[str, str]]
) -> None:
    report = run(as_csv([{"编号": item.id, **dict(cells)}]))
    assert len(report.faults) + len(report.drafts) + len(report.unchanged) >= 1
    assert kept() == 0


def test_the_template_reads_as_it_is_written_and_its_example_is_passed_over(city: Townhall) -> None:
    content = importing.template()
    assert load_workbook(io.BytesIO(content)).sheetnames[1:] == [sheet.name for sheet in SHEETS]
    report = run(content)
    assert (report.rows, report.faults) == (0, [])


def test_what_is_exported_and_read_again_changes_nothing(city: Townhall) -> None:
    items: list[Item] = shelf.library().standing("item", TODAY)
    report = run(exporting.workbook(items))
    assert report.faults == []
    assert [each.words.zh for draft in report.drafts for each in draft.differences] == []
    assert (report.drafts, len(report.unchanged)) == ([], len(items))


def test_a_units_items_are_downloaded_and_one_cell_changed_is_one_difference(
    city: Townhall, item: Item
) -> None:
    content = logged_in(city, "clerk").get(reverse("catalogue-items", args=["housing"])).content
    book = load_workbook(io.BytesIO(content))
    page = book["事项"]
    titles = [str(cell.value).strip(" *") for cell in page[1]]
    row = next(row for row in page.iter_rows(min_row=2) if row[0].value == item.id)
    row[titles.index("即办")].value = "是"
    changed = io.BytesIO()
    book.save(changed)
    report = run(changed.getvalue())
    assert [draft.item.id for draft in report.drafts] == [item.id]
    assert {each.about for each in report.drafts[0].differences} == {"at_once", "in_force_from"}


def upload(client: Client, content: bytes, do: str) -> Any:
    file = SimpleUploadedFile("items.csv", content, "text/csv")
    return client.post(reverse("catalogue-import"), {"file": file, "begins": SOON.isoformat(), "do": do})


def test_from_the_page_to_the_published_edition(city: Townhall, item: Item) -> None:
    """An officer uploads, looks, keeps; the supervision reads the difference and publishes; the item's page tells both."""
    officer, supervisor = logged_in(city, "handler"), logged_in(city, "supervisor")
    content = as_csv([{"编号": item.id, "承诺时限": "1"}])
    looked = upload(officer, content, "check").content.decode()
    assert "缩短为1个工作日" in looked
    assert kept() == 0
    assert upload(officer, content, "keep").status_code == 302
    (draft,) = Edition.objects.filter(kind="item", published_at=None)
    own = officer.get(reverse("catalogue-drafts")).content.decode()
    assert "缩短为1个工作日" in own
    assert 'value="publish"' not in own
    officer.post(reverse("catalogue-drafts"), {"draft": draft.pk, "do": "publish"})
    assert kept() == 1
    supervisor.post(reverse("catalogue-drafts"), {"draft": draft.pk, "do": "publish"})
    draft.refresh_from_db()
    assert draft.published_at is not None
    event = ledger.history(f"definition:item:{item.id}"[:80])[-1]
    assert (event.body["sha256"], event.body["effect"]) == (draft.sha256, {"differences": 2})
    shelf.forget()
    shown = supervisor.get(reverse("catalogue-item", args=[item.id])).content.decode()
    assert "缩短为1个工作日" in shown
    assert event.id in shown


def test_a_wrong_file_says_why_and_another_units_items_are_refused(city: Townhall, item: Item) -> None:
    officer = logged_in(city, "sibling")
    answer = upload(officer, as_csv([{"编号": item.id, "承诺时限": "1"}]), "keep")
    assert answer.status_code == 422
    assert "不能起草单位 housing" in answer.content.decode()
    answer = upload(officer, b"\xd0\xcf\x11\xe0old", "keep")
    assert "旧版 .xls" in answer.content.decode()
    assert upload(logged_in(city, "appraiser"), b"x", "keep").status_code == 404
    assert kept() == 0


def test_a_turn_is_drafted_on_the_items_page_and_discarded_again(city: Townhall, item: Item) -> None:
    officer, address = logged_in(city, "head"), reverse("catalogue-item", args=[item.id])
    form = {"turn": "delegated", "on": SOON.isoformat(), "reason": "简政放权", "to": ""}
    assert "下放到哪一级" in officer.post(address, form).content.decode()
    assert officer.post(address, form | {"to": "镇（街道）"}).status_code == 302
    (draft,) = Edition.objects.filter(kind="item", published_at=None)
    shown = officer.get(reverse("catalogue-drafts")).content.decode()
    assert f"{SOON} 下放到镇（街道）：简政放权" in shown
    assert "有未发布的草稿" in officer.post(address, form | {"to": "town"}).content.decode()
    officer.post(reverse("catalogue-drafts"), {"draft": draft.pk, "do": "discard"})
    assert kept() == 0
    assert logged_in(city, "sibling").post(address, form).status_code == 404


def test_an_abolished_item_cannot_be_asked_for_from_that_day(city: Townhall, item: Item) -> None:
    officer = logged_in(city, "head")
    officer.post(reverse("catalogue-item", args=[item.id]), {"turn": "abolished", "on": TODAY.isoformat(), "reason": "国务院取消"})  # fmt: skip
    actions.publish(actions.drafts(), "a-publisher")
    shelf.forget()
    found: Item = shelf.library().in_force("item", item.id, TODAY)
    assert not found.alive(TODAY)
    ledger_page = officer.get(reverse("catalogue-admissions"), {"first": TODAY.isoformat(), "last": TODAY.isoformat(), "turn": "abolished"})  # fmt: skip
    assert "国务院取消" in ledger_page.content.decode()
    csv = officer.get(reverse("catalogue-admissions"), {"first": TODAY.isoformat(), "last": TODAY.isoformat(), "turn": "abolished", "as": "csv"})  # fmt: skip
    assert item.id in csv.content.decode("utf-8-sig")


def test_the_command_says_the_same_and_keeps_drafts_only_where_all_is_right(
    item: Item, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "items.csv"
    file.write_bytes(as_csv([{"编号": item.id, "承诺时限": "1"}]))

    def run_command(*more: str) -> int:
        told = ["catalogue", "import", str(file), "--by", "a-drafter", "--from", SOON.isoformat(), *more]
        return catalogue_commands.import_(wiring.build_parser().parse_args(told))

    assert run_command("--dry-run") == 0
    assert "shortened" in capsys.readouterr().out
    assert kept() == 0
    assert run_command() == 0
    assert kept() == 1
    file.write_bytes(as_csv([{"编号": item.id, "承诺时限": "许久"}]))
    assert run_command() == 1
    assert "承诺时限" in capsys.readouterr().out
    assert kept() == 1
    target = tmp_path / "template.xlsx"
    assert (
        catalogue_commands.template(wiring.build_parser().parse_args(["catalogue", "template", str(target)]))
        == 0
    )
    assert target.read_bytes().startswith(b"PK")
    file.unlink()
    assert run_command() == 1
