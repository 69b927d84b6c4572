"""How events become facts: cases, acts, clocks, cards, each version with the positions between which it was known.

One list of SQL statements, run by DuckDB, both when the kept facts are written and on the few events since. A
version of a fact is born at a position and holds until the next one of the same case, clock and ordinal, or card:
so a question can be asked *as of* any position, and asked again later with the same answer.

Input: ``fresh`` (events, columns of ``qinzheng.measures.rows.SCHEMA``), ``prior_cases | _clocks | _cards | _acts``
(facts known before them), ``calendar`` (day → working days up to it), ``finals`` (edition, state → final).
Output: ``new_cases | _clocks | _cards | _acts`` and ``ended_cases | …`` (position, until, key) of the prior versions that
the new events end.
"""

from __future__ import annotations

from typing import Any

from qinzheng.measures import rows

POPULATIONS = ("cases", "clocks", "cards", "acts", "seals")

_COMMON = (
    "position BIGINT, until BIGINT, proof BIGINT, key BIGINT, procedure VARCHAR, item VARCHAR, variant VARCHAR, "
    "town VARCHAR, "
    "opener VARCHAR, holder VARCHAR, doer VARCHAR, "
)
SHAPES = {
    "cases": _COMMON + "subject VARCHAR, held VARCHAR, did VARCHAR, opened BIGINT, opened_day INTEGER, "
    "ended VARCHAR, ended_at BIGINT, ended_day INTEGER",
    "acts": _COMMON + "seq INTEGER, act VARCHAR, done BIGINT, done_day INTEGER, passed BIGINT, others BIGINT",
    "clocks": _COMMON + "clock VARCHAR, ordinal INTEGER, ending VARCHAR, start BIGINT, start_day INTEGER, "
    "due BIGINT, due_day INTEGER, promise BIGINT, promise_day INTEGER, paused BIGINT, ended_at BIGINT, "
    "ended_day INTEGER, first_due_day INTEGER, first_promise_day INTEGER, shift INTEGER, used INTEGER, "
    "limited INTEGER, promised INTEGER",
    "cards": _COMMON
    + "card VARCHAR, rule VARCHAR, level VARCHAR, rank INTEGER, fell BIGINT, fell_day INTEGER, "
    "shown_by INTEGER, started BIGINT, effective BOOLEAN, clock VARCHAR, ordinal INTEGER, joined BOOLEAN, "
    "clock_ending VARCHAR, clock_end BIGINT, clock_due BIGINT, clock_promise BIGINT",
    "seals": _COMMON + "subject VARCHAR, sealed BOOLEAN",
}
"""The columns of each population. ``key`` is the position of the case's opening, ``proof`` the position of the event
that proves the version; ``holder`` held the case, ``doer`` acted, ``opener`` took it in. ``used``, ``limited`` and
``promised`` are working days after the day of the start, pauses and extensions left out. ``town`` is the case's own.
``others`` (which acts the case has besides, as bits) and what a card's clock came to (where ``joined``) are reckoned when
facts are kept (:mod:`qinzheng.measures.beside`); of new facts they say that nothing is known."""


