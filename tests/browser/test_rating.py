"""Somebody rates with a receipt on a narrow screen, first without scripts; a clerk books a fee. Every page is accessible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page

from qinzheng.cases import receipts
from qinzheng.cases.models import Case
from qinzheng.mechanisms.ratings import queries
from tests import townhall
from tests.browser.seen import axe, watch
from tests.browser.test_papers import NARROW, cookie
from tests.flows.test_fees import charged, opened
from tests.flows.test_ratings import ended, rated
from tests.townhall import BY, Townhall

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city(transactional_db: None, settings: Any, tmp_path: Path) -> Townhall:
    settings.HOME = tmp_path
    townhall.publish()
    return townhall.build()


def look_up(page: Page, site: str, case: Case, secret: str, number: str, code: str, submit: str) -> None:
    page.goto(site + reverse("progress"))
    page.get_by_label(number).fill(case.number)
    page.get_by_label(code).fill(secret)
    page.get_by_role("button", name=submit).click()


def test_a_rating_is_given_without_scripts_and_read_again(
    browser: Browser, site: str, city: Townhall
) -> None:
    case = ended(city)
    secret = receipts.issue(case, BY, "")
    plain = browser.new_context(viewport=NARROW, java_script_enabled=False, locale="zh-CN")
    page = plain.new_page()
    look_up(page, site, case, secret, "办件编号", "查询码", "查询")
    page.get_by_text("评价这次服务").click()
    page.get_by_role("button", name="提交评价").click()
    assert page.get_by_text("请选一项").count()
    page.get_by_label("不满意", exact=True).check()
    page.get_by_label("没办成").check()
    page.get_by_label("来回跑").check()
    page.get_by_role("button", name="提交评价").click()
    page.get_by_role("heading", name="评价已收到").wait_for()
    plain.close()
    made = queries.given(case)
    assert made is not None
    assert (made.grade, made.answer, made.reasons) == ("dissatisfied", "not_done", ("many_trips",))

    context = browser.new_context(viewport=NARROW, reduced_motion="reduce", locale="en")
    page = context.new_page()
    complaints = watch(page)
    look_up(page, site, case, secret, "Case number", "Secret code", "Look up")
    page.get_by_text("will be called back").wait_for()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    other = ended(city)
    look_up(page, site, other, receipts.issue(other, BY, ""), "Case number", "Secret code", "Look up")
    page.get_by_text("Rate this service").press("Enter")
    page.get_by_label("very satisfied", exact=True).check()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    page.get_by_role("button", name="Send the rating").click()
    page.get_by_role("heading", name="The rating was received").wait_for()
    assert axe(page) == []
    assert complaints == []
    context.close()


def test_a_fee_is_booked_and_its_receipt_read(browser: Browser, site: str, city: Townhall) -> None:
    case = opened(city, charged())
    context = browser.new_context(viewport=NARROW, reduced_motion="reduce", locale="zh-CN")
    context.add_cookies([cookie(city, "clerk", site)])
    page = context.new_page()
    complaints = watch(page)
    page.goto(f"{site}{reverse('case', args=[case.number])}")
    page.get_by_role("link", name="清单、入账、票据").click()
    page.locator("summary", has_text="收费入账").click()
    assert axe(page) == []
    page.get_by_label("收费项目").select_option(index=1)
    page.get_by_role("button", name="收费入账").click()
    page.get_by_role("link", name="票据").wait_for()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    page.get_by_role("link", name="票据").click()
    page.get_by_role("heading", name="收费票据").wait_for()
    assert axe(page) == []
    assert complaints == []
    context.close()


def test_officials_read_their_ratings_on_a_narrow_screen(browser: Browser, site: str, city: Townhall) -> None:
    for grade in ("satisfied", "very_dissatisfied"):
        rated(ended(city), grade, answer="done", reasons=("unclear", "over_limit"))
    for name, language, said in (
        ("handler", "zh-CN", "说不清楚"),
        ("supervisor", "en", "unclear or not told"),
    ):
        context = browser.new_context(viewport=NARROW, reduced_motion="reduce", locale=language)
        context.add_cookies([cookie(city, name, site)])
        page = context.new_page()
        complaints = watch(page)
        page.goto(site + reverse("ratings"))
        page.get_by_text(said).first.wait_for()
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
        assert complaints == []
        context.close()
