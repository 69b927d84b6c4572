"""A fictional city of its own in a temporary home, running as ``make run`` runs it, and a browser in it: for pictures and measurements."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE_S = 300
POLL_S = 0.5


class NoChromium(Exception):
    """There is nothing to look with."""

    def __str__(self) -> str:
        return f"没有找到 Chromium（{CHROMIUM}），请安装：apt install chromium / Chromium is missing: apt install chromium"


@contextmanager
def running(scale: str = "0.15") -> Iterator[str]:
    """The address of a city that answers; ended, with its database and its home, at the end."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="qinzheng-city-") as home:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "QINZHENG_EMBEDDED")
        }
        environment |= {"QINZHENG_HOME": home, "QINZHENG_DEMO": "1", "SCALE": scale, "CI": "1"}
        command = [sys.executable, "-m", "qinzheng.wiring", "up", "--port", str(port), "--no-browser"]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            yield _answering(f"http://127.0.0.1:{port}", process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answering(address: str, process: subprocess.Popen[bytes]) -> str:
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):
                return address
        except urllib.error.HTTPError:
            pass  # it answers, but something is not there yet
        except OSError:
            pass
        time.sleep(POLL_S)
    raise SystemExit("城市没有启动，请看上面的说明 / the city did not start: see above")


@dataclass
class Visitor:
    """A browser in a city, with a place of its own for everybody who is logged in."""

    browser: Browser
    address: str
    states: dict[str, object] = field(default_factory=dict)

    def context(
        self, role: str, *, width: int, height: int, language: str = "zh", theme: str = "light"
    ) -> BrowserContext:
        """A fresh window of somebody; ``role`` is a demonstration login without its prefix, "" nobody."""
        if role not in self.states:
            self.states[role] = self._logged_in(role)
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", locale="zh-CN" if language == "zh" else "en-GB",
            storage_state=self.states[role],  # type: ignore[arg-type]
        )  # fmt: skip
        context.add_cookies(
            [
                {"name": key, "value": value, "url": self.address}
                for key, value in (("lang", language), ("theme", theme))
            ]
        )
        return context

    def _logged_in(self, role: str) -> object:
        context = self.browser.new_context(locale="zh-CN")
        if role:
            page = context.new_page()
            page.goto(f"{self.address}/login/")
            page.locator(f'button[value="demo-{role}"]').click()
            page.wait_for_url(lambda url: "/login/" not in url)
        state = context.storage_state()
        context.close()
        return state

    def seen(self, role: str, path: str) -> Page:
        """A page as somebody sees it, to look something up in; close its context when done."""
        page = self.context(role, width=1280, height=800).new_page()
        page.goto(self.address + path)
        return page


@contextmanager
def visited(address: str) -> Iterator[Visitor]:
    """A browser at an address. Raises :class:`NoChromium`."""
    if not os.path.exists(CHROMIUM):
        raise NoChromium
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield Visitor(browser, address)
        browser.close()
