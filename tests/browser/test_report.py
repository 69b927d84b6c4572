"""The report in a real browser: quiet, self-contained, narrow, in two languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from qinzheng import wiring

AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    log = folder / "log.csv"
    rows = [f"a{n},x,A1市路灯不亮,2019-04-01 09:00:00,t,r,2019-06-{n + 10} 10:00:00" for n in range(12)]
    rows.append(f"{'长' * 90},x,A1市,2019-04-01 09:00:00,t,r,2019-09-02 10:00:00")
    log.write_text(
        "id,author,subject,submitted_at,text,reply,replied_at\n" + "\n".join(rows) + "\n", encoding="utf-8"
    )
    assert wiring.main(["supervise", str(log), "--mapping", "letters", "--out", str(folder), "--json"]) == 0
    return (folder / "report.html").as_uri()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


def test_only_the_page_itself_is_requested_and_the_console_is_silent(page: Page, report: str) -> None:
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(report)
    assert requests == [report]
    assert errors == []


@pytest.mark.parametrize("language", ["to-zh", "to-en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_at_320_pixels(page: Page, report: str, language: str, scheme: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(report)
    page.locator(f"label[for={language}]").click()
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_language_switch_shows_one_language_and_works_from_the_keyboard(page: Page, report: str) -> None:
    page.goto(report)
    heading = page.locator("h1")
    assert heading.locator(".zh").is_visible()
    assert not heading.locator(".en").is_visible()
    page.locator("#to-zh").focus()
    page.keyboard.press("ArrowRight")
    assert heading.locator(".en").is_visible()
    assert not heading.locator(".zh").is_visible()


@pytest.mark.parametrize("language", ["to-zh", "to-en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1440])
def test_nothing_is_in_the_way_of_anybody(
    page: Page, report: str, language: str, scheme: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(report)
    page.locator(f"label[for={language}]").click()
    for summary in page.locator("summary").all():
        summary.click()
    page.add_script_tag(path=AXE)
    found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    broken = [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found["violations"]]
    assert broken == []
    assert found["passes"]


def test_letters_in_drawings_can_be_read_on_a_phone(page: Page, report: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(report)
    sizes = page.evaluate(
        """() => [...document.querySelectorAll("svg text")].filter(t => t.checkVisibility()).map(t => {
            const scale = t.getScreenCTM().a; return parseFloat(getComputedStyle(t).fontSize) * scale; })"""
    )
    assert min(sizes) >= 9


def test_the_print_is_on_light_paper_whatever_the_screen(page: Page, report: str) -> None:
    page.goto(report)
    page.emulate_media(media="print", color_scheme="dark")
    ink, paper = page.evaluate(
        "() => { const s = getComputedStyle(document.body); return [s.color, s.backgroundColor] }"
    )
    assert ink == "rgb(27, 37, 48)"
    assert paper == "rgb(255, 255, 255)"
    assert not page.locator(".switch").is_visible()


def test_the_tables_scroll_by_keyboard(page: Page, report: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(report)
    table = page.get_by_role("region", name="各单位")
    table.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("e => e.scrollLeft > 0", arg=table.element_handle())
