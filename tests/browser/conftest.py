"""A real Chromium. Where it is missing the tests that need it are skipped, saying so."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from scripts.city import ARGUMENTS, CHROMIUM
from tests.browser.serving import serving


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session; each test opens a context of its own."""
    if not os.path.exists(CHROMIUM):
        pytest.skip(f"Chromium is not installed at {CHROMIUM}")
    # Playwright's synchronous interface runs a loop in this thread, which Django takes for an async view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def site(django_db_setup: None) -> Iterator[str]:
    """The site as it is served, static files and headers included, on the test's database: pages that only read."""
    with serving() as address:
        yield address
