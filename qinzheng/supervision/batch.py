"""The batch driver: folds an archive on all cores and gathers cards and clock facts.

The same kernel as live (``qinzheng.supervision.judge``); only the reading and the gathering are here.
The digest of the cards does not depend on the machine, the order of arrival or the number of workers.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import signal
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from qinzheng.calendars.calendar import BeyondCalendar, Calendar
from qinzheng.cases.schema import Procedure
from qinzheng.clocks.machine import COMPLETED, DEPARTMENT, RELEASED, Book
from qinzheng.supervision import archive, bulk, judge, program
from qinzheng.supervision.schema import CLOCK_CONDITIONS, LEVELS, Rule

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Job:
    """What a worker needs to judge any group of the archive; everything in it pickles."""

    path: Path
    procedure: Procedure
    rules: list[Rule]
    editions: dict[str, str]
    """rule id → edition hash"""
    calendars: dict[str, Calendar]
    as_of: int
    keyed: bool = True
    """whether rules keyed by officer-day are judged too; our own ledger's are in ``supervision.officers``"""

    def compile(self, meaning: archive.Meaning) -> program.Compiled:
        """The program for this archive's codes."""
        roles = {name: code for code, name in enumerate(meaning.roles)}
        return program.compile_program(self.procedure, self.rules, self.calendars.__getitem__, roles)


Column: TypeAlias = "array[int]"
"""64-bit integers: eight bytes a value, and quick to send between processes."""


def _column() -> Column:
    return array("q")


@dataclass
class Cards:
    """Cards as columns. ``key`` is the case's name, or ``officer@day`` for keyed rules."""

    id: list[bytes] = field(default_factory=list)
    key: list[str] = field(default_factory=list)
    rule: Column = field(default_factory=_column)
    occurrence: Column = field(default_factory=_column)
    at: Column = field(default_factory=_column)
    order: Column = field(default_factory=_column)
    detail: Column = field(default_factory=_column)
    organization: Column = field(default_factory=_column)
    actor: Column = field(default_factory=_column)

    def extend(self, other: Cards) -> None:
        for name, values in vars(self).items():
            values.extend(getattr(other, name))

    def add(self, id: bytes, key: str, finding: bulk.Finding) -> None:
        """Add the card of a finding."""
        _, rule, occurrence, at, order, detail, organization, actor = finding
        self.id.append(id)
        self.key.append(key)
        self.rule.append(rule)
        self.occurrence.append(occurrence)
        self.at.append(at)
        self.order.append(order)
        self.detail.append(detail)
        self.organization.append(organization)
        self.actor.append(actor)

    def __len__(self) -> int:
        return len(self.id)


CLOCK_FIELDS = (
    "key", "track", "ordinal", "start", "due", "promise", "end", "status", "late", "shift",
    "organization", "extra", "given", "rested",
)  # fmt: skip


@dataclass
class Verdict:
    """What a judgement of an archive (or of a part of it) found."""

    cards: Cards = field(default_factory=Cards)
    clocks: list[tuple[int, Column]] = field(default_factory=list)
    """(row group, its rows of ``CLOCK_FIELDS`` one after another); read them with :func:`clock_rows`"""
    endings: Counter[str] = field(default_factory=Counter)
    spent: Counter[int] = field(default_factory=Counter)
    highest: Counter[str] = field(default_factory=Counter)
    by_organization: dict[int, Counter[str]] = field(default_factory=dict)
    closings: dict[int, list[bulk.Closing]] = field(default_factory=dict)
    """rule → closing acts, for the rules keyed by officer-day"""
    beyond: list[tuple[str, str]] = field(default_factory=list)
    """(case, why) of the cases with a limit beyond the calendar: an alarm; they are judged in nothing else"""
    cases: int = 0
    events: int = 0

    def merge(self, other: Verdict) -> None:
        self.cards.extend(other.cards)
        self.clocks += other.clocks
        self.endings += other.endings
        self.spent += other.spent
        self.highest += other.highest
        for organization, counts in other.by_organization.items():
            self.by_organization.setdefault(organization, Counter()).update(counts)
        for rule, closings in other.closings.items():
            self.closings.setdefault(rule, []).extend(closings)
        self.beyond += other.beyond
        self.cases += other.cases
        self.events += other.events

    def digest(self) -> str:
        """SHA-256 over the sorted card ids."""
        digest = hashlib.sha256()
        for card in sorted(self.cards.id):
            digest.update(card)
        return digest.hexdigest()


def card_id(rule: str, edition: str, key: str, occurrence: int) -> bytes:
    """16 bytes that name a card: the same history judged again yields the same card."""
    return hashlib.sha256(f"{rule}\n{edition}\n{key}\n{occurrence}".encode()).digest()[:16]


def run(job: Job, *, workers: int = 1, progress: Progress | None = None) -> Verdict:
    """Judge the whole archive. Workers take row groups; the result does not depend on how many there are."""
    source = archive.Archive(job.path)
    total = Verdict()
    for done, part in enumerate(_parts(job, source.groups, workers), start=1):
        total.merge(part)
        if progress:
            progress(done, source.groups)
    _keyed(job, source.meaning, total)
    return total


