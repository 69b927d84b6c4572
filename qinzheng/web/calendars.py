"""The calendar by which pages say times where nothing names another one."""

from __future__ import annotations

import datetime as dt
from functools import cache

from django.db import DatabaseError

from qinzheng.calendars import queries, schema
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import Calendar
from qinzheng.definitions import shelf
from qinzheng.definitions.library import Kind, Library, default_root
from qinzheng.definitions.schema import Source

NATIONAL = "cn"


def national() -> Calendar:
    """The national calendar as published; before the first publication the one shipped with the program."""
    try:
        return queries.calendar(shelf.library(), NATIONAL)
    except (IncompleteCalendar, DatabaseError):
        return shipped()


@cache
def shipped() -> Calendar:
    """The national calendar out of the program's own files."""
    root = default_root()
    kinds = {
        kind.name: kind for kind in (Kind("calendar", schema.CalendarDefinition), Kind("source", Source))
    }
    return queries.calendar(Library.read([root / "calendars", root / "sources"], kinds), NATIONAL)


def today() -> dt.date:
    """The civil day of the city."""
    return dt.datetime.now(shelf.ZONE).date()
