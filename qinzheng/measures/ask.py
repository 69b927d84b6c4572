"""From a question to its answers: value, numerator, denominator, interval, and the evidence that opens to events.

DuckDB filters and groups; what is added up afterwards is whole numbers, so that the same question at the same
position always has the same answer, on any machine.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from qinzheng.measures import intervals, rows
from qinzheng.measures.facts import Facts
from qinzheng.measures.period import ONE_DAY, Period
from qinzheng.measures.question import DAYS, Asked, Meaning, Sql, dimension_sql, facts_sql
from qinzheng.measures.schema import OF_AMOUNTS, STOCKS, Measure, Quantile

Key = tuple[str, ...]


class WrongQuestion(ValueError):
    """The measure cannot be asked so: ``zh`` and ``en`` say what it can be asked."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


@dataclass(frozen=True)
class Units:
    """Where an organization's facts also count: in itself, and in every unit above it.

    ``above``: organization → the units that it belongs to, itself first; one that is missing counts for itself.
    ``town``: organization → the town that it lies in, for facts of cases that name no town of their own.
    ``listed``: units shown even where nothing was counted.
    """

    above: Mapping[str, Sequence[str]] = field(default_factory=dict)
    town: Mapping[str, str] = field(default_factory=dict)
    listed: Sequence[str] = ()

    def of(self, organization: str) -> Sequence[str]:
        """The units in which an organization's fact counts."""
        return self.above.get(organization, (organization,))


@dataclass(frozen=True)
class Evidence:
    """What reproduces an answer: the question, the position of the ledger, how many facts, and their digest.

    ``organizations`` are those counted, None for all; ``lying`` those that lie in the town asked for. ``sealed_at``: the
    cases left out are those that were sealed at this position of the ledger; None: sealed cases were counted. ``digest`` is the SHA-256 over the sorted positions of the
    events that prove the facts, each with whether it counts in the numerator; None until it is asked for.
    """

    measure: str
    edition: str
    calendar: str
    first: str
    last: str
    organizations: tuple[str, ...] | None
    where: tuple[tuple[str, str], ...]
    position: int
    count: int
    digest: str | None = None
    lying: tuple[str, ...] = ()
    sealed_at: int | None = None


@dataclass(frozen=True)
class Answer:
    """One figure. ``key`` says of what: dimension → value. ``value`` is None where nothing could be counted."""

    key: Mapping[str, str]
    value: float | None
    numerator: int | None
    denominator: int | None
    low: float | None
    high: float | None
    n: int
    comparable: bool
    """enough facts to be ranked; a unit without any business never is"""
    evidence: Evidence


@dataclass(frozen=True)
class Question:
    """A measure with everything that it is asked about."""

    measure: Measure
    edition: str
    by: tuple[str, ...]
    period: Period
    upto: int
    organizations: frozenset[str] | None = None
    units: Units = field(default_factory=Units)
    where: tuple[tuple[str, str], ...] = ()
    lying: tuple[str, ...] = ()
    sealed_at: int | None = None
    """leave out the cases sealed at this position; None: count them"""


@dataclass
class _Sum:
    """What is added up for one key."""

    n: int = 0
    hits: int = 0
    days: Counter[int] = field(default_factory=Counter)
    pairs: Counter[tuple[int, int]] = field(default_factory=Counter)
    """(limit - used, limit)"""
    from_: set[str] = field(default_factory=set)
    lying: set[str] = field(default_factory=set)

    def add(
        self, organization: str, own: str, hit: bool, used: int | None, allowed: int | None, count: int
    ) -> None:
        """``own``: the town that the facts themselves name."""
        self.n += count
        self.hits += count if hit else 0
        self.from_.add(organization)
        if not own:
            self.lying.add(organization)
        if used is not None:
            self.days[used] += count
            if allowed is not None:
                self.pairs[allowed - used, allowed] += count


