"""The desks in a real browser on a small real city: from a click at the window to the article that a card rests on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.models import Case
from qinzheng.supervision.models import Card
from tests import townhall
from tests.browser.seen import axe, watch
from tests.townhall import PASSWORD, Townhall

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86_400_000_000
HANDS = ("clerk", "handler", "supervisor")
LogIn = Callable[..., Page]


@pytest.fixture
def city(transactional_db: None) -> Townhall:
    townhall.publish()
    made = townhall.build()
    for name in HANDS:
        made.accounts[name].set_password(PASSWORD)
        made.accounts[name].save()
    return made


@pytest.fixture
def log_in(browser: Browser, site: str, city: Townhall) -> Iterator[LogIn]:
    """``log_in("clerk")``: a page of somebody who has logged in by the form."""
    contexts: list[BrowserContext] = []

    def opened(name: str, **more: Any) -> Page:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN", **more))
        page = contexts[-1].new_page()
        page.goto(site + "/login/")
        page.get_by_label("登录名").fill(name)
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    yield opened
    for context in contexts:
        context.close()


def received(city: Townhall, days: int, accepted: bool) -> Case:
    """A case of the housing department, received so many days ago."""
    item = townhall.an_item("housing", "approvals.standard")
    at = int(time.time() * 1_000_000) - days * DAY - 3_000_000
    about = About(item=item.id, town="town-01", parties={"applicant": city.parties["citizen"]})
    done = cases.open_case(
        item.procedure, "receive", city.who("clerk", "clerk"), {}, occurred_at=at, about=about
    )
    if accepted:
        cases.perform(done.case, "accept", city.who("handler", "handler"), {}, occurred_at=at + 1_000_000)
    return Case.objects.get(pk=done.case)


def test_window_department_supervision_and_the_law(log_in: LogIn, city: Townhall, site: str) -> None:
    item = townhall.an_item("housing", "approvals.standard")
    clerk = log_in("clerk")
    clerk.get_by_role("link", name="新办件").click()
    clerk.get_by_label("查找事项").fill(item.name.zh)
    clerk.keyboard.press("Enter")
    clerk.get_by_role("link", name=item.name.zh, exact=True).click()
    clerk.get_by_label("姓名或名称").fill("慕容测试")
    clerk.get_by_label("身份证号或统一社会信用代码").fill("110101199003070000")
    clerk.get_by_role("button", name="确认收件").click()
    expect(clerk.locator("[data-errors]")).to_be_focused()
    expect(clerk.get_by_label("姓名或名称")).to_have_value("慕容测试")
    clerk.get_by_label("身份证号或统一社会信用代码").fill("")
    clerk.get_by_role("button", name="确认收件").click()
    expect(clerk.locator("h1")).to_have_text(item.name.zh)
    clerk.get_by_text("受理", exact=True).click()
    clerk.get_by_role("button", name="确认受理").click()
    expect(clerk.locator(".case-facts")).to_contain_text("审查中")
    number = Case.objects.get().number
    handler = log_in("handler")
    expect(handler.get_by_role("row").filter(has_text=number)).to_contain_text("审查中")
    late = received(city, 60, accepted=True)
    supervisor = log_in("supervisor")
    card = supervisor.locator(".card.red").filter(has_text=late.number).filter(has_text="法定期限").first
    expect(card).to_contain_text("住建局")
    card.get_by_role("link", name=late.number).click()
    expect(supervisor.locator(".clock-page").first).to_contain_text("已超期")
    supervisor.locator(".clock-why a").first.click()
    expect(supervisor.locator("h1")).to_contain_text("行政许可法")
    expect(supervisor.locator("h1")).to_contain_text("第 42 条")
    assert Card.objects.filter(case=late.pk, level="red").exists()


def test_the_desks_are_accessible_quiet_and_narrow(log_in: LogIn, city: Townhall, site: str) -> None:
    late, fresh = received(city, 60, accepted=True), received(city, 0, accepted=False)
    item = townhall.an_item("housing", "approvals.standard")
    red = Card.objects.filter(case=late.pk, level="red").latest("at")
    visits = {
        "handler": ("/work/", "/cases/?q=nothing", f"/cases/{late.number}/", f"/cases/{fresh.number}/", "/cases/new/"),
        "clerk": (f"/cases/new/{item.id}/", "/cases/new/hotline.work-order/"),
        "supervisor": (
            "/cards/", f"/cards/{red.pk}/", f"/definitions/rules/{red.rule}/{red.edition}/", f"/items/{item.id}/",
            "/definitions/sources/行政许可法/42/", "/definitions/procedures/approvals.standard/",
        ),
    }  # fmt: skip
    for name, addresses in visits.items():
        page = log_in(name)
        complaints = watch(page)
        for number, address in enumerate(addresses):
            spoken, theme = (("zh", "light"), ("en", "dark"))[number % 2]
            page.set_viewport_size({"width": 1280, "height": 800})
            page.goto(f"{site}{address}{'&' if '?' in address else '?'}lang={spoken}&theme={theme}")
            assert axe(page) == [], (name, address)
            page.set_viewport_size({"width": 320, "height": 740})
            assert page.evaluate("document.documentElement.scrollWidth") == 320, address
        assert complaints == [], name


def test_by_keyboard_and_without_scripts(log_in: LogIn, city: Townhall) -> None:
    first, second = received(city, 30, accepted=True), received(city, 0, accepted=False)
    page = log_in("handler")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    expect(page.locator("tr.current")).to_contain_text(first.number)
    page.keyboard.press("o")
    page.wait_for_url(f"**/cases/{first.number}/")
    plain = log_in("clerk", java_script_enabled=False)
    plain.get_by_role("row").filter(has_text=second.number).get_by_role("link").click()
    plain.get_by_text("受理", exact=True).click()
    plain.get_by_role("button", name="确认受理").click()
    expect(plain.locator(".case-facts")).to_contain_text("审查中")
    second.refresh_from_db()
    assert second.state == "accepted"
