"""Real spreadsheets, made here: imported whole or not at all, every fault named, twice without a change."""

import datetime as dt
from argparse import Namespace
from typing import Any

import openpyxl
import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.ledger import models as ledger_models
from qinzheng.operations import organization_commands
from qinzheng.organizations import actions, cells, exporting, queries, sheets
from qinzheng.organizations.models import Organization, Person, Placement, Post
from tests.unit.organizations.conftest import BY
from tests.unit.organizations.handed_in import CITY, DAY, NOW, SINCE, edited, run
from tests.unit.organizations.test_actions import differences

pytestmark = pytest.mark.django_db


def holder(post, day):
    (found,) = queries.holders([post], day).values()
    return found


def snapshot():
    return list(Organization.objects.order_by("id").values()), list(Post.objects.order_by("id").values())


def test_a_city_is_imported_and_again_without_a_change(write, calendars):
    path = write(
        edited(服务点={2: ["point-1", "便民服务点", "town-01", "cn.self-service", "是", 12.5, SINCE]})
    )
    report = run(path)
    assert report.faults == []
    assert report.written
    assert queries.subtree("housing", DAY) == {"housing", "permits"}
    point = queries.organizations(["point-1"])["point-1"]
    assert (point.calendar, point.mobile, point.x) == ("cn.self-service", True, 12.5)
    desks = {post.name_zh: post for post in queries.posts_of("permits", DAY)}
    (chief,) = queries.heads("housing", DAY)
    assert desks["受理"].stand_in_id == desks["审批"].id
    assert desks["审批"].stand_in_id == chief.id
    assert desks["审批"].roles == ["handler", "approver"]
    assert holder(desks["审批"].id, dt.date(2022, 2, 28)).name == "李娜"
    assert holder(desks["审批"].id, DAY).number == "A2"
    assert Person.objects.filter(name="张伟").count() == 2
    assert [(seat.post_id, seat.duty) for seat in queries.members("lead", DAY)] == [(chief.id, "deputy")]
    assert differences() == []

    before, events = snapshot(), ledger_models.Event.objects.count()
    again = run(path)
    assert (again.faults, again.written, dict(again.changes)) == ([], False, {})
    assert "没有变化" in again.lines()[-1]
    assert snapshot() == before
    assert ledger_models.Event.objects.count() == events


def test_the_second_import_changes_what_changed(write):
    run(write(CITY))
    path = write(
        edited(
            单位={
                2: ["permits", "内设机构", "行政审批科", "water", SINCE, "2024-05-01", ""],
                6: ["town-01", "镇街", "东街镇", "city", SINCE, "", "2025-12-31"],
            },
            服务点={2: ["point-1", "便民服务点", "water", "", "否", 12.5, SINCE]},
            岗位={2: ["permits", "受理", "收件", "否", "housing/局长", SINCE, ""]},
            人员任职={2: ["张伟", "A1", "permits", "受理", SINCE, "2026-06-30"]},
        )
        | {
            "服务点": [
                [*CITY["服务点"][0], "调整日"],
                ["point-1", "便民服务点", "water", "", "否", 12.5, SINCE, "2025-01-01"],
            ]
        }
    )
    report = run(path)
    assert report.faults == []
    assert queries.parent("permits", dt.date(2024, 4, 30)) == "housing"
    assert queries.parent("permits", dt.date(2024, 5, 1)) == "water"
    assert queries.names(["permits"])["permits"].zh == "行政审批科"
    assert queries.organizations(["town-01"])["town-01"].ends == dt.date(2025, 12, 31)
    (desk,) = (post for post in queries.posts_of("permits", DAY) if post.name_zh == "受理")
    assert queries.holder(desk.id, dt.date(2026, 7, 1)) is None
    before_now = queries.acting(desk.id, NOW - dt.timedelta(seconds=1))
    assert before_now != queries.acting(desk.id, NOW), "the new B role stands in from the import on"
    assert run(path).changes == {}
    assert differences() == []


