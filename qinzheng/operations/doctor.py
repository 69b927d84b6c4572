"""``qinzheng doctor``: what is wrong with an installation, each finding with its remedy.

It changes nothing: what it puts into the store of files, to see whether it can, it takes away again.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Protocol

from django.conf import settings
from django.db import Error, connection

from qinzheng.cases import attachments_places as places
from qinzheng.cases import attachments_storage as storage
from qinzheng.definitions import shelf
from qinzheng.ledger import crypto
from qinzheng.operations import database, desks, kept_logs
from qinzheng.operations.models import Heartbeat
from qinzheng.parties import keys
from qinzheng.parties.models import IndexKey
from qinzheng.parties.vault import VaultClosed

Verdict = Literal["good", "doubt", "bad"]
SIGNS = {"good": "✓", "doubt": "!", "bad": "✗"}
LEAST_POSTGRES = 15
LEAST_PYTHON = (3, 11)
FREE_BYTES = 2 << 30
"""Disk space below this is a fault (ours): PostgreSQL stops accepting writes on a full disk."""
SKEW_S = 1.0
"""The database's clock is the trusted one; an application's that differs by more confuses whoever reads (ours)."""
STILL_S = 30.0
MUST_BE_ON = ("fsync", "full_page_writes", "synchronous_commit")


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, how it stands, and what to do; ``doubt`` is no fault."""

    name: str
    verdict: Verdict
    zh: str
    en: str


class Check(Protocol):
    """An answer of the health page's questions, which are asked here too."""

    @property
    def name(self) -> str: ...
    @property
    def holds(self) -> bool: ...
    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...


QUESTIONS: list[Callable[[], Check]] = []
"""Of the health page; filled by ``qinzheng.plugged``."""


def doctor(arguments: argparse.Namespace) -> int:
    """Print every finding; 1 where one is a fault."""
    found = list(findings())
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in found], ensure_ascii=False))
    else:
        for finding in found:
            print(f"{SIGNS[finding.verdict]} {finding.zh} / {finding.en}")
    return 1 if any(finding.verdict == "bad" for finding in found) else 0


def findings() -> Iterator[Finding]:
    """Every check in order; those that need the database are left out where it does not answer."""
    yield _python()
    yield _demo()
    yield from _disk()
    yield _logs()
    answered = _database()
    yield answered
    if answered.verdict == "bad":
        return
    yield from _server()
    yield _clock()
    for question in QUESTIONS:
        check = question()
        yield Finding(check.name, "good" if check.holds else "bad", check.zh, check.en)
        if not check.holds:
            return
    yield from _desks()
    yield from _keys()
    yield _files()
    yield from _worker()
    yield _mail()
    yield from _front()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < LEAST_PYTHON:
        return Finding(
            "python",
            "bad",
            f"Python {version} 太旧，请装 3.11 以上",
            f"Python {version} is too old: install 3.11 or newer",
        )
    return Finding("python", "good", f"Python {version}", f"Python {version}")


def _demo() -> Finding:
    if settings.DEMO_REFUSED:
        return Finding(
            "demo", "bad",
            "QINZHENG_DEMO=1 与 DATABASE_URL 同时设置：演示登录无需密码，已拒绝启动；请去掉其中一个",
            "QINZHENG_DEMO=1 beside DATABASE_URL: its logins ask for no password, so nothing starts; unset one of them",
        )  # fmt: skip
    if settings.DEMO:
        return Finding(
            "demo",
            "doubt",
            "演示模式：任何人可免密登录，只供试用",
            "demonstration: everybody logs in without a password; for trial only",
        )
    return Finding("demo", "good", "不是演示模式", "no demonstration")


def _disk() -> Iterator[Finding]:
    named = [("home", Path(settings.HOME)), ("checkpoints", Path(settings.CHECKPOINTS))]
    if not str(settings.FILES).startswith(storage.S3):
        named.append(("files", Path(settings.FILES)))
    for name, place in named:
        there = next(path for path in (place, *place.absolute().parents) if path.exists())
        free = shutil.disk_usage(there).free
        verdict: Verdict = "good" if free >= FREE_BYTES else "bad"
        remedy = (
            ("", "") if verdict == "good" else ("，不足 2 GiB，请清理或扩容", ", less than 2 GiB: make room")
        )
        gib = f"{free / (1 << 30):.1f} GiB"
        yield Finding(
            f"disk_{name}",
            verdict,
            f"{place} 所在磁盘剩余 {gib}{remedy[0]}",
            f"{gib} free where {place} lies{remedy[1]}",
        )


