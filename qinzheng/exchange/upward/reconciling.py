"""Whether the counts agree: ours, acknowledged, rejected, waiting, by day and data set; and against the receiver's own list."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.exchange.choosing import Refusal
from qinzheng.exchange.upward import deployment
from qinzheng.exchange.upward.models import Answer, Cursor, Entry, Packet, Record, Touched
from qinzheng.exchange.upward.schema import Upward
from qinzheng.parties.events import clock


@dataclass(frozen=True)
class Day:
    """Record versions of one data set built on one day (Beijing): ours = acknowledged + rejected + waiting."""

    day: dt.date
    dataset: str
    name: Text
    ours: int
    acknowledged: int
    rejected: int
    waiting: int


@dataclass(frozen=True)
class Standing:
    """How a report stands now. ``open``: records to mend; ``late``: packets unanswered beyond the declared limit."""

    report: str
    name: Text
    place: bool
    position: int
    touched: int
    records: int
    acknowledged: int
    waiting: int
    open: int
    packets: int
    unanswered: int
    late: int
    refused: int
    """answers that were not taken"""
    days: list[Day] = field(default_factory=list)


def standing(upward: Upward, *, days: int = 14) -> Standing:
    """Counts of one report; of the last ``days`` days on which packets were built, the newest first."""
    records = Record.objects.filter(report=upward.id).aggregate(
        all=Count("pk"), acknowledged=Count("pk", filter=Q(state="acknowledged")),
        waiting=Count("pk", filter=Q(state="waiting")), open=Count("pk", filter=Q(state__in=("rejected", "held"))),
    )  # fmt: skip
    rows = Packet.objects.filter(report=upward.id)
    return Standing(
        upward.id, upward.name, bool(deployment.place(upward.id)), _position(upward),
        Touched.objects.filter(report=upward.id).count(), records["all"], records["acknowledged"], records["waiting"],
        records["open"], rows.count(), rows.filter(answered_at=None).count(), late(upward).count(),
        Answer.objects.filter(report=upward.id).exclude(result__in=("taken", "doubled")).count(),
        list(by_day(upward, days)),
    )  # fmt: skip


def standings() -> list[Standing]:
    """Every published report."""
    return [standing(each) for each in deployment.reports()]


def _position(upward: Upward) -> int:
    row = Cursor.objects.filter(report=upward.id).first()
    return row.position if row else 0


def late(upward: Upward) -> QuerySet[Packet]:
    """Packets that nobody has answered within the declared limit."""
    since = clock() - dt.timedelta(hours=upward.packet.late_hours)
    return Packet.objects.filter(report=upward.id, answered_at=None, built_at__lt=since)


def by_day(upward: Upward, days: int) -> Iterator[Day]:
    """One line a day and data set, the newest day first."""
    rows = (
        Entry.objects.filter(packet__report=upward.id)
        .annotate(day=TruncDate("packet__built_at", tzinfo=shelf.ZONE))
        .values("day", "packet__dataset")
        .annotate(
            ours=Count("pk"), acknowledged=Count("pk", filter=Q(outcome="acknowledged")),
            rejected=Count("pk", filter=Q(outcome="rejected")), waiting=Count("pk", filter=Q(outcome="waiting")),
        )
        .order_by("-day", "packet__dataset")
    )  # fmt: skip
    seen: set[dt.date] = set()
    for row in rows:
        seen.add(row["day"])
        if len(seen) > days:
            return
        id = row["packet__dataset"]
        name = upward.datasets[id].name if id in upward.datasets else Text(zh=id, en=id)
        yield Day(row["day"], id, name, row["ours"], row["acknowledged"], row["rejected"], row["waiting"])


@dataclass(frozen=True)
class Difference:
    """One record on which the receiver's list and ours disagree: versions acknowledged there and here; None: not there."""

    record: str
    theirs: int | None
    ours: int | None


def against(upward: Upward, file: Path) -> list[Difference]:
    """Compare with the receiver's list, a CSV with the columns ``record`` and ``version``. Raises ``Refusal``."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            theirs = {row["record"]: int(row["version"]) for row in csv.DictReader(lines)}
    except (OSError, UnicodeDecodeError, KeyError, TypeError, ValueError) as why:
        raise Refusal(
            f"{file}：应为含 record、version 两列的 UTF-8 CSV（{why}）/ a UTF-8 CSV with the columns record and version: {why}"
        ) from None
    taken = Entry.objects.filter(packet__report=upward.id, outcome="acknowledged").order_by("version")
    ours = dict(taken.values_list("record_id", "version"))  # the last version counts
    return [
        Difference(id, theirs.get(id), ours.get(id))
        for id in sorted({*theirs, *ours}) if theirs.get(id) != ours.get(id)
    ]  # fmt: skip
