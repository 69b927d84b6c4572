"""What the running system says of itself, in figures: for Prometheus and for the administrators' page. Nobody's data.

Each question is answered by an index or a single row, so that asking every few seconds costs nothing at any size.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from qinzheng.ledger import queries
from qinzheng.measures import queries as measures
from qinzheng.notifications import queries as notices

MOST_COUNTED = 100_000
"""A backlog above this is told as this: it is an alarm anyway."""

_BACKLOG = (
    "SELECT count(*) FROM (SELECT 1 FROM ledger_event e, ledger_head h "
    "WHERE (e.transaction, e.row) > (h.transaction, h.row) AND e.row > h.floor LIMIT %s) AS waiting"
)
_OVERDUE = (
    "SELECT greatest(0, extract(epoch FROM clock_timestamp() - "
    "(SELECT due_at FROM cases_case WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1)))"
)
_BEATS = (
    "SELECT duty, extract(epoch FROM clock_timestamp() - ran_at), runs, moved, faults, fault, "
    "extract(epoch FROM clock_timestamp() - faulted_at) FROM operations_heartbeat ORDER BY duty"
)


def figures() -> Iterator[Metric]:
    """Every figure; raises django.db.Error where the database does not answer."""
    with connection.cursor() as cursor:
        yield from _duties(cursor)
        size = queries.head()[1]
        yield _gauge("qinzheng_ledger_events", "Events that have their position in the log.", size)
        waiting = (
            _one(cursor, _BACKLOG, MOST_COUNTED)
            if size
            else _one(cursor, "SELECT count(*) FROM ledger_event")
        )
        yield _gauge("qinzheng_sequencer_backlog", "Events without a position yet, 100,000 at most.", waiting)
        overdue = _one(cursor, _OVERDUE)
        yield _gauge(
            "qinzheng_overdue_mark_seconds",
            "How late the oldest mark is that time has not passed yet.",
            overdue,
        )
        held = _one(cursor, "SELECT count(*) FROM cases_case WHERE closed_at IS NULL")
        yield _gauge("qinzheng_open_cases", "Cases that are not closed.", held)
    yield _gauge(
        "qinzheng_checkpoint_events",
        "Events that the newest checkpoint outside the database covers.",
        signed(),
    )
    yield _gauge("qinzheng_archive_events", "Events in the archive of measures.", measures.position())
    yield from _notices()


def _notices() -> Iterator[Metric]:
    found = notices.figures()
    yield _gauge("qinzheng_notices_behind", "Events that notices have not been told of yet.", found.behind)
    yield _gauge(
        "qinzheng_notices_waiting", "Messages queued or held, by every channel.", sum(found.waiting.values())
    )
    yield _gauge(
        "qinzheng_notices_oldest_seconds", "How old the oldest message is that waits.", found.oldest_s
    )
    by_channel = GaugeMetricFamily(
        "qinzheng_notice_channel_waiting", "Messages queued or held.", labels=["channel"]
    )
    ended = CounterMetricFamily(
        "qinzheng_notice_channel_ended", "Messages sent, refused and failed.", labels=["channel", "state"]
    )
    for channel, number in sorted(found.waiting.items()):
        by_channel.add_metric([channel], number)
    for (channel, state), number in sorted(found.ended.items()):
        ended.add_metric([channel, state], number)
    yield from (by_channel, ended)
    for state in ("sent", "refused", "failed"):
        total = sum(number for (_, one), number in found.ended.items() if one == state)
        yield _gauge(f"qinzheng_notices_{state}", f"Messages {state}, by every channel.", total)


def signed() -> int:
    """The size of the newest checkpoint in the folder, by its name; 0 where there is none."""
    names = Path(settings.CHECKPOINTS).glob("checkpoint-" + "[0-9]" * 12)
    return max((int(path.name[-12:]) for path in names), default=0)


def _duties(cursor: Any) -> Iterator[Metric]:
    beat = GaugeMetricFamily(
        "qinzheng_duty_age_seconds", "Since the worker's duty last ran.", labels=["duty"]
    )
    runs = CounterMetricFamily(
        "qinzheng_duty_runs",
        "Heartbeats of the duty: runs that moved something, and one every two seconds.",
        labels=["duty"],
    )
    moved = CounterMetricFamily("qinzheng_duty_moved", "What the duty moved: cases, events.", labels=["duty"])
    faults = CounterMetricFamily("qinzheng_duty_faults", "Faults of the duty.", labels=["duty"])
    fault = GaugeMetricFamily(
        "qinzheng_duty_fault_age_seconds",
        "Since the duty's last fault, by its kind.",
        labels=["duty", "fault"],
    )
    cursor.execute(_BEATS)
    for duty, age, ran, count, failed, kind, since in cursor.fetchall():
        beat.add_metric([duty], float(age))
        runs.add_metric([duty], ran)
        moved.add_metric([duty], count)
        faults.add_metric([duty], failed)
        if since is not None:
            fault.add_metric([duty, kind], float(since))
    yield from (beat, runs, moved, faults, fault)


def _gauge(name: str, words: str, value: Any) -> Metric:
    return GaugeMetricFamily(name, words, value=float(value or 0))


def _one(cursor: Any, question: str, *parameters: Any) -> Any:
    cursor.execute(question, list(parameters))
    return cursor.fetchone()[0]
