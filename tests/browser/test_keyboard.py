"""Work with the keyboard alone: log in, open a case from the worklist, do an act, answer for a card; focus seen everywhere, no trap."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.models import Case
from qinzheng.supervision.models import Card
from tests import townhall
from tests.browser.seen import axe
from tests.townhall import PASSWORD, Townhall

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86_400_000_000
MOST_TABS = 120
"""A page on which more stops are needed is not worked by keyboard."""
SEEN = """() => {
  const here = document.activeElement, style = getComputedStyle(here), box = here.getBoundingClientRect();
  return {name: here.tagName, text: (here.innerText || here.value || here.getAttribute('aria-label') || '').trim().slice(0, 60),
          ring: parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== 'none', inside: box.right > 0 && box.bottom > 0,
          body: here === document.body}
}"""
Enter = Callable[[str], Page]


@pytest.fixture
def city(transactional_db: None) -> Townhall:
    townhall.publish()
    made = townhall.build()
    for name in ("handler", "head"):
        made.accounts[name].set_password(PASSWORD)
        made.accounts[name].save()
    return made


@pytest.fixture
def enter(browser: Browser, site: str, city: Townhall) -> Iterator[Enter]:
    """``enter("handler")``: somebody logs in with the keyboard alone."""
    contexts: list[BrowserContext] = []

    def entered(name: str) -> Page:
        contexts.append(
            browser.new_context(
                viewport={"width": 1280, "height": 800}, locale="zh-CN", reduced_motion="reduce"
            )
        )
        page = contexts[-1].new_page()
        page.goto(site + "/login/")
        tab_to(page, "INPUT")
        page.keyboard.type(name)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    yield entered
    for context in contexts:
        context.close()


def tab_to(page: Page, name: str, text: str = "") -> None:
    """Press Tab until the focus is on such an element; on the way it is always seen."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        here = page.evaluate(SEEN)
        if here["body"]:
            continue
        assert here["ring"], here
        assert here["inside"], here
        if here["name"] == name and text in here["text"]:
            return
    pytest.fail(f"Tab does not reach {name} {text}")


def late(city: Townhall) -> Case:
    """A licence of the housing department, accepted and 60 days old."""
    item = townhall.an_item("housing", "approvals.standard")
    at = int(time.time() * 1_000_000) - 60 * DAY
    about = About(item=item.id, town="town-01", parties={"applicant": city.parties["citizen"]})
    done = cases.open_case(
        item.procedure, "receive", city.who("clerk", "clerk"), {}, occurred_at=at, about=about
    )
    cases.perform(done.case, "accept", city.who("handler", "handler"), {}, occurred_at=at + 1_000_000)
    return Case.objects.get(pk=done.case)


def test_from_the_worklist_to_the_act(enter: Enter, city: Townhall) -> None:
    case = townhall.opened(city)
    page = enter("handler")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到正文")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    title = page.locator("a[data-open]").first.inner_text()
    tab_to(page, "A", title)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case.number}/")
    tab_to(page, "SUMMARY", "受理")
    page.keyboard.press("Enter")
    tab_to(page, "BUTTON", "确认受理")
    assert axe(page) == []
    page.keyboard.press("Enter")
    expect(page.locator(".case-facts")).to_contain_text("办理中")
    case.refresh_from_db()
    assert case.state == "accepted"


def test_from_the_card_to_the_case_that_answers_it(enter: Enter, city: Townhall) -> None:
    case = late(city)
    card = Card.objects.filter(case=case.pk, level="red").latest("at")
    page = enter("head")
    tab_to(page, "A", "牌")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("牌")
    when = page.locator(f'a[href="/cards/{card.pk}/"]').inner_text()
    tab_to(page, "A", when)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("该怎么做")
    tab_to(page, "A", case.number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case.number}/")
    tab_to(page, "SUMMARY", "准予许可")
    page.keyboard.press("Enter")
    tab_to(page, "BUTTON", "确认准予许可")
    page.keyboard.press("Enter")
    expect(page.locator(".case-facts")).not_to_contain_text("审查中")
    case.refresh_from_db()
    assert case.state == "granted"


PAGES = (
    "/",
    "/items/",
    "/report/",
    "/progress/",
    "/organizations/housing/",
    "/work/",
    "/cases/",
    "/cards/",
    "/cases/new/",
)
STOPS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter(each => each.checkVisibility({visibilityProperty: true}) && !each.disabled && each.type !== 'hidden').length"""
HERE = """() => {
  const here = document.activeElement;
  here.dataset.stop ??= String(document.querySelectorAll('[data-stop]').length);
  return here === document.body ? '' : here.dataset.stop;
}"""


def test_nothing_holds_the_focus_and_all_of_it_is_reached(enter: Enter, city: Townhall, site: str) -> None:
    late(city)
    page = enter("handler")
    for path in PAGES:
        page.goto(site + path)
        page.evaluate("document.activeElement.blur()")
        stops = page.evaluate(STOPS)
        reached: set[str] = set()
        for _ in range(stops + 5):
            page.keyboard.press("Tab")
            reached.add(page.evaluate(HERE))
        assert len(reached - {""}) >= stops, path