def _among(names: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{name}'" for name in names) + ")"


_KNOWN = (*rows.MOVES, *rows.CLOCKS, *rows.CARDS, rows.CONCERNED)
_MOVES = _among(rows.MOVES)

# Every event in the order of its case, with what is known of the case when it comes.
_TOLD = f"""
CREATE TABLE told AS
WITH line AS (
  SELECT subject, position, seq, type, procedure, organization, occurred, occurred_day, act, state, under,
    CASE WHEN type IN {_MOVES} THEN holder END AS held0, closed, closed_day, passed,
    CASE WHEN type IN {_among((rows.OPENED, rows.PERFORMED))} THEN organization END AS did0,
    holder AS named, clock, ordinal, start, due, promise, paused, ended, ending, start_day, due_day, promise_day,
    ended_day, rested, first_due_day, first_promise_day, corrects, card, rule, level, fell, fell_day, shown_by, sealed,
    CASE WHEN type = '{rows.OPENED}' THEN position END AS key0, CASE WHEN type = '{rows.OPENED}' THEN item END AS item0,
    variant AS variant0, town AS town0, organization AS opener0,
    CASE WHEN type = '{rows.OPENED}' OR corrects = 1 THEN occurred END AS opened0,
    CASE WHEN type = '{rows.OPENED}' OR corrects = 1 THEN occurred_day END AS opened_day0
  FROM fresh WHERE type IN {_among(_KNOWN)}
  UNION ALL BY NAME
  SELECT subject, position, 0 AS seq, 'prior' AS type, procedure, held AS held0, did AS did0, key AS key0, item AS item0,
    variant AS variant0, town AS town0, opener AS opener0, opened AS opened0, opened_day AS opened_day0, ended AS state,
    ended_at AS closed, ended_day AS closed_day, holder AS named, doer AS organization, proof AS start
  FROM prior_cases WHERE subject IN (SELECT subject FROM fresh)
)
SELECT * EXCLUDE (procedure), first_value(procedure) OVER w AS procedure, first_value(key0) OVER w AS key,
  first_value(item0) OVER w AS item, first_value(variant0) OVER w AS variant,
  coalesce(first_value(town0) OVER w, '') AS town, first_value(opener0) OVER w AS opener,
  last_value(opened0 IGNORE NULLS) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS opened,
  last_value(opened_day0 IGNORE NULLS) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS opened_day,
  last_value(held0 IGNORE NULLS) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS held_before,
  last_value(held0 IGNORE NULLS) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS held,
  last_value(did0 IGNORE NULLS) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS did
FROM line WINDOW w AS (PARTITION BY subject ORDER BY position)
QUALIFY key IS NOT NULL
"""

_FACT = "key, procedure, item, variant, town, opener"

# A case has ended where an event says when, and its edition says how. Later acts in that state do not move its end:
# the first event that told of it stays its proof, and whoever held the case and acted then stays named.
_CASES = f"""
CREATE TABLE case_versions AS
WITH named AS (
  SELECT t.*, CASE WHEN t.type = 'prior' THEN t.state WHEN t.closed IS NULL THEN '' ELSE coalesce(f.final, '') END
      AS fin
  FROM told t LEFT JOIN finals f ON f.under = t.under AND f.state = t.state
  WHERE t.type = 'prior' OR t.type IN {_MOVES}
), runs AS (
  SELECT *, fin = '' OR fin IS DISTINCT FROM lag(fin) OVER w OR closed IS DISTINCT FROM lag(closed) OVER w AS turned
  FROM named WINDOW w AS (PARTITION BY key ORDER BY position)
), grouped AS (
  SELECT *, sum(turned::INTEGER) OVER (PARTITION BY key ORDER BY position) AS run FROM runs
)
SELECT position, lead(position) OVER (PARTITION BY key ORDER BY position) AS until,
  CASE WHEN fin = '' THEN key ELSE first_value(CASE WHEN type = 'prior' THEN start ELSE position END) OVER r END AS proof,
  {_FACT},
  CASE WHEN fin = '' THEN held ELSE first_value(named) OVER r END AS holder,
  CASE WHEN fin = '' THEN did ELSE first_value(CASE WHEN type = 'prior' THEN organization ELSE did END) OVER r END AS doer,
  subject, held, did, opened, opened_day, fin AS ended,
  CASE WHEN fin <> '' THEN closed END AS ended_at, CASE WHEN fin <> '' THEN closed_day END AS ended_day,
  type = 'prior' AS prior
FROM grouped WINDOW r AS (PARTITION BY key, run ORDER BY position)
"""

# A deemed act may be withdrawn by event when a late act shows that nobody was silent; an act that another system told
# may be corrected, and is then another version of the same act: who held the case when it was done stays named.
_ACTS = f"""
CREATE TABLE act_versions AS
WITH line AS (
  SELECT position, {_FACT}, coalesce(held_before, held) AS holder, organization AS doer, coalesce(corrects, seq) AS seq, act,
    occurred AS done, occurred_day AS done_day, passed, type = '{rows.UNDEEMED}' AS undone, false AS prior
  FROM told WHERE type IN {_among((*rows.ACTS, rows.UNDEEMED, rows.CORRECTED))}
  UNION ALL BY NAME
  SELECT position, {_FACT}, holder, doer, seq, act, done, done_day, passed, false AS undone, true AS prior
  FROM prior_acts WHERE (passed IS NOT NULL AND key IN (SELECT key FROM told WHERE type = '{rows.UNDEEMED}'))
    OR (key, seq) IN (SELECT key, corrects FROM told WHERE corrects IS NOT NULL)
), mended AS (SELECT DISTINCT key, corrects AS seq FROM told WHERE corrects IS NOT NULL), versions AS (
  SELECT line.*, CASE WHEN passed IS NOT NULL
      THEN lead(position) OVER (PARTITION BY key, act, done, passed ORDER BY position) END AS until
  FROM line ANTI JOIN mended USING (key, seq)
  UNION ALL BY NAME
  SELECT line.* REPLACE (first_value(holder) OVER m AS holder), lead(position) OVER m AS until
  FROM line SEMI JOIN mended USING (key, seq) WINDOW m AS (PARTITION BY key, seq ORDER BY position)
)
SELECT *, position AS proof, -1::BIGINT AS others FROM versions
"""

# The event says what pauses took. One written before it did (ADR 0027) is read from the due moment: where a clock was
# paused, that moved by what the pause took; other moves are extensions and stay in the time used. The limit is the one
# that the clock began with, so that an extension never makes anybody look faster.
_CLOCKS = f"""
CREATE TABLE clock_versions AS
WITH line AS (
  SELECT position, {_FACT}, clock, ordinal, named AS holder, did AS doer, ending, start, start_day, due, due_day,
    promise, promise_day, paused, ended AS ended_at, ended_day, rested, first_due_day AS first_due0,
    first_promise_day AS first_promise0, false AS prior
  FROM told WHERE type IN {_among(rows.CLOCKS)}
  UNION ALL BY NAME
  SELECT position, {_FACT}, clock, ordinal, holder, doer, ending, start, start_day, due, due_day, promise, promise_day,
    paused, ended_at, ended_day, first_due_day AS first_due0, first_promise_day AS first_promise0, shift AS shift0,
    true AS prior
  FROM prior_clocks WHERE key IN (SELECT key FROM told WHERE type IN {_among(rows.CLOCKS)})
), counted AS (
  SELECT line.*, now.upto AS due_upto,
    ending IS NULL OR start IS DISTINCT FROM lag(start) OVER (PARTITION BY key, clock, ordinal ORDER BY position) AS anew
  FROM line LEFT JOIN calendar now ON now.day = line.due_day
), lives AS (
  SELECT *, sum(anew::INTEGER) OVER (PARTITION BY key, clock, ordinal ORDER BY position) AS life FROM counted
), moved AS (
  SELECT *, coalesce(shift0, CASE WHEN lag(paused) OVER s IS NOT NULL THEN due_upto - lag(due_upto) OVER s END, 0)
      AS took,
    first_value(first_due0) OVER s AS first_due_day, first_value(first_promise0) OVER s AS first_promise_day
  FROM lives WINDOW s AS (PARTITION BY key, clock, ordinal, life ORDER BY position)
), whole AS (
  SELECT *, coalesce(rested, (sum(took) OVER (PARTITION BY key, clock, ordinal, life ORDER BY position))::INTEGER)
      AS shift,
    lead(position) OVER (PARTITION BY key, clock, ordinal ORDER BY position) AS until
  FROM moved
)
SELECT w.position, w.until, w.position AS proof, {", ".join("w." + n for n in _FACT.split(", "))}, w.holder, w.doer,
  w.clock, w.ordinal, w.ending, w.start, w.start_day, w.due, w.due_day, w.promise, w.promise_day, w.paused,
  w.ended_at, w.ended_day, w.first_due_day, w.first_promise_day, w.shift,
  e.upto - s.upto - w.shift AS used, d.upto - s.upto AS limited, p.upto - s.upto AS promised, w.prior
FROM whole w LEFT JOIN calendar s ON s.day = w.start_day LEFT JOIN calendar e ON e.day = w.ended_day
  LEFT JOIN calendar d ON d.day = w.first_due_day LEFT JOIN calendar p ON p.day = w.first_promise_day
"""

# A withdrawn card keeps what the card said, with the event that withdrew it as its proof.
_CARDS = f"""
CREATE TABLE card_versions AS
WITH line AS (
  SELECT position, {_FACT}, card, did AS doer, named AS holder0, rule, level AS level0, fell AS fell0, fell_day AS fell_day0,
    shown_by AS shown_by0, clock AS clock0, ordinal AS ordinal0, type = '{rows.ISSUED}' AS effective, false AS prior
  FROM told WHERE type IN {_among(rows.CARDS)}
  UNION ALL BY NAME
  SELECT position, {_FACT}, card, doer, holder AS holder0, rule, level AS level0, fell AS fell0, fell_day AS fell_day0,
    shown_by AS shown_by0, clock AS clock0, ordinal AS ordinal0, effective, true AS prior
  FROM prior_cards WHERE card IN (SELECT card FROM fresh WHERE type IN {_among(rows.CARDS)})
), said AS (
  SELECT * EXCLUDE (doer), lead(position) OVER c AS until,
    last_value(holder0 IGNORE NULLS) OVER k AS holder, last_value(level0 IGNORE NULLS) OVER k AS level,
    last_value(fell0 IGNORE NULLS) OVER k AS fell, last_value(fell_day0 IGNORE NULLS) OVER k AS fell_day,
    last_value(shown_by0 IGNORE NULLS) OVER k AS shown_by, last_value(clock0 IGNORE NULLS) OVER k AS clock,
    last_value(ordinal0 IGNORE NULLS) OVER k AS ordinal,
    last_value(CASE WHEN effective THEN doer END IGNORE NULLS) OVER k AS doer
  FROM line WINDOW c AS (PARTITION BY card ORDER BY position),
    k AS (PARTITION BY card ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
), starts AS (
  SELECT key, seq, done FROM act_versions WHERE NOT prior AND NOT undone AND (passed IS NOT NULL OR until IS NULL)
  UNION ALL
  SELECT key, seq, done FROM prior_acts p WHERE key IN (SELECT key FROM line)
    AND (key, seq) NOT IN (SELECT key, corrects FROM told WHERE corrects IS NOT NULL)
)
SELECT s.position, s.until, s.position AS proof, {", ".join("s." + n for n in _FACT.split(", "))}, s.holder, s.doer,
  s.card, s.rule, s.level, CASE s.level WHEN 'warning' THEN 1 WHEN 'yellow' THEN 2 WHEN 'red' THEN 3 END AS rank,
  s.fell, s.fell_day, s.shown_by, a.done AS started, s.effective, s.clock, s.ordinal, false AS joined,
  NULL AS clock_ending, NULL::BIGINT AS clock_end, NULL::BIGINT AS clock_due, NULL::BIGINT AS clock_promise, s.prior
FROM said s LEFT JOIN starts a ON a.key = s.key AND a.seq = s.shown_by
"""


# A case that is sealed when it is opened, or sealed or unsealed later: whoever it concerns must not learn of it.
_SEALS = f"""
CREATE TABLE seal_versions AS
WITH line AS (
  SELECT position, {_FACT}, subject, sealed, held AS holder, did AS doer, false AS prior FROM told
  WHERE type = '{rows.CONCERNED}' OR (type = '{rows.OPENED}' AND sealed)
  UNION ALL BY NAME
  SELECT position, {_FACT}, subject, sealed, holder, doer, true AS prior FROM prior_seals
  WHERE key IN (SELECT key FROM told WHERE type = '{rows.CONCERNED}')
)
SELECT *, position AS proof, lead(position) OVER (PARTITION BY key ORDER BY position) AS until FROM line
"""


def empty(con: Any, name: str, population: str) -> None:
    """An empty table of a population's shape."""
    con.execute(f"CREATE OR REPLACE TABLE {name} ({SHAPES[population]})")


def columns(population: str) -> str:
    """The names of a population's columns, for a SELECT."""
    return ", ".join(part.split()[0] for part in SHAPES[population].split(", "))


def derive(con: Any) -> None:
    """Run the statements on a DuckDB connection that holds the inputs named above."""
    for statement in (_TOLD, _CASES, _ACTS, _CLOCKS, _CARDS, _SEALS):
        con.execute(statement)
    for name, population in (
        ("case", "cases"),
        ("act", "acts"),
        ("clock", "clocks"),
        ("card", "cards"),
        ("seal", "seals"),
    ):
        con.execute(
            f"CREATE TABLE new_{population} AS SELECT {columns(population)} "
            f"FROM {name}_versions WHERE NOT prior{_SAYING.get(population, '')}"
        )
        con.execute(
            f"CREATE TABLE ended_{population} AS SELECT position, until, key "
            f"FROM {name}_versions WHERE prior AND until IS NOT NULL"
        )
        con.execute(f"DROP TABLE {name}_versions")
    con.execute("DROP TABLE told")


_SAYING = {"clocks": " AND ending IS NOT NULL", "acts": " AND NOT undone"}
"""Versions that only end what was: a clock that vanished, a deemed act withdrawn."""
