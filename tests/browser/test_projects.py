"""One matter, acting by receipt, and a green channel, in a real browser without scripts at 320 pixels; every page accessible."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from qinzheng.access.login import BACKEND
from qinzheng.cases import receipts
from qinzheng.cases.models import Case
from qinzheng.parties import codes
from tests import townhall
from tests.browser.seen import axe, watch
from tests.townhall import Townhall

pytestmark = pytest.mark.django_db(transaction=True)
NARROW: Any = {"width": 320, "height": 740}


@pytest.fixture
def city(transactional_db: None, settings: Any, tmp_path: Path) -> Townhall:
    settings.HOME, settings.FILES = tmp_path, str(tmp_path / "files")
    townhall.publish()
    return townhall.build()


def opened(
    browser: Browser, site: str, city: Townhall, name: str = "", *, scripts: bool = False
) -> BrowserContext:
    context = browser.new_context(
        viewport=NARROW, java_script_enabled=scripts, locale="zh-CN", reduced_motion="reduce"
    )
    if name:
        client = Client()
        client.force_login(city.accounts[name], backend=BACKEND)
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])
    return context


def look_up(page: Page, site: str, number: str, secret: str) -> None:
    page.goto(f"{site}/progress/")
    page.get_by_label("办件编号").fill(number)
    page.get_by_label("查询码").fill(secret)
    page.get_by_role("button", name="查询").click()
    page.get_by_text("已经走过").wait_for()


def sound(page: Page) -> list[Any]:
    """What is wrong with the page as it stands."""
    width = page.evaluate("document.documentElement.scrollWidth")
    return [*axe(page), *([("width", width)] if width > NARROW["width"] else [])]


def test_a_matter_is_applied_for_without_scripts_and_followed_by_its_one_number(
    browser: Browser, site: str, city: Townhall
) -> None:
    plain = opened(browser, site, city, "citizen")
    page = plain.new_page()
    page.goto(f"{site}/items/")
    page.get_by_role("link", name="一件事：").click()
    page.get_by_role("link", name="开办餐饮店一件事").click()
    page.get_by_role("link", name="一次申请").click()
    page.get_by_role("button", name="提交申请").click()
    page.get_by_text("需要改正").first.wait_for()
    page.get_by_label("门店名称").fill("老街面馆")
    page.get_by_label("经营面积").fill("60")
    page.get_by_role("button", name="提交申请").click()
    secret = page.locator(".secret").inner_text()
    parent = Case.objects.get(procedure="approvals.matter")
    plain.close()
    outside = opened(browser, site, city, scripts=True)
    page = outside.new_page()
    complaints = watch(page)
    look_up(page, site, parent.number, secret)
    assert page.get_by_text("店招标牌设置备案").count() == 1
    found = {"standing": sound(page)}
    for name in ("matters", "matters/open-a-restaurant"):
        page.goto(f"{site}/{name}/")
        found[name] = sound(page)
    assert (found, complaints) == ({key: [] for key in found}, [])
    outside.close()


def test_papers_a_complaint_and_withdrawal_need_no_account_and_no_scripts(
    browser: Browser, site: str, city: Townhall
) -> None:
    case = townhall.opened(city, item=townhall.an_item("housing", "approvals.standard"))
    secret = receipts.issue(case, city.posts["clerk"], "")
    plain = opened(browser, site, city)
    page = plain.new_page()
    look_up(page, site, case.number, secret)
    page.get_by_text("写投诉").click()
    page.get_by_label("哪里不对").fill("跑了三趟都不收件")
    page.get_by_role("button", name="提交投诉").click()
    page.get_by_text("投诉已收到").first.wait_for()
    assert Case.objects.filter(procedure="hotline.work-order").count() == 1
    look_up(page, site, case.number, secret)
    page.locator("summary", has_text="撤回申请").click()
    page.get_by_label("再输一次查询码").fill("0" * 20)
    page.get_by_role("button", name="确认撤回申请").click()
    page.get_by_text("查询码不对").first.wait_for()
    page.get_by_label("再输一次查询码").fill(secret)
    page.get_by_role("button", name="确认撤回申请").click()
    page.get_by_text("已办理：撤回申请").wait_for()
    plain.close()
    assert Case.objects.get(pk=case.pk).state == "withdrawn"


def test_the_page_of_a_receipt_is_accessible_with_everything_open(
    browser: Browser, site: str, city: Townhall
) -> None:
    case = townhall.opened(city, item=townhall.an_item("housing", "approvals.standard"))
    secret = receipts.issue(case, city.posts["clerk"], "")
    context = opened(browser, site, city, scripts=True)
    page = context.new_page()
    complaints = watch(page)
    look_up(page, site, case.number, secret)
    for summary in page.locator("details > summary").all():
        summary.click()
    assert (sound(page), complaints) == ([], [])
    page.locator("summary", has_text="撤回申请").click()
    page.locator("summary", has_text="撤回申请").click()
    page.get_by_role("button", name="确认撤回申请").click()
    page.get_by_text("需要改正").first.wait_for()
    assert sound(page) == []
    context.close()


def test_a_channel_is_given_and_its_register_is_accessible(
    browser: Browser, site: str, city: Townhall
) -> None:
    context = opened(browser, site, city, "mayor", scripts=True)
    page = context.new_page()
    complaints = watch(page)
    page.goto(f"{site}/channels/")
    page.get_by_role("link", name="给予绿色通道").click()
    page.get_by_label("专人在哪个单位").select_option("housing")
    found = {"unit": sound(page)}
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("谁来办").wait_for()
    found["form"] = sound(page)
    page.get_by_label("谁来办").select_option("enterprise")
    page.get_by_label("姓名或名称").fill("清和重点项目有限公司")
    page.get_by_label("身份证号或统一社会信用代码").fill(codes.make_enterprise_code("320999", 7))
    page.get_by_label("哪些事项走绿色通道").select_option(townhall.an_item("market", "approvals.standard").id)
    page.get_by_label("项目与理由").fill("重点项目 7 号")
    page.get_by_label("专人（").select_option(city.posts["handler"])
    page.get_by_label("到哪一天止").fill((dt.date.today() + dt.timedelta(days=30)).isoformat())
    page.get_by_role("button", name="给予").click()
    page.get_by_text("已给予绿色通道").wait_for()
    found["watch"] = sound(page)
    page.goto(f"{site}/channels/")
    page.get_by_text("重点项目 7 号").wait_for()
    found["register"] = sound(page)
    assert (found, complaints) == ({key: [] for key in found}, [])
    context.close()
