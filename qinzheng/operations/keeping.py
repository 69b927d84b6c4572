"""Processes that run together: one that ends is started again; one that ends again and again ends them all."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MOST, WITHIN_S = 3, 60.0
"""A command that ended so often within so many seconds is not started again (ours)."""
PATIENCE_S = 30.0
"""How long those that were asked to end may take, all together."""


@dataclass
class Kept:
    """Commands by name, each as a process in a session of its own."""

    commands: Mapping[str, Sequence[str]]
    environment: Mapping[str, str]
    most: int = MOST
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _ends: dict[str, deque[float]] = field(default_factory=dict)

    def start(self) -> None:
        """Start every command."""
        for name in self.commands:
            self._start(name)

    def _start(self, name: str) -> None:
        self.running[name] = subprocess.Popen(
            list(self.commands[name]), start_new_session=True, env=dict(self.environment)
        )

    def look(self) -> list[str]:
        """Start again what has ended; the names of those. Raises :class:`GivenUp` where that no longer helps."""
        ended = [name for name, process in self.running.items() if process.poll() is not None]
        for name in ended:
            ends = self._ends.setdefault(name, deque(maxlen=self.most))
            ends.append(time.monotonic())
            if len(ends) == self.most and ends[-1] - ends[0] < WITHIN_S:
                raise GivenUp(name)
            self._start(name)
        return ended

    def stop(self) -> None:
        """Ask every process to end, then wait; the last ones are killed."""
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        ends = time.monotonic() + PATIENCE_S
        for process in self.running.values():
            try:
                process.wait(max(ends - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class GivenUp(Exception):
    """The command of that name ends as soon as it is started."""