def test_a_parent_is_never_overwritten(write):
    run(write(CITY))
    moved = {2: ["permits", "内设机构", "审批科", "water", SINCE, "", ""]}
    report = run(write(edited(单位=moved)))
    (fault,) = report.faults
    assert (fault.sheet, fault.row, fault.column) == ("单位", 2, "调整日")
    assert Placement.objects.get(organization_id="permits").parent_id == "housing"


WRONG: dict[tuple[str, int], tuple[list[Any], str]] = {
    ("单位", 3): (["city", "部门", "清和市", "", SINCE, "", ""], "上级编号"),
    ("单位", 4): (["Housing!", "部门", "住建局", "city", SINCE, "", ""], "编号"),
    ("单位", 5): (["water", "局", "水务局", "city", SINCE, "", ""], "类别"),
    ("单位", 6): (["town-01", "镇街", "", "city", SINCE, "", ""], "名称"),
    ("单位", 7): (["lead", "领导小组", "组", "nowhere", SINCE, "", ""], "上级编号"),
    ("服务点", 2): (["point-1", "点", "town-01", "cn.nowhere", "是", 12.5, SINCE], "开放日历"),
    ("岗位", 2): (["permits", "受理", "国王", "否", "审批", SINCE, ""], "角色"),
    ("岗位", 3): (["permits", "审批", "审批", "也许", "", SINCE, ""], "负责人"),
    ("岗位", 4): (["housing", "局长", "head_of_organ", "是", "没有这个岗", SINCE, ""], "B岗"),
    ("人员任职", 2): (["张伟", "110101199003070018", "permits", "受理", SINCE, ""], "工号"),
    ("人员任职", 3): (["张伟", "A2", "permits", "审批", "2022-02-30", ""], "任职首日"),
    ("人员任职", 4): (["李娜", "", "permits", "审批", SINCE, "2019-02-28"], "任职末日"),
    ("领导小组", 2): (["water", "housing", "局长", "副组长", SINCE], "领导小组编号"),
}


@pytest.mark.parametrize("place", WRONG, ids=lambda place: f"{place[0]}-{place[1]}")
def test_a_wrong_row_is_named_and_nothing_is_written(write, place):
    (name, row), (values, column) = place, WRONG[place]
    report = run(write(edited(**{name: {row: values}})))
    named = {(fault.sheet, fault.row, fault.column) for fault in report.faults}
    assert (name, row, column) in named
    assert all(fault.zh and fault.en for fault in report.faults)
    assert f"{name} 第 {row} 行「{column}」" in "\n".join(report.lines())
    assert not report.written
    assert not Organization.objects.exists()
    assert not Person.objects.exists()


def test_good_rows_alone_where_asked(write):
    wrong = edited(岗位={2: ["permits", "受理", "收件", "否", "审批", "2019-01-01", ""]})
    report = run(write(wrong), accept_good=True)
    assert report.written
    assert [(fault.sheet, fault.row) for fault in report.faults] == [("岗位", 2), ("人员任职", 2)]
    assert {post.name_zh for post in queries.posts_of("permits", DAY)} == {"审批"}
    assert differences() == []


def test_a_dry_run_reports_and_writes_nothing(write):
    report = run(write(CITY), dry_run=True)
    assert report.faults == []
    assert report.changes["organizations.founded"] == 7
    assert not Organization.objects.exists()
    assert not ledger_models.Event.objects.filter(type__startswith="organizations.").exists()


def test_a_circle_in_the_file_is_named(write):
    rows = [CITY["单位"][0], ["city", "市", "市", "", SINCE, "", ""]]
    rows += [["a", "部门", "甲", "b", SINCE, "", ""], ["b1", "部门", "乙", "a1", SINCE, "", ""]]
    rows[2][0], rows[2][3] = "a1", "b1"
    report = run(write({"单位": rows}))
    assert {fault.column for fault in report.faults} == {"上级编号"}
    assert {fault.row for fault in report.faults} == {3, 4}


def test_a_circle_of_stand_ins_in_the_file_is_named(write):
    report = run(write(edited(岗位={3: ["permits", "审批", "审批", "否", "受理", SINCE, ""]})))
    (fault,) = report.faults
    assert (fault.row, fault.column) == (3, "B岗")
    assert "成环" in fault.zh


