"""Every shipped measure over an archive of a million cases: seconds to answer by organization, and by organization and month.

    python -m benchmarks.measures [--cases 1000000] [--repeats 5]

The archive is written by DuckDB in the very columns that the follower writes (bodies left empty), three in a hundred
events of it after the kept facts, and read as a web process does. ``opened`` is the first question of a process.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import statistics
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

PROCEDURE = "approvals.standard"
KEPT = 0.97
"""The share of events in the kept facts; what came after is derived when a process opens the archive."""
HOUR = 3_600_000_000
BEGIN = 1_735_693_200_000_000
"""2025-01-01 09:00 in Beijing, microseconds UTC."""

# A case in seven events: received, its acceptance clock, accepted, its decision clock, granted, that clock ended,
# and for one in eight a card; one case in 20,000 is sealed, one in three names its town. Every number follows from the case's own number, so that each run is the same.
EVENTS = f"""
WITH cases AS (
  SELECT i, 'case:' || name AS subject, opened, opened + took * 24 * {HOUR} AS ended, took, org, item, late FROM (
    SELECT i, md5(i::VARCHAR) AS name, {BEGIN} + (i * 30)::BIGINT * 1000000 + (i % 7) * {HOUR} AS opened,
      1 + (hash(i) % 40)::BIGINT AS took, 'unit-' || lpad((hash(i * 7) % 40)::VARCHAR, 2, '0') AS org,
      'item-' || (hash(i * 13) % 338)::VARCHAR AS item, (hash(i) % 40) > 27 AS late
    FROM range({{cases}}) t(i)
  )
), lines AS (
  SELECT i, n, subject, org, item, opened, ended, late,
    CASE WHEN n IN (1, 2) THEN opened WHEN n IN (3, 4) THEN opened + {HOUR} ELSE ended END AS came
  FROM cases, range(1, 8) s(n) WHERE (n < 7 OR i % 8 = 0) AND (n < 5 OR i % 11 <> 0)
)
SELECT (row_number() OVER (ORDER BY came, i, n) - 1)::BIGINT AS position, NULL::BLOB AS leaf,
  md5((i * 8 + n)::VARCHAR) AS id, subject, n::INTEGER AS seq,
  CASE n WHEN 1 THEN 'cases.opened' WHEN 3 THEN 'cases.performed' WHEN 5 THEN 'cases.performed'
    WHEN 7 THEN 'supervision.card_issued' ELSE 'clocks.moved' END AS type,
  'act' AS kind, '{PROCEDURE}' AS procedure, org AS organization, 'p-000000000001' AS actor,
  CASE WHEN n IN (1, 3, 5) THEN came END AS occurred, 'instant' AS precision, NULL::BIGINT AS reported, came AS recorded,
  '{{edition}}' AS under, NULL::VARCHAR AS caused_by, NULL::BLOB AS body,
  CASE WHEN n IN (1, 3, 5) THEN ((came + 8 * {HOUR}) // 86400000000)::INTEGER END AS occurred_day,
  CASE n WHEN 1 THEN 'receive' WHEN 3 THEN 'accept' WHEN 5 THEN 'refuse' END AS act,
  CASE n WHEN 1 THEN 'received' WHEN 3 THEN 'accepted' WHEN 5 THEN 'refused' END AS state, org AS holder,
  CASE WHEN n = 1 THEN item END AS item, CASE WHEN n = 1 THEN '' END AS variant,
  CASE WHEN n = 1 THEN CASE WHEN i % 3 = 0 THEN 'town-' || lpad((i % 18)::VARCHAR, 2, '0') ELSE '' END END AS town,
  CASE WHEN n = 1 THEN i % 20000 = 0 END AS sealed,
  CASE WHEN n = 5 THEN came END AS closed, CASE WHEN n = 5 THEN ((came + 8 * {HOUR}) // 86400000000)::INTEGER END
    AS closed_day, NULL::BIGINT AS passed, NULL::INTEGER AS corrects,
  CASE n WHEN 2 THEN 'correction' WHEN 4 THEN 'decision' WHEN 6 THEN 'decision' WHEN 7 THEN 'decision' END AS clock,
  CASE WHEN n IN (2, 4, 6, 7) THEN 0 END::INTEGER AS ordinal,
  CASE WHEN n = 2 THEN opened WHEN n IN (4, 6) THEN opened + {HOUR} END AS start,
  CASE WHEN n IN (2, 4, 6) THEN opened + 28 * 24 * {HOUR} END AS due, NULL::BIGINT AS promise, NULL::BIGINT AS paused,
  CASE WHEN n = 6 THEN ended WHEN n = 2 THEN opened + {HOUR} END AS ended,
  CASE n WHEN 2 THEN 'completed_on_time' WHEN 4 THEN 'running' WHEN 6 THEN
    CASE WHEN late THEN 'completed_late' ELSE 'completed_on_time' END END AS ending,
  CASE WHEN n IN (2, 4, 6) THEN ((opened + 8 * {HOUR}) // 86400000000)::INTEGER END AS start_day,
  CASE WHEN n IN (2, 4, 6) THEN ((opened + 28 * 24 * {HOUR} + 8 * {HOUR}) // 86400000000)::INTEGER END AS due_day,
  NULL::INTEGER AS promise_day,
  CASE WHEN n = 6 THEN ((ended + 8 * {HOUR}) // 86400000000)::INTEGER
    WHEN n = 2 THEN ((opened + 8 * {HOUR}) // 86400000000)::INTEGER END AS ended_day,
  CASE WHEN n IN (2, 4, 6) THEN 0 END::INTEGER AS rested,
  CASE WHEN n IN (2, 4, 6) THEN ((opened + 28 * 24 * {HOUR} + 8 * {HOUR}) // 86400000000)::INTEGER END AS first_due_day,
  NULL::INTEGER AS first_promise_day,
  CASE WHEN n = 7 THEN md5('card' || i::VARCHAR) END AS card,
  CASE WHEN n = 7 THEN 'standard.law-pre-warning' END AS rule,
  CASE WHEN n = 7 THEN CASE i % 3 WHEN 0 THEN 'warning' WHEN 1 THEN 'yellow' ELSE 'red' END END AS level,
  CASE WHEN n = 7 THEN opened + 20 * 24 * {HOUR} END AS fell,
  CASE WHEN n = 7 THEN ((opened + 20 * 24 * {HOUR} + 8 * {HOUR}) // 86400000000)::INTEGER END AS fell_day,
  CASE WHEN n = 7 THEN 3 END::INTEGER AS shown_by
FROM lines ORDER BY position
"""


def write(folder: Path, cases: int, edition: str) -> int:
    """The archive's files: one of what the kept facts hold, one of what came after; returns the number of events."""
    import duckdb

    from qinzheng.measures import archive

    con = duckdb.connect()
    con.execute("CREATE TABLE made AS " + EVENTS.format(cases=cases, edition=edition))
    (total,) = con.execute("SELECT count(*) FROM made").fetchone() or (0,)
    border = int(total * KEPT)
    (folder / "tail").mkdir(parents=True)
    parts = []
    for begin, end in ((0, border), (border, total)):
        file = f"tail/{begin:012}-{end:012}.parquet"
        con.execute(
            f"COPY (SELECT * FROM made WHERE position >= {begin} AND position < {end} ORDER BY position) "
            f"TO '{folder / file}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 65536)"
        )
        parts.append(archive.Segment(file, begin, end))
    for upto in (1, 2):
        manifest = archive.Manifest(tail=tuple(parts[:upto]))
        (folder / f"manifest{upto}.json").write_text(json.dumps(asdict(manifest)))
    return int(total)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    with tempfile.TemporaryDirectory(prefix="qinzheng-") as scratch:
        run(Path(scratch), options.cases, options.repeats)


def run(folder: Path, cases: int, repeats: int) -> None:
    """Write, keep, open, ask."""
    from qinzheng import wiring
    from qinzheng.calendars import queries as calendars
    from qinzheng.definitions.library import Library, default_root
    from qinzheng.measures.ask import Question, ask
    from qinzheng.measures.facts import Facts
    from qinzheng.measures.period import Period
    from qinzheng.measures.question import Meaning

    library = Library.read([default_root()], wiring.KINDS)
    procedure = library.get("procedure", PROCEDURE)
    calendar = calendars.calendar(library, "cn")

    def finals(_: str, __: str) -> dict[str, str]:
        return {name: state.final for name, state in procedure.states.items() if state.final}

    begun = time.perf_counter()
    events = write(folder, cases, library.hash(procedure))
    print(f"{cases:,} cases, {events:,} events, written in {time.perf_counter() - begun:.1f} s")
    (folder / "manifest1.json").replace(folder / "manifest.json")
    begun = time.perf_counter()
    with Facts(folder, calendar, finals) as facts:
        facts.write()
    size = sum(path.stat().st_size for path in (folder / "facts").rglob("*.parquet")) / 2**20
    print(f"facts kept in {time.perf_counter() - begun:.1f} s, {size:.0f} MiB")
    (folder / "manifest2.json").replace(folder / "manifest.json")
    begun = time.perf_counter()
    facts = Facts(folder, calendar, finals)
    print(
        f"opened with {facts.position - facts.begin:,} events since, in {(time.perf_counter() - begun) * 1000:.0f} ms"
    )
    meaning = Meaning.of(library)
    year = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    print(
        "| measure | n | by organization: median ms (worst) | by organization and month | with digests |\n|---|---|---|---|---|"
    )
    for measure in library.all("measure"):
        cells: list[str] = []
        n = 0
        for by, digests in (
            (("organization",), False),
            (("organization", "month"), False),
            (("organization",), True),
        ):
            question = Question(measure, library.hash(measure), by, year, facts.position)
            times, answers = timed(repeats, lambda q=question, d=digests: ask(facts, meaning, q, digests=d))
            cells.append(f"{statistics.median(times):.0f} ({max(times):.0f})")
            n = sum(answer.n for answer in answers)
        print(f"| {measure.id} | {n:,} | {' | '.join(cells)} |", flush=True)


def timed(repeats: int, work: Any) -> tuple[list[float], Any]:
    """Milliseconds of each repeat, and the last answer."""
    times, answer = [], None
    for _ in range(repeats):
        begun = time.perf_counter()
        answer = work()
        times.append((time.perf_counter() - begun) * 1000)
    return times, answer


if __name__ == "__main__":
    main()
