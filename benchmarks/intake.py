"""A clerk's intake of a complete application with the keyboard alone: keystrokes, clicks, seconds of a scripted browser.

    python -m benchmarks.intake SITE [--item 食品经营许可] [--clerk demo-clerk] [--password …] [--times 5]

SITE is a running demonstration (``make run``). One intake: find the item, type the applicant and the form, say the situation,
mark each paper with one key, accept, and see the receipt. A keystroke is a key pressed, Tab and Enter among them; nothing is
clicked. Seconds are the machine's: the script does not pause to think.
"""

from __future__ import annotations

import argparse
import statistics
import time

from playwright.sync_api import Page, sync_playwright

from benchmarks.applying import DESK, Hand
from scripts.city import ARGUMENTS, CHROMIUM

MOST_TABS = 60


class Keys:
    """Presses keys and counts them."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed, self.clicked = page, 0, 0

    def press(self, key: str) -> None:
        """One key."""
        self.pressed += 1
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Each letter is a key; Chinese counts a key a character, whatever the input method needs."""
        self.pressed += len(text)
        self.page.keyboard.type(text)

    def tab_to(self, selector: str) -> None:
        """Tab on until the cursor stands there."""
        for _ in range(MOST_TABS):
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            self.press("Tab")
        raise SystemExit(f"the cursor does not reach {selector} by Tab")


def intake(keys: Keys, site: str, item: str) -> None:
    """One case from the item's name to the receipt."""
    page = keys.page
    page.goto(f"{site}/windows/intake/")
    keys.tab_to("#item")
    keys.type(item)
    keys.press("Enter")
    page.locator("form[data-intake]").wait_for()
    for selector, text in (
        ("#about-name", "王小明"), ("#about-phone", "13800000000"), ("[name=shop]", "清和小吃店"), ("[name=area]", "80"),
    ):  # fmt: skip
        keys.tab_to(selector)
        keys.type(text)
    for question, downs in (("business", 0), ("who", 0)):
        keys.tab_to(f"[name=situation-{question}]")
        keys.press("Space")
        for _ in range(downs):
            keys.press("ArrowDown")
    keys.tab_to("[data-mark]")
    while page.evaluate("() => document.activeElement.matches('[data-mark]')"):
        keys.press("1")
    keys.tab_to("button[value=accept]")
    keys.press("Enter")
    page.locator(".secret").wait_for()


def main() -> None:
    """Several intakes by one clerk, one after another."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("site")
    parser.add_argument("--item", default="食品经营许可")
    parser.add_argument("--clerk", default="demo-clerk")
    parser.add_argument("--password", default="")
    parser.add_argument("--times", type=int, default=5)
    told = parser.parse_args()
    site = told.site.rstrip("/")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": DESK[0], "height": DESK[1]}, locale="zh-CN")
        page = context.new_page()
        Hand(page, site).login(told.clerk, told.password)
        spent, keys = [], Keys(page)
        for _ in range(told.times):
            keys = Keys(page)
            begun = time.perf_counter()
            intake(keys, site, told.item)
            spent.append(time.perf_counter() - begun)
        browser.close()
    print(
        f"intake of {told.item}: {keys.pressed} keystrokes, {keys.clicked} clicks, "
        f"{statistics.median(spent):.2f} s (median of {told.times}, {min(spent):.2f} to {max(spent):.2f})"
    )


if __name__ == "__main__":
    main()
