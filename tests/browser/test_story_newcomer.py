"""A newcomer's first quarter of an hour: log in with one click, see a red card fall on the wall, and follow it to its law."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import sequencer
from qinzheng.operations import ticking
from qinzheng.simulation.qinghe import load
from qinzheng.supervision import programs
from qinzheng.supervision.models import Card
from qinzheng.web.wall import stream
from tests import townhall
from tests.browser.seen import axe, watch
from tests.browser.serving import serving
from tests.flows import small_city
from tests.flows.conftest import DatabaseClock

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE, DAY = 60_000_000, 86_400_000_000
PATIENCE_MS = 60_000
SCALE = 0.01


@pytest.fixture
def demonstration(
    transactional_db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The fictional city as ``make run`` loads it, small, and its site."""
    settings.HOME, settings.DEMO = tmp_path, True
    monkeypatch.setattr(stream, "PLACES", stream.Places(stream.MOST))
    monkeypatch.setattr(load, "CITIZENS", 120)
    monkeypatch.setattr(load, "FIRMS", 80)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    shelf.forget()
    programs.forget()
    assert load.load(SCALE, 2026, lambda what, done, of: None)
    small_city.forget()
    with serving() as address:
        yield address
    small_city.forget()
    shelf.forget()
    programs.forget()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    yield context.new_page()
    expect.set_options(timeout=5_000)
    context.close()


def test_from_one_click_to_the_article_of_law(demonstration: str, page: Page) -> None:
    complaints = watch(page)
    page.goto(f"{demonstration}/login/")
    page.locator('button[value="demo-supervisor"]').click()
    expect(page.locator("h1")).to_have_text("牌")
    page.get_by_role("link", name="大屏").click()
    expect(page.locator("[data-alive=live]")).to_be_visible()
    page.evaluate("window.neverLoadedAnew = true")
    case = falls_overdue(page)
    assert page.evaluate("window.neverLoadedAnew"), "the wall was never loaded anew"

    page.locator(".issued-card.red a", has_text="规定期限").first.click()
    expect(page.locator("h1")).to_contain_text("演示件")
    assert case.number in page.url
    expect(page.locator(".clock-moved").first).to_contain_text("期限：自")
    expect(page.locator(".clock-page").first).to_contain_text("已超期")
    page.locator(".card.red .card-when a").click()
    expect(page.locator(".card-why")).to_contain_text("办理已超过规定期限")
    expect(page.locator("main")).to_contain_text("该怎么做")
    assert axe(page) == []

    sequencer.sequence_all()
    page.get_by_role("link", name=case.number).first.click()
    page.locator(".event", has_text="发出红牌").locator("a.proof").click()
    expect(page.locator("main")).to_contain_text("核验通过")
    assert axe(page) == []
    page.get_by_role("link", name=case.number).click()
    page.locator(".clock-why a").first.click()
    expect(page.locator("h1")).to_contain_text("本项目自定")
    expect(page.locator("main")).to_contain_text("无法律效力")
    assert complaints == []


def falls_overdue(page: Page) -> Case:
    """A demonstration case is accepted, its minutes pass by the worker's tick, and its card falls while the wall is looked at."""
    began = int(time.time() * 1_000_000) - 6 * MINUTE
    desks = load.desks_of()
    clerk = load.who("town-01/clerk", "clerk", desks)
    clock = DatabaseClock(began)
    try:
        done = cases.open_case(
            "demo.minutes", "receive", clerk, {}, about=About(title="演示件", town="town-01")
        )
        cases.perform(done.case, "accept", clerk, {})
        expect(page.locator(".flow li", has_text="受理").filter(has_text="演示件").first).to_be_visible()
        clock.set(began + MINUTE + MINUTE // 2)
        assert ticking.tick_once() >= 1
        expect(page.locator(".issued-card.yellow", has_text="演示件").first).to_be_visible()
        assert page.locator(".issued-card.red", has_text="演示件").count() == 0, (
            "the limit has not passed yet"
        )
        clock.set(began + 3 * MINUTE)
        assert ticking.tick_once() >= 1
        expect(page.locator(".issued-card.red", has_text="演示件").first).to_be_visible()
    finally:
        clock.end()
    assert set(Card.objects.filter(case=done.case).values_list("level", flat=True)) == {"yellow", "red"}
    return Case.objects.get(pk=done.case)


def test_a_late_licence_leads_to_the_licensing_law(demonstration: str, page: Page) -> None:
    item = townhall.an_item("housing", "approvals.standard")
    desks = load.desks_of()
    at = int(time.time() * 1_000_000) - 60 * DAY
    done = cases.open_case(
        item.procedure,
        "receive",
        load.who("window/clerk-1", "clerk", desks),
        {},
        occurred_at=at,
        about=About(item=item.id, town="town-01"),
    )
    cases.perform(
        done.case, "accept", load.who("housing/handler-1", "handler", desks), {}, occurred_at=at + MINUTE
    )
    page.goto(f"{demonstration}/login/")
    page.locator('button[value="demo-supervisor"]').click()
    card = page.locator(".card.red").filter(has_text=done.number).filter(has_text="法定期限").first
    card.locator(".card-when a").click()
    expect(page.locator(".card-why")).to_contain_text("法定期限")
    page.locator('.facts a[href^="/definitions/sources/"]').first.click()
    expect(page.locator("h1")).to_contain_text("行政许可法")
    page.go_back()
    page.get_by_role("link", name=done.number).first.click()
    page.locator(".clock-why a").first.click()
    expect(page.locator("h1")).to_contain_text("第 42 条")
    expect(page.locator("main")).to_contain_text("二十日")


def test_a_card_cites_the_law_that_its_own_case_rests_on(demonstration: str, page: Page) -> None:
    desks = load.desks_of()
    at = int(time.time() * 1_000_000) - 60 * DAY
    agent, dispatcher = (load.who(f"hotline/{desk}-1", "clerk", desks) for desk in ("agent", "dispatcher"))
    done = cases.open_case(
        "hotline.work-order", "call", agent, {}, occurred_at=at, about=About(title="路灯不亮", town="town-01")
    )
    cases.perform(done.case, "dispatch", dispatcher, {"next": "housing"}, occurred_at=at + MINUTE)
    page.goto(f"{demonstration}/login/")
    page.locator('button[value="demo-supervisor"]').click()
    page.goto(f"{demonstration}/cards/?rule=standard.law-past-limit")
    card = page.locator(".card.red").filter(has_text=done.number).first
    expect(card.locator("footer")).to_contain_text("12345")
    expect(card.locator("footer")).not_to_contain_text("行政许可法")