def ask(facts: Facts, meaning: Meaning, question: Question, *, digests: bool = False) -> list[Answer]:
    """The answers, sorted by key. Raises :class:`WrongQuestion`, and BeyondCalendar where days cannot be counted."""
    measure = question.measure
    _check(measure, question)
    con = facts.con.cursor()
    sums: dict[Key, _Sum] = {}
    marks: dict[Key, list[Any]] = {}
    asked = _asked(facts, question)
    for organization, key, figures in _grouped(con, facts, meaning, asked, question):
        for one in _rolled(question, organization, key):
            sums.setdefault(one, _Sum()).add(organization, *figures)
    if digests:
        marks = _marked(con, facts, meaning, asked, question)
    for unit in question.units.listed if question.by == ("organization",) else ():
        sums.setdefault((unit,), _Sum())
    if not question.by:
        sums.setdefault((), _Sum())
    return [
        _answer(facts, question, key, sums[key], marks.get(key, []) if digests else None)
        for key in sorted(sums)
    ]


def ranks(measure: Measure, answers: Sequence[Answer]) -> list[tuple[int, Answer]]:
    """(rank, answer) of those that may be ranked, the best first; equal values share a rank."""
    able = [answer for answer in answers if answer.comparable and answer.value is not None]
    if measure.better == "neither":
        return []
    able.sort(key=lambda answer: (answer.value or 0.0) * (-1 if measure.better == "higher" else 1))
    values = [answer.value for answer in able]
    return [(values.index(answer.value) + 1, answer) for answer in able]


def proofs(
    facts: Facts, meaning: Meaning, question: Question, evidence: Evidence, *, without: Collection[int] = (),
    begin: int = 0, limit: int | None = None,
) -> list[tuple[int, bool]]:  # fmt: skip
    """(position, whether it counts in the numerator) of the facts behind an answer, in order: all, or ``limit`` from ``begin``.

    ``without``: keys of cases of which nothing is told.
    """
    asked = _narrowed(facts, question, evidence)
    sql = facts_sql(facts, meaning, replace(asked, hidden=tuple({*asked.hidden, *without})))
    page = "" if limit is None else f" LIMIT {limit} OFFSET {begin}"
    found = facts.con.cursor().execute(
        f"SELECT proof, hit FROM ({sql.text}) ORDER BY proof, hit{page}", sql.parameters
    )
    return [(position, bool(hit)) for position, hit in found.fetchall()]


def same(facts: Facts, meaning: Meaning, question: Question, evidence: Evidence) -> bool:
    """Whether the evidence, asked again at its position, is the same: count and digest."""
    marks = _marks(facts.con.cursor(), facts, meaning, _narrowed(facts, question, evidence)).column("mark")
    digest = evidence.digest
    return len(marks) == evidence.count and digest in (None, _digest(marks.chunks))


def _narrowed(facts: Facts, question: Question, evidence: Evidence) -> Asked:
    """The question that the evidence tells, as it is put to DuckDB."""
    return _asked(facts, replace(
        question, organizations=None if evidence.organizations is None else frozenset(evidence.organizations),
        where=evidence.where, lying=evidence.lying, upto=evidence.position, sealed_at=evidence.sealed_at,
    ))  # fmt: skip


def _check(measure: Measure, question: Question) -> None:
    for dimension in question.by:
        if dimension not in measure.by:
            can = "、".join(measure.by)
            raise WrongQuestion(
                f"{measure.name.zh}不能按 {dimension} 划分；可用：{can}",
                f"{measure.id} cannot be asked by {dimension}; it can be by {', '.join(measure.by)}",
            )
    if len(set(question.by)) != len(question.by):
        raise WrongQuestion("同一划分写了两次", "the same dimension is named twice")


def _asked(facts: Facts, question: Question) -> Asked:
    """The question as it is put to DuckDB."""
    measure = question.measure
    known = facts.recorded(question.upto)
    named = {*question.by, *(name for name, _ in question.where)}
    by = next((name for name in ("day", "month") if name in named), None)
    parts = (
        [part for _, part in question.period.parts(by)]
        if by and measure.when in STOCKS
        else [question.period]
    )
    ends = tuple((rows.day_number(part.last), _end(part, known)) for part in parts)
    return Asked(
        measure, question.period, question.upto, _end(question.period, known), ends, question.organizations,
        question.where, question.lying,
        () if question.sealed_at is None else tuple(facts.sealed(question.sealed_at)),
    )  # fmt: skip


