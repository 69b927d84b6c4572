"""``qinzheng up | web | worker | setup | migrate | backup | restore | files | doctor``: parsers; the bodies are loaded later."""

from __future__ import annotations

import argparse
import errno
import os
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from qinzheng.operations.console import on_database

RUNNING = "qinzheng.operations.running"
SETTING_UP = "qinzheng.operations.setting_up"
BACKUP = "qinzheng.operations.backup_commands"
DOCTOR = "qinzheng.operations.doctor"
FILES = "qinzheng.operations.file_commands"
HOST = "127.0.0.1"


def register(groups: Any) -> None:
    """Add the commands."""
    verb = groups.add_parser(
        "up", help="启动全部：数据库、后台、网页 · run everything: database, worker, web"
    )
    _address(verb)
    verb.add_argument("--no-browser", action="store_true", help="不打开浏览器 · open no browser")
    verb.set_defaults(run=_where_free(on_database(RUNNING, "up", migrate=False)))
    verb = groups.add_parser("web", help="网页服务 · serve the pages")
    _address(verb)
    verb.add_argument("--workers", type=int, default=1, help="进程数 · processes")
    verb.add_argument("--threads", type=int, default=8, help="每进程线程数 · threads a process")
    verb.set_defaults(run=_where_free(on_database(RUNNING, "web", migrate=False)))
    verb = groups.add_parser(
        "worker", help="后台：时限、定序、检查点、归档 · time, sequencer, checkpoints, archive"
    )
    verb.set_defaults(run=on_database(RUNNING, "work", migrate=False))
    verb = groups.add_parser(
        "setup", help="首次使用：发布随程序提供的定义 · first use: publish the shipped definitions"
    )
    verb.add_argument("--drafted-by", required=True, help="起草人（化名）· who drafts (a pseudonym)")
    verb.add_argument("--published-by", required=True, help="发布人，另一人 · who publishes, another person")
    verb.set_defaults(run=on_database(SETTING_UP, "setup"))
    verb = groups.add_parser("migrate", help="更新表结构 · bring the tables up to date")
    verb.set_defaults(run=on_database(RUNNING, "migrated"))
    verb = groups.add_parser(
        "backup",
        help="备份：数据库、材料文件、检查点、档案清单（不含密钥）· database, files, checkpoints; never the keys",
    )
    verb.add_argument("folder", type=Path, help="新目录 · a new folder")
    verb.add_argument(
        "--without-files",
        action="store_true",
        help="不含材料文件（另有备份）· leave out the files, which are backed up otherwise",
    )
    verb.set_defaults(run=on_database(BACKUP, "backup", migrate=False))
    verb = groups.add_parser("restore", help="恢复到空库并核验 · into an empty database, then verify")
    verb.add_argument("folder", type=Path, help="备份目录 · a folder that backup wrote")
    verb.set_defaults(run=_with_django(BACKUP, "restore"))
    _files(groups)
    verb = groups.add_parser("doctor", help="体检：逐项检查并给出补救办法 · checks, each with its remedy")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=_with_django(DOCTOR, "doctor"))


def _files(groups: Any) -> None:
    verbs = groups.add_parser(
        "files", help="材料文件的存储：核对、搬迁 · the store of applicants' files: check, move"
    ).add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("check", help="存储与数据库是否相符 · whether store and database agree")
    verb.add_argument("--open", action="store_true", help="逐个解密核对 · open and verify every file")
    verb.add_argument(
        "--sweep", action="store_true", help="清除密钥已销毁的密文 · take away what no key opens any more"
    )
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=on_database(FILES, "check", migrate=False))
    verb = verbs.add_parser("copy", help="从另一存储补齐 · bring what is lacking from another store")
    verb.add_argument(
        "--from",
        dest="from_",
        required=True,
        metavar="STORE",
        help="目录或 s3://桶/前缀 · a folder or s3://bucket/prefix",
    )
    verb.set_defaults(run=on_database(FILES, "copy", migrate=False))


def _with_django(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """The body of a command that takes the database as it is: away, or empty."""

    def run(arguments: argparse.Namespace) -> int:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
        code: int = getattr(import_module(module), name)(arguments)
        return code

    return run


def _address(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--host", default=HOST, help="地址 · address")
    verb.add_argument(
        "--port", type=int, default=os.environ.get("PORT", "8000"), help="端口，环境变量 PORT · port"
    )


def _where_free(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Refuse a port that is taken before anything is started."""

    def checked(arguments: argparse.Namespace) -> int:
        why = taken(arguments.host, arguments.port)
        if why:
            print(why, file=sys.stderr)
            return 1
        return run(arguments)

    return checked


def taken(host: str, port: int) -> str:
    """Why nobody can listen there, or nothing."""
    try:
        if not 0 < port < 1 << 16:
            raise OverflowError("1–65535")
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as tried:
            if os.name == "posix":
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except (OSError, OverflowError) as why:
        if isinstance(why, OSError) and why.errno == errno.EADDRINUSE:
            return (
                f"{host}:{port} 已被占用，可能已有一个勤政在运行；请停下它，或用 --port（或环境变量 PORT）另选端口 / "
                f"{host}:{port} is in use, perhaps by another qinzheng: stop it, or choose another with --port or PORT"
            )
        return f"--host/--port：{host}:{port} 不能监听（{why}）/ cannot listen on {host}:{port}: {why}"
    return ""
