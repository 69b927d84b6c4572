"""``/wall/stream``: server-sent events. Each stream holds a thread, so they are few, and none lasts long.

The ledger is looked at twice a second (see ADR 0019 for why not NOTIFY); only what changed is sent. Whether the reader
may still see the wall is asked again every few seconds: a session that has ended or a right that was taken cuts it off.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from django.contrib import auth
from django.db import Error, close_old_connections
from django.http import HttpRequest

from qinzheng.access import rules
from qinzheng.access.middleware import reader_of
from qinzheng.access.users import User
from qinzheng.web.wall import eyes, now, parts

MOST = 3
"""Streams at once in a process. The server has eight threads a process; the others answer pages."""
LASTS = 300.0
"""Seconds; then the browser connects anew, so that a stream whose reader is gone gives its thread back."""
PACE, RECHECK, BEAT = 0.5, 3.0, 3.0
"""Seconds between two looks, between two checks of the right, and between two signs of life: by a sign
that cannot be delivered the server notices that the browser is gone."""
SPARE = 15.0
"""Seconds after which the place of a stream that never ended is given to another."""


class Places:
    """The places that streams may take; each is held until a moment, so that none is lost for ever."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: dict[object, float] = {}
        self._lock = threading.Lock()

    def take(self) -> object | None:
        """A place, or None where all are taken."""
        at = time.monotonic()
        with self._lock:
            for token in [token for token, until in self._held.items() if until < at]:
                del self._held[token]
            if len(self._held) >= self.most:
                return None
            token = object()
            self._held[token] = at + LASTS + SPARE
            return token

    def give_back(self, token: object) -> None:
        """Free a place; twice is harmless."""
        with self._lock:
            self._held.pop(token, None)


PLACES = Places(MOST)


class Stream:
    """The messages for one reader, as bytes. ``close`` gives its place back, also where nothing was ever read."""

    def __init__(self, request: HttpRequest, place: object) -> None:
        self.request, self.place = request, place
        self._messages = self._run()
        self._ended = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._messages)
        except Error:
            # The database went away: the stream ends, the browser comes again, and the thread's connection is let go.
            close_old_connections()
            PLACES.give_back(self.place)
            raise StopIteration from None
        except BaseException:
            PLACES.give_back(self.place)
            raise

    def close(self) -> None:
        """Called by the server when the browser has gone or everything was sent."""
        self._ended.set()
        PLACES.give_back(self.place)

    def _run(self) -> Iterator[bytes]:
        yield b"retry: 1000\n\n"
        ends = time.monotonic() + LASTS
        checked = spoke = -RECHECK
        sent: dict[str, object] = {}
        reader, seen = None, None
        while time.monotonic() < ends and not self._ended.is_set():
            at = time.monotonic()
            if reader is None or seen is None or at - checked >= RECHECK:
                reader, checked = again(self.request), at
                if not rules.can(reader, "wall"):
                    yield message("end", "")
                    return
                seen = eyes.of(reader)
            found = "".join(parts.changed(self.request, now.look(reader, seen), sent))
            if found:
                yield message("parts", found)
                spoke = at
            elif at - spoke >= BEAT:
                yield message("beat", "")
                spoke = at
            self._ended.wait(PACE)


def again(request: HttpRequest) -> User:
    """Who asks, read anew from the session and the accounts: nothing is taken from when the stream began."""
    fresh = HttpRequest()
    fresh.session = type(request.session)(request.session.session_key)
    fresh.user = auth.get_user(fresh)
    return reader_of(fresh)


def message(event: str, data: str) -> bytes:
    """One server-sent event."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {event}\n{lines}\n".encode()