def _end(period: Period, known: int) -> int:
    return min(rows.midnight(period.last + ONE_DAY), known)


def _named(question: Question) -> tuple[list[str], str]:
    """The dimensions that DuckDB groups by besides the organization, and their columns."""
    plain = [dimension for dimension in question.by if dimension != "organization"]
    return plain, "".join(f", {dimension_sql(dimension)} AS d{i}" for i, dimension in enumerate(plain))


def _grouped(con: Any, facts: Facts, meaning: Meaning, asked: Asked, question: Question) -> Iterator[Any]:
    """(organization, key without it, figures) of each group that DuckDB found.

    A million rows are grouped by as few columns as differ, and by day: only what is left is told by month.
    """
    sql = facts_sql(facts, meaning, asked)
    plain, named = _named(question)
    of_amounts = asked.measure.value.statistic in OF_AMOUNTS
    hit = "hit" if asked.measure.value.statistic == "rate" else "true"
    days = "used, allowed" if of_amounts else "NULL, NULL"
    own = [f'"{one}"' for one in plain if one not in ("month", "day")]
    columns = [
        "organization",
        *(["hit"] if hit == "hit" else []),
        *(["used", "allowed"] if of_amounts else []),
        *own,
    ]
    columns += ["day"] if len(own) < len(plain) else []
    inner = f"SELECT {', '.join(columns)}, count(*) AS n FROM ({sql.text}) GROUP BY ALL"
    found = con.execute(
        f"SELECT organization, {hit}, {days}, sum(n)::BIGINT{named} FROM ({inner}) GROUP BY ALL",
        sql.parameters,
    ).fetchall()
    if of_amounts and any(row[2] is None or row[3] is None for row in found):
        _alarm(con, facts, sql)
    for organization, hit, used, allowed, count, *key in found:
        named_key = dict(zip(plain, key, strict=True))
        yield organization, named_key, (named_key.get("town", ""), hit, used, allowed, count)


def _alarm(con: Any, facts: Facts, sql: Sql) -> None:
    """Some days could not be counted: raise for the day that the calendar does not reach."""
    edges = ", ".join(f"min({day}), max({day})" for day in DAYS)
    for day in con.execute(f"SELECT {edges} FROM ({sql.text})", sql.parameters).fetchone():
        if day is not None:
            facts.calendar.index(rows.date_of(day))


def _rolled(question: Question, organization: str, key: Mapping[str, str]) -> list[Key]:
    """The keys under which an organization's facts count."""
    keys: list[Key] = [()]
    for dimension in question.by:
        values: Sequence[str] = (key.get(dimension) or "",)
        if dimension == "organization":
            values = question.units.of(organization)
        elif dimension == "town" and not key[dimension]:
            values = (question.units.town.get(organization, ""),)
        keys = [(*one, value) for one in keys for value in values]
    return keys


def _marks(con: Any, facts: Facts, meaning: Meaning, asked: Asked, dimensions: str = "") -> pa.Table:
    sql = facts_sql(facts, meaning, asked)
    found = con.sql(
        f"SELECT proof * 2 + hit::BIGINT AS mark, organization{dimensions} FROM ({sql.text})",
        params=sql.parameters,
    )
    return found.to_arrow_table()


def _marked(
    con: Any, facts: Facts, meaning: Meaning, asked: Asked, question: Question
) -> dict[Key, list[Any]]:
    """The marks of every key's facts."""
    plain, named = _named(question)
    keys = ["organization", *(f"d{i}" for i in range(len(plain)))]
    table = _marks(con, facts, meaning, asked, named)
    marks: dict[Key, list[Any]] = {}
    for group in table.group_by(keys).aggregate([("mark", "list")]).to_batches():
        lists = group.column("mark_list")
        columns = [group.column(key).to_pylist() for key in keys]
        for i in range(group.num_rows):
            key = {dimension: columns[j + 1][i] for j, dimension in enumerate(plain)}
            for one in _rolled(question, columns[0][i], key):
                marks.setdefault(one, []).append(lists[i].values)
    return marks


