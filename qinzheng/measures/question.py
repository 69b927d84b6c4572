"""From a measure to SQL: one SELECT of the facts that it counts, as of a position of the ledger.

The vocabulary of ``qinzheng.measures.schema`` ends here: each filter, moment and dimension is one expression. Values
of a definition or of a user are always parameters, never part of the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from qinzheng.definitions.library import Library
from qinzheng.measures import beside, own_events, presence, rows, visits
from qinzheng.measures.facts import Facts
from qinzheng.measures.period import Period
from qinzheng.measures.schema import OF_AMOUNTS, STOCKS, Filter, Measure, Rate, SpeedUp

ORGANIZATIONS = {"holder": "holder", "actor": "doer", "opener": "opener"}
"""``counts_for`` → the column of the organization that a fact counts for."""

_MOMENTS = {
    "opened": ("opened", "opened_day"), "done": ("done", "done_day"), "started": ("start", "start_day"),
    "due": ("due", "due_day"), "ended": ("ended_at", "ended_day"), "issued_for": ("fell", "fell_day"), "given": ("given", "given_day"), "booked": ("booked", "booked_day"),
}  # fmt: skip
_OPENED = {"cases": ("opened", "opened_day"), "clocks": ("start", "start_day")}
DAYS = ("start_day", "ended_day", "first_due_day", "first_promise_day")
_RANK = {"first": ("ASC", "ASC"), "last": ("DESC", "DESC")}


@dataclass(frozen=True)
class Meaning:
    """What the definitions add to the facts: clocks by role and owner, rules by condition, what rules warn of."""

    clocks: tuple[tuple[str, str, str, str], ...]
    """(procedure, clock, role, owner)"""
    conditions: dict[str, str]
    """rule → condition"""
    warned: tuple[tuple[str, str, str, str], ...]
    """(rule, procedure, clock, limit or promise): which clocks a rule warns of, and of which due moment"""
    came: presence.Rows = ()
    """which acts mean that an applicant came"""
    baselines: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """trips, doors, persons → (item, how many it took before)"""

    @classmethod
    def of(cls, library: Library) -> Meaning:
        """Read it from a library; where editions of one procedure differ, the latest decides."""
        procedures = {p.id: p for p in library.all("procedure")}
        rules = {rule.id: rule for rule in library.all("rule")}
        clocks = tuple(
            (p.id, name, clock.role, clock.owner) for p in procedures.values() for name, clock in p.clocks.items()
        )  # fmt: skip
        warned = tuple(
            (rule.id, name, clock, against)
            for rule in rules.values()
            if rule.when.condition == "pre_warning"
            for name in rule.supervises
            if name in procedures
            for clock, against in _warned(rule, procedures[name])
        )
        before = {of: presence.baselines(library, of) for of in presence.COUNTS}
        conditions = {id: rule.when.condition for id, rule in rules.items()}
        return cls(clocks, conditions, warned, presence.rows(library), before)


def _warned(rule: Any, procedure: Any) -> list[tuple[str, str]]:
    """The clocks of a procedure that a pre-warning watches: those it names, else the case's own."""
    names = rule.when.clocks or [name for name, clock in procedure.clocks.items() if clock.role == "case"]
    clocks = {name: procedure.clocks[name] for name in names if name in procedure.clocks}
    return [
        (name, "limit" if rule.when.limit == clock.limit() else "promise")
        for name, clock in clocks.items()
        if getattr(clock.limits, rule.when.limit, None) is not None
    ]


@dataclass
class Sql:
    """A text with the parameters of its question marks, in order."""

    text: str = ""
    parameters: list[Any] = field(default_factory=list)

    def add(self, text: str, *parameters: Any) -> None:
        self.text += text
        self.parameters += parameters


@dataclass(frozen=True)
class Asked:
    """Everything that decides which facts are counted."""

    measure: Measure
    period: Period
    upto: int
    now: int
    """the end of the period, or when the ledger knew something last if that is sooner"""
    ends: tuple[tuple[int, int], ...]
    """of a stock: (last day, that end) of the period, or of each month or day of it that is asked for"""
    organizations: frozenset[str] | None = None
    """None: all"""
    where: tuple[tuple[str, str], ...] = ()
    """dimension → the value asked for"""
    lying: tuple[str, ...] = ()
    """where a town is asked for: the organizations that lie in it, for facts that name no town of their own"""
    hidden: tuple[int, ...] = ()
    """keys of the cases that are not counted: sealed ones, or such as do not exist for the reader"""


