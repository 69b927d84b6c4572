"""The wall in a real browser: one screen, readable from five metres, accessible, alive, and its twin one key away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, Page, expect

from qinzheng.web.wall import stream
from tests.browser.seen import AXE, RULES, WATCH
from tests.browser.serving import LANGUAGES, THEMES, serving
from tests.flows import small_city
from tests.flows.conftest import published  # noqa: F401 - the fixture

pytestmark = pytest.mark.django_db(transaction=True)
WIDTH, HEIGHT = 1920, 1080
READABLE = 24
"""Pixels: what must be read from five metres."""


@pytest.fixture
def town(published, settings, tmp_path, monkeypatch) -> Iterator[dict[str, small_city.Officer]]:  # noqa: F811
    """A small city with letters in every state."""
    settings.HOME = tmp_path
    monkeypatch.setattr(stream, "PLACES", stream.Places(stream.MOST))
    small_city.forget()
    officers = small_city.found()
    for n in range(40):
        small_city.letter(("housing", "housing-a", "water")[n % 3], days=n * 0.7, town=f"town-{n % 2 + 1}")
    for n in range(12):
        small_city.reply(small_city.letter("water", days=n).case, "water")
    small_city.archived()
    yield officers
    small_city.forget()


@pytest.fixture
def address(town: object) -> Iterator[str]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with serving() as site:
        yield site


class Screen:
    """A page opened by an officer, with what it complained of."""

    def __init__(self, browser: Browser, site: str, officer: small_city.Officer, **options: Any) -> None:
        language, theme = options.pop("language", "zh"), options.pop("theme", "light")
        self.context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, **options)
        cookies = {"sessionid": session(officer), "lang": language, "theme": theme}
        self.context.add_cookies(
            [{"name": name, "value": value, "url": site} for name, value in cookies.items()]
        )
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.add_init_script(WATCH)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.site = site

    def open(self, path: str) -> Page:
        self.page.goto(self.site + path)
        return self.page


def session(officer: small_city.Officer) -> str:
    made = SessionStore()
    made[SESSION_KEY], made[BACKEND_SESSION_KEY] = str(officer.account.pk), small_city.BACKEND
    made[HASH_SESSION_KEY] = officer.account.get_session_auth_hash()
    made.create()
    return str(made.session_key)


def test_accessible_and_quiet(browser: Browser, address: str, town: dict[str, small_city.Officer]) -> None:
    paths = (
        "/wall/",
        "/wall/table/",
        "/overview/city/",
        "/overview/city/on-time-rate/",
        "/overview/city/on-time-rate/evidence",
    )
    for language, theme in product(LANGUAGES, THEMES):
        screen = Screen(browser, address, town["supervisor"], language=language, theme=theme)
        for path in paths:
            page = screen.open(path)
            page.evaluate(AXE.read_text(encoding="utf-8"))
            found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
            broken = [
                (each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found["violations"]
            ]
            assert broken == [], (path, language, theme)
            assert found["passes"]
        assert screen.complaints == [], (language, theme)
        screen.context.close()


def test_one_screen_that_can_be_read_from_afar(
    browser: Browser, address: str, town: dict[str, small_city.Officer]
) -> None:
    for language in LANGUAGES:
        screen = Screen(browser, address, town["supervisor"], language=language)
        page = screen.open("/wall/")
        expect(page.locator(".dot").first).to_be_attached()
        size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size == [WIDTH, HEIGHT], language
        small = page.evaluate(
            """least => [...document.querySelectorAll('.screen *')].filter(each => {
                 const own = [...each.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
                 const box = each.getBoundingClientRect();
                 if (!own || !box.width || each.closest('title, kbd')) return false;
                 const svg = each.ownerSVGElement?.viewBox?.baseVal?.width ? each.ownerSVGElement : null;
                 const scale = svg ? svg.getScreenCTM().a : 1;
                 return parseFloat(getComputedStyle(each).fontSize) * scale < least;
               }).map(each => each.outerHTML.slice(0, 120))""",
            READABLE * 0.95,
        )
        assert small == [], language
        screen.context.close()


def test_t_goes_to_the_twin_and_back(
    browser: Browser, address: str, town: dict[str, small_city.Officer]
) -> None:
    screen = Screen(browser, address, town["supervisor"])
    page = screen.open("/wall/")
    page.keyboard.press("t")
    page.wait_for_url("**/wall/table/")
    expect(page.locator("h1")).to_contain_text("表格")
    expect(page.locator("caption", has_text="各镇街在办与超期")).to_be_visible()
    page.keyboard.press("t")
    page.wait_for_url("**/wall/")
    screen.context.close()


def test_a_card_appears_without_reload(
    browser: Browser, address: str, town: dict[str, small_city.Officer]
) -> None:
    screen = Screen(browser, address, town["supervisor"])
    page = screen.open("/wall/")
    expect(page.locator("[data-alive=live]")).to_be_visible()
    page.evaluate("window.neverLoadedAnew = true")
    case = small_city.letter("water", 60, title="无人应答的来信", town="town-1").case
    expect(page.locator(".issued-card", has_text="无人应答的来信").first).to_be_visible()
    expect(page.locator(".issued-card.fresh").first).to_be_attached()
    expect(page.locator(".flow li", has_text="无人应答的来信").first).to_be_visible()
    small_city.reply(case, "water")
    expect(page.locator(".flow li", has_text="答复").first).to_be_visible()
    assert page.evaluate("window.neverLoadedAnew")
    assert screen.complaints == []
    screen.context.close()


def test_refused_a_stream_it_asks(
    browser: Browser, address: str, town: dict[str, small_city.Officer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PLACES", stream.Places(0))
    screen = Screen(browser, address, town["supervisor"])
    page = screen.open("/wall/")
    small_city.letter("water", 60, title="照样看得到")
    expect(page.locator("[data-alive=asking]")).to_be_visible(timeout=60_000)
    expect(page.locator(".flow li", has_text="照样看得到").first).to_be_visible(timeout=60_000)
    screen.context.close()


def test_still_for_those_who_want_no_motion(
    browser: Browser, address: str, town: dict[str, small_city.Officer]
) -> None:
    screen = Screen(browser, address, town["supervisor"], reduced_motion="reduce")
    page = screen.open("/wall/")
    page.evaluate("document.querySelector('.dot').classList.add('moved')")
    assert page.evaluate("getComputedStyle(document.querySelector('.dot')).transitionDuration") in ("0s", "")
    screen.context.close()


def test_whole_without_scripts(browser: Browser, address: str, town: dict[str, small_city.Officer]) -> None:
    screen = Screen(browser, address, town["supervisor"], java_script_enabled=False)
    page = screen.open("/wall/")
    assert page.locator(".dot").count() == 40
    assert page.locator(".issued-card").count() > 0
    screen.context.close()
