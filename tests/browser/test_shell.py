"""The shell in a real browser: accessible, quiet, narrow, light, whole by keyboard and without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.seen import AXE, RULES, WATCH
from tests.browser.serving import LANGUAGES, PAGES, THEMES

FIRST_VIEW = 150_000
"""Bytes, compressed, of everything that a first view fetches."""

pytestmark = pytest.mark.django_db


@dataclass
class Visit:
    """A page with all that it asked for and complained of."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Open = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Open]:
    """Opens a page in a fresh context: ``visit("/", language="en", theme="dark", width=320)``."""
    contexts = []

    def opened(
        path: str, language: str = "zh", theme: str = "light", width: int = 1280, scripts: bool = True
    ) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=scripts)
        contexts.append(context)
        context.add_cookies(
            [
                {"name": name, "value": value, "url": site}
                for name, value in (("lang", language), ("theme", theme))
            ]
        )
        page = context.new_page()
        seen = Visit(page)
        page.add_init_script(WATCH)
        page.clock.install()
        page.on("request", lambda request: seen.requests.append(request))
        page.on("console", lambda message: seen.complaints.append(message.text))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.goto(site + path, wait_until="load")
        return seen

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_accessible_quiet_and_at_home(visit: Open, site: str, name: str) -> None:
    for language, theme in product(LANGUAGES, THEMES):
        seen = visit(PAGES[name], language, theme)
        assert {urlsplit(request.url).netloc for request in seen.requests} == {urlsplit(site).netloc}
        seen.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = seen.page.evaluate("rules => axe.run({runOnly: rules})", RULES)
        broken = [
            (each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found["violations"]
        ]
        assert broken == [], (language, theme)
        assert found["passes"]
        assert seen.complaints == [], (language, theme)


@pytest.mark.parametrize("name", PAGES)
def test_at_320_pixels_nothing_scrolls_sideways(visit: Open, name: str) -> None:
    for language in LANGUAGES:
        page = visit(PAGES[name], language, width=320).page
        assert page.evaluate("document.documentElement.scrollWidth") == 320, language


@pytest.mark.parametrize("name", PAGES)
def test_the_first_view_is_light(visit: Open, name: str) -> None:
    seen = visit(PAGES[name])
    sizes = {request.url: request.sizes() for request in seen.requests}
    total = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes.values())
    assert 0 < total < FIRST_VIEW, {url: size["responseBodySize"] for url, size in sizes.items()}


def test_files_are_kept_for_ever_and_pages_are_not(visit: Open) -> None:
    seen = visit("/")
    kept = {request.resource_type: request.response().headers["cache-control"] for request in seen.requests}  # type: ignore[union-attr]
    assert "immutable" in kept["stylesheet"]
    assert "immutable" in kept["script"]
    assert kept["document"] == "private, no-cache"


def focused(page: Page) -> Any:
    return page.locator(":focus")


def test_a_citizen_searches_by_keyboard_alone(visit: Open) -> None:
    page = visit("/").page
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_text("跳到正文")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_attribute("name", "q")
    page.keyboard.type("飞上月球")
    page.keyboard.press("Enter")
    expect(page.locator(".found .state-title")).to_have_text("没有找到“飞上月球”")
    expect(page.locator("#q")).to_have_value("飞上月球")


def test_language_and_theme_are_switched_by_keyboard_and_remembered(visit: Open, site: str) -> None:
    page = visit("/?q=路灯").page
    page.get_by_role("link", name="English").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("What would you like to get done?")
    expect(page.locator("#q")).to_have_value("路灯")
    page.get_by_role("link", name="Dark theme").focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.goto(site)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    page.get_by_role("link", name="Light theme").press("Enter")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_the_theme_follows_the_system_unless_it_was_chosen(visit: Open) -> None:
    page = visit("/", theme="auto").page
    colours = set()
    for scheme in THEMES:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(colours) == 2


def test_the_keys_of_a_worklist(visit: Open) -> None:
    page = visit("/styleguide/").page
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.current")).to_contain_text("2026-00002")
    page.keyboard.press("k")
    expect(page.locator("tr.current")).to_contain_text("2026-00001")
    page.keyboard.press("a")
    expect(page.locator("tr.current input")).to_be_checked()
    page.keyboard.press("o")
    assert page.url.endswith("#row-1")
    page.keyboard.press("/")
    expect(focused(page)).to_have_attribute("name", "q")
    page.keyboard.type("jk/")
    expect(focused(page)).to_have_value("jk/")


def test_the_keys_can_be_switched_off(visit: Open) -> None:
    page = visit("/styleguide/").page
    page.locator("[data-keys-switch]").press("Enter")
    expect(page.locator("[data-keys-switch]")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("j")
    expect(page.locator("tr.current")).to_have_count(0)


def test_a_question_is_asked_before_sending_and_the_focus_comes_back(visit: Open) -> None:
    page = visit("/styleguide/").page
    button = page.locator("form[data-confirm] .button.primary")
    button.press("Enter")
    expect(page.get_by_role("dialog", name="提交后将立即派单，确定吗？")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()
    button.press("Enter")
    with page.expect_request(lambda request: request.method == "POST"):
        page.get_by_role("button", name="确定").press("Enter")


def test_a_form_with_errors_is_read_from_its_summary_and_loses_nothing(visit: Open) -> None:
    page = visit("/styleguide/").page
    expect(page.locator("[data-errors]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#wrong_title")).to_be_focused()
    expect(page.locator("#wrong_title")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#wrong_more")).to_have_value("灯杆编号 17 / lamp post 17")


def test_the_last_hour_is_counted_down_and_its_end_is_seen(visit: Open) -> None:
    page = visit("/styleguide/").page
    time = page.locator("#time time.remaining").first
    time.evaluate("element => { element.dataset.due = Date.now() + 11.5 * 60_000 }")
    page.clock.run_for(10_000)
    expect(time).to_contain_text("还剩 12 分钟")
    page.clock.run_for(12 * 60_000)
    expect(time).to_contain_text("已超期 1 分钟")
    expect(time).to_have_class("remaining late")


def test_all_of_it_without_scripts(visit: Open) -> None:
    page = visit("/?q=路灯", scripts=False).page
    expect(page.locator(".found .state-title")).to_be_visible()
    page.get_by_role("link", name="深色").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("#q")).to_have_value("路灯")
    page = visit("/styleguide/", scripts=False).page
    page.locator("select#filter-state").select_option("late")
    page.get_by_role("button", name="筛选").click()
    assert "state=late" in page.url
    assert "sort=due" in page.url
