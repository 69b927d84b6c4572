"""Checklist, points and sub-sites in a real browser: small telephone, keyboard, no scripts, paper; and the page of patterns."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests import townhall
from tests.browser.seen import axe, watch
from tests.townhall import PASSWORD, Townhall

pytestmark = pytest.mark.django_db(transaction=True)
FOOD = "market.food-business-licence"
SMALL: Any = {"width": 320, "height": 740}


@pytest.fixture
def city(transactional_db: None, settings: Any, tmp_path: Any) -> Townhall:
    settings.HOME = tmp_path
    townhall.publish()
    made = townhall.build()
    made.accounts["supervisor"].set_password(PASSWORD)
    made.accounts["supervisor"].save()
    return made


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url


def test_a_checklist_by_keyboard_without_scripts_and_on_paper(
    browser: Browser, site: str, city: Townhall
) -> None:
    with browser.new_context(java_script_enabled=False, locale="zh-CN", viewport=SMALL) as context:
        page = context.new_page()
        page.goto(site + reverse("item", args=[FOOD]))
        page.get_by_role("link", name="按我的情形列清单").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("还有 2 个问题没选")
        page.get_by_label("卖散装食品").press("Space")
        page.get_by_label("委托别人办").press("Space")
        page.get_by_role("button", name="列出清单").press("Enter")
        expect(page.get_by_text("授权委托书", exact=True)).to_be_visible()
        expect(page.get_by_role("status")).to_have_count(0)
        expect(page.get_by_label("卖散装食品")).to_be_checked()
        page.get_by_role("link", name="打印这份清单").press("Enter")
        expect(page.locator(".tick").first).to_be_visible()
        page.emulate_media(media="print")
        expect(page.get_by_text("回到清单")).to_be_hidden()
        expect(page.get_by_text("授权委托书", exact=True)).to_be_visible()


def test_pages_are_clean_small_and_in_both_languages(browser: Browser, site: str, city: Townhall) -> None:
    addresses = [
        reverse("item-guide", args=[FOOD]), reverse("item-sheet", args=[FOOD]), reverse("points"), reverse("sites"),
        reverse("site", args=["starting-a-business"]), reverse("site", args=["town-01"]), f"{reverse('home')}?q=路灯坏了",
    ]  # fmt: skip
    for scheme, language in (("light", "zh"), ("dark", "en")):
        with browser.new_context(locale="zh-CN", viewport=SMALL, color_scheme=scheme) as context:  # type: ignore[arg-type]
            page = context.new_page()
            complaints = watch(page)
            for address in addresses:
                page.goto(f"{site}{address}{'&' if '?' in address else '?'}lang={language}")
                fits(page)
                assert axe(page) == [], address
            assert complaints == []


def test_supervision_reaches_the_page_of_patterns(browser: Browser, site: str, city: Townhall) -> None:
    with browser.new_context(locale="zh-CN", viewport=SMALL) as context:
        page = context.new_page()
        page.goto(f"{site}{reverse('login')}?next={reverse('patterns')}")
        page.get_by_label("登录名").fill("supervisor")
        page.get_by_label("密码", exact=True).fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="异常情形")).to_be_visible()
        fits(page)
        assert axe(page) == []