def facts_sql(facts: Facts, meaning: Meaning, asked: Asked) -> Sql:
    """``proof, organization, day, hit, used, allowed`` and the measure's dimensions, a row a counted fact."""
    measure = asked.measure
    # Not materialized where it is read twice: a million rows are not copied with all their columns.
    alone = _alone(measure)
    sql = Sql("WITH passing AS NOT MATERIALIZED (" if alone else "WITH passing AS (")
    sql.add(f"SELECT f.*, {ORGANIZATIONS[measure.counts_for]} AS organization FROM (")
    _source(sql, facts, meaning, asked)
    sql.add(") f WHERE true")
    _filter(sql, measure.filter, meaning)
    if asked.hidden:
        sql.add(" AND key NOT IN (SELECT unnest(?::BIGINT[]))", list(asked.hidden))
    if measure.when == "ended":
        sql.add(" AND ended_at IS NOT NULL")
    if isinstance(measure.value, SpeedUp) and measure.of == "days":
        sql.add(f" AND first_{'due' if measure.value.against == 'limit' else 'promise'}_day IS NOT NULL")
    sql.add("), counted AS (SELECT * FROM passing")
    if alone:
        sql.add(f" WHERE others & {alone} = 0 UNION ALL SELECT * FROM passing WHERE others & {alone} <> 0")
        sql.add(f" QUALIFY row_number() OVER (PARTITION BY key ORDER BY {_order(measure)}) = 1")
    elif measure.unit.take:
        _take(sql, measure)
    sql.add(f") SELECT proof, organization, {_day(measure)} AS day, ")
    if isinstance(measure.value, Rate):
        sql.add("coalesce(true")
        _filter(sql, measure.value.numerator, meaning)
        sql.add(", false) AS hit")
    else:
        sql.add("true AS hit")
    sql.add(_days(measure))
    sql.add("".join(f', "{name}"' for name in _plain(measure)))
    sql.add(" FROM counted")
    _period(sql, asked)
    if asked.organizations is not None:
        sql.add(" AND organization IN (SELECT unnest(?::VARCHAR[]))", sorted(asked.organizations))
    whole = Sql("SELECT * FROM (" + sql.text + ") WHERE true", sql.parameters)
    for dimension, value in asked.where:
        if dimension == "town":
            whole.add(" AND (town = '' AND organization IN (SELECT unnest(?::VARCHAR[]))", list(asked.lying))
            whole.add(" OR town <> '' AND town = ?)", value)
        else:
            whole.add(f" AND {dimension_sql(dimension)} = ?", value)
    return whole


def _alone(measure: Measure) -> int:
    """The bits of the acts of which one a case counts: a case without another of them needs no choosing. 0: not so."""
    if measure.population != "acts" or measure.unit.per != "case" or measure.filter.acts is None:
        return 0
    return beside.mask(measure.filter.acts)


def _take(sql: Sql, measure: Measure) -> None:
    """One fact a unit. Most units have but one: only the others are put in order, which is what takes time."""
    unit = _unit(measure)
    several = f"(SELECT {unit} FROM passing GROUP BY {unit} HAVING count(*) > 1)"
    sql.add(f" ANTI JOIN {several} USING ({unit}) UNION ALL ")
    sql.add(f"SELECT * FROM (SELECT * FROM passing SEMI JOIN {several} USING ({unit}))")
    sql.add(f" QUALIFY row_number() OVER (PARTITION BY {unit} ORDER BY {_order(measure)}) = 1")


def dimension_sql(dimension: str) -> str:
    """The expression of a dimension over the rows of :func:`facts_sql`, as text."""
    if dimension == "month":
        return "strftime(DATE '1970-01-01' + day, '%Y-%m')"
    if dimension == "day":
        return "strftime(DATE '1970-01-01' + day, '%Y-%m-%d')"
    return f'"{dimension}"'


def _plain(measure: Measure) -> list[str]:
    """The dimensions that are columns of the facts themselves."""
    return [name for name in measure.by if name not in ("organization", "month", "day")]


