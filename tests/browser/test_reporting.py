"""The page of reporting in a real browser: accessible, quiet and narrow, in both languages, reached by the keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.seen import axe, watch
from tests.browser.test_pages import LogIn, city, log_in
from tests.flows.test_upward_page import rejected
from tests.townhall import Townhall

__all__ = ["city", "log_in"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_of_reporting(
    log_in: LogIn, city: Townhall, site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = rejected(city, tmp_path, monkeypatch)
    for name in ("handler", "supervisor"):
        page = log_in(name)
        complaints = watch(page)
        for spoken, theme, width in (("zh", "light", 1280), ("en", "dark", 360)):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{site}/reporting/?lang={spoken}&theme={theme}")
            assert axe(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert complaints == []
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(f"{site}/work/?lang=zh")
        page.locator(".more summary").focus()  # beyond the first eight desks
        page.keyboard.press("Enter")
        page.get_by_role("link", name="上报", exact=True).first.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="须补正的记录")).to_be_visible()
        page.get_by_role("link", name=case.number).focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/cases/{case.number}/")
