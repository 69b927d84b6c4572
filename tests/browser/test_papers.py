"""A clerk issues a paper without scripts on a narrow screen; every page on the way is accessible and no wider than the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser

from qinzheng.access.login import BACKEND
from qinzheng.mechanisms.papers import queries
from tests import townhall
from tests.browser.seen import axe, watch
from tests.papers import routes
from tests.townhall import NAMES, Townhall

pytestmark = pytest.mark.django_db(transaction=True)
NARROW: Any = {"width": 320, "height": 700}


@pytest.fixture
def city(transactional_db: None, settings: Any, tmp_path: Path) -> Townhall:
    settings.HOME = tmp_path
    townhall.publish()
    return townhall.build()


def cookie(city: Townhall, name: str, site: str) -> Any:
    client = Client()
    client.force_login(city.accounts[name], backend=BACKEND)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}


def test_a_paper_is_issued_without_scripts_and_every_page_is_accessible(
    browser: Browser, site: str, city: Townhall
) -> None:
    case = routes.opened(city, "approvals.standard")
    routes.perform(city, case, "accept")
    routes.perform(city, case, "refuse")
    plain = browser.new_context(viewport=NARROW, java_script_enabled=False, locale="zh-CN")
    plain.add_cookies([cookie(city, "clerk", site)])
    page = plain.new_page()
    page.goto(f"{site}/cases/{case.number}/")
    page.get_by_role("link", name="出具、查看文书").click()
    page.get_by_role("link", name="不予许可决定书").click()
    assert page.get_by_label("行政复议机关").input_value() == "清和市人民政府"
    page.get_by_label("有管辖权的人民法院").fill("清江区人民法院")
    page.get_by_role("button", name="预览").click()
    page.get_by_text("预览（未出具）").wait_for()
    page.get_by_role("button", name="出具").click()
    page.get_by_text("清江区人民法院提起行政诉讼").wait_for()
    assert NAMES["citizen"] in (page.text_content("main") or "")
    (issued,) = queries.issued(case)
    plain.close()

    context = browser.new_context(viewport=NARROW, reduced_motion="reduce", locale="zh-CN")
    context.add_cookies([cookie(city, "clerk", site)])
    page = context.new_page()
    complaints = watch(page)
    base = f"{site}/cases/{case.number}"
    for address in (
        f"{base}/", f"{base}/papers/", f"{base}/papers/new/papers.proof-of-service/", f"{base}/papers/{issued.serial}/",
        f"{site}/papers/{issued.event}/", f"{site}/items/{case.item}/",
    ):  # fmt: skip
        page.goto(address)
        assert axe(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], address
    assert complaints == []
    with page.expect_download() as download:
        page.goto(f"{base}/papers/")
        page.get_by_role("link", name="PDF").click()
    assert download.value.suggested_filename == f"{issued.number}.pdf"
    context.close()