def test_two_rows_about_one_thing_are_named(write):
    content = edited()
    content["岗位"].append(["permits", "受理", "审批", "否", "", SINCE, ""])
    (fault,) = run(write(content)).faults
    assert (fault.sheet, fault.row) == ("岗位", 5)
    assert "第 2 行" in fault.zh


def test_a_person_of_a_known_name_needs_a_number(write):
    content = edited()
    content["人员任职"].append(["李娜", "", "housing", "局长", SINCE, ""])
    (fault,) = run(write(content)).faults
    assert (fault.row, fault.column) == (5, "工号")


def test_what_exists_goes_out_and_comes_in_without_a_change(write, tmp_path):
    run(write(CITY))
    actions.found_organization("odd", "department", "=1+1", parent="city", begins=SINCE, by=BY, name_en="'-x")
    path = tmp_path / "out.xlsx"
    counts = exporting.export(path, DAY)
    assert counts == {"单位": 7, "服务点": 1, "岗位": 3, "人员任职": 2, "领导小组": 1}
    report = run(path)
    assert report.faults == []
    assert report.changes == {}
    cell = openpyxl.load_workbook(path)["单位"]["C5"]
    assert (cell.value, cell.data_type) == ("'=1+1", "s")


def test_an_export_fills_an_empty_system(write, tmp_path):
    path = tmp_path / "out.xlsx"
    with transaction.atomic():
        run(write(CITY))
        exporting.export(path, DAY)
        before = [queries.tree(DAY, desks=True), *snapshot()]
        transaction.set_rollback(True)
    assert not Organization.objects.exists()
    assert run(path).faults == []
    assert [queries.tree(DAY, desks=True), *snapshot()] == before


def test_the_template_is_passed_over_until_it_is_filled(tmp_path):
    path = tmp_path / "template.xlsx"
    exporting.template(path)
    report = run(path)
    assert (report.rows, report.faults, report.written) == (0, [], False)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["说明", *(sheet.name for sheet in sheets.SHEETS)]
    for sheet in sheets.SHEETS:
        page = book[sheet.name]
        assert [cell.value for cell in page[1]] == list(sheets.titles(sheet))
        assert page["A2"].value.startswith("#")
        assert all(cell.comment.text for cell in page[1])


def test_the_examples_of_the_template_can_be_read():
    for sheet in sheets.SHEETS:
        for column in sheet.columns:
            cells.cell(column, column.example or ("x" if column.required else ""))


@given(st.text(max_size=40).filter(lambda text: text == text.strip() and "\x00" not in text))
def test_no_text_becomes_a_formula_and_each_comes_back(text):
    written = cells.neutral(text)
    assert not written.startswith(cells.DANGEROUS)
    assert cells.plain(written) == text


# ---------------------------------------------------------------- the command


def test_the_command_reports_and_says_whether_all_was_well(write, capsys, tmp_path):
    path = write(CITY)
    asked = Namespace(file=path, by=BY, dry_run=False, accept_good=False)
    assert organization_commands.import_(asked) == 0
    assert "设立单位 7" in capsys.readouterr().out
    shown = Namespace(day="2026-11-20", under="housing", posts=True, json=False)
    assert organization_commands.tree(shown) == 0
    told = capsys.readouterr().out
    assert "住建局 · housing" in told
    assert "张伟" in told
    assert "2 个单位" in told
    assert organization_commands.tree(Namespace(day="x", under=None, posts=False, json=True)) == 2
    assert organization_commands.tree(Namespace(day=None, under="gone", posts=False, json=True)) == 1
    assert organization_commands.export(Namespace(file=tmp_path / "out.xlsx", day=None)) == 0
    assert organization_commands.template(Namespace(file=tmp_path / "no" / "t.xlsx")) == 1
    bad = write({"单位": [CITY["单位"][0], ["!", "市", "x", "", SINCE, "", ""]]}, name="bad.xlsx")
    assert organization_commands.import_(Namespace(file=bad, by=BY, dry_run=False, accept_good=False)) == 1
    assert "单位 第 2 行「编号」" in capsys.readouterr().out
