"""The report in a real browser: quiet, self-contained, narrow, in two languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from qinzheng import wiring

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium"
)


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


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


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