def _day(measure: Measure) -> str:
    return "at_end.last" if measure.when in STOCKS else _MOMENTS[measure.when][1]


def _source(sql: Sql, facts: Facts, meaning: Meaning, asked: Asked) -> None:
    measure = asked.measure
    if measure.population in own_events.POPULATIONS:
        sql.add(own_events.told(facts, measure.population, asked.upto, per=measure.unit.per))
        return
    told = facts.as_of(measure.population, asked.upto)
    numerator = measure.value.numerator if isinstance(measure.value, Rate) else Filter()
    if measure.population == "cards" and (measure.filter.answered or numerator.answered):
        _answered(sql, facts, meaning, asked, told)
    elif measure.of != "days":
        _came(sql, facts, meaning, asked, told)
    else:
        sql.add(told)


def _came(sql: Sql, facts: Facts, meaning: Meaning, asked: Asked, told: str) -> None:
    """Cases of the procedures whose acts say who came, with what their applicants had to do and what it took before.

    A case for which nobody came counts, with nought: that is the point of it. Against what it took before count only
    cases of items that say so.
    """
    of = asked.measure.of
    made = visits.table(facts, meaning.came, asked.upto)
    compared = isinstance(asked.measure.value, SpeedUp)
    known = sorted({procedure for procedure, *_ in meaning.came})
    before = "b.took" if compared else "0"
    sql.add(f"SELECT c.*, coalesce(v.{of}, 0)::INTEGER AS used, {before} AS took_before FROM ({told}) c ")
    sql.add(f"LEFT JOIN {made} v ON v.key = c.key ")
    if compared:
        items = [item for item, _ in meaning.baselines.get(of, ())]
        counts = [count for _, count in meaning.baselines.get(of, ())]
        sql.add(
            "JOIN (SELECT unnest(?::VARCHAR[]) AS item, unnest(?::INTEGER[]) AS took) b ON b.item = c.item "
        )
        sql.parameters += [items, counts]
    sql.add("WHERE c.procedure IN (SELECT unnest(?::VARCHAR[]))", known)


def _answered(sql: Sql, facts: Facts, meaning: Meaning, asked: Asked, told: str) -> None:
    """Cards with what became of the clock that they warned of; a released clock owes no answer any more.

    The card names its clock. One issued before cards did (ADR 0027) is about the clock that the event shown on it
    started; where an act started several that the rule watches, the first in name decides.
    """
    measure = asked.measure
    sql.add("SELECT *, CASE WHEN now_ending = 'released' OR now_due IS NULL THEN NULL ")
    sql.add("WHEN now_end IS NOT NULL THEN CASE WHEN now_end <= now_due THEN 'in_time' ELSE 'late' END ")
    sql.add("WHEN now_due < ? THEN 'late' ELSE 'pending' END AS answered FROM (", asked.now)
    sql.add("WITH warned AS (SELECT unnest(?::VARCHAR[]) AS rule, unnest(?::VARCHAR[]) AS procedure, ")
    sql.add("unnest(?::VARCHAR[]) AS clock, unnest(?::VARCHAR[]) AS against), cards AS (")
    sql.parameters += [list(column) for column in zip(*meaning.warned, strict=True)] or [[]] * 4
    # Filtered here already: a filter does not pass the choosing below.
    sql.add(f"SELECT * FROM ({told}) WHERE true")
    _filter(sql, measure.filter.model_copy(update={"answered": None}), meaning)
    sql.add("), loose AS (SELECT * FROM cards WHERE NOT joined) ")
    against = "CASE w.against WHEN 'promise' THEN {0}promise WHEN 'limit' THEN {0}due END AS now_due"
    sql.add(
        f"SELECT c.*, c.clock_ending AS now_ending, c.clock_end AS now_end, {against.format('c.clock_')} "
    )
    sql.add(
        "FROM cards c LEFT JOIN warned w ON w.rule = c.rule AND w.procedure = c.procedure AND w.clock = c.clock "
    )
    sql.add("WHERE c.joined UNION ALL SELECT c.*, k.ending, k.ended_at, k.now_due FROM loose c LEFT JOIN ")
    sql.add(
        f"(SELECT x.key, x.start, x.clock, x.ordinal, x.ending, x.ended_at, w.rule, {against.format('x.')} FROM "
    )
    sql.add(f"(SELECT * FROM ({facts.as_of('clocks', asked.upto)}) WHERE key IN (SELECT key FROM loose)) x ")
    sql.add(
        "JOIN warned w ON w.procedure = x.procedure AND w.clock = x.clock) k ON k.key = c.key AND k.rule = c.rule "
    )
    sql.add(
        "AND CASE WHEN c.clock IS NULL THEN k.start = c.started ELSE k.clock = c.clock AND k.ordinal = c.ordinal END "
    )
    sql.add("QUALIFY row_number() OVER (PARTITION BY c.position ORDER BY k.clock, k.ordinal) = 1)")


