"""A complete application on a phone-size screen, and a clerk's intake of the same item: clicks, keystrokes, seconds of a scripted browser.

    python -m benchmarks.applying SITE [--item market.food-business-licence] [--citizen demo-citizen] [--clerk demo-clerk] [--password …]

SITE is a running demonstration (``make run``). The script acts without pauses: seconds are the machine's (pages, uploads, the
database), clicks and keystrokes are the person's. A choice in a list counts as one click, a file as two (open, choose).
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

from scripts.city import ARGUMENTS, CHROMIUM

PHONE, DESK = (390, 844), (1280, 800)
PICTURE = (3000, 2200)
"""Pixels of a photograph of a page."""


class Hand:
    """Does what a person does, and counts it."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site, self.clicks, self.keys = page, site, 0, 0

    def click(self, where: Locator) -> None:
        """One click."""
        self.clicks += 1
        where.click()

    def type(self, where: Locator, text: str) -> None:
        """A click into the field, and its letters."""
        self.clicks += 1
        self.keys += len(text)
        where.fill(text)

    def attach(self, where: Locator, file: str) -> None:
        """Open the chooser, choose."""
        self.clicks += 2
        where.set_input_files(file)

    def login(self, name: str, password: str) -> None:
        """Not counted: it is the same for everything."""
        self.page.goto(f"{self.site}/login/")
        if password:
            self.page.fill("input[name=login]", name)
            self.page.fill("input[name=password]", password)
            self.page.locator("main form button.primary").first.click()
        else:  # the demonstration's one-click logins
            self.page.locator(f"button[value={name}]").first.click()
        self.page.wait_for_load_state()


def apply(hand: Hand, item: str, picture: str) -> None:
    """A citizen's application of the restaurant, from the first page to the receipt."""
    page, main = hand.page, hand.page.locator("main")
    page.goto(f"{hand.site}/apply/{item}/")
    hand.click(main.locator("form button.primary").first)
    hand.click(page.locator("input[value=restaurant]"))
    hand.click(page.locator("input[value=self]"))
    hand.click(page.locator("button[name=go]"))
    hand.click(main.locator("a.button.primary"))
    hand.type(page.locator("input[name=shop]"), "清和小吃店")
    hand.type(page.locator("input[name=area]"), "80")
    hand.click(page.locator("button[name=go]"))
    for section in page.locator("section.paper:has(.badge.due)").evaluate_all("all => all.map(e => e.id)"):
        if section == "paper-rules":
            hand.click(page.locator("#rules-way_1"))
        else:
            hand.attach(page.locator(f"#{section} input[type=file]"), picture)
        hand.click(page.locator(f"#{section} form button:not(.quiet)"))
    hand.click(main.locator("a.button.primary"))
    hand.click(main.locator("form button.primary"))
    page.locator(".secret").wait_for()


def intake(hand: Hand, item: str, _: str) -> None:
    """A clerk takes the same item in at the window, papers in hand."""
    page = hand.page
    page.goto(f"{hand.site}/cases/new/{item}/")
    hand.type(page.locator("input[name=name]"), "王小明")
    hand.type(page.locator("input[name=shop]"), "清和小吃店")
    hand.type(page.locator("input[name=area]"), "80")
    hand.click(page.locator("main form button.primary"))
    page.locator(".case-head").wait_for()


def measured(name: str, hand: Hand, do: Callable[[Hand, str, str], None], item: str, picture: str) -> None:
    begun = time.perf_counter()
    do(hand, item, picture)
    print(f"{name}: {hand.clicks} clicks, {hand.keys} keystrokes, {time.perf_counter() - begun:.1f} s")


def photograph(folder: Path) -> str:
    """A picture as large as telephones make them."""
    out = io.BytesIO()
    Image.effect_noise(PICTURE, 20).convert("RGB").save(out, "JPEG", quality=80)
    (folder / "page.jpg").write_bytes(out.getvalue())
    return str(folder / "page.jpg")


def main() -> None:
    """Both, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("site")
    parser.add_argument("--item", default="market.food-business-licence")
    parser.add_argument("--citizen", default="demo-citizen")
    parser.add_argument("--clerk", default="demo-clerk")
    parser.add_argument("--password", default="")
    told = parser.parse_args()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        picture = photograph(Path(folder))
        for name, login, size, do in (
            ("citizen on a phone", told.citizen, PHONE, apply), ("clerk's intake", told.clerk, DESK, intake),
        ):  # fmt: skip
            context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
            hand = Hand(context.new_page(), told.site.rstrip("/"))
            hand.login(login, told.password)
            measured(name, hand, do, told.item, picture)
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
