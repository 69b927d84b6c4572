"""``qinzheng up | web | worker``: the processes of the system, and one command that runs them all."""

from __future__ import annotations

import argparse
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

from qinzheng.operations import worker

HOST = "127.0.0.1"
PATIENCE_S = 60.0


def web(arguments: argparse.Namespace) -> int:
    """Serve the pages with granian until told to stop."""
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", arguments.host, "--port", str(arguments.port),
        "--workers", str(arguments.workers), "--blocking-threads", str(arguments.threads), "--no-ws", "config.wsgi:application",
    ]  # fmt: skip
    return _foreground(command)


def work(arguments: argparse.Namespace) -> int:
    """Run the worker's duties until told to stop; a second worker beside it is harmless."""
    stop = threading.Event()
    _on_signal(stop)
    worker.run(worker.DUTIES, stop)
    return 0


def up(arguments: argparse.Namespace) -> int:
    """Database, worker and web together, until Ctrl-C; in demonstration mode the city too."""
    address = f"http://{arguments.host}:{arguments.port}/"
    stop = threading.Event()
    _on_signal(stop)
    own = [sys.executable, "-m", "qinzheng.wiring"]
    commands = [[*own, "worker"], [*own, "web", "--host", arguments.host, "--port", str(arguments.port)]]
    if settings.DEMO:
        commands.append([*own, "city", "live"])
    processes = [subprocess.Popen(command, start_new_session=True) for command in commands]
    try:
        if not _answers(address + "healthz", processes, stop):
            return _ended(processes, stop)
        _say(address)
        if not arguments.no_browser and "CI" not in os.environ and _has_screen():
            webbrowser.open(address)
        while not stop.wait(0.5):
            if any(process.poll() is not None for process in processes):
                return _ended(processes, stop)
        return 0
    finally:
        _stop(processes)


def _say(address: str) -> None:
    print(
        f"\n勤政已就绪 · ready: {address}\n监察大屏 · the wall: {address}wall/\nAPI: {address}api/v1/openapi.json"
    )
    if settings.DEMO:
        print(f"演示登录（虚构的清和市） · demonstration logins (fictional city): {address}login/")
    print("按 Ctrl-C 停止 · Ctrl-C stops it\n", flush=True)


def _ended(processes: list[subprocess.Popen[bytes]], stop: threading.Event) -> int:
    if stop.is_set():
        return 0
    print("有进程意外结束，请看上面的说明，或运行 qinzheng doctor / a process has ended: see above, or run qinzheng doctor",
          file=sys.stderr)  # fmt: skip
    return 1


def _answers(address: str, processes: list[subprocess.Popen[bytes]], stop: threading.Event) -> bool:
    """Wait until the pages answer."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends and not stop.is_set():
        if any(process.poll() is not None for process in processes):
            return False
        try:
            with urllib.request.urlopen(address, timeout=2):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            stop.wait(0.1)
    return False


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _foreground(command: list[str]) -> int:
    process = subprocess.Popen(command)

    def pass_on(number: int, frame: FrameType | None) -> None:
        process.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    code = process.wait()
    return 0 if code in (-signal.SIGTERM, -signal.SIGINT) else code


def _on_signal(stop: threading.Event) -> None:
    def told(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)


def _has_screen() -> bool:
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def register(groups: Any, on_database: Any) -> None:
    """Add the commands."""
    verb = groups.add_parser(
        "up", help="启动全部：数据库、后台、网页 · run everything: database, worker, web"
    )
    _address(verb)
    verb.add_argument("--no-browser", action="store_true", help="不打开浏览器 · open no browser")
    verb.set_defaults(run=on_database("qinzheng.operations.running", "up"))
    verb = groups.add_parser("web", help="网页服务 · serve the pages")
    _address(verb)
    verb.add_argument("--workers", type=int, default=1, help="进程数 · processes")
    verb.add_argument("--threads", type=int, default=8, help="每进程线程数 · threads a process")
    verb.set_defaults(run=on_database("qinzheng.operations.running", "web"))
    verb = groups.add_parser(
        "worker", help="后台：时限、定序、检查点、归档 · time, sequencer, checkpoints, archive"
    )
    verb.set_defaults(run=on_database("qinzheng.operations.running", "work"))


def _address(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--host", default=HOST, help="地址 · address")
    verb.add_argument(
        "--port", type=int, default=int(os.environ.get("PORT", "8000")), help="端口，环境变量 PORT · port"
    )