def _logs() -> Finding:
    """Whether logs are kept for six months."""
    try:
        kept_logs.check_days(settings.LOG_DAYS)
    except kept_logs.TooShort as why:
        zh, _, en = str(why).partition(" / ")
        return Finding("logs", "bad", zh, en)
    folder = str(settings.LOGGING["folder"])
    if not folder:
        return Finding(
            "logs", "good" if settings.EMBEDDED else "doubt",
            "日志只写到标准错误：请设 QINZHENG_LOGS，或由 journald 保存六个月以上",
            "logs go to the standard error only: set QINZHENG_LOGS, or let journald keep them for six months",
        )  # fmt: skip
    held = kept_logs.files(Path(folder))
    since = min(held).isoformat() if held else "—"
    return Finding(
        "logs", "good", f"日志在 {folder}，保存 {settings.LOG_DAYS} 天，最早 {since}",
        f"logs in {folder}, kept for {settings.LOG_DAYS} days, the oldest of {since}",
    )  # fmt: skip


def _database() -> Finding:
    try:
        database.ensure()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (Error, database.DatabaseUnavailable) as why:
        return Finding(
            "database", "bad", f"数据库没有应答，请检查 DATABASE_URL、网络与数据库进程：{why}",
            f"the database does not answer: check DATABASE_URL, the network and its process: {why}",
        )  # fmt: skip
    kind = (
        ("内置数据库", "the embedded database")
        if settings.EMBEDDED
        else ("DATABASE_URL 指定的数据库", "the database of DATABASE_URL")
    )
    return Finding("database", "good", f"{kind[0]}应答", f"{kind[1]} answers")


def _server() -> Iterator[Finding]:
    version = int(_setting("server_version_num")) // 10_000
    if version < LEAST_POSTGRES:
        yield Finding(
            "postgres",
            "bad",
            f"PostgreSQL {version} 太旧，请升级到 15 以上",
            f"PostgreSQL {version} is too old: upgrade to 15 or newer",
        )
    else:
        yield Finding("postgres", "good", f"PostgreSQL {version}", f"PostgreSQL {version}")
    for name in MUST_BE_ON:
        value = _setting(name)
        if value == "off":
            yield Finding(
                name, "bad", f"数据库的 {name} 关着：断电会丢失已答复的办件；请在 postgresql.conf 设为 on",
                f"{name} is off: a power cut loses what was answered; set it on in postgresql.conf",
            )  # fmt: skip
    if _setting("server_encoding") != "UTF8":
        yield Finding(
            "encoding",
            "bad",
            "数据库编码不是 UTF8，请以 UTF8 重建",
            "the database is not in UTF8: make it anew in UTF8",
        )
    if _setting("data_checksums") == "off":
        yield Finding("data_checksums", "doubt", "没有启用数据页校验（initdb --data-checksums 或 pg_checksums --enable）",
                      "data checksums are off: pg_checksums --enable finds silent damage of disks")  # fmt: skip
    if not settings.EMBEDDED and _setting("archive_mode") == "off":
        yield Finding("archive_mode", "doubt", "没有归档 WAL：只能恢复到上一次备份；见 docs/how-to/deploy.md",
                      "WAL is not archived: only the last backup can come back; see docs/how-to/deploy.md")  # fmt: skip


def _setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


def _clock() -> Finding:
    with connection.cursor() as cursor:
        begun = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        there = float(cursor.fetchone()[0])
        ended = time.time()
    skew = max(begun - there, there - ended, 0.0)
    if skew > SKEW_S:
        return Finding("clock", "bad", f"本机与数据库的时钟相差 {skew:.1f} 秒，请在两边启用时间同步（chrony）",
                       f"this machine's clock differs from the database's by {skew:.1f} s: run chrony on both")  # fmt: skip
    return Finding("clock", "good", f"时钟相差不到 {SKEW_S:.0f} 秒", f"clocks agree within {SKEW_S:.0f} s")


def _desks() -> Iterator[Finding]:
    for each in desks.missing(dt.datetime.now(shelf.ZONE).date()):
        named = ", ".join(each.procedures)
        yield Finding(
            f"desk_{each.unit}", "doubt",
            f"单位 {each.unit} 没有建立，群众网上提交的 {named} 没有单位接：请建立它，或在程序的 desk 里改成本地的单位",
            f"there is no unit {each.unit}, so nobody holds what people send in by {named}: found it, or name a local unit as its desk",
        )  # fmt: skip


