"""The editions at run time: only published ones count, read once and held by hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max

from qinzheng.definitions import strict
from qinzheng.definitions.library import DefinitionErrors, Held, Kind, Library
from qinzheng.definitions.models import Edition

ZONE = ZoneInfo("Asia/Shanghai")
"""The zone in which a definition's days are meant."""

FRESH = 1.0
"""Seconds for which what was read counts as fresh."""

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

KINDS: dict[str, Kind] = {}
"""Filled by ``qinzheng.wiring``: this package does not know the shapes of those above it."""


def day(at: int) -> dt.date:
    """The day of an instant (microseconds UTC), in the zone of the definitions."""
    return (EPOCH + dt.timedelta(microseconds=at)).astimezone(ZONE).date()


@dataclass(frozen=True)
class Published:
    """A published edition: its definition and its name."""

    definition: Any
    sha256: str


class NotPublished(LookupError):
    """No published edition: publish one first."""


class _Shelf:
    """Every published edition, parsed; read again when more have been published."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.stamp: tuple[int, int] = (0, 0)
        self.until = 0.0
        self.held: dict[tuple[str, str, str], Published] = {}
        self.library = Library([])

    def refresh(self) -> None:
        """Read what is new. Published editions never change, so their number and last id say enough.

        Asked once in ``FRESH`` seconds: what another process publishes is seen that much later.
        """
        with self.lock:
            if time.monotonic() < self.until:
                return
            found = Edition.objects.exclude(published_at=None).aggregate(number=Count("id"), last=Max("id"))
            stamp = (found["number"], found["last"] or 0)
            self.until = time.monotonic() + FRESH
            if stamp == self.stamp:
                return
            rows = published()
            entries = [_held(row) for row in rows]
            self.held = {
                (row.kind, row.definition, row.sha256): Published(entry.definition, row.sha256)
                for row, entry in zip(rows, entries, strict=True)
            }
            self.library = _standing(rows, entries)
            self.stamp = stamp


_shelf = _Shelf()


def library() -> Library:
    """All published editions as a library."""
    _shelf.refresh()
    return _shelf.library


def published() -> list[Edition]:
    """Every published edition in the order of publication."""
    return list(Edition.objects.exclude(published_at=None).order_by("published_at", "id"))


def prospect(editions: Iterable[Edition]) -> Library:
    """What would stand if these were published now."""
    rows = [*published(), *editions]
    return _standing(rows, [_held(row) for row in rows])


def check(library: Library) -> None:
    """Every check of every kind; raises :class:`~qinzheng.definitions.library.DefinitionErrors`.

    What has held once in this process holds again: the checks see nothing but the bytes.
    """
    name = hashlib.sha256(
        "".join(sorted(library.hash(held.definition) for held in library)).encode()
    ).digest()
    if name in _passed:
        return
    problems = library.problems(KINDS)
    if problems:
        raise DefinitionErrors(problems)
    _passed.add(name)


_passed: set[bytes] = set()


def _held(row: Edition) -> Held:
    return _read(row.kind, row.file, bytes(row.text))


@lru_cache(maxsize=8_192)
def _read(kind: str, file: str, text: bytes) -> Held:
    """A definition never changes, so the same bytes are parsed once in a process."""
    (document,) = strict.documents(text)
    return Held(KINDS[kind].model.model_validate(document.value), Path(file), document)


def _standing(rows: Iterable[Edition], entries: Iterable[Held]) -> Library:
    """What was published last for the same day replaces what was published before."""
    last = {
        (row.kind, row.definition, row.in_force_from): entry for row, entry in zip(rows, entries, strict=True)
    }
    return Library(last.values())


def in_force(kind: str, id: str, day: dt.date) -> Published:
    """The edition in force on a day; raises :class:`NotPublished`."""
    try:
        definition = library().in_force(kind, id, day)
    except KeyError:
        raise NotPublished(
            f"{kind} {id}：{day} 没有已发布的版本 / no edition is published for {day}"
        ) from None
    return Published(definition, _shelf.library.hash(definition))


def edition(kind: str, id: str, sha256: str) -> Published:
    """The edition that a running case keeps; raises :class:`NotPublished`."""
    found = _shelf.held.get((kind, id, sha256))
    if found is None:
        _shelf.refresh()
        found = _shelf.held.get((kind, id, sha256))
    if found is None:
        raise NotPublished(
            f"{kind} {id} 的版本 {sha256[:12]} 没有发布 / edition {sha256[:12]} is not published"
        )
    return found


def stamp() -> tuple[int, int]:
    """Changes whenever something was published: what caches compare."""
    _shelf.refresh()
    return _shelf.stamp


def expire() -> None:
    """Look at the next use: something was published."""
    _shelf.until = 0.0


def forget() -> None:
    """Drop what was read: for tests, whose databases are emptied between them."""
    expire()
    _shelf.stamp = (0, 0)
    _shelf.held = {}
    _shelf.library = Library([])


def set_kinds(kinds: Mapping[str, Kind]) -> None:
    """Told by the wiring which kinds there are."""
    KINDS.update(kinds)
