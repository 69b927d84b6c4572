"""The worker: lets time pass, sequences, signs checkpoints, follows; each duty at its own pace in its own thread.

Every duty can be run by two workers at once and killed at any moment without doing anything twice: each takes what
it works on with a lock of the database, and remembers what it did in the same transaction. A duty that fails says
so, waits and tries again; it never takes the others down.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from django.db import connection

log = structlog.get_logger("qinzheng.worker")

LONGEST_WAIT_S = 30.0
"""After a fault a duty waits longer each time, up to this, and never more than ten times its own pace."""
BEAT_S = 2.0
"""How often a duty that has nothing to do says that it lives."""


@dataclass(frozen=True)
class Duty:
    """Something done again and again: ``do`` returns how much it moved, and is called at once again where it moved."""

    name: str
    every_s: float
    do: Callable[[], int]


DUTIES: list[Duty] = []
"""Filled by ``qinzheng.plugged``."""


def run(duties: Sequence[Duty], stop: threading.Event) -> None:
    """Run every duty until ``stop`` is set; then each finishes what it has begun."""
    threads = [threading.Thread(target=_keep, args=(duty, stop), name=duty.name) for duty in duties]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _keep(duty: Duty, stop: threading.Event) -> None:
    wait, beat_at = duty.every_s, 0.0
    while not stop.is_set():
        try:
            moved = duty.do()
            if moved or time.monotonic() >= beat_at:
                _beat(duty.name, moved)
                beat_at = time.monotonic() + BEAT_S
            wait = 0.0 if moved else duty.every_s
        except Exception as why:  # noqa: BLE001 - a duty's fault must not end the worker
            wait = min(max(wait, duty.every_s, 0.5) * 2, max(2.0, duty.every_s * 10), LONGEST_WAIT_S)
            log.error("duty_failed", duty=duty.name, fault=type(why).__name__, again_in_s=wait)
            _fault(duty.name, why)
        stop.wait(wait)
    connection.close()


_BEAT = (
    "INSERT INTO operations_heartbeat (duty, ran_at, moved, runs, faults, fault) VALUES (%s, clock_timestamp(), %s, 1, 0, '') "
    "ON CONFLICT (duty) DO UPDATE SET ran_at = excluded.ran_at, moved = operations_heartbeat.moved + excluded.moved, "
    "runs = operations_heartbeat.runs + 1"
)
_FAULT = (
    "INSERT INTO operations_heartbeat (duty, ran_at, moved, runs, faults, fault, faulted_at) "
    "VALUES (%s, clock_timestamp(), 0, 0, 1, %s, clock_timestamp()) ON CONFLICT (duty) DO UPDATE SET "
    "faults = operations_heartbeat.faults + 1, fault = excluded.fault, faulted_at = excluded.faulted_at"
)


def _beat(duty: str, moved: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, [duty, moved])


def _fault(duty: str, why: Exception) -> None:
    """Only the kind of a fault is kept: its text may hold what a person wrote. Fails silently: it was logged."""
    with suppress(Exception):
        connection.close()
    try:
        with connection.cursor() as cursor:
            cursor.execute(_FAULT, [duty, type(why).__name__])
    except Exception:  # noqa: BLE001 - most often the database is the fault; a thread must outlive that
        with suppress(Exception):
            connection.close()
