"""Collecting: a source that stays where it is, read through its mapping, its cases taken or reported, its counts reconciled.

Run it again and again: nothing is doubled, for a case is named for ever by the collector and its number there. Each part
that was read leaves an event (``exchange.collected``) with its counts, its digest and its watermark: the only memory.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from qinzheng.calendars import queries as calendars
from qinzheng.cases import outside
from qinzheng.cases.adopting import case_id
from qinzheng.cases.models import Case
from qinzheng.cases.outside import Outcome
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.exchange import mapping as mappings
from qinzheng.exchange.choosing import Refusal
from qinzheng.exchange.collecting import sources
from qinzheng.exchange.collecting.cases import Gathered, Gatherer
from qinzheng.exchange.collecting.schema import Collector
from qinzheng.exchange.collecting.sources import Part
from qinzheng.exchange.mapping import Intake
from qinzheng.exchange.schema import Mapping
from qinzheng.exchange.times import Reach
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries
from qinzheng.ledger.envelope import NewEvent

COLLECTED = "exchange.collected"
SHOWN = 20


@dataclass
class Account:
    """What came of one part. Rows: read = accepted + rejected. Cases: taken + continued + known + refused."""

    part: str
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    later: int = 0
    """acts said to happen after now: left until they have happened"""
    taken: int = 0
    continued: int = 0
    known: int = 0
    refused: int = 0
    acts: int = 0
    """acts that are new"""
    gone: int = 0
    """our open cases of this source that it no longer lists"""
    changed: int = 0
    """acts that the source tells otherwise than before: entered as corrections"""
    gone_acts: int = 0
    """acts that we hold of this source and it no longer tells; they stay"""
    source_rows: int | None = None
    source_cases: int | None = None
    our_cases: int = 0
    """cases of this source that we hold, after the run"""
    reasons: list[tuple[str, str, int]] = field(default_factory=list)
    """(Chinese, English, how many), the most frequent first"""
    shown: list[tuple[str, str, str]] = field(default_factory=list)
    """(where, Chinese, English) of the first few that were not taken"""

    @property
    def whole(self) -> bool:
        """Whether everything was taken."""
        return not (self.rejected or self.refused)

    def counts(self) -> dict[str, int]:
        """The figures by name, those of the source where it told them."""
        return {name: value for name, value in vars(self).items() if isinstance(value, int)}


def collector(name: str) -> Collector:
    """The published collector of that id. Raises ``Refusal`` naming those there are."""
    try:
        found: Collector = shelf.library().get("collector", name)
    except KeyError:
        known = ", ".join(sorted({each.id for each in shelf.library().all("collector")})) or "—"
        raise Refusal(
            f"没有已发布的收集器 {name}；可用：{known} / no collector {name} is published; there are: {known}"
        ) from None
    return found


def collect(name: str, place: str, by: str, *, again: bool = False) -> list[Account]:
    """Read the source once and take what is new. ``again``: everything anew, whatever the watermark and the digests say.

    ``by``: who collects, a post or a pseudonym. Raises ``Refusal`` and :class:`~qinzheng.exchange.reading.Refused`
    where the source cannot be read at all; what was taken before stays taken.
    """
    chosen = collector(name)
    mapping: Mapping = shelf.library().get("mapping", chosen.mapping)
    since, known = ("", {}) if again else _memory(name)
    accounts = []
    with sources.parts(chosen, mapping, place, since, known) as parts:
        for part in parts:
            accounts.append(_take(chosen, mapping, part, by))
    return accounts


def _take(chosen: Collector, mapping: Mapping, part: Part, by: str) -> Account:
    """One part: rows to cases, cases taken, the account kept."""
    now = ledger.microseconds(dt.datetime.now(dt.UTC)) or 0
    procedure: Procedure = shelf.in_force("procedure", mapping.procedure, shelf.day(now)).definition
    covered = [calendars.calendar(shelf.library(), each) for each in procedure.calendars()]
    intake = Intake(mapping, procedure, Reach.of(covered), now)
    gatherer = Gatherer(chosen, intake, procedure)
    if part.log is not None:
        with part.log as log:
            gatherer.take(log)
            gatherer.report.add(log)
    else:
        gatherer.take(part.batches)
    gathered = gatherer.gathered()
    outcomes = outside.take(gathered.histories, whole=_tells_all(chosen, mapping, part))
    account = _account(chosen, mapping, part, gatherer, gathered, outcomes)
    _keep(chosen, part, account, _watermark(part, gatherer, gathered, outcomes), by)
    return account


def _tells_all(chosen: Collector, mapping: Mapping, part: Part) -> bool:
    """Whether the part tells all that the source knows of each of its cases: a row a case, or a table read whole.

    A file with a row an act may be one month's; a table behind its watermark tells only what is new.
    """
    return mapping.row == "case" or (chosen.reads.form == "table" and not part.watermark)


def _account(
    chosen: Collector, mapping: Mapping, part: Part, gatherer: Gatherer, gathered: Gathered, outcomes: list[Outcome]
) -> Account:  # fmt: skip
    report = gatherer.report
    results = Counter(outcome.result for outcome in outcomes)
    refused = list(gathered.held) + [
        (name, outcome.zh, outcome.en)
        for name, outcome in zip(gathered.names, outcomes, strict=True)
        if outcome.result == "rejected"
    ]
    vanished = [
        (name, f"来源不再列出的环节 {outcome.gone} 个，仍保留", f"{outcome.gone} act(s) that the source no longer tells are kept")
        for name, outcome in zip(gathered.names, outcomes, strict=True)
        if outcome.gone
    ]  # fmt: skip
    reasons = report.reasons + Counter((zh, en) for _, zh, en in refused)
    rows = [(*mappings.place(row.place, mapping.format), row.zh, row.en) for row in report.shown]
    return Account(
        part.name, report.rows, report.accepted, report.rejected, report.later, results["taken"], results["continued"],
        results["known"], len(refused), sum(outcome.new for outcome in outcomes), len(_gone(chosen, mapping, gatherer)),
        sum(outcome.changed for outcome in outcomes), sum(outcome.gone for outcome in outcomes),
        part.rows, part.cases, ours(chosen).count(),
        [(zh, en, count) for (zh, en), count in reasons.most_common()],
        ([(f"{zh} · {en}", why, told) for zh, en, why, told in rows] + refused + vanished)[:SHOWN],
    )  # fmt: skip


def ours(chosen: Collector) -> QuerySet[Case]:
    """Our cases of this kind of source: told by another system, with its kind of outside number."""
    return Case.objects.filter(outside.TOLD, outside_numbers__kind=chosen.number)


def _gone(chosen: Collector, mapping: Mapping, gatherer: Gatherer) -> list[str]:
    """Numbers of our open cases that a source, read whole with a row a case, no longer lists."""
    if chosen.reads.form != "file" or mapping.row != "case":
        return []
    held = ours(chosen).filter(closed_at=None).values_list("pk", "outside_numbers__number")
    return sorted(
        number
        for id, number in held
        if number not in gatherer.seen and id == case_id(outside.key(f"collector:{chosen.id}", number))
    )


# -- memory -------------------------------------------------------------------------------------------


def _watermark(part: Part, gatherer: Gatherer, gathered: Gathered, outcomes: list[Outcome]) -> str:
    """How far the table has been taken: never past a row that was not, so that it is read again next time."""
    waiting = [name for name, _, _ in gathered.held]
    waiting += [
        name for name, outcome in zip(gathered.names, outcomes, strict=True) if outcome.result == "rejected"
    ]
    waiting += [gatherer.case_at[place] for place in gatherer.report.places if place in gatherer.case_at]
    first = next(
        (name for name in gatherer.seen if name in set(waiting)), None
    )  # seen in the order of the rows
    if first is None:
        return gatherer.last_mark or part.watermark
    return gatherer.seen[first].mark or part.watermark


def _keep(chosen: Collector, part: Part, account: Account, watermark: str, by: str) -> None:
    body = {
        "part": part.name, "digest": part.digest, "watermark": watermark, "whole": account.whole,
        **account.counts(),
    }  # fmt: skip
    event = NewEvent(type=COLLECTED, subject=f"collector:{chosen.id}", body=body, actor=by)
    with transaction.atomic():
        ledger.append([event])


def runs(name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(recorded at, body) of every part that was read, oldest first."""
    for event in queries.history(f"collector:{name}"):
        if event.type == COLLECTED:
            yield event.recorded_at, event.body


def _memory(name: str) -> tuple[str, dict[str, tuple[str, bool]]]:
    """The watermark, and of each part its digest and whether all of it was taken, as the last runs left them."""
    watermark, known = "", {}
    for _, body in runs(name):
        watermark = body["watermark"] or watermark
        known[body["part"]] = (body["digest"], body["whole"])
    return watermark, known
