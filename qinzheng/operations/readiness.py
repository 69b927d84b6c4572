"""A database that answers, with Django upon it: what every command that needs it begins with. Heavy: loaded by name, when needed."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import django
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from config import settings
from qinzheng.operations import database, kept_logs, tied

MIGRATION_LOCK = 0x716E_7A6D


def ready(*, migrate: bool = True) -> None:
    """A database that answers, with its tables, and Django upon it; exits with the reason where there is none.

    ``migrate``: bring the tables up to date. Without it only the embedded database's are, and a city's own, which
    may be served by several processes at once, is refused until somebody has run ``qinzheng migrate``.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    tied.to_parent()
    if settings.DEMO_REFUSED:
        sys.exit(
            "QINZHENG_DEMO=1 不能与 DATABASE_URL 同用：演示登录无需密码。请去掉其中一个 / "
            "QINZHENG_DEMO=1 is refused beside DATABASE_URL, for its logins ask for no password: unset one of them"
        )
    try:
        kept_logs.check_days(settings.LOG_DAYS)
    except kept_logs.TooShort as why:
        sys.exit(str(why))
    try:
        database.ensure()
        django.setup()
        _tables(migrate or settings.EMBEDDED)
    except (database.DatabaseUnavailable, OperationalError) as why:
        sys.exit(
            f"数据库没有应答，请检查 DATABASE_URL、磁盘空间与数据库进程，或运行 qinzheng doctor / "
            f"the database does not answer: check DATABASE_URL, disk space and its process, or run qinzheng doctor\n{why}"
        )
    # Children are started with DATABASE_URL set and make no key: theirs must be there before them.
    import_module("qinzheng.parties.keys").prepare()


def _tables(migrate: bool) -> None:
    """Bring the tables up to date where they are not; two processes that start at once do not do it both."""
    if not _migrations():
        return
    if not migrate:
        sys.exit(
            "表结构不是本程序的，请先运行 qinzheng migrate / "
            "the tables are not this program's: run qinzheng migrate first"
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def _migrations() -> bool:
    """Whether any migration is still to be applied."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
