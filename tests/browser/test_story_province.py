"""A spreadsheet that a province could have exported: collected twice, judged, its late cases on the wall and in the list beside ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from qinzheng.cases.models import Case, OutsideNumber
from qinzheng.definitions import shelf
from qinzheng.exchange.collecting.runs import collect
from qinzheng.supervision.models import Card
from qinzheng.web.wall import stream
from tests.browser.serving import serving
from tests.browser.test_wall import session
from tests.flows import applications, small_city
from tests.flows.conftest import published  # noqa: F401 - the fixture
from tests.flows.provinces import BY, NAME, adds_up, export, held, one, sheet

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_MS = 60_000


@pytest.fixture
def supervisor(
    published: Any,  # noqa: F811
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[small_city.Officer]:
    settings.HOME = tmp_path
    monkeypatch.setattr(stream, "PLACES", stream.Places(stream.MOST))
    small_city.forget()
    applications.city()
    monkeypatch.setattr(small_city, "FOUNDED", applications.BEGINS)  # the units of that city are younger
    yield small_city.officer("supervisor", "city", ["supervisor"])
    small_city.forget()


@pytest.fixture
def page(browser: Browser, supervisor: small_city.Officer) -> Iterator[Page]:
    with serving() as site:
        context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN", base_url=site)
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies([{"name": "sessionid", "value": session(supervisor), "url": site}])
        yield context.new_page()
        context.close()


def test_late_cases_of_the_province_stand_beside_ours(page: Page, tmp_path: Path) -> None:
    native = small_city.letter("water", 60, title="本市的来信", town="town-01").case
    item = next(
        each
        for each in shelf.library().all("item")
        if each.procedure == "services.matter" and each.organization == "housing"
    )
    page.goto("/wall/")
    expect(page.locator("[data-alive=live]")).to_be_visible(timeout=PATIENCE_MS)
    page.evaluate("window.neverLoadedAnew = true")
    place = sheet(tmp_path / "省平台导出.xlsx", export(item.id))
    first = one(collect(NAME, place, BY))
    adds_up(first)
    assert (first.read, first.taken, first.rejected, first.refused) == (4, 4, 0, 0)
    stands = held()
    second = one(collect(NAME, place, BY))
    adds_up(second)
    assert (second.known, second.taken, second.acts) == (4, 0, 0)
    assert held() == stands, "nothing is doubled"

    late = Case.objects.get(pk=OutsideNumber.objects.get(number="P3").case_id)
    assert Card.objects.filter(case=late.pk, level="red").exists()
    expect(page.locator(".issued-card.red", has_text=item.name.zh).first).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate("window.neverLoadedAnew")
    drawn = {dot.get_attribute("data-key") or "" for dot in page.locator(".dot").all()}
    assert len(drawn) >= 2, "the province's late case and ours are both in the river"

    page.goto("/cases/?state=late")
    for case in (late, Case.objects.get(pk=native)):
        row = page.get_by_role("row").filter(has_text=case.number)
        expect(row).to_contain_text("已超期")
    page.goto("/cases/?q=P3")
    page.get_by_role("link", name=item.name.zh).first.click()
    expect(page.locator("main")).to_contain_text("P3")
    expect(page.locator("main")).to_contain_text("已超期")
