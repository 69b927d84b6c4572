"""What comparisons of many cases read: who ended which clock when, and which steps a case took; rows, not figures.

A measure answers one question with one figure; a pattern compares cases with one another, and so needs them one by one.
All comes from the same facts, as of the newest event, without the cases that are sealed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from qinzheng.measures import rows
from qinzheng.measures.facts import Facts
from qinzheng.measures.period import Period

Ends = Collection[tuple[str, str, str]]
"""(procedure, clock, an act that completes it)"""
MANY = 1_000_000
"""How often an act may be done that is not counted."""


class Handled(NamedTuple):
    """One clock of a case. ``turn``: the working day of its start, counted from the calendar's first; ``ended``: UTC microseconds, None while it runs;
    ``used``: working days without pauses, None while it runs; ``rested``: whether it was ever paused."""

    subject: str
    procedure: str
    item: str
    variant: str
    unit: str
    clock: str
    turn: int
    ended: int | None
    used: int | None
    rested: bool
    actor: str
    within: bool
    """whether it ended in the period"""


class Steps(NamedTuple):
    """How many cases of an item a unit ended, how many of them took a step that was not named, and which, how often."""

    unit: str
    procedure: str
    item: str
    cases: int
    beside: int
    which: Mapping[str, int]
    """act → cases that took it, or took it more often than named"""
    subjects: tuple[str, ...]
    """some of the cases beside, the latest first"""


SOME = 5


def clocks(facts: Facts, ends: Ends, period: Period, hidden: Collection[int]) -> list[Handled]:
    """The clocks named that ended in the period or ran in it and were not over before it; released ones are nobody's."""
    first, last = rows.day_number(period.first), rows.day_number(period.last)
    columns = [list(column) for column in zip(*sorted(ends), strict=True)] or [[]] * 3
    found = (
        facts.con.cursor()
        .execute(
            f"""
        WITH named AS (SELECT unnest(?::VARCHAR[]) AS procedure, unnest(?::VARCHAR[]) AS clock, unnest(?::VARCHAR[]) AS act),
        c AS (SELECT * FROM ({facts.as_of("clocks", facts.position)})
          WHERE (procedure, clock) IN (SELECT procedure, clock FROM named) AND ending <> 'released'
            AND start_day <= {last} AND (ended_day IS NULL OR ended_day >= {first})
            AND key NOT IN (SELECT unnest(?::BIGINT[]))),
        e AS (SELECT c.key, c.clock, c.ordinal, a.proof FROM c
          JOIN ({facts.as_of("acts", facts.position)}) a ON a.key = c.key AND a.done = c.ended_at
          JOIN named n ON n.procedure = c.procedure AND n.clock = c.clock AND n.act = a.act
          QUALIFY row_number() OVER (PARTITION BY c.key, c.clock, c.ordinal ORDER BY a.seq) = 1)
        SELECT s.subject, c.procedure, c.item, c.variant, c.holder, c.clock, day.upto, c.ended_at, c.used,
          c.shift <> 0 OR c.paused IS NOT NULL, coalesce(t.actor, ''), coalesce(c.ended_day <= {last}, false)
        FROM c JOIN ({facts.as_of("cases", facts.position)}) s ON s.key = c.key
        LEFT JOIN e ON e.key = c.key AND e.clock = c.clock AND e.ordinal = c.ordinal
        LEFT JOIN ({facts.told()}) t ON t.position = e.proof
        LEFT JOIN calendar day ON day.day = c.start_day
        WHERE day.upto IS NOT NULL ORDER BY c.key, c.clock, c.ordinal
        """,
            [*columns, list(hidden)],
        )
        .fetchall()
    )
    return [Handled(*row) for row in found]


def steps(
    facts: Facts, named: Mapping[str, Mapping[str, int]], period: Period, hidden: Collection[int]
) -> list[Steps]:
    """The cases of these procedures that ended in the period, by unit and item, against what is ``named``.

    ``named``: procedure → act → how often an office may do it in one case without going beside what was published. What
    applicants do themselves and what the system deems is nobody's step.
    """
    first, last = rows.day_number(period.first), rows.day_number(period.last)
    told = [(procedure, act, most) for procedure, acts in named.items() for act, most in acts.items()]
    columns = [list(column) for column in zip(*told, strict=True)] or [[]] * 3
    found = (
        facts.con.cursor()
        .execute(
            f"""
        WITH named AS (SELECT unnest(?::VARCHAR[]) AS procedure, unnest(?::VARCHAR[]) AS act, unnest(?::INTEGER[]) AS most),
        e AS (SELECT key, subject, holder, procedure, item, proof FROM ({facts.as_of("cases", facts.position)})
          WHERE ended_day BETWEEN {first} AND {last} AND ended IN ('completed', 'refused') AND item <> ''
            AND procedure IN (SELECT unnest(?::VARCHAR[])) AND key NOT IN (SELECT unnest(?::BIGINT[]))),
        done AS (SELECT key, act, count(*) AS n FROM ({facts.as_of("acts", facts.position)})
          WHERE doer <> '' AND key IN (SELECT key FROM e) GROUP BY key, act),
        beside AS (SELECT e.key, d.act FROM e JOIN done d ON d.key = e.key
          LEFT JOIN named n ON n.procedure = e.procedure AND n.act = d.act WHERE d.n > coalesce(n.most, 0)),
        which AS (SELECT e.holder, e.procedure, e.item, b.act, count(*) AS n FROM e JOIN beside b ON b.key = e.key
          GROUP BY ALL),
        listed AS (SELECT holder, procedure, item, map(list(act ORDER BY act), list(n ORDER BY act)) AS which
          FROM which GROUP BY ALL)
        SELECT e.holder, e.procedure, e.item, count(*), count(b.key), any_value(l.which),
          list(e.subject ORDER BY e.proof DESC) FILTER (WHERE b.key IS NOT NULL)
        FROM e LEFT JOIN (SELECT DISTINCT key FROM beside) b ON b.key = e.key
        LEFT JOIN listed l ON l.holder = e.holder AND l.procedure = e.procedure AND l.item = e.item
        GROUP BY e.holder, e.procedure, e.item ORDER BY ALL
        """,
            [*columns, sorted(named), list(hidden)],
        )
        .fetchall()
    )
    return [
        Steps(unit, procedure, item, cases, beside, which or {}, tuple((subjects or ())[:SOME]))
        for unit, procedure, item, cases, beside, which, subjects in found
    ]
