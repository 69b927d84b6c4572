"""A firm's many applications by one sheet: all or none, every fault by row and column, twice is once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from qinzheng.access import actions as access
from qinzheng.access.login import BACKEND
from qinzheng.cases import itemized
from qinzheng.cases.models import Case
from qinzheng.ledger import queries as ledger
from qinzheng.mechanisms.applying import bulk
from qinzheng.mechanisms.applying.models import Application
from qinzheng.parties import actions as parties
from qinzheng.parties import codes
from tests import library, townhall
from tests.townhall import BY, Townhall

FOOD = "market.food-business-licence"
HEADS = [
    "本企业编号",
    "所在镇街",
    "您要做哪一种？",
    "谁来办？",
    "门店名称",
    "经营面积（平方米）",
    "计划开业日期",
]
GOOD = ["A-1", "望江镇", "餐馆、小吃店、饮品店", "法定代表人或经营者本人", "试金一店", 80, "2026-12-01"]


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as found:
        yield found


@pytest.fixture
def firm(city: Townhall) -> str:
    code = codes.make_enterprise_code("320999", 12)
    made = parties.register(
        "enterprise", {"name": "试金连锁餐饮有限公司", "enterprise_code": code}, by="tests"
    ).pk
    today = dt.date.today()
    access.mandate(city.accounts["other"], made, today, BY, ends=today + dt.timedelta(days=9))
    return str(made)


@pytest.fixture
def client(city: Townhall, firm: str) -> Client:
    found = Client()
    found.force_login(city.accounts["other"], backend=BACKEND)
    return found


def workbook(*rows: list[Any], heads: list[str] = HEADS) -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = bulk.SHEET
    for row in (heads, *rows):
        page.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def sent(client: Client, firm: str, content: bytes) -> Any:
    data = {"party": firm, "file": SimpleUploadedFile("申请.xlsx", content)}
    return client.post(reverse("apply-bulk", args=[FOOD]), data)


def row(reference: str, **more: Any) -> list[Any]:
    return [more.get(str(n), value) for n, value in enumerate([reference, *GOOD[1:]])]


@pytest.mark.django_db
class TestSent:
    def test_three_applications_in_one_go_and_sent_again_nothing_new(self, client: Client, firm: str) -> None:
        content = workbook(row("A-1"), row("A-2", **{"4": "试金二店"}), row("A-3", **{"2": "卖散装食品"}))
        answer = sent(client, firm, content)
        page = answer.content.decode()
        assert answer.status_code == 200, page
        assert "已提交 3 件" in page
        cases = Case.objects.filter(item=FOOD).order_by("number")
        assert [(each.state, each.organization, each.town) for each in cases] == [
            ("received", "market", "town-01")
        ] * 3
        assert {each.parties.get().party for each in cases} == {firm}
        ways = Application.objects.get(case=cases[0]).ways
        assert (ways["application"], ways["layout"], ways["rules"]) == ("row", "with", "later")
        assert "layout" not in Application.objects.get(case=cases[2]).ways
        event = ledger.event(Application.objects.get(case=cases[0]).event)
        assert event is not None
        assert event.body["bulk"] is True
        assert reverse("case-files", args=[cases[0].number]) in page
        again = sent(client, firm, content).content.decode()
        assert again.count("以前已提交") == 3
        assert Case.objects.filter(item=FOOD).count() == 3

    def test_one_fault_and_none_is_sent_each_named_by_row_and_column(self, client: Client, firm: str) -> None:
        content = workbook(
            row("A-1"), row("A-1"), row("A-4", **{"2": "开饭馆"}), row("A-5", **{"5": 0}), row("A-6", **{"6": "明年"}),
            row("A-7", **{"1": "月亮镇"}), row("", **{}),
        )  # fmt: skip
        answer = sent(client, firm, content)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert not Case.objects.filter(item=FOOD).exists()
        for words in ("第 3 行 <b>本企业编号</b> 与第 2 行重复", "第 4 行 <b>您要做哪一种？</b>", "第 5 行 <b>经营面积（平方米）</b> 不小于 1",
                      "第 6 行 <b>计划开业日期</b>", "第 7 行 <b>所在镇街</b>", "第 8 行 <b>本企业编号</b> 不能为空"):  # fmt: skip
            assert words in page, words

    @pytest.mark.parametrize("number", ["inf", "-inf", "nan", "1e400", "1e15", True])
    def test_a_number_that_is_none_is_a_fault_of_its_cell(
        self, client: Client, firm: str, number: object
    ) -> None:
        answer = sent(client, firm, workbook(row("A-1"), row("A-2", **{"5": number})))
        assert answer.status_code == 422
        assert "第 3 行 <b>经营面积（平方米）</b>" in answer.content.decode()
        assert not Case.objects.filter(item=FOOD).exists()

    def test_every_fault_of_a_row_is_told_and_a_reference_twice_beside_it(
        self, client: Client, firm: str
    ) -> None:
        wrong = row("A-1", **{"1": "月亮镇", "2": "开饭馆", "5": "很大", "6": "明年"})
        page = sent(client, firm, workbook(row("A-1"), wrong)).content.decode()
        for words in (
            "本企业编号</b> 与第 2 行重复",
            "所在镇街</b>",
            "您要做哪一种？</b>",
            "经营面积（平方米）</b>",
            "计划开业日期</b>",
        ):
            assert page.count(f"第 3 行 <b>{words}") == 1, words

    def test_a_reference_used_for_something_else_says_so(self, client: Client, firm: str) -> None:
        assert sent(client, firm, workbook(row("A-1"))).status_code == 200
        answer = sent(client, firm, workbook(row("A-2"), row("A-1", **{"4": "改了名的店"})))
        assert (answer.status_code, "已用于内容不同的申请" in answer.content.decode()) == (422, True)
        assert Case.objects.filter(item=FOOD).count() == 1

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", ""), (b"PK\x03\x04 no zip", "不是正常的 xlsx，请"), (b"\x00\xff\xfe", "请"), (workbook(), "没有一行"),
            (workbook(row("A-1"), heads=[*HEADS[:-1], "别的"]), "没有这一列"), (workbook(["=1+1"], heads=["别的"]), "表头"),
            (workbook(*(row(f"A-{n}") for n in range(bulk.MOST + 1))), "一次最多"),
        ],
    )  # fmt: skip
    def test_what_is_no_sheet_of_ours_is_refused(
        self, client: Client, firm: str, content: bytes, words: str
    ) -> None:
        answer = sent(client, firm, content)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not Case.objects.filter(item=FOOD).exists()

    def test_the_template_is_the_sheet_and_its_example_is_passed_over(
        self, client: Client, firm: str
    ) -> None:
        answer = client.get(reverse("apply-bulk-template", args=[FOOD]))
        book = load_workbook(BytesIO(answer.content))
        heads = [str(cell.value).removesuffix(" *") for cell in book[bulk.SHEET][1]]
        assert heads == HEADS
        assert "没有一行" in sent(client, firm, answer.content).content.decode()

    def test_only_firms(self, city: Townhall, client: Client) -> None:
        for name, status in (("citizen", 404), ("clerk", 404), ("supervisor", 404)):
            other = Client()
            other.force_login(city.accounts[name], backend=BACKEND)
            for address in ("apply-bulk", "apply-bulk-template"):
                assert other.get(reverse(address, args=[FOOD])).status_code == status, (name, address)
        assert Client().get(reverse("apply-bulk", args=[FOOD])).status_code == 302
        assert client.get(reverse("apply-bulk", args=["nothing"])).status_code == 404
        assert (
            reverse("apply-bulk", args=[FOOD]) in client.get(reverse("apply", args=[FOOD])).content.decode()
        )


ITEM: Any = library.library().get("item", FOOD)
ACT = itemized.apply(library.procedure("approvals.standard"), ITEM).acts["receive"]
ASKED = ACT.model_copy(update={"form": {name: field for name, field in ACT.form.items() if name != "unit"}})
CELLS = st.one_of(st.none(), st.text(max_size=30), st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False),
                  st.booleans(), st.sampled_from(GOOD))  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(CELLS, min_size=7, max_size=7), max_size=4))
def test_any_cells_are_read_or_named_never_both_and_never_a_crash(rows: list[list[Any]]) -> None:
    clean = [
        [cell if not isinstance(cell, str) else "".join(c for c in cell if c.isprintable()) for cell in row]
        for row in rows
    ]
    content = workbook(*clean)
    found, faults = bulk.read(content, ITEM.guide, ASKED, {"town-01": "望江镇"})
    assert faults == sorted(faults, key=lambda each: each.row)
    wrong = {fault.row for fault in faults}
    for each in found:
        if each.line not in wrong:
            assert set(each.situations) == {"business", "who"}
            assert all(each.situations.values())
            assert each.form["area"] >= 1
    assert found or faults
