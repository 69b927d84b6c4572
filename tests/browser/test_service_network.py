"""Consent on behalf, a promise among the papers, a firm's sheet, the list of points: accessible, narrow, in both languages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from qinzheng.access import actions as access
from qinzheng.access.login import BACKEND
from qinzheng.cases.models import Case
from qinzheng.mechanisms.errands import taking
from qinzheng.organizations import actions as organizations
from qinzheng.parties import actions as parties
from qinzheng.parties import codes
from tests import townhall, uploads
from tests.browser.seen import axe
from tests.flows.test_bulk import FOOD, row, workbook
from tests.townhall import BY, FOUNDED, Townhall

pytestmark = pytest.mark.django_db(transaction=True)
HYGIENE = "health.hygiene-permit-of-a-public-place"
PHONE = {"width": 390, "height": 844}
SMALL = {"width": 320, "height": 740}


@pytest.fixture
def city(transactional_db: None, settings: Any, tmp_path: Path) -> Townhall:
    settings.FILES = str(tmp_path / "files")
    townhall.publish()
    made = townhall.build()
    organizations.found_organization(
        "village-01-01", "village", "试金村", parent="town-01", begins=FOUNDED, by=BY, name_en="Shijin"
    )
    post = organizations.create_post(
        "village-01-01", "村便民员", ("clerk",), begins=FOUNDED, by=BY, name_en="village clerk"
    )
    person = organizations.register_person("村员甲", by=BY)
    organizations.appoint(person, post, FOUNDED, by=BY)
    made.accounts["village"] = access.make_account("village", "officer", BY, person_id=person)
    code = codes.make_enterprise_code("320999", 13)
    made.parties["firm"] = parties.register(
        "enterprise", {"name": "试金连锁餐饮有限公司", "enterprise_code": code}, by="tests"
    ).pk
    today = dt.date.today()
    access.mandate(made.accounts["other"], made.parties["firm"], today, BY, ends=today + dt.timedelta(days=9))
    return made


def opened(browser: Browser, site: str, city: Townhall, name: str, language: str, theme: str) -> Page:
    client = Client()
    client.force_login(city.accounts[name], backend=BACKEND)
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    cookies = {"sessionid": client.cookies["sessionid"].value, "lang": language, "theme": theme}
    context.add_cookies([{"name": key, "value": value, "url": site} for key, value in cookies.items()])
    return context.new_page()


def looked_at(page: Page) -> None:
    """No violation, and no wider than a small telephone."""
    assert axe(page) == [], page.url
    page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]


def to_the_papers(page: Page, answers: tuple[str, ...], typed: dict[str, str]) -> None:
    """Through the first steps of an application, whoever applies."""
    page.locator("main form button.primary").click()
    for answer in answers:
        page.locator(f"input[value={answer}]").check()
    page.locator("button[name=go]").click()
    page.locator("main a.button.primary").click()
    for name, value in typed.items():
        page.locator(f"input[name={name}]").fill(value)
    page.locator("button[name=go]").click()


def given(page: Page, material: str, file: str) -> None:
    page.locator(f"#{material}-file").set_input_files(file)
    page.locator(f"#paper-{material} form.form button").click()


@pytest.fixture
def picture(tmp_path: Path) -> str:
    file = tmp_path / "图.jpg"
    file.write_bytes(uploads.picture(size=(400, 300)))
    return str(file)


def to_the_last_page(page: Page, picture: str, ways: dict[str, str]) -> None:
    """Give the papers, and the others in their way."""
    for material in ("application", "layout"):
        given(page, material, picture)
    for material, way in ways.items():
        page.locator(f"#paper-{material} input[value={way}]").check()
        page.locator(f"#paper-{material} form.form button").click()
    looked_at(page)
    page.goto(page.url.split("/files/")[0] + "/check/")


@pytest.mark.parametrize(("language", "theme"), [("zh", "light"), ("en", "dark")])
def test_a_village_officer_says_how_the_neighbour_consented(
    browser: Browser, site: str, city: Townhall, picture: str, language: str, theme: str
) -> None:
    page = opened(browser, site, city, "village", language, theme)
    page.goto(f"{site}/apply/{FOOD}/")
    page.locator("input[name=name]").fill("试金老人")
    to_the_papers(page, ("restaurant", "self"), {"shop": "试金小吃", "area": "60"})
    to_the_last_page(page, picture, {"rules": "later"})
    page.locator("main form.form button.primary").click()
    expect(page.get_by_role("alert").locator("li")).to_have_count(4)
    looked_at(page)  # with what is missing of the consent
    for name, value in (("how", "proxy"), ("consent", "signed"), ("collects", "yes")):
        page.locator(f"select[name={name}]").select_option(value)
    page.locator("input[name=consent_proof]").fill("WT-1")
    page.locator("main form.form button.primary").click()
    expect(page.locator(".receipt-number")).to_be_visible()
    errand = taking.of(Case.objects.get(item=FOOD))
    assert errand is not None
    page.goto(f"{site}/cases/{errand.number}/")
    looked_at(page)
    page.goto(f"{site}/network/")
    looked_at(page)
    page.context.close()


@pytest.mark.parametrize(("language", "theme"), [("zh", "dark"), ("en", "light")])
def test_a_promise_is_chosen_and_read_before_it_is_sent(
    browser: Browser, site: str, city: Townhall, picture: str, language: str, theme: str
) -> None:
    page = opened(browser, site, city, "citizen", language, theme)
    page.goto(f"{site}/apply/{HYGIENE}/")
    to_the_papers(page, ("hall", "none"), {"place": "试金影院", "area": "900"})
    to_the_last_page(page, picture, {"rules": "later", "report": "promised"})
    looked_at(page)
    page.locator("main form.form button.primary").click()
    expect(page.locator(".receipt-number")).to_be_visible()
    case = Case.objects.get(item=HYGIENE)
    assert case.variant == "promise"
    page.goto(f"{site}/cases/{case.number}/")
    looked_at(page)
    page.context.close()
    page = opened(browser, site, city, "clerk", language, theme)
    page.goto(f"{site}/cases/new/{HYGIENE}/")
    page.locator("details.act summary").click()
    expect(page.locator("input[name=put_in]")).to_be_visible()
    expect(page.locator("input[name=promised]")).to_have_count(1)
    looked_at(page)
    page.context.close()


@pytest.mark.parametrize(("language", "theme"), [("zh", "light"), ("en", "dark")])
def test_a_firm_sends_a_sheet_with_a_fault_mends_it_and_sends_it(
    browser: Browser, site: str, city: Townhall, tmp_path: Path, language: str, theme: str
) -> None:
    page = opened(browser, site, city, "other", language, theme)
    page.goto(f"{site}/apply/bulk/{FOOD}/")
    looked_at(page)
    wrong, right = tmp_path / "错.xlsx", tmp_path / "对.xlsx"
    wrong.write_bytes(workbook(row("A-1"), row("A-1", **{"5": 0})))
    right.write_bytes(workbook(row("A-1"), row("A-2")))
    for file in (wrong, right):
        page.locator("input[name=file]").set_input_files(str(file))
        page.locator("main form.form button.primary").click()
        if file is wrong:
            expect(page.get_by_role("alert").locator("li")).to_have_count(2)
        looked_at(page)
    assert Case.objects.filter(item=FOOD).count() == 2
    page.context.close()
