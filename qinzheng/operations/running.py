"""Bodies of ``qinzheng up | web | worker | migrate``: the processes of the system, and one that runs them all."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import connections
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from qinzheng.operations import keeping, logs, setting_up, tied, worker

PATIENCE_S = 60.0
"""How long the pages may take to answer at first."""
STREAMS_S = 5
"""Told to stop, the server waits so many seconds for answers under way; a stream of the wall would last five minutes."""
Children = list[subprocess.Popen[bytes]]


def web(arguments: argparse.Namespace) -> int:
    """Serve the pages with granian until told to stop. The server runs in this process: there is no wrapper to kill."""
    connections.close_all()
    if not settings.SECRET_KEY:
        print("没有 SECRET_KEY：请在环境中给出 32 个以上随机字符（qinzheng doctor 查验）/ "
              "there is no SECRET_KEY: put 32 or more random characters into the environment (qinzheng doctor checks it)",
              file=sys.stderr)  # fmt: skip
        return 2
    level = settings.LOGGING["level"]
    Granian(
        "config.wsgi:application", address=arguments.host, port=arguments.port, interface=Interfaces.WSGI,
        workers=arguments.workers, blocking_threads=arguments.threads, websockets=False, respawn_failed_workers=True,
        workers_kill_timeout=STREAMS_S,
        log_level=LogLevels(str(level).lower()), log_dictconfig=logs.configuration(settings.LOGGING),
    ).serve()  # fmt: skip
    return 0


def work(arguments: argparse.Namespace) -> int:
    """Run the worker's duties until told to stop; a second worker beside it is harmless."""
    stop = threading.Event()
    on_signal(stop)
    setting_up.checkpoint_key()
    connections.close_all()
    worker.run(worker.DUTIES, stop)
    return 0


def migrated(arguments: argparse.Namespace) -> int:
    """The tables were brought up to date on the way here."""
    print("表结构已是最新 / the tables are up to date")
    return 0


def up(arguments: argparse.Namespace) -> int:
    """Database, worker and web together, until Ctrl-C; in demonstration mode the city too."""
    address = f"http://{arguments.host}:{arguments.port}/"
    stop = threading.Event()
    on_signal(stop)
    setting_up.first_start()
    connections.close_all()
    own = [sys.executable, "-m", "qinzheng.wiring"]
    commands = {
        "worker": [*own, "worker"],
        "web": [*own, "web", "--host", arguments.host, "--port", str(arguments.port)],
    }
    if settings.DEMO:
        commands["city"] = [*own, "city", "live", "--site", address]
    environment = {"QINZHENG_LOG_LEVEL": "WARNING", **tied.environment()}
    if settings.DEMO and subprocess.run([*own, "city", "load"], env=environment).returncode:
        return 1
    kept = keeping.Kept(commands, environment)
    kept.start()
    try:
        health = _health(address + "healthz", list(kept.running.values()), stop)
        if health is None:
            return _ended(stop)
        _say(address, health)
        if not arguments.no_browser and "CI" not in os.environ and _has_screen():
            webbrowser.open(address)
        while not stop.wait(0.5):
            for name in kept.look():
                print(
                    f"进程 {name} 结束了，已重新启动 / the process {name} ended and was started again",
                    file=sys.stderr,
                )
        return 0
    except keeping.GivenUp:
        return _ended(stop)
    finally:
        kept.stop()


def _say(address: str, health: dict[str, Any]) -> None:
    print(
        f"\n勤政已启动 · running: {address}\n监察大屏 · the wall: {address}wall/\nAPI: {address}api/v1/openapi.json"
    )
    if settings.DEMO:
        print(f"演示登录（虚构的清和市） · demonstration logins (fictional city): {address}login/")
    for check in health.get("checks", []):
        if not check["holds"]:
            print(f"尚未就绪 · not ready yet: {check['zh']} / {check['en']}")
    print("按 Ctrl-C 停止 · Ctrl-C stops it\n", flush=True)


def _ended(stop: threading.Event) -> int:
    if stop.is_set():
        return 0
    print("有进程意外结束，请看上面的说明，或运行 qinzheng doctor / a process has ended: see above, or run qinzheng doctor",
          file=sys.stderr)  # fmt: skip
    return 1


def _health(address: str, processes: Children, stop: threading.Event) -> dict[str, Any] | None:
    """What the health page says once it answers; None where it does not, or a process has ended."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends and not stop.is_set():
        if any(process.poll() is not None for process in processes):
            break
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return _read(answer.read())
        except urllib.error.HTTPError as refusal:
            return _read(refusal.read())
        except OSError:
            stop.wait(0.1)
    return None


def _read(body: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(body))
    except ValueError:
        return {}


def on_signal(stop: threading.Event) -> None:
    """Set ``stop`` when the process is told to end."""

    def told(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)


def _has_screen() -> bool:
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
