"""A firm opens a restaurant on a phone: from the guide at night to a certificate in its village, every clock explained.

All through the pages, on a screen of 390 × 844, each person logged in as themselves; weeks pass between the steps, and what
the worker does meanwhile is done. ``--pictures FOLDER`` keeps what was seen.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, expect

from qinzheng.access import actions as access
from qinzheng.access.login import BACKEND
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf
from qinzheng.ledger import sequencer
from qinzheng.mechanisms.ratings import queries as ratings
from qinzheng.organizations import actions as organizations
from qinzheng.parties import actions as parties
from qinzheng.parties import codes
from qinzheng.supervision.models import Card
from tests import townhall, uploads
from tests.browser import hours
from tests.browser.hours import Hours
from tests.browser.seen import axe, watch
from tests.flows import city as flows
from tests.townhall import BY, FOUNDED, PASSWORD, Townhall

pytestmark = pytest.mark.django_db(transaction=True)
ITEM = "market.joint-review-of-a-restaurant"
PHONE: Any = {"width": 390, "height": 844}
FIRM = "清和老街餐饮有限公司"
ASKED = {"fire": "消防救援支队", "urban-management": "城市管理局", "environment": "生态环境局"}
NIGHT = "2026-03-01 22:15"
"""A Sunday."""


class Story:
    """The city, its clocks, and a phone for everybody."""

    def __init__(
        self, browser: Browser, site: str, city: Townhall, time: Hours, pictures: Path | None
    ) -> None:
        self.browser, self.site, self.city, self.time, self.pictures = browser, site, city, time, pictures
        self.taken = 0
        self.complaints: list[str] = []

    def phone(self, name: str = "") -> Page:
        """Somebody's phone, logged in; nobody's where no name is given."""
        context = self.browser.new_context(viewport=PHONE, locale="zh-CN", reduced_motion="reduce")
        if name:
            client = Client()
            client.force_login(self.city.accounts[name], backend=BACKEND)
            given = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.site}
            context.add_cookies([given])  # type: ignore[list-item]
        page = context.new_page()
        self.complaints += watch(page)
        return page

    def at_case(self, name: str, number: str) -> Page:
        """The case on somebody's phone."""
        page = self.phone(name)
        page.goto(f"{self.site}/cases/{number}/")
        return page

    def seen(self, page: Page, name: str) -> None:
        """Nothing wider than the phone, nothing that a screen reader stumbles over; a picture where they are kept."""
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page.url
        assert axe(page) == [], page.url
        self.taken += 1
        if self.pictures is not None:
            whole = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size(
                {"width": PHONE["width"], "height": max(PHONE["height"], min(whole, 1500))}
            )
            file = self.pictures / f"story-{self.taken:02d}-{name}-390-zh-light.jpg"
            page.screenshot(path=file, type="jpeg", quality=45)
            page.set_viewport_size(PHONE)

    def done(self, name: str, number: str, act: str, state: str, **form: Any) -> Page:
        """One act on the case's page by somebody, who then reads where the case stands."""
        page = self.at_case(name, number)
        perform(page, act, **form)
        stands(page, state)
        return page


def perform(page: Page, act: str, **form: Any) -> None:
    """Open an act's form, fill it in, confirm it."""
    named = page.locator("summary", has_text=re.compile(rf"^\s*{act}\s*$"))
    box = page.locator("details.act").filter(has=named)
    if box.get_attribute("open") is None:
        box.locator("summary").click()
    for key, value in form.items():
        fill(box.locator(f"[name='{key}']"), value)
    box.get_by_role("button", name=f"确认{act}").click()


