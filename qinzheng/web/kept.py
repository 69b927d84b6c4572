"""A value that many readers share, made anew when it is old: by one thread, while the others take the last one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
MOST = 64
"""Different eyes whose values are kept; the oldest goes."""
REST = 10
"""A value that took long to make is kept at least so many times as long: it may never take the machine."""


@dataclass
class _Slot(Generic[V]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    value: V | None = None
    until: float = 0.0


class Kept(Generic[K, V]):
    """``of(key)`` gives the value made by ``make(key)`` no longer than ``seconds`` ago."""

    def __init__(self, make: Callable[[K], V], seconds: float) -> None:
        self.make, self.seconds = make, seconds
        self._slots: dict[K, _Slot[V]] = {}
        self._guard = threading.Lock()

    def of(self, key: K) -> V:
        """The value; whoever finds it too old makes it, and only the first ever waits for it."""
        slot = self._slot(key)
        if slot.value is not None and time.monotonic() < slot.until:
            return slot.value
        if not slot.lock.acquire(blocking=slot.value is None):
            assert slot.value is not None
            return slot.value
        try:
            if slot.value is None or time.monotonic() >= slot.until:
                began = time.monotonic()
                slot.value = self.make(key)
                now = time.monotonic()
                slot.until = now + max(self.seconds, REST * (now - began))
            return slot.value
        finally:
            slot.lock.release()

    def forget(self) -> None:
        """Make everything anew when it is next asked for."""
        with self._guard:
            self._slots.clear()

    def _slot(self, key: K) -> _Slot[V]:
        with self._guard:
            slot = self._slots.pop(key, None) or _Slot()
            self._slots[key] = slot
            while len(self._slots) > MOST:
                del self._slots[next(iter(self._slots))]
            return slot
