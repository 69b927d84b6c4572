"""What must be mended: records that the receiver rejected or that we held back, each with its reason in words.

A record is built anew by itself once its case or party was corrected; by command where the fault was the receiver's, or
a list of codes was completed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from qinzheng.definitions.form import Text
from qinzheng.exchange.upward import answers, building, deployment
from qinzheng.exchange.upward.models import Record, Touched
from qinzheng.exchange.upward.records import OURS
from qinzheng.exchange.upward.schema import Upward
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import NewEvent
from qinzheng.parties.events import clock

ASKED = "exchange.repair_asked"
OPEN = ("rejected", "held")
UNKNOWN = (
    Text(zh="接收方退回，代码 {code}", en="the receiver rejected it, code {code}"),
    Text(
        zh="向接收方问明原因，更正后自动再报", en="ask the receiver why; once corrected it is reported again"
    ),
)


Words = Callable[[str], bool]


def nobody(case: str) -> bool:
    """What the receiver wrote is shown of no case."""
    return False


@dataclass(frozen=True)
class Fault:
    """One record that stands open: why, in words, and what to mend. ``said``: the receiver's own words, if asked for."""

    record: str
    report: str
    dataset: Text
    case: str
    unit: str
    state: str
    code: str
    column: str
    why: Text
    mend: Text
    since: dt.datetime
    said: str = ""


def worklist(cases: Q | None = None, *, words: Words = nobody, most: int = 200) -> list[Fault]:
    """Open records, the oldest first; ``cases``: which, over their ``case`` and ``unit``. ``words``: of which cases what
    the receiver wrote is given too, for it may be personal: those that the reader may open."""
    rows = Record.objects.filter(state__in=OPEN)
    if cases is not None:
        rows = rows.filter(cases)
    known = {each.id: each for each in deployment.reports()}
    return [
        _fault(known.get(row.report), row, words(row.case))
        for row in rows.order_by("changed_at", "pk")[:most]
    ]


def _fault(upward: Upward | None, row: Record, words: bool) -> Fault:
    why, mend = _words(upward, row.code)
    dataset = upward.datasets.get(row.dataset) if upward else None
    return Fault(
        row.pk, row.report, dataset.name if dataset else Text(zh=row.dataset, en=row.dataset), row.case, row.unit,
        row.state, row.code, row.field, why, mend, row.changed_at, answers.words(row) if words else "",
    )  # fmt: skip


def _words(upward: Upward | None, code: str) -> tuple[Text, Text]:
    if upward is not None and code in upward.reasons:
        return upward.reasons[code].words, upward.reasons[code].mend
    if code in OURS:
        return OURS[code]
    why, mend = UNKNOWN
    return Text(zh=why.zh.format(code=code), en=why.en.format(code=code)), mend


def repair(upward: Upward, ids: Collection[str], by: str) -> int:
    """Let open records be built anew with the next packet though nothing of them changed; all of them where ``ids`` is empty.

    How many. ``by``: a post or a pseudonym.
    """
    with transaction.atomic():
        rows = Record.objects.filter(report=upward.id, state__in=OPEN)
        if ids:
            rows = rows.filter(pk__in=ids)
        found = list(rows.order_by("pk"))
        if not found:
            return 0
        now = clock()
        Touched.objects.bulk_create(
            [Touched(report=upward.id, case=row.case, at=now, forced=row.pk) for row in found],
            ignore_conflicts=True,
        )
        for begin in range(0, len(found), MOST):
            body = {"records": [row.pk for row in found[begin : begin + MOST]]}
            ledger.append(
                [NewEvent(type=ASKED, subject=building.report_subject(upward.id), actor=by, body=body)]
            )
    return len(found)


MOST = 5_000
"""Records an event names."""