def _keys() -> Iterator[Finding]:
    try:
        # Where nothing was sealed yet, opening the vault would make its first row.
        keys.current() if IndexKey.objects.exists() else keys.ring()
        yield Finding(
            "master_key",
            "good",
            "主密钥能打开个人信息；请确认它另有保管",
            "the master key opens personal data; see that a copy is kept elsewhere",
        )
    except VaultClosed as why:
        yield Finding("master_key", "bad", why.zh, why.en)
    try:
        crypto.read_key(Path(settings.CHECKPOINT_KEY))
        yield Finding("checkpoint_key", "good", "检查点密钥可用", "the checkpoint key can be used")
    except crypto.BadKey as why:
        zh, _, en = str(why).partition(" / ")
        yield Finding("checkpoint_key", "bad", zh, en)
    if len(settings.SECRET_KEY) < 32:
        yield Finding(
            "secret_key",
            "bad",
            "SECRET_KEY 未设置或太短，请给 32 个以上随机字符",
            "SECRET_KEY is missing or short: give 32 or more random characters",
        )
    folder = Path(settings.HOME) / "keys"
    if folder.exists() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        yield Finding(
            "keys",
            "bad",
            f"{folder} 他人可进入，请 chmod 700",
            f"others can enter {folder}: chmod 700 {folder}",
        )
    if (
        Path(settings.CHECKPOINTS).resolve().is_relative_to(Path(settings.HOME).resolve())
        and not settings.EMBEDDED
    ):
        yield Finding("checkpoints", "doubt", "检查点与数据在同一目录下，管理员可一并改写；请把 QINZHENG_CHECKPOINTS 指到他们管不到的地方",
                      "checkpoints lie beside the data, and whoever rewrites one can rewrite both: let QINZHENG_CHECKPOINTS name a place outside")  # fmt: skip


def _files() -> Finding:
    """Whether the store of applicants' files takes, gives back and forgets."""
    probe = places.new()
    try:
        store = storage.store()
        store.keep(probe, probe.encode())
        same = store.get(probe) == probe.encode()
        store.drop(probe)
    except OSError as why:
        zh, _, en = str(why).partition(" / ")
        return Finding(
            "files", "bad", f"材料文件的存储 {settings.FILES} 不能用，群众传不了材料：{zh}",
            f"the store of files {settings.FILES} cannot be used, nobody can upload: {en or zh}",
        )  # fmt: skip
    if not same:
        return Finding(
            "files", "bad", f"材料文件的存储 {settings.FILES} 交回的不是存入的内容：立即停用并核查",
            f"the store of files {settings.FILES} gives back other bytes than it took: stop using it and inquire",
        )  # fmt: skip
    return Finding(
        "files",
        "good",
        f"材料文件的存储 {settings.FILES} 可存可取",
        f"the store of files {settings.FILES} works",
    )


def _worker() -> Iterator[Finding]:
    beats = list(Heartbeat.objects.order_by("duty"))
    if not beats:
        yield Finding(
            "worker",
            "doubt",
            "后台从未运行：启动 qinzheng worker 或 qinzheng up",
            "the worker has never run: start qinzheng worker or qinzheng up",
        )
        return
    newest = max(beat.ran_at.timestamp() for beat in beats)
    age = max(time.time() - newest, 0.0)
    if age > STILL_S:
        yield Finding(
            "worker",
            "doubt",
            f"后台已停 {age:.0f} 秒，时限不走、牌不发；启动 qinzheng worker",
            f"the worker stopped {age:.0f} s ago: no time passes, no card falls; start qinzheng worker",
        )
    else:
        yield Finding("worker", "good", "后台在运行", "the worker runs")
    for beat in beats:
        if beat.faulted_at is not None and beat.faulted_at >= beat.ran_at:
            yield Finding(
                f"duty_{beat.duty}",
                "bad",
                f"后台职责 {beat.duty} 最近一次失败：{beat.fault}",
                f"the worker's duty {beat.duty} failed when it last ran: {beat.fault}",
            )


def _mail() -> Finding:
    if not settings.EMAIL_HOST:
        return Finding(
            "mail", "doubt", "没有设置 SMTP_URL：通知只在页面，不发邮件；见 docs/how-to/notices.md",
            "SMTP_URL is not set: notices stand on the page only and no mail goes out; see docs/how-to/notices.md",
        )  # fmt: skip
    return Finding(
        "mail", "good", f"邮件经 {settings.EMAIL_HOST} 发出", f"mail goes out by {settings.EMAIL_HOST}"
    )


def _front() -> Iterator[Finding]:
    """What only a city's own installation needs."""
    if settings.EMBEDDED:
        return
    if set(settings.ALLOWED_HOSTS) <= {"127.0.0.1", "localhost"}:
        yield Finding(
            "allowed_hosts",
            "doubt",
            "ALLOWED_HOSTS 只含本机，别人打不开；请写上域名",
            "ALLOWED_HOSTS names this machine only: add the site's name",
        )
    if not settings.SESSION_COOKIE_SECURE:
        yield Finding(
            "https",
            "bad",
            "没有设置 HTTPS=1：登录会话会以明文传送；见 docs/how-to/deploy.md",
            "HTTPS=1 is not set: sessions travel in the clear; see docs/how-to/deploy.md",
        )
