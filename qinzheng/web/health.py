"""``/healthz``: whether the city can be served, each answer with its reason. Never ready when it is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from qinzheng import __version__
from qinzheng.definitions.models import Edition
from qinzheng.organizations.models import Organization

NEEDED = ("calendar", "procedure", "rule")
"""Kinds without which no case can be opened, counted and judged."""


@dataclass(frozen=True)
class Check:
    """One answer: its name, whether it holds, and why or why not in both languages."""

    name: str
    holds: bool
    zh: str
    en: str


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 and ``ready: true`` when all checks hold, else 503; the checks stop at the first that fails."""
    checks = run((database, migrations, definitions, city))
    ready = all(check.holds for check in checks)
    body = {"ready": ready, "version": __version__, "checks": [asdict(check) for check in checks]}
    return JsonResponse(body, status=200 if ready else 503, json_dumps_params={"ensure_ascii": False})


def run(questions: tuple[Callable[[], Check], ...]) -> list[Check]:
    """Ask in order; what rests on a check that failed is not asked."""
    answers: list[Check] = []
    for question in questions:
        try:
            answer = question()
        except DatabaseError:
            answer = Check(
                question.__name__,
                False,
                "数据库没有应答，请检查 DATABASE_URL 与数据库进程",
                "the database does not answer: check DATABASE_URL and its process",
            )
        answers.append(answer)
        if not answer.holds:
            break
    return answers


def database() -> Check:
    """Whether the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Check("database", True, "数据库应答", "the database answers")


def migrations() -> Check:
    """Whether its tables are those of this program."""
    missing = sorted(
        f"{app}.{name}" for app, name in on_disk() - set(MigrationRecorder(connection).applied_migrations())
    )
    if missing:
        names = ", ".join(missing[:3])
        return Check(
            "migrations",
            False,
            f"有 {len(missing)} 个表结构变更没有执行（{names}），请运行 qinzheng migrate",
            f"{len(missing)} migration(s) not applied ({names}): run qinzheng migrate",
        )
    return Check("migrations", True, "表结构与程序一致", "the tables are this program's")


@cache
def on_disk() -> frozenset[tuple[str, str]]:
    """The migrations of this program; they do not change while it runs."""
    return frozenset(MigrationLoader(None).disk_migrations or {})


def definitions() -> Check:
    """Whether enough is published, and in force today, to open and judge a case."""
    today = dt.datetime.now(dt.UTC).date()
    published = Edition.objects.exclude(published_at=None).exclude(in_force_from__gt=today)
    found = set(published.values_list("kind", flat=True).distinct())
    missing = [kind for kind in NEEDED if kind not in found]
    if missing:
        names = ", ".join(missing)
        return Check(
            "definitions",
            False,
            f"没有已发布的定义：{names}，请运行 qinzheng setup（或逐件 qinzheng definitions publish）",
            f"no published definitions: {names}: run qinzheng setup (or qinzheng definitions publish, one by one)",
        )
    return Check("definitions", True, "定义已发布", "definitions are published")


def city() -> Check:
    """Whether there is a city: one unit of kind ``city`` that has begun, and units below it."""
    today = dt.datetime.now(dt.UTC).date()
    units = Organization.objects.filter(begins__lte=today).exclude(ends__lt=today)
    if not units.filter(kind="city").exists():
        return Check(
            "city",
            False,
            "没有建立城市，请导入机构（qinzheng organizations import）",
            "no city is founded: import its organizations (qinzheng organizations import)",
        )
    count = units.exclude(kind="city").count()
    if not count:
        return Check(
            "city",
            False,
            "城市之下没有任何单位，请导入机构",
            "the city has no units: import its organizations",
        )
    return Check("city", True, f"城市已就绪，{count} 个单位", f"the city is ready, {count} units")
