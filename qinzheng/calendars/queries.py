"""Calendars by name out of a library of definitions. Built once per library, name and day of knowledge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Protocol
from weakref import WeakKeyDictionary

from qinzheng.calendars import build, schema
from qinzheng.calendars.calendar import Calendar


class Library(Protocol):
    """Whatever hands out definitions by kind, e.g. the loaded files or the published editions."""

    def all(self, kind: str, /) -> Iterable[object]:
        """Every definition of a kind."""


_built: WeakKeyDictionary[Library, dict[tuple[str, dt.date | None], Calendar]] = WeakKeyDictionary()


def calendar(library: Library, id: str, *, known_on: dt.date | None = None) -> Calendar:
    """The calendar ``id`` (a head or an overlay), as known on a day; None: as known now.

    The same library gives the same object again; a library that is loaded anew builds anew.
    Raises :class:`~qinzheng.calendars.build.IncompleteCalendar` where it is missing or has gaps.
    """
    built = _built.setdefault(library, {})
    key = (id, known_on)
    if key not in built:
        built[key] = _build(library, id, known_on)
    return built[key]


def _build(library: Library, id: str, known_on: dt.date | None) -> Calendar:
    definitions = [found for found in library.all("calendar") if isinstance(found, schema.CalendarDefinition)]
    overlay = next((d for d in definitions if isinstance(d, schema.CalendarOverlay) and d.id == id), None)
    base = overlay.base if overlay is not None else id
    head = next((d for d in definitions if isinstance(d, schema.CalendarHead) and d.id == base), None)
    if head is None:
        names = "、".join(sorted(d.id for d in definitions if not isinstance(d, schema.CalendarYear)))
        raise build.IncompleteCalendar(
            id,
            f"没有日历 {base}。可用：{names or '无'}。请检查 definitions/calendars",
            f"There is no calendar {base}. Known: {names or 'none'}. See definitions/calendars",
        )
    years = [d for d in definitions if isinstance(d, schema.CalendarYear) and d.calendar == base]
    return build.build(head, years, known_on=known_on, overlay=overlay)
