"""The database of the tests: a server of this test process's own, thrown away afterwards.

``QINZHENG_TEST_PG`` selects it: ``embedded`` (default, PostgreSQL 18 from the wheel), ``system``
(the newest under /usr/lib/postgresql) or ``given`` (the server that DATABASE_URL names). With
pytest-xdist each worker starts its own. Tests that need no database start none.
"""

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, sync_playwright

from config import settings
from qinzheng.operations import database
from scripts.city import ARGUMENTS, CHROMIUM
from tests import objects
from tests.browser.serving import serving

# No test watches the time it takes: a crowded machine is no fault of the code.
hypothesis_settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("house")

DISPOSABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""A test's data need not survive a crash; the crash drill starts servers of its own."""


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """Point Django at the chosen server before pytest-django creates the test database there."""
    chosen = os.environ.get("QINZHENG_TEST_PG", "embedded")
    if chosen == "given":
        yield
        return
    if chosen not in ("embedded", "system"):
        pytest.exit(f"QINZHENG_TEST_PG must be embedded, system or given, not {chosen!r}", returncode=2)
    binaries = database.embedded_binaries() if chosen == "embedded" else database.system_binaries()
    if binaries is None:
        pytest.exit("QINZHENG_TEST_PG=system, but no PostgreSQL under /usr/lib/postgresql", returncode=2)
    with database.temporary(binaries, DISPOSABLE) as cluster:
        settings.DATABASES["default"].update(settings.database(cluster.url()))
        yield
        connections.close_all()


@pytest.fixture(scope="session", autouse=True)
def _master_key() -> None:
    """A master key of the tests' own, so that none is made below the checkout's ``var/``."""
    django_settings.MASTER_KEY = base64.b64encode(b"a key of the tests, known to all").decode()


TRUNCATED = ("ledger_event", "ledger_position")


@pytest.fixture(autouse=True)
def _ledger_emptied_between_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Between transactional tests Django truncates every table, which the ledger refuses: it is let through then only."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        yield
        return
    request.getfixturevalue("_django_db_helper")
    _truncate_triggers("ENABLE")
    yield
    _truncate_triggers("DISABLE")


def _truncate_triggers(verb: str) -> None:
    with connections["default"].cursor() as cursor:
        for table in TRUNCATED:
            cursor.execute(f"ALTER TABLE {table} {verb} TRIGGER {table}_truncate")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session, wherever its tests lie; each test opens a context of its own. Skipped where it is missing."""
    if not os.path.exists(CHROMIUM):
        pytest.skip(f"Chromium is not installed at {CHROMIUM}")
    # Playwright's synchronous interface runs a loop in this thread, which Django takes for an async view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where stories keep what they saw."""
    parser.addoption("--pictures", type=Path, help="folder for the pictures of stories")


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> Path | None:
    """The folder for a story's pictures, where somebody asked for them."""
    folder: Path | None = request.config.getoption("--pictures")
    return folder


@pytest.fixture(scope="session")
def object_store() -> Iterator[objects.Objects]:
    """An object store that speaks S3, for the tests that ask for it."""
    with objects.serving() as found:
        yield found


@pytest.fixture(scope="session")
def site(django_db_setup: None) -> Iterator[str]:
    """The site as it is served, static files and headers included, on the test's database: pages that only read."""
    with serving() as address:
        yield address
