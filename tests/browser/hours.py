"""Both clocks of the system in the hands of a test: the database's, for every connection, and this process's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import time_machine
from django.db import connection

from qinzheng.definitions import shelf
from qinzheng.operations import ticking
from tests.flows.conftest import DatabaseClock


class Hours:
    """Moments in Beijing: ``2026-03-02 09:00``. Between two the worker's tick lets time pass, as it does in a city."""

    def __init__(self, database: DatabaseClock, process: time_machine.Traveller) -> None:
        self.database, self.process = database, process

    def on(self, text: str) -> None:
        """It is then; every mark that has passed is told."""
        self.database.on(text)
        self.process.move_to(moment(text))
        ticking.tick_once()


def moment(text: str) -> dt.datetime:
    """A moment in Beijing."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=shelf.ZONE)


@contextmanager
def held(begin: str) -> Iterator[Hours]:
    """The clocks from ``begin`` on; given back at the end."""
    name = connection.settings_dict["NAME"]
    with time_machine.travel(moment(begin), tick=True) as process:
        database = DatabaseClock(0)
        database.on(begin)
        try:
            with connection.cursor() as cursor:  # the server's threads come by connections of their own
                cursor.execute(
                    f'ALTER DATABASE "{name}" SET search_path = {DatabaseClock.SCHEMA}, public, pg_catalog'
                )
            yield Hours(database, process)
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f'ALTER DATABASE "{name}" RESET search_path')
            database.end()
