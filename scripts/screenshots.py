"""Pictures of the pages into ``docs/screenshots/``, taken in a fictional city that is started for it and ended after.

Those of the story of the restaurant (``story-…``) come from its test: ``make screenshots`` takes both.

``--at ADDRESS`` looks at a city in demonstration mode that is running already; ``--only NAME`` takes some pictures anew.
The cases, cards and events on them are found by following the pages' own links.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from scripts.city import ROOT, NoChromium, Visitor, running, visited

WIDE, TALL = 1440, 900
PHONE = (360, 740)
WALL = (1920, 1080)
TALLEST = {WIDE: 1500, PHONE[0]: 1500}
"""Pixels: a page longer than this is cut, or its picture says nothing at its size."""
MOST_BYTES = 5_000_000
QUALITY = 52
STORY = "story-"


@dataclass(frozen=True)
class Shot:
    """One picture: its name, where, and who looks with which screen."""

    name: str
    path: str
    role: str = ""
    size: tuple[int, int] = (WIDE, TALL)
    language: str = "zh"
    theme: str = "light"

    @property
    def file(self) -> str:
        """``home-360-zh-light.jpg``"""
        return f"{self.name}-{self.size[0]}-{self.language}-{self.theme}.jpg"


def shots(found: dict[str, str]) -> list[Shot]:
    """Every picture. ``found``: the addresses of this city's things."""
    return [
        Shot("home", "/"), Shot("home", "/", size=PHONE), Shot("home", "/", language="en", theme="dark"),
        Shot("items", "/items/?q=孩子上户口", size=PHONE), Shot("item", found["item"]), Shot("item", found["item"], size=PHONE, language="en"),
        Shot("town", "/organizations/town-16/"), Shot("town", "/organizations/town-16/", size=PHONE, theme="dark"),
        Shot("report", "/report/", size=PHONE), Shot("progress", "/progress/", size=PHONE), Shot("login", "/login/"),
        Shot("phone-login", "/login/phone/", size=PHONE),
        Shot("work", "/work/", found["worker"]), Shot("case", found["case"], found["worker"]), Shot("case", found["case"], found["worker"], language="en", theme="dark"),
        Shot("open", found["open"], "clerk"), Shot("cases", "/cases/", "supervisor"), Shot("cases-search", found["search"], "supervisor"),
        Shot("notices", "/notices/", found["worker"]),
        Shot("cards", "/cards/?level=red", "supervisor"), Shot("card", found["card"], "supervisor"), Shot("event", found["event"], "supervisor"),
        Shot("article", found["article"], "supervisor"), Shot("rule", found["rule"], "supervisor", language="en"),
        Shot("wall", "/wall/", "supervisor", WALL), Shot("wall-table", "/wall/table/", "supervisor"),
        Shot("overview", "/overview/", "supervisor"), Shot("overview-unit", "/overview/housing/", "head", theme="dark"),
        Shot("measure", "/overview/qinghe/on-time-rate/", "supervisor", language="en"),
        Shot("guide", f"{found['item']}guide/", size=PHONE), Shot("points", "/points/"), Shot("matters", "/matters/", size=PHONE),
        Shot("windows", "/windows/", "clerk"), Shot("intake", "/windows/intake/", "clerk"), Shot("catalogue", "/catalogue/", "supervisor"),
        Shot("patterns", "/patterns/", "supervisor"), Shot("ratings", "/ratings/", "supervisor"), Shot("network", "/network/", "supervisor"),
        Shot("health", "/admin/health/", "system"), Shot("accounts", "/admin/accounts/", "system"), Shot("not-found", "/styleguide/errors/404/", size=PHONE),
        Shot("styleguide", "/styleguide/", theme="dark"),
    ]  # fmt: skip


def look_around(visitor: Visitor) -> dict[str, str]:
    """The addresses of things worth a picture: a late case with its card, event and article; an item that people need."""
    cards = visitor.seen("supervisor", "/cards/?rule=standard.law-past-limit")
    card = cards.locator(".card").first
    found = {
        "card": _href(card.locator(".card-when a")),
        "rule": _href(card.locator('footer a[href^="/definitions/rules/"]')),
    }
    found["case"] = _href(card.locator('footer a[href^="/cases/"]'))
    cards.context.close()
    case = visitor.seen("supervisor", found["case"])
    found["event"] = _href(case.locator("a.proof").last)
    found["article"] = _href(
        case.locator('.clock-why a[href^="/definitions/sources/"]:not([href*="/ours/"])')
    )
    found["search"] = f"/cases/?q={case.locator('h1').inner_text()[:4]}"
    case.context.close()
    found |= _worklist(visitor)
    items = visitor.seen("", "/items/?q=开一家小吃店")
    found["item"] = _href(items.locator(".found a"))
    items.context.close()
    found["open"] = found["item"].replace("/items/", "/cases/new/")
    return found


