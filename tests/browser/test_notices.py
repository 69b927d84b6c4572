"""Notices in a real browser: the bell, marking without a reload and without scripts, accessible, quiet and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from qinzheng.ledger import sequencer
from qinzheng.notifications import follow
from tests import townhall
from tests.browser.seen import axe, watch
from tests.browser.test_pages import LogIn, city, log_in, received
from tests.townhall import Townhall

__all__ = ["city", "log_in"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(city: Townhall) -> Townhall:
    """Cards and hand-overs, told by the follower from the log."""
    sequencer.sequence_all()
    follow.position()
    received(city, 60, accepted=True)
    received(city, 0, accepted=False)
    received(city, 1, accepted=False)
    sequencer.sequence_all()
    while follow.follow():
        pass
    return city


def test_the_bell_and_marking_without_a_reload(log_in: LogIn, told: Townhall) -> None:
    page: Page = log_in("handler")
    bell = page.get_by_role("link", name="通知").first
    expect(bell).to_contain_text("条未读")
    bell.click()
    expect(page.get_by_role("heading", name="通知", exact=True)).to_be_visible()
    page.evaluate("window.stays = true")
    before = page.locator(".notice.unread").count()
    assert before > 1
    page.locator(".notice.unread").first.get_by_role("button", name="标为已读").click()
    expect(page.locator(".notice.unread")).to_have_count(before - 1)
    page.get_by_role("button", name="全部标为已读").click()
    expect(page.locator(".notice.unread")).to_have_count(0)
    assert page.evaluate("window.stays"), "the page was not loaded anew"
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator(".bell-count")).to_have_count(0)


def test_without_scripts_and_by_keyboard(log_in: LogIn, told: Townhall) -> None:
    page: Page = log_in("handler", java_script_enabled=False)
    page.get_by_role("link", name="通知").first.click()
    unread = page.locator(".notice.unread")
    before = unread.count()
    unread.first.get_by_role("button", name="标为已读").focus()
    page.keyboard.press("Enter")
    expect(unread).to_have_count(before - 1)
    page.get_by_label("显示").select_option("unread")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator(".notice")).to_have_count(before - 1)
    page.locator(".notice h2 a").first.click()
    page.wait_for_url(lambda url: "/cases/" in url or "/cards/" in url)


def test_accessible_quiet_and_narrow_in_both_languages(
    log_in: LogIn, told: Townhall, site: str, browser: Browser
) -> None:
    page: Page = log_in("handler")
    complaints = watch(page)
    for address in ("/notices/", "/notices/?show=unread", "/notices/contacts/"):
        for spoken, theme in (("zh", "light"), ("en", "dark")):
            page.set_viewport_size({"width": 1280, "height": 800})
            page.goto(f"{site}{address}{'&' if '?' in address else '?'}lang={spoken}&theme={theme}")
            assert axe(page) == [], (address, spoken)
            page.set_viewport_size({"width": 320, "height": 740})
            assert page.evaluate("document.documentElement.scrollWidth") == 320, address
    assert complaints == []
    assert townhall.PASSWORD not in page.content()
