"""Logging in by a code and registering a mandate, in a real browser: without scripts, by every eye, on a narrow screen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from qinzheng.access.models import Mandate
from qinzheng.notifications.models import OneTimeCode
from qinzheng.parties import actions as parties
from qinzheng.parties import codes
from qinzheng.web.calendars import today
from tests import townhall
from tests.browser.seen import axe, watch
from tests.gateways import FakeGateway, running
from tests.townhall import PASSWORD, PHONES, Townhall

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city(transactional_db: None) -> Townhall:
    townhall.publish()
    return townhall.build()


@pytest.fixture
def gateway(settings: Any) -> Iterator[FakeGateway]:
    with running() as found:
        found.settings(settings)
        yield found


def fits(page: Page) -> None:
    """Accessible in this language and theme, and no wider than a small telephone."""
    assert axe(page) == [], page.url
    page.set_viewport_size({"width": 320, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") == 320, page.url
    page.set_viewport_size({"width": 1280, "height": 800})


def code_of(page: Page, gateway: FakeGateway, label: str, button: str) -> str:
    """Ask for a code for the citizen's number; what the message said."""
    page.get_by_label(label).fill(PHONES["citizen"])
    page.get_by_role("button", name=button).click()
    expect(page.locator("[autocomplete='one-time-code']")).to_be_visible()
    return str(gateway.taken[-1]["arguments"]["code"])


def test_a_citizen_logs_in_without_a_script(
    browser: Browser, site: str, city: Townhall, gateway: FakeGateway
) -> None:
    with browser.new_context(java_script_enabled=False, locale="zh-CN") as context:
        page = context.new_page()
        page.goto(site + "/login/")
        page.get_by_role("link", name="群众：手机验证码").click()
        page.get_by_label("手机号码").fill("12")
        page.get_by_role("button", name="获取验证码").click()
        expect(page.get_by_role("alert")).to_contain_text("不是电话号码")
        code = code_of(page, gateway, "手机号码", "获取验证码")
        assert PHONES["citizen"] not in page.url
        page.get_by_label("验证码").fill("0000")
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("alert")).to_contain_text("验证码不对")
        page.get_by_label("验证码").fill(code)
        page.get_by_role("button", name="登录").click()
        expect(page).to_have_url(site + "/cases/")


@pytest.mark.parametrize(
    ("spoken", "theme", "label", "button"),
    [("zh", "light", "手机号码", "获取验证码"), ("en", "dark", "Mobile number", "Send a code")],
)
def test_both_steps_and_the_messages_of_the_demonstration_are_accessible(
    browser: Browser, site: str, city: Townhall, gateway: FakeGateway, settings: Any, spoken: str, theme: str, label: str,
    button: str,
) -> None:  # fmt: skip
    settings.DEMO = True
    with browser.new_context() as context:
        page = context.new_page()
        complaints = watch(page)
        page.goto(f"{site}/login/phone/?lang={spoken}&theme={theme}")
        fits(page)
        code_of(page, gateway, label, button)
        fits(page)
        settings.SMS_GATEWAY = ""  # the simulated one, as in the demonstration
        OneTimeCode.objects.all().delete()
        page.goto(f"{site}/login/phone/")
        page.get_by_label(label).fill(PHONES["citizen"])
        page.get_by_role("button", name=button).click()
        page.goto(f"{site}/demo/messages/")
        expect(page.get_by_role("cell", name="139****5678")).to_be_visible()
        fits(page)
        assert complaints == []


def test_a_window_registers_a_mandate_and_takes_it_back(browser: Browser, site: str, city: Townhall) -> None:
    code = codes.make_enterprise_code("320999", 7)
    parties.register("enterprise", {"name": "清和精工有限公司", "enterprise_code": code}, by="tests")
    city.accounts["clerk"].set_password(PASSWORD)
    city.accounts["clerk"].save()
    with browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        complaints = watch(page)
        page.goto(site + "/login/")
        page.get_by_label("登录名").fill("clerk")
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        page.get_by_role("link", name="委托").click()
        fits(page)
        page.get_by_role("searchbox").or_(page.locator("#firm-code")).first.fill(code)
        page.get_by_role("button", name="查委托").click()
        expect(page.get_by_role("heading", name="清和精工有限公司")).to_be_visible()
        page.get_by_label("经办人手机号码").fill(PHONES["citizen"])
        page.get_by_label("至（含）").fill((today() + dt.timedelta(days=90)).isoformat())
        page.get_by_role("button", name="登记", exact=True).click()
        expect(page.get_by_text("139****5678")).to_be_visible()
        page.goto(f"{page.url}&lang=en&theme=dark")
        fits(page)
        page.get_by_role("button", name="Take it back").click()
        expect(page.get_by_text("This firm has no running mandate.")).to_be_visible()
        assert complaints == []
    assert Mandate.objects.get().revoked_at is not None