def fill(field: Locator, value: Any) -> None:
    if field.evaluate("each => each.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(str(value))


def stands(page: Page, state: str) -> None:
    expect(page.locator(".case-head .badge").first).to_have_text(state)


@pytest.fixture
def time(transactional_db: None) -> Iterator[Hours]:
    with hours.held("2026-03-01 20:00") as found:
        yield found


@pytest.fixture
def city(time: Hours, settings: Any, tmp_path: Path) -> Townhall:
    """The townhall with the departments that are asked, an approver, a village, and a firm with its handler."""
    settings.FILES, settings.HOME = str(tmp_path / "files"), tmp_path
    townhall.publish()
    made = townhall.build()
    with organizations.together():
        for id, name in ASKED.items():
            organizations.found_organization(id, "department", name, parent="qinghe", begins=FOUNDED, by=BY)
        organizations.found_organization(
            "village-01-01", "village", "老街村", parent="town-01", begins=FOUNDED, by=BY
        )
        people = {id: seated(id, ["handler"]) for id in ASKED}
        people["approver"] = seated("market-approval", ["approver"])
        people["village"] = seated("village-01-01", ["clerk"])
    for name, person in people.items():
        made.accounts[name] = access.make_account(f"{name}-account", "officer", BY, person_id=person)
    code = codes.make_enterprise_code("320999", 7)
    made.parties["firm"] = parties.register("enterprise", {"name": FIRM, "enterprise_code": code}, by=BY).pk
    access.mandate(made.accounts["citizen"], made.parties["firm"], dt.date(2026, 3, 1), BY)
    account = made.accounts["citizen"]
    account.set_password(PASSWORD)
    account.password_at = account.created_at
    account.save()
    return made


def seated(unit: str, roles: list[str]) -> str:
    """Somebody in a new post of a unit."""
    post = organizations.create_post(unit, f"{unit}岗", roles, begins=FOUNDED, by=BY)
    person = organizations.register_person(f"{unit}乙", by=BY)
    organizations.appoint(person, post, FOUNDED, by=BY)
    return person


@pytest.fixture
def story(browser: Browser, site: str, city: Townhall, time: Hours, pictures: Path | None) -> Story:
    return Story(browser, site, city, time, pictures)


def test_a_firm_opens_a_restaurant(story: Story, tmp_path: Path) -> None:
    photograph = tmp_path / "平面图.jpg"
    photograph.write_bytes(uploads.picture(size=(800, 600)))
    number, secret = applied_for_at_night(story, str(photograph))
    corrected(story, number, secret, str(photograph))
    reviewed_by_three(story, number)
    paused_for_a_test(story, number)
    extended_by_the_head_and_decided(story, number)
    delivered_in_the_village(story, number)
    rated(story, number, secret)
    every_clock_explains_itself(story, number)
    assert story.complaints == []
    flows.check(Case.objects.get(number=number).pk)


def applied_for_at_night(story: Story, photograph: str) -> tuple[str, str]:
    """Guide → application, after ten in the evening; the receipt says when an answer is due."""
    story.time.on(NIGHT)
    page = story.phone()
    page.goto(f"{story.site}/items/?q=开业联审")
    page.get_by_role("link", name=re.compile("餐饮店开业联合审查")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("餐饮店开业联合审查")
    story.seen(page, "guide")
    page.get_by_role("link", name="在线申请").first.click()
    page.get_by_label("登录名").fill("citizen")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label("以谁的名义").select_option(story.city.parties["firm"])
    page.get_by_label("所在镇街").select_option("town-01")
    page.get_by_role("button", name="开始").click()
    page.get_by_label("会（炒、炸、烧烤）").check()
    page.get_by_label("法定代表人、经营者本人或企业经办人").check()
    page.get_by_role("button", name="保存并继续").click()
    page.get_by_role("link", name="继续").click()
    page.get_by_label("门店名称").fill("老街面馆")
    page.get_by_label("经营面积").fill("120")
    page.get_by_role("button", name="保存并继续").click()
    for name in ("联合审查申请书", "场所平面图", "油烟净化设施说明"):
        paper = page.get_by_role("region", name=re.compile(name))
        paper.get_by_label("选择文件").set_input_files(photograph)
        paper.get_by_role("button", name=re.compile("上传")).click()
    page.get_by_role("link", name="继续：核对").click()
    expect(page.get_by_text("现在不是上班时间")).to_be_visible()
    story.seen(page, "check")
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("heading", name="申请已提交")).to_be_visible()
    story.seen(page, "receipt")
    number, secret = (page.locator(f".{name}").inner_text() for name in ("receipt-number", "secret"))
    case = Case.objects.get(number=number)
    assert case.opened_at.astimezone(shelf.ZONE) == hours.moment(NIGHT)
    assert case.parties.get().party == story.city.parties["firm"]
    return number, secret


def corrected(story: Story, number: str, secret: str, photograph: str) -> None:
    """One notice with everything in it; the firm mends it by its receipt alone."""
    story.time.on("2026-03-03 10:00")
    page = story.phone("sibling")
    page.goto(f"{story.site}/cases/{number}/materials/")
    page.locator("input[name=mark-layout][value=wrong]").check()
    page.locator("[name=note-layout]").fill("请标明排烟口")
    story.seen(page, "papers-checked")
    page.locator("main form button.primary").click()
    expect(page.locator("#request_correction-defects")).to_have_value(re.compile("请标明排烟口"))
    page.get_by_role("button", name="确认一次告知补正").click()
    stands(page, "待补正")

    story.time.on("2026-03-04 20:30")
    page = story.phone()
    page.goto(f"{story.site}/progress/")
    followed(page, number, secret)
    expect(page.get_by_text("现在轮到您")).to_be_visible()
    story.seen(page, "correction-asked")
    page.locator("input[type=file]").set_input_files(photograph)
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_text("已收到 4 个文件")).to_be_visible()
    perform(page, "提交补正材料")
    expect(page.locator(".standing-state")).to_contain_text("已收件")


