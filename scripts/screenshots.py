"""Pictures of every named page at three widths, in both languages and themes, into ``docs/screenshots/``.

Serves the pages itself on a free port with the database of the settings, and looks with Debian's Chromium
through playwright. ``--all`` writes every picture (to ``var/screenshots``); without it the small set that is
kept beside the documentation.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.wsgi import get_wsgi_application
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

from qinzheng.operations import console

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PAGES = {
    "home": "/", "login": "/login/", "search": "/?q=路灯", "styleguide": "/styleguide/", "not-found": "/styleguide/errors/404/",
    "failed": "/styleguide/errors/500/", "wall-style": "/styleguide/wall/", "receipt": "/styleguide/print/",
}  # fmt: skip
WIDTHS = {1440: 900, 768: 1024, 360: 740}
LANGUAGES, THEMES = ("zh", "en"), ("light", "dark")
KEPT = {
    ("home", 1440, "zh", "light"), ("home", 1440, "en", "dark"), ("home", 360, "zh", "light"), ("styleguide", 1440, "zh", "light"),
    ("styleguide", 1440, "zh", "dark"), ("styleguide", 360, "en", "light"), ("not-found", 768, "zh", "light"),
    ("wall-style", 1440, "zh", "light"), ("receipt", 768, "zh", "light"),
}  # fmt: skip
TALLEST = 7000
"""Pixels: a page longer than this is cut, or its picture says nothing at its size."""
MOST_BYTES = 3_000_000
QUALITY = 62


class Quiet(WSGIRequestHandler):
    """No line in the terminal for each file."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Threaded(ThreadingMixIn, WSGIServer):
    """Several files at once, as a browser asks for them."""

    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one connection, then let go of its thread's database."""
        super().process_request_thread(request, client_address)
        connections.close_all()


@contextmanager
def serving() -> Iterator[str]:
    """The site on a free port of this machine."""
    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Threaded, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def take(browser: Browser, site: str, name: str, width: int, language: str, theme: str, folder: Path) -> Path:
    """One picture of a page, whole down to ``TALLEST``, as JPEG."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, reduced_motion="reduce", locale="zh-CN" if language == "zh" else "en-GB"
    )  # fmt: skip
    context.add_cookies(
        [{"name": key, "value": value, "url": site} for key, value in (("lang", language), ("theme", theme))]
    )
    page = context.new_page()
    page.goto(site + PAGES[name])
    height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": height})
    file = folder / f"{name}-{width}-{language}-{theme}.jpg"
    page.screenshot(path=file, type="jpeg", quality=QUALITY)
    context.close()
    return file


def main(arguments: list[str] | None = None) -> int:
    """Take the pictures; 1 where Chromium is missing or the kept set is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every page, width, language and theme")
    parser.add_argument("--to", type=Path, help="folder")
    parser.add_argument("--page", action="append", choices=list(PAGES), help="only these pages")
    options = parser.parse_args(arguments)
    if not os.path.exists(CHROMIUM):
        print(
            f"没有找到 Chromium（{CHROMIUM}），请安装：apt install chromium / Chromium is missing: apt install chromium"
        )
        return 1
    folder = options.to or ROOT / ("var/screenshots" if options.all else "docs/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [
        each for each in product(PAGES, WIDTHS, LANGUAGES, THEMES)
        if (options.all or each in KEPT) and (not options.page or each[0] in options.page)
    ]  # fmt: skip
    console.ready()
    with serving() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        files = [take(browser, site, *each, folder) for each in wanted]
        browser.close()
    total = sum(file.stat().st_size for file in files)
    print(f"{len(files)} 张 pictures, {total / 1e6:.2f} MB → {folder}")
    return 0 if options.all or total <= MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
