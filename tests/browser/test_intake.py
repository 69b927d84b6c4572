"""The fast intake by keyboard alone, and the hall screen that shows a call by itself, in a real browser."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from benchmarks.intake import Keys
from benchmarks.intake import intake as by_keyboard
from qinzheng.access.login import BACKEND
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.mechanisms.windows import booking, calling, queries
from qinzheng.mechanisms.windows.models import Ticket
from qinzheng.web.calendars import today
from qinzheng.web.windows import place as places
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
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="zh-CN", reduced_motion="reduce"
    )
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


def test_papers_that_the_situation_does_not_ask_for_are_put_away(
    page: Page, site: str, city: Townhall
) -> None:
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


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_windows_pages_are_accessible_and_narrow(
    browser: Browser, site: str, city: Townhall, language: str
) -> None:
    """The clerk's desk with somebody at the counter and others waiting, intake, booking, one's own, the register."""
    clerk, citizen = city.who("clerk", "clerk"), Who(city.user("citizen").pseudonym, "", "applicant")
    for line in ("general", "general", "firms"):
        calling.draw(POINT, line, clerk)
    calling.open_counter(POINT, 3, ["general", "firms"], clerk)
    calling.call_before(POINT, 3, Ticket.objects.get(number="A002").pk, "aged", clerk)
    item = townhall.an_item("housing", "services.matter").id
    begins = next(
        free.begins for n in range(15)
        for free in queries.free(POINT, today() + dt.timedelta(days=n), places.now())
    )  # fmt: skip
    booking.book(POINT, item, begins, city.parties["citizen"], citizen, key=uuid.uuid4())
    pages = {
        "clerk": ["/windows/", "/windows/intake/", "/windows/intake/?item=market.food-business-licence", f"/points/{POINT}/book/"],
        "citizen": ["/appointments/", f"/points/{POINT}/book/"], "supervisor": ["/windows/register/"],
    }  # fmt: skip
    wrong = []
    for name, addresses in pages.items():
        client = Client()
        client.force_login(city.accounts[name], backend=BACKEND)
        context = browser.new_context(viewport={"width": 320, "height": 740}, reduced_motion="reduce")
        cookies = {"lang": language, "sessionid": client.cookies["sessionid"].value}
        context.add_cookies([{"name": key, "value": value, "url": site} for key, value in cookies.items()])
        page = context.new_page()
        complaints = watch(page)
        for address in addresses:
            answer = page.goto(site + address)
            assert answer is not None
            assert answer.status == 200, address
            wrong += [(address, each) for each in axe(page)]
            if page.evaluate("document.documentElement.scrollWidth") > 320:
                wrong.append((address, ("too wide", [])))
        assert complaints == []
        context.close()
    assert wrong == []