def followed(page: Page, number: str, secret: str) -> None:
    page.get_by_label("办件编号").fill(number)
    page.get_by_label("查询码").fill(secret)
    page.get_by_role("button", name="查询").click()


def reviewed_by_three(story: Story, number: str) -> None:
    """Accepted; fire, city management and environment are asked at once, each with a clock of its own; the place is looked at
    meanwhile, inside the clock. One of the three is late by a day, and a card falls on that one alone."""
    story.time.on("2026-03-05 09:30")
    story.done("sibling", number, "受理", "审查中")
    story.time.on("2026-03-06 09:00")
    page = story.done("sibling", number, "转告有关机关", "会办中", organs=list(ASKED))
    expect(page.locator("#opinions + ul .badge", has_text="待答复")).to_have_count(3)
    story.seen(page, "three-asked")
    case = Case.objects.get(number=number)
    due = Clock.objects.get(case=case.pk, clock="decision").due_at
    story.time.on("2026-03-10 14:00")
    story.done("sibling", number, "实地核查", "会办中")
    assert Clock.objects.get(case=case.pk, clock="decision").due_at == due, "a site check stops nothing"
    for day, organ in (("11", "urban-management"), ("12", "environment")):
        story.time.on(f"2026-03-{day} 10:00")
        story.done(organ, number, "提出会办意见", "会办中", opinion=f"{ASKED[organ]}：现场符合要求")
    story.time.on("2026-03-13 17:00")
    assert not Card.objects.exists()
    story.time.on("2026-03-16 09:00")
    (card,) = Card.objects.filter(withdrawn_at=None)
    assert (card.organization, card.rule, card.level) == ("fire", "standard.past-promise", "yellow")
    page = story.phone("supervisor")
    page.goto(f"{story.site}/cards/")
    (found,) = page.locator(".card").all()
    expect(found).to_contain_text(ASKED["fire"])
    expect(found).to_contain_text("超过承诺")
    found.locator(".card-when a").click()
    expect(page.locator("main")).to_contain_text(f"会办单位：{ASKED['fire']}")
    story.seen(page, "one-of-three-is-late")
    page = story.done(
        "fire", number, "提出会办意见", "会办意见已齐", opinion="消防救援支队：出口、灭火器符合要求"
    )
    story.seen(page, "all-have-answered")
    assert Card.objects.filter(withdrawn_at=None).count() == 1