def _digest(marks: list[Any]) -> str:
    """SHA-256 over the sorted marks as 64-bit numbers, the low byte first."""
    if not marks:
        return hashlib.sha256(b"").hexdigest()
    whole = pa.concat_arrays(marks)
    ordered = pc.take(whole, pc.sort_indices(whole))
    return hashlib.sha256(memoryview(ordered.buffers()[1])[: 8 * len(ordered)]).hexdigest()


def _answer(facts: Facts, question: Question, key: Key, sum: _Sum, marks: list[Any] | None) -> Answer:
    measure = question.measure
    value, numerator, denominator, interval = _figure(measure, sum)
    named = dict(zip(question.by, key, strict=True))
    evidence = Evidence(
        measure.id, question.edition, facts.calendar.edition, question.period.first.isoformat(),
        question.period.last.isoformat(), _counted(question, named, sum),
        tuple(sorted({**dict(question.where), **{k: v for k, v in named.items() if k != "organization"}}.items())),
        question.upto, sum.n, None if marks is None else _digest(marks),
        tuple(sorted(sum.lying)) if "town" in named else question.lying, question.sealed_at,
    )  # fmt: skip
    low, high = interval or (None, None)
    return Answer(
        named, value, numerator, denominator, low, high, sum.n, 0 < sum.n >= measure.least_n, evidence
    )


def _counted(question: Question, named: Mapping[str, str], sum: _Sum) -> tuple[str, ...] | None:
    """The organizations whose facts the answer counts."""
    if "organization" in named:
        return tuple(sorted(sum.from_))
    return None if question.organizations is None else tuple(sorted(question.organizations))


def _figure(measure: Measure, sum: _Sum) -> tuple[float | None, int | None, int | None, intervals.Interval]:
    """(value, numerator, denominator, interval) by the measure's statistic."""
    kind = measure.value.statistic
    if kind == "count":
        return float(sum.n), sum.n, None, None
    if kind == "rate":
        share = sum.hits / sum.n if sum.n else None
        return share, sum.hits, sum.n, intervals.wilson(sum.hits, sum.n)
    if kind == "speed_up":
        saved = _total((a, count) for (a, _), count in sum.pairs.items())
        allowed = _total((b, count) for (_, b), count in sum.pairs.items())
        return saved / allowed if allowed else None, saved, allowed, intervals.of_ratio(sum.pairs)
    n = sum.days.total()
    if measure.of == "yuan":
        return _money(measure, sum)
    if kind == "mean":
        total = _total(sum.days.items())
        return total / n if n else None, total, n, intervals.of_mean(sum.days)
    if not n:
        return None, None, 0, None
    if isinstance(measure.value, Quantile):
        rank = -(-n * measure.value.per_cent // 100)
        value = intervals.at_rank(sum.days, rank)
        return float(value), value, 1, intervals.of_quantile(sum.days, measure.value.per_cent)
    twice = intervals.twice_median(sum.days)
    return twice / 2, twice, 2, intervals.of_quantile(sum.days, 50)


def _money(measure: Measure, sum: _Sum) -> tuple[float | None, int | None, int | None, intervals.Interval]:
    """Sum or mean in yuan of what is kept in fen; the numerator is fen."""
    n, fen = sum.days.total(), _total(sum.days.items())
    if measure.value.statistic == "sum":
        return fen / FEN, fen, FEN, None
    around = intervals.of_mean(sum.days)
    yuan = None if around is None else (around[0] / FEN, around[1] / FEN)
    return fen / (n * FEN) if n else None, fen, n * FEN, yuan


FEN = 100
"""Fen of a yuan."""


def _total(pairs: Iterable[tuple[int, int]]) -> int:
    return sum(value * count for value, count in pairs)
