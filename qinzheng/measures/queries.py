"""What others may ask: ``answer`` a measure, open its ``evidence``, list the measures.

The archive stands under ``settings.HOME``; definitions are the published ones. A process keeps the facts it has
opened and opens them anew when the archive has grown.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb
from django.conf import settings

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.calendar import Calendar
from qinzheng.definitions import shelf
from qinzheng.definitions.library import Library
from qinzheng.measures import archive, ask
from qinzheng.measures import handled as handling
from qinzheng.measures.ask import Answer, Evidence, Question, Units, WrongQuestion
from qinzheng.measures.facts import Facts, keep, parquet
from qinzheng.measures.period import Period
from qinzheng.measures.question import Meaning
from qinzheng.measures.schema import Measure

TIMES = 3
"""How often a question is put again where the follower removed a file under it."""
_lock = threading.Lock()
_open: dict[tuple[Path, str], Facts] = {}
T = TypeVar("T")


def folder() -> Path:
    """Where the archive stands."""
    return Path(settings.HOME) / "archive"


def position(place: Path | None = None) -> int:
    """How many events of the ledger the archive holds: the newest ``upto``."""
    return archive.read_manifest(place or folder()).position


def measures() -> list[Measure]:
    """The published measures, the latest edition of each, by id."""
    return list({measure.id: measure for measure in shelf.library().all("measure")}.values())


def measure(id: str) -> Measure:
    """The latest published edition of a measure. Raises :class:`WrongQuestion`."""
    found = {one.id: one for one in measures()}
    if id not in found:
        listed = "、".join(sorted(found)) or "无"
        raise WrongQuestion(f"没有指标 {id}；可用：{listed}", f"there is no measure {id}; known: {listed}")
    return found[id]


def answer(
    measure_: Measure | str,
    by: Sequence[str] | str,
    period: Period,
    *,
    upto: int | None = None,
    organizations: Collection[str] | None = None,
    units: Units | None = None,
    sealed: bool = False,
    digests: bool = False,
    place: Path | None = None,
) -> list[Answer]:
    """The answers to a measure by one or more dimensions, sorted by key.

    ``upto``: as known when the ledger had so many events (default: now). ``organizations``: count only facts of
    these. ``units``: into which higher units facts roll up, by which towns, and which units to list though nothing
    was counted. ``sealed``: count sealed cases too; only for readers who may open every one of them: for all others they
    are in no total, as they are sealed *now*, whatever ``upto`` says. ``digests``: reckon the evidence's digests too. Raises :class:`WrongQuestion`.
    """
    chosen = measure(measure_) if isinstance(measure_, str) else measure_
    library = shelf.library()
    named = (by,) if isinstance(by, str) else tuple(by)

    def run(facts: Facts) -> list[Answer]:
        question = Question(
            chosen, library.hash(chosen), named, period, facts.position if upto is None else upto,
            None if organizations is None else frozenset(organizations), units or Units(),
            sealed_at=None if sealed else _newest(facts),
        )  # fmt: skip
        if question.upto > facts.position or question.upto < 0:
            raise WrongQuestion(
                f"档案只到 {facts.position}，问的是 {question.upto}：请稍候或更正",
                f"the archive has {facts.position} events and {question.upto} is asked: wait, or correct it",
            )
        return ask.ask(facts, Meaning.of(library), question, digests=digests)

    return _with_facts(library, chosen.calendar, place or folder(), upto, run)


def evidence(
    told: Evidence, *, without: Collection[str] = (), sealed: bool = False, begin: int = 0, limit: int | None = None,
    place: Path | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """The events behind an answer, in the order of the ledger, all or ``limit`` of them from the ``begin``-th on.

    ``without``: subjects whose events are left out, for a reader for whom they do not exist. ``sealed``: tell those of
    cases that are sealed now too, as in :func:`answer`. Each event: position, id, subject, seq, type, act,
    organization, occurred, recorded, and ``hit``.
    """
    library = shelf.library()
    chosen = measure(told.measure)

    def run(facts: Facts) -> list[dict[str, Any]]:
        hidden = [] if sealed else facts.sealed(_newest(facts))
        marks = dict(ask.proofs(
            facts, Meaning.of(library), _question(chosen, told), told, begin=begin, limit=limit,
            without=[*hidden, *facts.keys(without).values()],
        ))  # fmt: skip
        files = facts.files(list(marks))
        if not files:
            return []
        found = facts.con.cursor().execute(
            "SELECT position, id, subject, seq, type, act, organization, occurred, recorded "
            f"FROM {parquet(files)} WHERE position BETWEEN {min(marks)} AND {max(marks)} "
            "AND position IN (SELECT unnest(?::BIGINT[])) ORDER BY position",
            [list(marks)],
        )
        names = [column[0] for column in found.description]
        return [{**dict(zip(names, row, strict=True)), "hit": marks[row[0]]} for row in found.fetchall()]

    return _with_facts(library, chosen.calendar, place or folder(), told.position, run)


def handled(
    ends: handling.Ends, period: Period, calendar: str, *, place: Path | None = None
) -> tuple[int, list[handling.Handled]]:
    """(position of the ledger, the clocks that ``ends`` name one by one), without sealed cases: see :mod:`qinzheng.measures.handled`."""

    def run(facts: Facts) -> tuple[int, list[handling.Handled]]:
        return facts.position, handling.clocks(facts, ends, period, facts.sealed(_newest(facts)))

    return _with_facts(shelf.library(), calendar, place or folder(), None, run)


def steps(
    named: Mapping[str, Mapping[str, int]], period: Period, calendar: str, *, place: Path | None = None
) -> tuple[int, list[handling.Steps]]:
    """(position of the ledger, cases against the steps named), without sealed cases: see :mod:`qinzheng.measures.handled`."""

    def run(facts: Facts) -> tuple[int, list[handling.Steps]]:
        return facts.position, handling.steps(facts, named, period, facts.sealed(_newest(facts)))

    return _with_facts(shelf.library(), calendar, place or folder(), None, run)


def sealed_now(*, place: Path | None = None) -> tuple[int, ...]:
    """The keys of the cases that are sealed now, so that whoever keeps answers keeps none longer than this holds."""
    library = shelf.library()
    for one in measures():
        return _with_facts(
            library, one.calendar, place or folder(), 0, lambda facts: tuple(facts.sealed(_newest(facts)))
        )
    return ()


def holds(told: Evidence, *, place: Path | None = None) -> bool:
    """Whether the evidence, asked again at its position, is the same: count and digest."""
    library = shelf.library()
    chosen = measure(told.measure)
    return _with_facts(
        library, chosen.calendar, place or folder(), told.position,
        lambda facts: ask.same(facts, Meaning.of(library), _question(chosen, told), told),
    )  # fmt: skip


def _newest(facts: Facts) -> int:
    """The position up to which the archive knows by now, also where the facts are older: what is sealed now counts."""
    return max(facts.position, archive.read_manifest(facts.folder).position)


def follow(limit: int | None = None, *, place: Path | None = None) -> int:
    """One round of the follower: events into the archive, and the kept facts anew where enough has happened."""
    target = place or folder()
    done = archive.follow(target, limit)
    library = shelf.library()
    for name in sorted({one.calendar for one in library.all("measure")}):
        keep(target, calendars.calendar(library, name), finals)
    return done


def finals(procedure: str, edition: str) -> Mapping[str, str]:
    """The final states of an edition of a procedure: state → how it is final."""
    definition = shelf.edition("procedure", procedure, edition).definition
    return {name: state.final for name, state in definition.states.items() if state.final}


def _question(chosen: Measure, told: Evidence) -> Question:
    period = Period(dt.date.fromisoformat(told.first), dt.date.fromisoformat(told.last))
    return Question(chosen, told.edition, (), period, told.position)


def _with_facts(library: Library, name: str, place: Path, upto: int | None, run: Callable[[Facts], T]) -> T:
    """Run with facts that reach ``upto`` (None: the newest); again where a file was replaced meanwhile.

    ``name``: the calendar whose working days are counted.
    """
    calendar = calendars.calendar(library, name)
    for left in reversed(range(TIMES)):
        try:
            return run(_facts(place, calendar, upto))
        except (duckdb.IOException, FileNotFoundError):
            if not left:
                raise
            forget()
    raise AssertionError


def _facts(place: Path, calendar: Calendar, upto: int | None) -> Facts:
    """The facts of this process, opened anew where they do not reach far enough or the calendar is another one.

    A page that asks several measures at one position so derives what is new once.
    """
    key = (place, calendar.id)
    with _lock:
        held = _open.get(key)
        known = held is not None and held.calendar.edition == calendar.edition
        if held is not None and known and upto is not None and upto <= held.position:
            return held
        manifest = archive.read_manifest(place)
        if held is None or not known or held.manifest != manifest:
            held = _open[key] = Facts(place, calendar, finals, manifest=manifest)
        return held


def forget() -> None:
    """Let go of what this process has opened."""
    with _lock:
        _open.clear()
