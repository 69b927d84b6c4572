"""Every page of the site, for every kind of reader who may see it and in both languages: no violation of accessibility.

The pages come from the URL resolver, what a role may see from the matrix of access: a page that is added is looked at
the day it has its row there, and without a row the matrix fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client
from playwright.sync_api import Browser

from tests import townhall
from tests.access import asked
from tests.access.asked import Things
from tests.browser.seen import AXE, RULES, watch
from tests.browser.serving import LANGUAGES, THEMES
from tests.flows import small_city

pytestmark = pytest.mark.django_db(transaction=True)
SEEN_BY = ("anonymous", "citizen", "handler", "supervisor", "leader", "system", "security", "audit")
NARROW = 320
HAN = re.compile("[一-鿿]")


@pytest.fixture
def things(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[Things]:
    settings.HOME = tmp_path
    townhall.publish()
    made = asked.build(townhall.build())
    small_city.archived()
    yield made
    small_city.forget()


def addresses(role: str, things: Things) -> dict[str, bool]:
    """Every address that answers the role with a page, by what the matrix expects; public ones for nobody only.

    With whether the role is the first of ``SEEN_BY`` that sees it: the first looks at it in both languages.
    """
    found: dict[str, bool] = {}
    for (method, what, thing), said in asked.expected().items():
        public = said["anonymous"] == "200"
        if method == "GET" and said[role] == "200" and (role == "anonymous" or not public):
            address = asked.address(what, thing, things)
            first = role == next(each for each in SEEN_BY if said[each] == "200")
            found[address] = found.get(address, False) or first
    return found


def is_page(client: Client, address: str) -> bool:
    """Whether it is a page at all, and not a file, a stream, or a part of a page."""
    answer: Any = client.get(address)
    if answer.streaming:
        request_finished.disconnect(close_old_connections)
        answer.close()
        request_finished.connect(close_old_connections)
        return False
    html: bool = answer.headers["Content-Type"].startswith("text/html")
    return html and b"<html" in answer.content


@pytest.mark.parametrize("role", SEEN_BY)
def test_every_page_is_accessible_quiet_and_narrow(
    browser: Browser, site: str, things: Things, role: str
) -> None:
    client = asked.browsers(things)[role]
    pages = {each: first for each, first in addresses(role, things).items() if is_page(client, each)}
    assert pages, role
    wrong = []
    for turn, language in enumerate(LANGUAGES):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        cookies = {"lang": language, "theme": THEMES[turn]}
        if "sessionid" in client.cookies:
            cookies["sessionid"] = client.cookies["sessionid"].value
        context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
        page = context.new_page()
        complaints = watch(page)
        for address in (each for each, first in pages.items() if first or language == "zh"):
            page.set_viewport_size({"width": 1280, "height": 900})
            answer = page.goto(site + address, wait_until="load")
            assert answer is not None
            page.evaluate(AXE.read_text(encoding="utf-8"))
            found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
            assert found["passes"]
            broken = [(each["id"], each["nodes"][0]["html"][:160]) for each in found["violations"]]
            if answer.status != 200 or broken:
                wrong.append((address, language, answer.status, broken))
            if language == "zh" and not HAN.search(page.title()):
                wrong.append((address, language, answer.status, [("not in Chinese", page.title())]))
            if page.locator("html.wall").count() == 0:
                page.set_viewport_size({"width": NARROW, "height": 740})
                if page.evaluate("document.documentElement.scrollWidth") > NARROW:
                    wrong.append((address, language, NARROW, []))
        if complaints:
            wrong.append((role, language, 0, [("console", str(complaints[:3]))]))
        context.close()
    assert wrong == []
