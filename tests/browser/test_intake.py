"""The fast intake by keyboard alone, and the hall screen that shows a call by itself, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.intake import Keys
from benchmarks.intake import intake as by_keyboard
from qinzheng.cases.models import Case
from qinzheng.mechanisms.windows import calling
from qinzheng.mechanisms.windows.models import Ticket
from tests import townhall
from tests.browser.seen import axe, watch
from tests.townhall import PASSWORD, Townhall

pytestmark = pytest.mark.django_db(transaction=True)
POINT = "point-civic-centre"


@pytest.fixture
def city(transactional_db: None) -> Townhall:
    townhall.publish()
    made = townhall.build()
    made.accounts["clerk"].set_password(PASSWORD)
    made.accounts["clerk"].save()
    return made


@pytest.fixture
def page(browser: Browser, site: str, city: Townhall) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN", reduced_motion="reduce")
    made = context.new_page()
    yield made
    context.close()


def entered(page: Page, site: str) -> None:
    page.goto(f"{site}/login/")
    page.fill("input[name=login]", "clerk")
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button.primary").first.click()
    page.wait_for_url(lambda url: "/login/" not in url)


def test_a_case_is_taken_in_without_a_mouse(page: Page, site: str, city: Townhall) -> None:
    complaints = watch(page)
    entered(page, site)
    keys = Keys(page)
    by_keyboard(keys, site, "食品经营许可")
    case = Case.objects.get()
    assert (case.state, case.item) == ("accepted", "market.food-business-licence")
    expect(page.locator(".receipt-number")).to_have_text(case.number)
    assert keys.clicked == 0
    assert complaints == []


def test_papers_that_the_situation_does_not_ask_for_are_put_away(page: Page, site: str, city: Townhall) -> None:
    entered(page, site)
    page.goto(f"{site}/windows/intake/?item=market.food-business-licence")
    expect(page.locator("#paper-mandate")).to_be_hidden()
    page.locator("input[name=situation-who][value=agent]").check()
    expect(page.locator("#paper-mandate")).to_be_visible()
    page.locator("#paper-application [data-mark]").first.focus()
    page.keyboard.press("3")
    expect(page.locator("#note-application")).to_be_focused()
    page.keyboard.type("没有签名")
    page.locator("button[value=accept]").click()
    expect(page.locator(".errors").first).to_be_visible()
    expect(page.locator("#note-application")).to_have_value("没有签名")
    assert axe(page) == []


def test_the_hall_screen_shows_a_call_by_itself(page: Page, site: str, city: Townhall) -> None:
    complaints = watch(page)
    clerk = city.who("clerk", "clerk")
    calling.draw(POINT, "general", clerk)
    calling.open_counter(POINT, 3, ["general"], clerk)
    page.goto(f"{site}/points/{POINT}/display/")
    expect(page.locator(".hall-calls li")).to_have_count(0)
    calling.call_next(POINT, 3, clerk)
    expect(page.locator(".hall-calls li").first).to_contain_text(Ticket.objects.get().number, timeout=15_000)
    assert axe(page) == []
    assert complaints == []
