"""Bodies of ``qinzheng judge`` and ``qinzheng tick``."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.cases import actions as cases
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.supervision import batch, history


def judge(arguments: argparse.Namespace) -> int:
    """Judge every case of the ledger in batch: the same kernel, the same cards as live."""
    known_at = _moment(arguments.known_at)
    as_of = _moment(arguments.as_of) or known_at or ledger.microseconds(timezone.now()) or 0
    total: dict[str, Any] = {}
    digest = batch.Cards()
    with tempfile.TemporaryDirectory(prefix="qinzheng-") as scratch:
        for kept, job in history.jobs(Path(scratch), arguments.procedure, arguments.rules, as_of, known_at):
            verdict = batch.run(job)
            digest.extend(verdict.cards)
            name = f"{kept[0]}@{kept[1][:12]}" + (f"+{kept[2]}" if kept[2] else "")
            total[name] = {
                "cases": verdict.cases, "events": verdict.events, "highest": dict(verdict.highest),
                "clocks": dict(verdict.endings),
                "cards": len(verdict.cards),
            }  # fmt: skip
    total["digest"] = batch.Verdict(cards=digest).digest()
    if arguments.json:
        print(json.dumps(total, ensure_ascii=False))
    else:
        for name, figures in total.items():
            print(f"{name}: {figures}")
    return 0


def tick(arguments: argparse.Namespace) -> int:
    """Let time pass for every case whose next moment has come; every second, until stopped."""
    stop = threading.Event()
    stuck: dict[str, str] = {}
    while True:
        done = tick_once(stuck=stuck)
        if arguments.once:
            print(f"{done} 件 / case(s)")
            return 0
        try:
            stop.wait(1 if not done else 0)
        except KeyboardInterrupt:
            return 0


_DUE = (
    "SELECT id FROM cases_case WHERE due_at < clock_timestamp() AND NOT id = ANY(%s) ORDER BY due_at LIMIT %s"
)


def tick_once(limit: int = 1000, stuck: dict[str, str] | None = None) -> int:
    """Pass time for the cases that are due by the database's clock, soonest first; returns how many moved.

    A case whose limit lies beyond the calendar is an alarm, said once and kept in ``stuck``; it holds up no other.
    """
    stuck = {} if stuck is None else stuck
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [list(stuck), limit])
        due = [case for (case,) in cursor.fetchall()]
    return sum(_pass_time(case, stuck) for case in due)


def _pass_time(case: str, stuck: dict[str, str]) -> bool:
    try:
        return cases.pass_time(case)
    except BeyondCalendar as why:
        stuck[case] = str(why)
        print(f"{case}: {why}", file=sys.stderr)
        return False


def redetermine(arguments: argparse.Namespace) -> int:
    """Reckon every open case anew: after a calendar or a rule was published."""
    moved = redetermine_all()
    print(f"已重新认定 {moved} 件在办办件 / {moved} open case(s) redetermined")
    return 0


def redetermine_all() -> int:
    """Let the projectors see every open case; those whose program is another one now are refolded."""
    stuck: dict[str, str] = {}
    return sum(
        _pass_time(case, stuck) for case in Case.objects.filter(closed_at=None).values_list("pk", flat=True)
    )


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=shelf.ZONE)
    return ledger.microseconds(moment)