def _parts(job: Job, groups: int, workers: int) -> Iterator[Verdict]:
    if workers <= 1 or groups <= 1:
        worker = _Worker(job)
        for group in range(groups):
            yield worker.judge(group)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(workers, groups), _start, (job,)) as pool:
        yield from pool.imap(_take, range(groups))


_worker: _Worker | None = None


def _start(job: Job) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it and ends the pool
    _worker = _Worker(job)


def _take(group: int) -> Verdict:
    assert _worker is not None
    return _worker.judge(group)


class _Worker:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.archive = archive.Archive(job.path)
        self.compiled = job.compile(self.archive.meaning)
        rules = self.compiled.rules
        self.names = [(rule.id, job.editions[rule.id]) for rule in rules]
        self.level = [
            LEVELS.index(rule.level) if rule.when.condition in CLOCK_CONDITIONS else 0 for rule in rules
        ]

    def judge(self, group: int) -> Verdict:
        part = self.archive.read(group)
        verdict = Verdict(cases=len(part.names), events=len(part.facts.at))
        book = Book()
        try:
            spent = judge.judge(self.compiled.program, part.facts, part.borders, self.job.as_of, book, 0)
        except BeyondCalendar:
            book, spent = self._one_by_one(part, verdict)
        for turn in range(4):
            verdict.spent[turn] = sum(spent[turn::5])
        self._cards(verdict, part, book)
        verdict.clocks = [(group, array("q", chain.from_iterable(book.clocks)))]
        self._endings(verdict)
        for number, when in self.compiled.keyed:
            verdict.closings[number] = bulk.closings(self.compiled, when, part)
        return verdict

    def _one_by_one(self, part: archive.Group, verdict: Verdict) -> tuple[Book, list[int]]:
        """Judge each case alone, leaving out those whose limits the calendar cannot reckon.

        No due date may be guessed for them, and no other case may go unjudged because of them.
        """
        book, spent = Book(), list[int]()
        for key, name in enumerate(part.names):
            own, borders = Book(), part.borders[key : key + 2]
            try:
                spent += judge.judge(self.compiled.program, part.facts, borders, self.job.as_of, own, key)
            except BeyondCalendar as why:
                verdict.beyond.append((name, str(why)))
                verdict.events -= borders[1] - borders[0]
            else:
                book.findings += own.findings
                book.clocks += own.clocks
        verdict.cases -= len(verdict.beyond)
        return book, spent

    def _cards(self, verdict: Verdict, part: archive.Group, book: Book) -> None:
        cards = verdict.cards
        highest = [0] * len(part.names)
        names, levels = self.names, self.level
        for finding in book.findings:
            key, rule = finding[0], finding[1]
            rule_id, edition = names[rule]
            cards.add(card_id(rule_id, edition, part.names[key], finding[2]), part.names[key], finding)
            if levels[rule] > highest[key]:
                highest[key] = levels[rule]
        for level in highest:
            verdict.highest[LEVELS[level]] += 1
        verdict.highest[LEVELS[0]] -= len(verdict.beyond)

    def _endings(self, verdict: Verdict) -> None:
        """Count how the department's clocks ended, in all and by organization."""
        rows, width = verdict.clocks[0][1], len(CLOCK_FIELDS)
        ours = {track.index for track in self.compiled.tracks if track.owner == DEPARTMENT}
        columns = (rows[field::width] for field in (1, 7, 8, 10))
        counted = Counter(zip(*columns, strict=True))
        for (track, status, late, organization), count in counted.items():
            if track not in ours:
                continue
            name = ending(status, late)
            verdict.endings[name] += count
            verdict.by_organization.setdefault(organization, Counter())[name] += count


def clock_rows(verdict: Verdict, source: archive.Archive) -> Iterator[tuple[str, tuple[int, ...]]]:
    """(case name, row of ``CLOCK_FIELDS``) of every clock, in the order of the archive."""
    width = len(CLOCK_FIELDS)
    for group, rows in sorted(verdict.clocks, key=lambda chunk: chunk[0]):
        names = source.names(group)
        for begin in range(0, len(rows), width):
            row = tuple(rows[begin : begin + width])
            yield names[row[0]], row


def ending(status: int, late: int) -> str:
    """The word for a clock fact: completed in time or late, released, running or overdue."""
    if status == COMPLETED:
        return "completed_late" if late else "completed_on_time"
    if status == RELEASED:
        return "released"
    return "overdue" if late else "running"


def _keyed(job: Job, meaning: archive.Meaning, total: Verdict) -> None:
    """Judge the rules keyed by officer-day with the same kernel under another key."""
    compiled = job.compile(meaning)
    for number, when in compiled.keyed if job.keyed else ():
        rule = compiled.rules[number]
        calendar = job.calendars[compiled.calendar]
        closings = total.closings.get(number, [])
        for key, finding in bulk.judge_officer_days(number, when, closings, meaning.actors, calendar):
            total.cards.add(card_id(rule.id, job.editions[rule.id], key, finding[2]), key, finding)


def names(table: Sequence[str], code: int, otherwise: str = "") -> str:
    """The name behind a code; ``otherwise`` where it is unknown."""
    return table[code] if 0 <= code < len(table) else otherwise
