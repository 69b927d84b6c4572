"""One command for everything, as processes: it answers, refuses a taken port, and leaves nothing behind however it ends."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from qinzheng.operations import database, process_commands
from tests.flows.test_worker import PATIENCE_S, until

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks for processes in /proc")


def free_port():
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


@contextlib.contextmanager
def up(home, port, **more):
    without = ("DATABASE_URL", "QINZHENG_EMBEDDED", "QINZHENG_MASTER_KEY", "QINZHENG_LOG_LEVEL")
    environment = {key: value for key, value in os.environ.items() if key not in without}
    environment |= {"QINZHENG_HOME": str(home), "PYTHONUNBUFFERED": "1", **more}
    with (home / "said").open("ab") as said:
        command = [sys.executable, "-m", "qinzheng.wiring", "up", "--no-browser", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        until(lambda: not left(home), "no process left")


def left(home):
    """Processes of ours that run on this home, the database's apart."""
    mark = f"QINZHENG_HOME={home}".encode()
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{entry}/environ", "rb") as file:
                environment = file.read()
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                command = file.read()
            if mark in environment and b"qinzheng.wiring" in command:
                found.append(int(entry))
    return found


def health(port):
    """(status, answer) of the health page, or nothing where it does not answer yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)
    except OSError:
        return None


def test_up_answers_is_one_a_port_and_leaves_nothing_behind(tmp_path):
    home, port = tmp_path / "home", free_port()
    home.mkdir()
    tmp_path.chmod(0o755)
    home.chmod(0o755)
    cluster = database.Cluster(database.embedded_binaries(), home / "pg")
    with up(home, port) as first:
        status, answer = until(lambda: health(port), "the health page")
        assert (status, answer["ready"]) == (503, False)
        assert "qinzheng setup" in answer["checks"][-1]["en"]
        until(lambda: "Ctrl-C" in (home / "said").read_text("utf-8"), "the greeting")
        assert "已被占用" in process_commands.taken("127.0.0.1", port)
        (tmp_path / "other").mkdir()
        with up(tmp_path / "other", port) as second:
            assert second.wait(PATIENCE_S) == 1
        assert health(port)[0] == 503
        first.send_signal(signal.SIGINT)
        assert first.wait(PATIENCE_S) == 0
    assert not cluster.is_running()
    assert (home / "keys" / "checkpoint.key").stat().st_mode & 0o077 == 0
    with up(home, port) as killed:
        until(lambda: health(port), "the health page of the second start")
        killed.kill()
        until(lambda: not left(home), "no process left after a kill")
    assert process_commands.taken("127.0.0.1", port) == ""
    cluster.stop()


def test_a_demonstration_beside_a_citys_database_is_refused(tmp_path):
    with up(tmp_path, free_port(), QINZHENG_DEMO="1", DATABASE_URL="postgresql:///of-a-city") as process:
        assert process.wait(PATIENCE_S) == 1
    assert "不能与 DATABASE_URL 同用" in (tmp_path / "said").read_text("utf-8")


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 70_000), ("no-such-host.invalid", 8000), ("203.0.113.9", 8000)]
)
def test_where_nobody_can_listen_is_said(host, port):
    assert "cannot listen" in process_commands.taken(host, port)
