"""Processes that end with the one that started them, however it ended: nothing is left behind a kill -9.

A signal reaches only those who live to pass it on. So a child looks once a second whether its parent is still
the one that started it; the kernel gives an orphan another parent.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping

PARENT = "QINZHENG_PARENT"
"""The environment variable in which a parent leaves its process id to a child that shall end with it."""
EVERY_S = 1.0


def environment() -> dict[str, str]:
    """The environment of a child that shall end with this process."""
    return {**os.environ, PARENT: str(os.getpid())}


def to_parent(given: Mapping[str, str] = os.environ) -> None:
    """Watch the parent that ``given`` names, if any: when it has gone, this process is told to terminate."""
    parent = given.get(PARENT, "")
    if parent.isdigit() and os.name == "posix":
        watch(int(parent))


def watch(parent: int) -> None:
    """Terminate this process (SIGTERM, then SIGKILL after ten seconds) once ``parent`` is not its parent any more."""
    threading.Thread(target=_watch, args=(parent,), name="tied", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10 * EVERY_S)
    os.kill(os.getpid(), signal.SIGKILL)
