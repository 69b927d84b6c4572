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


def base(library: Library, id: str) -> str:
    """The calendar of the law's days beneath ``id``: an overlay's base, or a head itself."""
    overlays = _overlays(library.all("calendar"), id)
    return overlays[-1].base if overlays else id


def known(library: Library) -> list[str]:
    """The calendars that a clock may name: heads and overlays."""
    found = (
        d for d in library.all("calendar") if isinstance(d, schema.CalendarHead | schema.CalendarOverlay)
    )
    return sorted({d.id for d in found})


def _build(library: Library, id: str, known_on: dt.date | None) -> Calendar:
    """Every edition of an overlay counts for its own days; of a head and of a year the latest does."""
    definitions = list(library.all("calendar"))
    overlays = _overlays(definitions, id)
    under = overlays[-1].base if overlays else id
    heads = [d for d in definitions if isinstance(d, schema.CalendarHead) and d.id == under]
    if not heads:
        names = known(library)
        raise build.IncompleteCalendar(
            id,
            f"没有日历 {under}。可用：{'、'.join(names) or '无'}。请检查 definitions/calendars",
            f"There is no calendar {under}. Known: {', '.join(names) or 'none'}. See definitions/calendars",
        )
    years = {d.id: d for d in definitions if isinstance(d, schema.CalendarYear) and d.calendar == under}
    return build.build(heads[-1], years.values(), known_on=known_on, overlays=overlays)


def _overlays(definitions: Iterable[object], id: str) -> list[schema.CalendarOverlay]:
    found = [d for d in definitions if isinstance(d, schema.CalendarOverlay) and d.id == id]
    return sorted(found, key=lambda overlay: overlay.in_force_from)
