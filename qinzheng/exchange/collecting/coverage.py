"""The coverage report: which units, items and cases should report through a collector, and do not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, Q

from qinzheng.definitions import shelf
from qinzheng.exchange.collecting.runs import ours, runs
from qinzheng.exchange.collecting.schema import Collector
from qinzheng.exchange.schema import Mapping
from qinzheng.ledger import actions as ledger


@dataclass(frozen=True)
class Line:
    """One unit or item: how many cases came, how many are open, when the last one was opened, and how it stands."""

    id: str
    cases: int
    open: int
    last: dt.datetime | None
    standing: str
    """``reports``, ``silent`` (nothing new for too long) or ``never``"""


@dataclass
class Coverage:
    """How a collector is served. ``unexpected``: units that report and were not named."""

    collector: str
    last_run: dt.datetime | None = None
    whole: bool = True
    cases: int = 0
    gone: int = 0
    """open cases that the source no longer listed at the last run"""
    organizations: list[Line] = field(default_factory=list)
    items: list[Line] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[Line]:
        """Those that should report and do not."""
        return [line for line in [*self.organizations, *self.items] if line.standing != "reports"]


def coverage(collector: Collector, now: dt.datetime) -> Coverage:
    """Who should report through the collector, and whether it does, as of ``now``."""
    rows = ours(collector)
    organizations, items = _expected(collector)
    since = now - dt.timedelta(days=collector.expects.within_days)
    found = Coverage(collector.id, cases=rows.count())
    for recorded, body in runs(collector.id):
        found.last_run, found.whole, found.gone = ledger.instant(recorded), body["whole"], body["gone"]
    by_unit, by_item = _counted(rows, "organization"), _counted(rows, "item")
    found.organizations = [_line(id, by_unit.get(id), since) for id in organizations]
    found.items = [_line(id, by_item.get(id), since) for id in items]
    found.unexpected = sorted(set(by_unit) - set(organizations))
    return found


def _expected(collector: Collector) -> tuple[list[str], list[str]]:
    """Units and items by id: as declared, else as the catalogue of the mapping's procedure has them."""
    mapping: Mapping = shelf.library().get("mapping", collector.mapping)
    today = dt.datetime.now(shelf.ZONE).date()
    catalogue = {
        item.id: item
        for item in shelf.library().all("item")
        if item.procedure == mapping.procedure and item.in_force_from <= today <= (item.in_force_to or today)
    }
    items = collector.expects.items or sorted(catalogue)
    units = collector.expects.organizations or sorted(
        {catalogue[id].organization for id in items if id in catalogue}
    )
    return sorted(units), sorted(items)


def _counted(rows: Any, by: str) -> dict[str, dict[str, Any]]:
    counted = rows.values(by).annotate(
        cases=Count("pk", distinct=True), open=Count("pk", filter=Q(closed_at=None), distinct=True), last=Max("opened_at")
    )  # fmt: skip
    return {row[by]: row for row in counted}


def _line(id: str, row: dict[str, Any] | None, since: dt.datetime) -> Line:
    if row is None:
        return Line(id, 0, 0, None, "never")
    standing = "reports" if row["last"] >= since else "silent"
    return Line(id, row["cases"], row["open"], row["last"], standing)
