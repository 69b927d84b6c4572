"""Guides, points and sub-sites: what a situation asks for, on the screen and on paper; where to go; whose site it is; what is no item."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qinzheng.definitions import citing, shelf
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.sites import queries as sites
from qinzheng.organizations import actions as organizations
from qinzheng.web.guide import places, views
from qinzheng.web.organizations import hours
from tests import townhall
from tests.townhall import BY, FOUNDED, Townhall

pytestmark = pytest.mark.django_db
BACKEND = "qinzheng.access.login.AccountBackend"
FOOD = "market.food-business-licence"
MANDATE = "授权委托书 原件"
"""The material; its blank form is offered to everybody."""


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        organizations.found_organization(
            "point-night", "service_point", "自助服务厅", parent="administrative-approval", begins=FOUNDED, by=BY,
            calendar="cn.self-service", x=1.0, y=2.0,
        )  # fmt: skip
        organizations.found_organization(
            "point-van",
            "service_point",
            "流动车",
            parent="market",
            begins=FOUNDED,
            by=BY,
            mobile=True,
            x=5.0,
            y=9.0,
        )
        yield made


def text(answer: Any) -> str:
    """What a page says, without its marks."""
    page: str = answer.content.decode()
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def guide(**situation: Any) -> str:
    return text(Client().get(reverse("item-guide", args=[FOOD]), situation))


def test_without_answers_everything_is_listed_with_when_it_is_wanted(city: Townhall) -> None:
    page = guide()
    assert "还有 2 个问题没选" in page
    assert MANDATE in page
    assert "如果是：委托别人办" in page
    assert "如果是：餐馆、小吃店、饮品店或单位食堂" in page


def test_answers_leave_what_applies_and_say_what_another_office_has(city: Townhall) -> None:
    page = guide(business="retail", who="self")
    assert "个问题没选" not in page
    assert MANDATE not in page
    assert "布局图" not in page
    assert "食品安全管理制度" in page
    needless = page[page.index("不用带的") :]
    assert "营业执照" in needless
    restaurant = guide(business="restaurant", who="agent")
    assert MANDATE in restaurant
    assert "布局图" in restaurant
    assert "如果是：" not in restaurant


def test_the_list_is_the_one_that_the_application_asks_for(city: Townhall) -> None:
    item = shelf.library().get("item", FOOD)
    for business in item.guide.situations["business"].answers:
        for who in item.guide.situations["who"].answers:
            situation = {"business": [business], "who": [who]}
            listed = views.materials(item, situation)
            assert [each.material for each in listed] == list(item.guide.materials_for(situation).values())
            assert all(each.only is None for each in listed)


@pytest.mark.parametrize(
    "given",
    [
        {"business": "moon"},
        {"business": ["restaurant", "retail"]},
        {"nothing": "x"},
        {"who": "%00<script>"},
        {"who": "a" * 5000},
    ],
)
def test_answers_that_the_guide_does_not_know_are_no_answers(city: Townhall, given: dict[str, Any]) -> None:
    page = guide(**given)
    assert "食品经营许可" in page
    if given.get("business") == ["restaurant", "retail"]:
        assert "布局图" not in page, "of one answer alone the last counts"


def test_paper_holds_the_same_list_with_boxes_and_a_code_back_to_it(city: Townhall) -> None:
    answer = Client().get(reverse("item-sheet", args=[FOOD]), {"business": "retail", "who": "agent"})
    page = answer.content.decode()
    assert page.count('class="tick"') == len(
        [
            each
            for each in views.materials(
                shelf.library().get("item", FOOD), {"business": ["retail"], "who": ["agent"]}
            )
            if each.held_by is None
        ]
    )
    assert "<svg" in page
    assert f"http://testserver{reverse('item-guide', args=[FOOD])}?business=retail&amp;who=agent" in page
    assert "卖散装食品" in page
    assert "授权委托书" in page


def test_a_week_is_said_in_one_line_days_of_the_same_hours_together() -> None:
    morning, closed, weekday = Text(zh="09:00–12:00", en="09:00–12:00"), hours.CLOSED, dt.date(2026, 3, 5)
    said = [morning, morning, closed, closed, morning, hours.ALL_DAY, morning]  # Thursday to Wednesday
    days = [
        hours.Day(morning, weekday + dt.timedelta(days=n), each, None, each == closed)
        for n, each in enumerate(said)
    ]
    told = hours.week(days)
    assert told is not None
    assert told.zh == "周一三四五 09:00–12:00；周二 全天 24 小时；周六日 不开放"
    assert hours.week([]) is None


def test_an_item_in_short_form_says_that_the_catalogue_does_not_know(city: Townhall) -> None:
    item = townhall.an_item("housing", "services.matter")
    assert "目录还没有写明材料" in text(Client().get(reverse("item-guide", args=[item.id])))
    assert item.name.en in text(Client().get(reverse("item-sheet", args=[item.id]), {"lang": "en"}))
    for name in ("item-guide", "item-sheet"):
        assert Client().get(reverse(name, args=["no.such"])).status_code == 404


def test_points_are_listed_with_hours_and_kinds(city: Townhall) -> None:
    page = text(Client().get(reverse("points")))
    for name in ("政务中心", "望江便民中心", "自助服务厅", "流动车"):
        assert name in page
    for kind, there, gone in (
        ("day", "自助服务厅", "望江便民中心"), ("mobile", "流动车", "自助服务厅"), ("town", "望江便民中心", "流动车"),
    ):  # fmt: skip
        found = text(Client().get(reverse("points"), {"kind": kind}))
        assert there in found
        assert gone not in found
    assert "政务中心" in text(Client().get(reverse("points"), {"kind": "<script>"}))


def test_the_map_and_the_list_have_the_same_numbers(city: Townhall) -> None:
    day = dt.date.today()
    item = shelf.library().get("item", FOOD)
    found = places.of_item(item, day)
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    assert {each.unit.id for each in found} == {
        "point-civic-centre",
        "point-night",
        "point-van",
        "point-town-01",
    }
    assert found[-1].unit.id == "point-town-01", "the city's own points come first"
    elsewhere = townhall.an_item("water", "services.matter").model_copy(update={"towns": False})
    assert {each.unit.id for each in places.of_item(elsewhere, day)} == {"point-civic-centre", "point-night"}


def test_every_department_and_town_has_a_site_from_the_one_store(city: Townhall) -> None:
    day = dt.date.today()
    found = {each.key: each for each in sites.sites(day)}
    assert {"starting-a-business", "housing", "water", "town-01"} <= found.keys()
    assert "market" not in found, "it has a site of its own"
    assert "police-service" not in found, "its unit was not founded"
    page = text(Client().get(reverse("sites")))
    assert "开办企业专区" in page
    housing = townhall.an_item("housing", "services.matter")
    own = Client().get(reverse("site", args=["housing"]))
    assert housing.name.zh in text(own)
    assert 'class="public site-azurite"' in own.content.decode()
    town = Client().get(reverse("site", args=["town-01"]))
    assert 'class="public site-ochre"' in town.content.decode()
    assert "望江便民中心" in text(town)
    assert Client().get(reverse("site", args=["nowhere"])).status_code == 404


def test_a_site_announces_searches_its_own_items_and_puts_some_first(city: Townhall) -> None:
    address = reverse("site", args=["starting-a-business"])
    page = text(Client().get(address))
    assert "个体户设立当天办结" in page
    assert page.index("先看这些") < page.index("企业设立登记")
    assert "找到" in text(Client().get(address, {"q": "开一家小吃店"}))
    assert "本站没有这件事" in text(Client().get(address, {"q": "我想结婚"}))


def test_announcements_stand_in_their_days_alone(city: Townhall) -> None:
    shown = sites.site("starting-a-business", dt.date(2026, 3, 1))
    assert shown is not None
    (first,) = shown.site.announcements
    over = first.model_copy(update={"ends": dt.date(2026, 2, 1)})
    newer = first.model_copy(update={"begins": dt.date(2026, 2, 15)})
    later = first.model_copy(update={"begins": dt.date(2026, 4, 1)})
    many = sites.Shown(
        shown.key,
        shown.name,
        shown.units,
        shown.site.model_copy(update={"announcements": [over, first, newer, later]}),
    )
    assert many.announcements(dt.date(2026, 3, 1)) == [newer, first]


def test_a_trouble_is_answered_with_the_hotline_and_its_form(city: Townhall) -> None:
    for name in ("home", "items"):
        page = Client().get(reverse(name), {"q": "路灯坏了"}).content.decode()
        assert "路灯不亮" in page
        assert 'href="tel:12345"' in page
        assert f"{reverse('login')}?next=%2Fcases%2Fnew%2Fhotline.work-order%2F" in page
        assert "没有找到" not in page
    browser = Client()
    browser.force_login(city.accounts["citizen"], backend=BACKEND)
    page = browser.get(reverse("home"), {"q": "路灯坏了"}).content.decode()
    form = reverse("open-case", args=["hotline.work-order"])
    assert f'href="{form}"' in page
    assert browser.get(form).status_code == 200
    assert "没有找到" in Client().get(reverse("home"), {"q": "飞上月球"}).content.decode()


def test_pages_of_items_lead_to_the_list_and_the_sheet(city: Townhall) -> None:
    page = Client().get(reverse("item", args=[FOOD])).content.decode()
    for name in ("item-guide", "item-sheet"):
        assert reverse(name, args=[FOOD]) in page
    assert "每年约 5200 件" in page.replace("5,200", "5200")
    home = Client().get(reverse("home")).content.decode()
    assert "大家常办" in home
    for name in ("points", "sites"):
        assert f'href="{reverse(name)}"' in home


@pytest.mark.parametrize("name", ["handler", "supervisor", "town-clerk", "clerk", "citizen", "other"])
def test_the_way_to_apply_is_shown_to_whom_it_leads_somewhere(city: Townhall, name: str) -> None:
    browser = Client()
    browser.force_login(city.accounts[name], backend=BACKEND)
    for page, args, form in (
        ("item", [FOOD], "apply"), ("item-guide", [FOOD], "apply"), ("matter", ["open-a-restaurant"], "apply-matter"),
    ):  # fmt: skip
        address = reverse(form, args=args)
        shown = f'href="{address}"' in browser.get(reverse(page, args=args)).content.decode()
        assert shown == (browser.get(address).status_code == 200), (page, name)
        assert f'href="{address}"' in Client().get(reverse(page, args=args)).content.decode()
    if name in ("handler", "citizen"):
        assert shown == (name == "citizen")


@pytest.mark.parametrize(
    ("reference", "zh"),
    [("ours-people/undone", "undone"), ("ours-patterns/guide", "guide"), ("行政许可法/42", "")],
)
def test_a_citation_ends_in_a_number_or_in_its_source(city: Townhall, reference: str, zh: str) -> None:
    source = shelf.library().get("source", reference.split("/")[0]).name
    said = citing.said(reference)
    assert said.zh == (source.zh if zh else f"{source.zh} 第42条")
    assert said.en == (source.en if zh else f"{source.en}, art. 42")
    assert citing.all_said([reference, reference]) == said


@pytest.mark.parametrize("name", ["catalogue", "catalogue-unit", "catalogue-item"])
def test_every_cell_of_the_catalogue_says_what_it_is_on_a_narrow_screen(city: Townhall, name: str) -> None:
    browser = Client()
    browser.force_login(city.accounts["supervisor"], backend=BACKEND)
    args = {"catalogue": [], "catalogue-unit": ["market"], "catalogue-item": [FOOD]}[name]
    page = browser.get(reverse(name, args=args)).content.decode()
    cells = re.findall(r"<td[^>]*>", page)
    assert cells
    assert [cell for cell in cells if 'data-label="' not in cell] == []
