"""A value that many readers share, made anew when it is old: by one thread, while the others take the last one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog
from django.db import connections

log = structlog.get_logger("qinzheng.web")

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
MOST = 64
"""Different keys whose values are kept; the oldest goes."""
REST = 10
"""A value that took long to make is kept at least so many times as long: it may never take the machine."""
STALE = 6
"""A value so many times as old as it should be is no longer given while a new one is made: its asker waits, and hears of a fault."""


@dataclass
class _Slot(Generic[V]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    value: V | None = None
    until: float = 0.0
    good: float = 0.0


class Kept(Generic[K, V]):
    """``of(key)`` gives the value made by ``make(key)`` no longer than ``seconds`` ago.

    ``behind``: an old value is given at once and the new one made by a thread of its own, for askers that must not wait.
    """

    def __init__(self, make: Callable[[K], V], seconds: float, *, behind: bool = False) -> None:
        self.make, self.seconds, self.behind = make, seconds, behind
        self._slots: dict[K, _Slot[V]] = {}
        self._guard = threading.Lock()

    def of(self, key: K) -> V:
        """The value; whoever finds it too old has it made, and only the first ever, or who finds it stale, waits for it."""
        slot = self._slot(key)
        now = time.monotonic()
        if slot.value is not None and now < slot.until:
            return slot.value
        if not slot.lock.acquire(blocking=slot.value is None):
            assert slot.value is not None
            return slot.value
        if self.behind and slot.value is not None and now < slot.good:
            threading.Thread(target=self._behind, args=(key, slot), daemon=True).start()
            return slot.value
        try:
            if slot.value is None or time.monotonic() >= slot.until:
                self._anew(key, slot)
            assert slot.value is not None
            return slot.value
        finally:
            slot.lock.release()

    def forget(self) -> None:
        """Make everything anew when it is next asked for."""
        with self._guard:
            self._slots.clear()

    def _behind(self, key: K, slot: _Slot[V]) -> None:
        try:
            self._anew(key, slot)
        except Exception:
            # Said here and tried again at the next asking; once the value is stale its asker gets the fault itself.
            log.exception("a shared value could not be made anew")
        finally:
            connections.close_all()
            slot.lock.release()

    def _anew(self, key: K, slot: _Slot[V]) -> None:
        began = time.monotonic()
        slot.value = self.make(key)
        now = time.monotonic()
        lasts = max(self.seconds, REST * (now - began))
        slot.until, slot.good = now + lasts, now + STALE * lasts

    def _slot(self, key: K) -> _Slot[V]:
        with self._guard:
            slot = self._slots.pop(key, None) or _Slot()
            self._slots[key] = slot
            while len(self._slots) > MOST:
                del self._slots[next(iter(self._slots))]
            return slot
