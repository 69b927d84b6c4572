"""A real Chromium: single sign-on there and back under our policy, and the administrators' pages in both languages, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect

from qinzheng.access import accounts
from qinzheng.access.models import Account
from tests import townhall
from tests.accounts.conftest import Elsewhere, subject_of
from tests.accounts.provider import USERS
from tests.browser.seen import axe, watch
from tests.flows.test_pages_login import code
from tests.townhall import BY, PASSWORD, Townhall

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_MS = 60_000


@pytest.fixture
def built(transactional_db: None) -> Townhall:
    townhall.publish()
    return townhall.build()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def test_there_and_back_under_the_policy(
    built: Townhall, site: str, page: Page, elsewhere: Elsewhere, settings: Any
) -> None:
    """The button, the provider's own page, our page; and out again at both. The policy lets the form lead to the provider."""
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    leading = [*directives["form-action"], elsewhere.address]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {**directives, "form-action": leading}}
    elsewhere.register(site)
    accounts.bind(Account.objects.get(login="clerk"), "staff", subject_of(elsewhere, "wang"), BY)
    complaints = watch(page)
    page.goto(f"{site}/login/")
    assert axe(page) == []
    page.get_by_role("link", name="统一身份认证", exact=True).click()
    page.fill("#id_username", "wang")
    page.fill("#id_password", USERS["wang"])
    page.get_by_role("button").click()
    page.wait_for_url(f"{site}/work/")
    page.get_by_role("button", name="退出").click()
    page.wait_for_url(f"{elsewhere.issuer}/logout/**")
    page.get_by_role("button").click()
    page.wait_for_url(f"{site}/")
    page.goto(f"{site}/work/")
    page.wait_for_url(f"{site}/login/**")
    assert [each for each in complaints if "policy" in each.lower()] == []  # the provider has no icon


def entered(page: Page, site: str, power: str) -> None:
    """By password and code, as an administrator does."""
    account = Account.objects.get(login=power)
    accounts.set_password(account, PASSWORD, BY)
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(account, secret)
    cache.clear()
    page.goto(f"{site}/login/")
    page.get_by_label("登录名").fill(power)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/account/second-factor/code/**")
    page.get_by_label("动态验证码").fill(code(secret))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/admin/")


PAGES = {
    "system": ("/admin/", "/admin/accounts/", "/admin/accounts/new/", "/admin/accounts/{clerk}/"),
    "security": ("/admin/", "/admin/accounts/{clerk}/", "/admin/tokens/", "/admin/accounts/{audit}/"),
    "audit": ("/admin/", "/admin/log/", "/admin/accounts/"),
}


@pytest.mark.parametrize("power", sorted(PAGES))
def test_the_administrators_pages(built: Townhall, site: str, page: Page, power: str, settings: Any) -> None:
    settings.OIDC = {"staff": {"name": "统一身份认证", "issuer": "https://idp.example", "client_id": "x"}}
    clerk = Account.objects.get(login="clerk")
    totp.TOTP.activate(clerk, totp.generate_totp_secret())
    accounts.ask_reset(clerk, Account.objects.get(login="security"))
    complaints = watch(page)
    entered(page, site, power)
    ids = {"clerk": clerk.pk, "audit": Account.objects.get(login="audit").pk}
    for address in PAGES[power]:
        for language in ("zh", "en"):
            for width in (1280, 320):
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(f"{site}{address.format(**ids)}?lang={language}")
                expect(page.locator("h1")).to_have_count(1)
                found = axe(page)
                assert found == [], (address, language, width)
                wide = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, (address, language, width, wide)
    assert complaints == []


def test_an_account_is_opened_by_keyboard_alone(built: Townhall, site: str, page: Page) -> None:
    entered(page, site, "system")
    page.goto(f"{site}/admin/accounts/new/")
    page.get_by_label("登录名").focus()
    page.keyboard.type("by.hand")
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("一次性密码")
    assert len(page.locator("dd code").inner_text()) == accounts.ONE_TIME_LETTERS
    assert Account.objects.filter(login="by.hand", must_change=True).exists()
