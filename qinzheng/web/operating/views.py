"""``/metrics`` for the monitoring of a city, and the page of health for its administrators.

The figures are plugged in from ``qinzheng.operations`` (see ``qinzheng.plugged``). They name no person and no case, yet
tell how busy a government is: so they are shown to the machine itself and to whoever holds the token of the monitoring.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.definitions.form import Text
from qinzheng.web import health, reader

FIGURES: list[Callable[[], Iterable[Metric]]] = []

DUTIES = {
    "tick": Text(zh="时限走时", en="time passes"),
    "redetermination": Text(zh="发布后重新认定", en="redetermination after publications"),
    "officer-days": Text(zh="批量办结的判定", en="closing in bulk judged"),
    "sequencer": Text(zh="账本定序", en="sequencer of the ledger"),
    "checkpoint": Text(zh="签发检查点", en="signed checkpoints"),
    "hand-back": Text(zh="代理到期交还", en="absences handed back"),
    "archive": Text(zh="指标档案", en="archive of measures"),
    "sessions": Text(zh="清除过期会话", en="sessions that ended cleared"),
    "notices": Text(zh="通知：生成与发送", en="notices: told and sent"),
    "sms-receipts": Text(zh="短信回执", en="receipts of short messages"),
    "webhooks": Text(zh="事件推送", en="events pushed to applications"),
    "upward": Text(zh="上报", en="reporting upward"),
    "scanning": Text(zh="附件查毒", en="files scanned"),
    "appointments": Text(zh="预约提醒", en="reminders of appointments"),
    "queues": Text(zh="收场：昨日未叫的号作废", en="yesterday's tickets that nobody called ended"),
    "drafts": Text(zh="清除过期的申请草稿", en="drafts of applications that ended cleared"),
}
FAULTS = {
    "NoSigningKey": Text(
        zh="上报的签名密钥缺失、不可读或权限过宽：用 qinzheng ledger key 新建，以 QINZHENG_UPWARD_KEY 指明",
        en="the key that signs packets is missing, unreadable or open to others: make one with qinzheng ledger key, name it by QINZHENG_UPWARD_KEY",
    ),
    "BadKey": Text(
        zh="检查点密钥缺失、不可读或权限过宽：运行 qinzheng doctor 查看补救办法",
        en="the checkpoint key is missing, unreadable or open to others: qinzheng doctor tells the remedy",
    ),
    "BadCheckpoint": Text(
        zh="账本与库外的检查点矛盾，历史可能被改写：请立即告知审计管理员，不要删除检查点",
        en="the log contradicts the checkpoint outside: history may have been rewritten; tell the audit administrator, delete nothing",
    ),
    "AnotherLedger": Text(
        zh="指标档案不属于本账本（可能恢复过旧备份）：把档案目录移走，会自动重建",
        en="the archive is not of this ledger (an older backup?): move its folder away and it is rebuilt",
    ),
    "OperationalError": Text(zh="数据库曾不应答", en="the database did not answer"),
}
WORDS = {
    "qinzheng_ledger_events": Text(zh="已定序的事件", en="events with a position"),
    "qinzheng_sequencer_backlog": Text(zh="等待定序的事件", en="events waiting for a position"),
    "qinzheng_overdue_mark_seconds": Text(
        zh="最迟未走的时限标记（秒）", en="oldest mark not passed yet (seconds)"
    ),
    "qinzheng_open_cases": Text(zh="在办办件", en="open cases"),
    "qinzheng_checkpoint_events": Text(zh="库外检查点覆盖的事件", en="events under the newest checkpoint"),
    "qinzheng_archive_events": Text(zh="指标档案中的事件", en="events in the archive"),
    "qinzheng_notices_behind": Text(zh="通知尚未读到的事件", en="events that notices have not reached"),
    "qinzheng_notices_waiting": Text(zh="等待发送的邮件和短信", en="mails and short messages that wait"),
    "qinzheng_notices_oldest_seconds": Text(zh="最久未发出的（秒）", en="the oldest of them (seconds)"),
    "qinzheng_notices_sent": Text(zh="已发出", en="messages sent"),
    "qinzheng_notices_refused": Text(zh="被拒或无地址", en="messages refused, or without an address"),
    "qinzheng_notices_failed": Text(zh="多次未成或过期", en="messages failed or expired"),
    "qinzheng_upward_late_packets": Text(zh="超时未答复的上报包", en="packets unanswered beyond the limit"),
    "qinzheng_upward_unanswered_packets": Text(zh="等待答复的上报包", en="packets waiting for an answer"),
    "qinzheng_upward_open_records": Text(zh="须补正的上报记录", en="reported records to mend"),
}
LATE_S = {
    "sessions": 7_300.0, "drafts": 1_300.0, "checkpoint": 180.0, "officer-days": 120.0, "upward": 180.0,
    "sms-receipts": 120.0, "scanning": 120.0, "appointments": 120.0, "queues": 1_300.0,
}  # fmt: skip
LATE_OTHERWISE_S = 30.0
"""A duty that has not run for so long is shown as standing still (ours)."""


@dataclass
class Duty:
    """One duty of the worker as the page shows it; ages in seconds."""

    name: Text
    age: float = 0.0
    late: bool = False
    moved: int = 0
    faults: int = 0
    fault: str = ""
    fault_age: float = 0.0
    remedy: Text | None = None


class _Figures(Collector):
    def collect(self) -> Iterator[Metric]:
        for ask in FIGURES:
            yield from ask()


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures in Prometheus' text form. 404 to whoever may not read them, 503 where the database is away."""
    if not may_scrape(request):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures())
    try:
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    except DatabaseError:
        return HttpResponse("# the database does not answer\n", status=503, content_type=CONTENT_TYPE_LATEST)


def may_scrape(request: HttpRequest) -> bool:
    """The bearer of ``QINZHENG_METRICS_TOKEN``; where none is set, this machine itself where no proxy stands in front."""
    token = settings.METRICS_TOKEN
    if token:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        return kind == "Bearer" and secrets.compare_digest(given.encode(), token.encode())
    if settings.PROXIES or any(
        header in request.headers for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")
    ):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Whether the system stands, what its worker does, and the remedy of each fault; for administrators."""
    who: User = reader.of(request)
    if not rules.can(who, "administration"):
        raise Http404
    checks = health.run((health.database, health.migrations, health.definitions, health.city))
    found = {metric.name: metric for ask in FIGURES for metric in ask()}
    values = [(words, found[name].samples[0].value) for name, words in WORDS.items() if name in found]
    return render(
        request, "operating/health.html", {"checks": checks, "duties": list(duties(found)), "values": values}
    )


def duties(found: dict[str, Metric]) -> Iterator[Duty]:
    """The worker's duties, from the figures."""
    rows: dict[str, Duty] = {}
    for sample in found["qinzheng_duty_age_seconds"].samples:
        name = sample.labels["duty"]
        late = sample.value > LATE_S.get(name, LATE_OTHERWISE_S)
        rows[name] = Duty(DUTIES.get(name, Text(zh=name, en=name)), sample.value, late)
    for metric, attribute in (("qinzheng_duty_moved", "moved"), ("qinzheng_duty_faults", "faults")):
        for sample in found[metric].samples:
            setattr(rows[sample.labels["duty"]], attribute, int(sample.value))
    for sample in found["qinzheng_duty_fault_age_seconds"].samples:
        row = rows[sample.labels["duty"]]
        row.fault, row.fault_age = sample.labels["fault"], sample.value
        row.remedy = FAULTS.get(row.fault)
    yield from rows.values()