def _worklist(visitor: Visitor) -> dict[str, str]:
    """Whose worklist holds something to do, and the first case of it."""
    for role in ("handler", "market", "clerk", "town", "dispatcher"):
        work = visitor.seen(role, "/work/")
        rows = work.locator("a[data-open]")
        case = _href(rows) if rows.count() else ""
        work.context.close()
        if case:
            return {"worker": role, "case": case}
    raise SystemExit("没有人有待办 / nobody has anything to do: load the city at a larger scale")


def _href(link: object) -> str:
    address = link.first.get_attribute("href")  # type: ignore[attr-defined]
    assert address
    return str(address)


def take(visitor: Visitor, shot: Shot, folder: Path) -> Path | None:
    """One picture as JPEG, whole down to ``TALLEST``; None where the city has no such page."""
    width, height = shot.size
    context = visitor.context(shot.role, width=width, height=height, language=shot.language, theme=shot.theme)
    page = context.new_page()
    answer = page.goto(visitor.address + shot.path)
    file = folder / shot.file
    if answer is None or (answer.status >= 400 and "errors" not in shot.path):
        print(f"没有这一页 · no such page: {shot.path} {answer.status if answer else ''}", file=sys.stderr)
        context.close()
        return None
    _taken(page, shot.size, file)
    context.close()
    return file


def _taken(page: Page, size: tuple[int, int], file: Path) -> None:
    if size != WALL:
        whole = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size[0], "height": max(size[1], min(whole, TALLEST[size[0]]))})
    page.screenshot(path=file, type="jpeg", quality=QUALITY)


def receipt(visitor: Visitor, case: str, worker: str, folder: Path) -> list[Path]:
    """The receipt that a window prints, and what its holder then sees on a telephone."""
    paper, standing = (
        folder / Shot(name, "", size=size).file
        for name, size in (("receipt", (768, 1024)), ("standing", PHONE))
    )
    desk = visitor.context(worker, width=768, height=900)
    page = desk.new_page()
    page.goto(visitor.address + case)
    page.get_by_role("button", name="出具回执").click()
    number, secret = (page.locator(f".{name}").inner_text() for name in ("receipt-number", "secret"))
    page.screenshot(path=paper, type="jpeg", quality=QUALITY)
    desk.close()
    citizen = visitor.context("", width=PHONE[0], height=PHONE[1])
    page = citizen.new_page()
    page.goto(f"{visitor.address}/progress/")
    page.get_by_label("办件编号").fill(number)
    page.get_by_label("查询码").fill(secret)
    page.get_by_role("button", name="查询").click()
    page.wait_for_selector(".standing")
    _taken(page, PHONE, standing)
    citizen.close()
    return [paper, standing]


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures; 1 where Chromium is missing or they are too large together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at", help="address of a running demonstration")
    parser.add_argument("--to", type=Path, default=ROOT / "docs/screenshots", help="folder")
    parser.add_argument("--only", action="append", help="only the pictures of this name")
    options = parser.parse_args(arguments)
    options.to.mkdir(parents=True, exist_ok=True)
    try:
        with nullcontext(options.at) if options.at else running() as address, visited(address) as visitor:
            found = look_around(visitor)
            wanted = [shot for shot in shots(found) if not options.only or shot.name in options.only]
            files = [file for shot in wanted if (file := take(visitor, shot, options.to)) is not None]
            if not options.only or "receipt" in options.only:
                files += receipt(visitor, found["case"], found["worker"], options.to)
    except NoChromium as why:
        print(why, file=sys.stderr)
        return 1
    if not options.only:
        for old in set(options.to.glob("*.jpg")) - set(files):
            if not old.name.startswith(STORY):
                old.unlink()
    total = sum(file.stat().st_size for file in options.to.glob("*.jpg"))
    print(f"{len(files)} 张 pictures, {total / 1e6:.2f} MB → {options.to}")
    return 0 if total <= MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