def paused_for_a_test(story: Story, number: str) -> None:
    """Only what the item's own rule asks for, the days told in writing; nothing else is offered."""
    story.time.on("2026-03-17 09:00")
    page = story.at_case("sibling", number)
    choices = page.locator("#notify_special-procedure option").all_text_contents()
    assert [each.strip() for each in choices[1:]] == ["检测"]
    perform(page, "书面告知特别程序所需时间", procedure="testing", days=5)
    expect(page.locator(".timeline .event").filter(has_text="书面告知特别程序所需时间")).to_have_count(1)
    story.seen(page, "paused")
    expect(page.locator(".case-clock").first).to_contain_text("中止")
    page.get_by_role("link", name="出具、查看文书").click()
    page.get_by_role("link", name="特别程序告知书").click()
    page.get_by_role("button", name="出具", exact=True).click()
    expect(page.get_by_text("所需时间为5个工作日")).to_be_visible()
    story.seen(page, "days-told-in-writing")
    story.time.on("2026-03-23 16:00")
    page = story.done("sibling", number, "特别程序结束", "会办意见已齐")
    story.seen(page, "the-clock-goes-on")


def extended_by_the_head_and_decided(story: Story, number: str) -> None:
    """By the head of the government, as joint handling asks, with the reason told; then granted in time."""
    story.time.on("2026-03-24 11:00")
    page = story.done(
        "mayor", number, "延长办理期限", "会办意见已齐", amount=10, reason="需复核排烟检测报告，已书面告知"
    )
    expect(page.locator(".case-clock").first).to_contain_text("延长")
    story.seen(page, "extended")
    story.time.on("2026-04-01 10:00")
    story.done("approver", number, "准予许可", "准予许可，待制证")


def delivered_in_the_village(story: Story, number: str) -> None:
    """Printed in the city, handed on to the village, served there with its proof on the day on which it was."""
    story.time.on("2026-04-02 09:00")
    story.done("sibling", number, "制证", "已制证，待送达", certificate="LS-2026-0001")
    page = story.at_case("sibling", number)
    perform(page, "转交", next="village-01-01", reason="申请人在老街村，送到村里")
    expect(page).to_have_url(re.compile("/work/"))
    expect(page.get_by_text("转交").first).to_be_visible()
    story.time.on("2026-04-07 15:00")
    page = story.done(
        "village", number, "送达证件", "已送达", method="direct", proof="HZ-2026-0001", served_on="2026-04-07",
        point="village-01-01",
    )  # fmt: skip
    story.seen(page, "delivered-in-the-village")


def rated(story: Story, number: str, secret: str) -> None:
    """By the receipt, under no name: how it was, and whether it was done."""
    page = story.phone()
    page.goto(f"{story.site}/progress/")
    followed(page, number, secret)
    expect(page.locator(".standing-state")).to_contain_text("已送达")
    story.seen(page, "progress-at-the-end")
    page.get_by_text("评价这次服务").click()
    page.get_by_label("非常满意", exact=True).check()
    page.get_by_label("办成了").check()
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_role("heading", name="评价已收到")).to_be_visible()
    made = ratings.given(Case.objects.get(number=number))
    assert made is not None
    assert (made.grade, made.answer) == ("very_satisfied", "done")
    story.seen(page, "rated")


def every_clock_explains_itself(story: Story, number: str) -> None:
    """What the firm sees at the end, each step with its place in the signed log."""
    sequencer.sequence_all()
    page = story.at_case("citizen", number)
    clocks = page.locator(".case-clock")
    more = page.locator(".more-clocks > summary")
    if more.count():
        more.click()
    assert clocks.count() == Clock.objects.filter(case=Case.objects.get(number=number).pk).count() >= 4
    for each in clocks.all():
        expect(each).to_contain_text(re.compile("期限：.*(工作日|日)"))
    decision = clocks.filter(has_text="联合办理总期限")
    for word in ("中止", "延长", "承诺"):
        expect(decision).to_contain_text(word)
    story.seen(page, "every-clock")