def _filter(sql: Sql, filter: Filter, meaning: Meaning) -> None:
    """The conditions of a filter, each beginning with AND."""
    for column, values in (
        ("procedure", filter.procedures), ("variant", filter.variants), ("act", filter.acts), ("clock", filter.clocks),
        ("ending", filter.endings), ("ended", filter.ended_as), ("rule", filter.rules), ("level", filter.levels),
        ("answered", filter.answered), ("grade", filter.grades), ("answer", filter.answers),
    ):  # fmt: skip
        if values is not None:
            _among(sql, column, values)
    if filter.clock_role or filter.clock_owner:
        pairs = [
            [procedure, clock]
            for procedure, clock, role, owner in meaning.clocks
            if filter.clock_role in (None, role) and filter.clock_owner in (None, owner)
        ]
        names, clocks = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        sql.add(
            " AND (procedure, clock) IN (SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]))", names, clocks
        )
    if filter.conditions is not None:
        _among(sql, "rule", [rule for rule, kind in meaning.conditions.items() if kind in filter.conditions])
    if filter.standing is not None:
        sql.add(" AND effective" if filter.standing == "effective" else " AND NOT effective")
    if filter.days_left is not None:
        limit = {"limit": "limited", "promise": "promised"}[filter.days_left.against]
        sql.add(f" AND {limit} - used >= ?", filter.days_left.at_least)


def _among(sql: Sql, column: str, values: list[Any]) -> None:
    places = ", ".join("?" * len(values))
    sql.add(f" AND {column} IN ({places})" if values else " AND false", *values)


def _unit(measure: Measure) -> str:
    return "key, shown_by" if measure.unit.per == "clock" else "key"


def _order(measure: Measure) -> str:
    moment = "position" if measure.when in STOCKS else _MOMENTS[measure.when][0]
    if measure.unit.take == "highest":
        return f"rank DESC, {moment}, position"
    return ", ".join(
        f"{column} {way}"
        for column, way in zip((moment, "position"), _RANK[measure.unit.take or "first"], strict=True)
    )


def _days(measure: Measure) -> str:
    """``used`` and ``allowed``, where the statistic counts days, with the days they are counted between."""
    if measure.value.statistic not in OF_AMOUNTS:
        return ", NULL::INTEGER AS used, NULL::INTEGER AS allowed"
    if measure.of == "yuan":
        return ", fen AS used, 0 AS allowed"
    if measure.of != "days":
        return ", used, took_before AS allowed"
    against = measure.value.against if isinstance(measure.value, SpeedUp) else "none"
    allowed = {"limit": "limited", "promise": "promised", "none": "0"}[against]
    return f", used, {allowed} AS allowed, {', '.join(DAYS)}"


def _period(sql: Sql, asked: Asked) -> None:
    measure = asked.measure
    if measure.when not in STOCKS:
        first, last = rows.day_number(asked.period.first), rows.day_number(asked.period.last)
        sql.add(f" WHERE {_day(measure)} BETWEEN ? AND ?", first, last)
        return
    lasts, moments = [last for last, _ in asked.ends], [now for _, now in asked.ends]
    sql.add(", (SELECT unnest(?::INTEGER[]) AS last, unnest(?::BIGINT[]) AS now) at_end", lasts, moments)
    sql.add(f" WHERE {_OPENED[measure.population][1]} <= at_end.last")
    sql.add(" AND (ended_at IS NULL OR ended_day > at_end.last)")
    if measure.when == "overdue_at_end":
        sql.add(" AND due < at_end.now")
