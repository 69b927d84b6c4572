"""A database with the shipped definitions published, and one whose clock the test sets."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from qinzheng.cases.models import Case
from qinzheng.definitions import actions, shelf
from qinzheng.definitions.library import default_root
from qinzheng.definitions.models import Edition
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import projections
from qinzheng.supervision import programs
from tests.flows import applications, city, reports
from tests.flows.province import Doors
from tests.library import library
from tests.receivers import receiving

_kept: dict[str, list[Any]] = {}
"""What publishing the shipped definitions wrote the first time: the rows of editions and of events."""


@pytest.fixture
def published(transactional_db):
    """The shipped definitions, published once in this process by the real way; in later tests the same rows are put back."""
    if not _kept:
        shelf.forget()
        actions.load(library(), default_root(), "drafter")
        actions.publish(actions.drafts(), "publisher")
        _kept["editions"] = list(Edition.objects.order_by("id"))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(ledger.COLUMNS)} FROM ledger_event ORDER BY row")
            _kept["events"] = cursor.fetchall()
    else:
        Edition.objects.bulk_create(_kept["editions"])
        ledger.copy_in(_kept["events"])
        shelf.expire()
    programs.forget()
    yield shelf.library()
    programs.forget()


@pytest.fixture
def window(published):
    """A small city, and an application of its housing department."""
    return applications.window()


@pytest.fixture
def other(window):
    """An application of the water department, which has no part in the first one's cases."""
    return applications.other()


class DatabaseClock:
    """The database's own clock in the hands of the test: a function of the same name, found before PostgreSQL's."""

    SCHEMA = "clock_of_the_test"

    def __init__(self, begin: int) -> None:
        self.now = begin
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {self.SCHEMA}")
            cursor.execute(f"CREATE TABLE {self.SCHEMA}.now (at timestamptz)")
            cursor.execute(f"INSERT INTO {self.SCHEMA}.now VALUES (NULL)")
            cursor.execute(
                f"CREATE FUNCTION {self.SCHEMA}.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE "
                f"AS 'SELECT at FROM {self.SCHEMA}.now'"
            )
        self.rule()
        self.set(begin)

    def rule(self) -> None:
        """Let this thread's connection go by it too."""
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path = {self.SCHEMA}, public, pg_catalog")

    def set(self, now: int) -> None:
        """Forwards, or backwards as real clocks do."""
        self.now = now
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {self.SCHEMA}.now SET at = %s", [ledger.instant(now)])

    def on(self, text: str) -> None:
        """Set it to a moment in Beijing: ``2026-03-02 09:00``."""
        self.set(ledger.microseconds(dt.datetime.fromisoformat(text).replace(tzinfo=shelf.ZONE)) or 0)

    def end(self) -> None:
        """Give the database its clock back."""
        with connection.cursor() as cursor:
            cursor.execute("RESET search_path")
            cursor.execute(f"DROP SCHEMA {self.SCHEMA} CASCADE")


@pytest.fixture
def clock(published):
    found = DatabaseClock(0)
    found.on("2026-03-02 09:00")
    yield found
    found.end()


@pytest.fixture
def consistent(clock):
    """Whatever the test did: the tables are what the ledger says, and engine and kernel agree."""
    yield
    for case in Case.objects.values_list("pk", flat=True):
        city.check(case)
    assert list(projections.check()) == []


@pytest.fixture
def loopback(settings):
    """Other systems of the test stand on this machine, without TLS."""
    settings.OUTGOING_ALLOW = "http://127.0.0.1"


@pytest.fixture
def receiver(loopback):
    """Another system that takes everything, and remembers it."""
    with receiving() as found:
        yield found


@pytest.fixture
def doors(clock: DatabaseClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    """A city that reports upward, and a receiver on a socket that can be opened and closed."""
    reports.city(tmp_path, monkeypatch)
    with reports.receiving(monkeypatch) as opened:
        yield opened
