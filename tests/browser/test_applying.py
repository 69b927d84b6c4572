"""A firm's owner applies on a telephone, without scripts, with a photograph; the window asks for a correction; it is supplied."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from qinzheng.cases.models import Case
from tests import townhall, uploads
from tests.browser.seen import axe
from tests.townhall import PASSWORD, Townhall

pytestmark = pytest.mark.django_db(transaction=True)
FOOD = "market.food-business-licence"
PHONE = {"width": 390, "height": 844}
SMALL = {"width": 320, "height": 740}


@pytest.fixture
def city(transactional_db: None, settings: Any, tmp_path: Path) -> Townhall:
    settings.FILES = str(tmp_path / "files")
    townhall.publish()
    made = townhall.build()
    for name in ("citizen", "sibling"):
        made.accounts[name].set_password(PASSWORD)
        made.accounts[name].password_at = made.accounts[name].created_at
        made.accounts[name].save()
    return made


@pytest.fixture
def photograph(tmp_path: Path) -> str:
    file = tmp_path / "布局图.jpg"
    file.write_bytes(uploads.picture(size=(800, 600)))
    return str(file)


def fits(page: Page) -> None:
    """No wider than a small telephone, and without a fault that a screen reader stumbles over (where scripts may run)."""
    page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]


def login(page: Page, site: str, name: str, to: str) -> None:
    page.goto(f"{site}/login/?next={to}")
    page.get_by_label("登录名").fill(name)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def test_a_restaurant_is_applied_for_on_a_phone_without_scripts(
    browser: Browser, site: str, city: Townhall, photograph: str
) -> None:
    with browser.new_context(java_script_enabled=False, locale="zh-CN", viewport=PHONE) as context:  # type: ignore[arg-type]
        page = context.new_page()
        login(page, site, "citizen", f"/apply/{FOOD}/")
        page.get_by_label("所在镇街").select_option("town-01")
        page.get_by_role("button", name="开始").click()
        page.get_by_role("button", name="保存并继续").click()
        expect(page.get_by_role("alert")).to_contain_text("请选一项")
        page.get_by_label("餐馆、小吃店、饮品店").check()
        page.get_by_label("法定代表人或经营者本人").check()
        fits(page)
        page.get_by_role("button", name="保存并继续").click()
        expect(page.get_by_text("经营场所布局图")).to_be_visible()
        fits(page)
        page.get_by_role("link", name="继续").click()
        page.get_by_label("门店名称").fill("试金石小吃店")
        page.get_by_label("经营面积").fill("80")
        fits(page)
        page.get_by_role("button", name="保存并继续").click()
        for name in ("食品经营许可申请书", "经营场所布局图（标明操作间、水池、设备位置）"):
            paper = page.get_by_role("region", name=re.compile(re.escape(name)))
            paper.get_by_label("选择文件").set_input_files(photograph)
            paper.get_by_role("button", name=re.compile("上传")).click()
            expect(page.get_by_role("region", name=re.compile(re.escape(name))).get_by_role("link", name="布局图.jpg")).to_be_visible()  # fmt: skip
        rules = page.get_by_role("region", name=re.compile("食品安全管理制度"))
        rules.get_by_label("稍后补交").check()
        rules.get_by_role("button", name=re.compile("上传")).click()
        fits(page)
        page.get_by_role("link", name="继续：核对").click()
        expect(page.get_by_text("当天不计入期限")).to_be_visible()
        fits(page)
        page.get_by_role("button", name="提交申请").click()
        expect(page.get_by_role("heading", name="申请已提交")).to_be_visible()
        assert page.get_by_role("img", name=re.compile("扫码")).count() == 2
        fits(page)
    case = Case.objects.get(item=FOOD)
    assert case.state == "received"
    assert case.attachments.count() == 2


@pytest.mark.parametrize(("spoken", "theme"), [("zh", "light"), ("en", "dark")])
def test_every_step_is_accessible_in_both_languages(
    browser: Browser, site: str, city: Townhall, photograph: str, spoken: str, theme: str
) -> None:
    with browser.new_context(viewport=PHONE, locale="zh-CN") as context:  # type: ignore[arg-type]
        page = context.new_page()
        login(page, site, "citizen", f"/apply/{FOOD}/")
        page.goto(f"{site}/apply/{FOOD}/?lang={spoken}&theme={theme}")
        seen(page)
        page.locator("main form button.primary").click()
        page.locator("main form button.primary").first.click()  # nothing chosen: with errors
        seen(page)
        page.locator("input[value=restaurant]").check()
        page.locator("input[value=self]").check()
        page.locator("button[name=go]").click()
        seen(page)
        page.locator("main a.button.primary").click()
        page.locator("input[name=shop]").fill("试金石小吃店")
        page.locator("input[name=area]").fill("80")
        seen(page)
        page.locator("button[name=go]").click()
        for material in ("application", "layout"):
            page.locator(f"#{material}-file").set_input_files(photograph)
            page.locator(f"#paper-{material} form button:not(.quiet)").click()
        page.locator("#rules-way_1").check()
        page.locator("#paper-rules form button").click()
        seen(page)
        page.goto(page.url.split("/files/")[0] + "/check/")
        seen(page)
        page.locator("main form button.primary").click()
        expect(page.locator(".secret")).to_be_visible()
        seen(page)
        page.goto(f"{site}/apply/")
        seen(page)
        number = Case.objects.get(item=FOOD).number
        page.goto(f"{site}/cases/{number}/files/")
        seen(page)
        context.clear_cookies()
        login(page, site, "sibling", f"/cases/{number}/materials/")
        seen(page)
        page.locator("input[name=mark-layout][value=missing]").check()
        page.locator("main form button.primary").click()
        expect(page.locator("#request_correction-defects")).to_have_value(re.compile("缺少“经营场所布局图"))
        seen(page)


def seen(page: Page) -> None:
    """Accessible, and no wider than a small telephone."""
    assert axe(page) == [], page.url
    fits(page)
