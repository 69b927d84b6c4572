"""Bodies of ``qinzheng judge`` and ``qinzheng tick``."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import tempfile
import threading
from pathlib import Path
from typing import Any

from django.utils import timezone

from qinzheng.cases.acts import PERFORMED
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries as events
from qinzheng.ledger.queries import StoredEvent
from qinzheng.operations.ticking import Aside, pass_time, tick_once
from qinzheng.supervision import batch, history, officers

__all__ = ["judge", "redetermine", "redetermine_all", "tick", "tick_once"]


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
    done = (event for event in events.events(types=(PERFORMED,)) if _known(event, as_of, known_at))
    keyed = list(officers.judge(done, shelf.library(), shelf.day(as_of), arguments.rules))
    digest.id += [bytes.fromhex(found.id) for found in keyed]
    total["officer-days"] = {"cards": len(keyed)}
    total["digest"] = batch.Verdict(cards=digest).digest()
    if arguments.json:
        print(json.dumps(total, ensure_ascii=False))
    else:
        for name, figures in total.items():
            print(f"{name}: {figures}")
    return 0


def _known(event: StoredEvent, as_of: int, known_at: int | None) -> bool:
    return (event.occurred_at or 0) <= as_of and (known_at is None or event.recorded_at <= known_at)


def tick(arguments: argparse.Namespace) -> int:
    """Let time pass for every case whose next moment has come; every second, until stopped."""
    stop = threading.Event()
    aside = Aside()
    while True:
        done = tick_once(aside=aside)
        if arguments.once:
            print(f"{done} 件 / case(s)")
            return 0
        try:
            stop.wait(1 if not done else 0)
        except KeyboardInterrupt:
            return 0


def redetermine(arguments: argparse.Namespace) -> int:
    """Reckon every open case anew: after a calendar or a rule was published."""
    moved = redetermine_all()
    print(f"已重新认定 {moved} 件在办办件 / {moved} open case(s) redetermined")
    return 0


def redetermine_all() -> int:
    """Let the projectors see every open case; those whose program is another one now are refolded."""
    aside = Aside(patient=False)
    return sum(
        pass_time(case, aside) for case in Case.objects.filter(closed_at=None).values_list("pk", flat=True)
    )


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=shelf.ZONE)
    return ledger.microseconds(moment)
