"""Processes that run together: what ends is started again, what cannot run ends them all, and nothing is left behind."""

import os
import signal
import sys
import time
from collections.abc import Callable

import pytest

from qinzheng.operations.keeping import GivenUp, Kept

STAYS = [sys.executable, "-c", "import signal; signal.pause()"]
FALLS = [sys.executable, "-c", "raise SystemExit(1)"]
PATIENCE_S = 60.0


def until(done: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < ends


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_what_was_killed_is_started_again_and_the_others_go_on(how: signal.Signals) -> None:
    kept = Kept({"web": STAYS, "worker": STAYS}, os.environ)
    kept.start()
    try:
        web, worker = kept.running["web"].pid, kept.running["worker"].pid
        os.kill(worker, how)
        until(lambda: kept.look() == ["worker"])
        assert kept.look() == []
        assert kept.running["web"].pid == web
        assert kept.running["worker"].pid != worker
        assert alive(kept.running["worker"].pid)
    finally:
        kept.stop()
    assert all(process.poll() is not None for process in kept.running.values())


def test_what_falls_again_and_again_is_given_up() -> None:
    kept = Kept({"web": STAYS, "city": FALLS}, os.environ)
    kept.start()
    found: list[str] = []

    def looked() -> bool:
        found.extend(kept.look())
        return False

    with pytest.raises(GivenUp, match="city"):
        until(looked)
    kept.stop()
    assert found == ["city", "city"]
    assert kept.running["web"].poll() is not None


def test_one_that_will_not_hear_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qinzheng.operations.keeping.PATIENCE_S", 0.2)
    deaf = [
        sys.executable,
        "-c",
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()",
    ]
    kept = Kept({"deaf": deaf}, os.environ)
    kept.start()
    kept.stop()
    assert kept.running["deaf"].poll() is not None
