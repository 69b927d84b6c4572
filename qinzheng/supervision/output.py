"""Writes a judgement as files: ``cards.parquet``, ``clocks.parquet`` and ``report.html``; times as UTC microseconds."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from qinzheng.clocks.machine import FAR
from qinzheng.supervision.archive import Archive, Meaning
from qinzheng.supervision.batch import Job, Verdict, clock_rows, ending, names
from qinzheng.supervision.program import Compiled
from qinzheng.supervision.report import material, page

INSTANT = pa.timestamp("us", tz="UTC")


def write(folder: Path, source: Archive, compiled: Compiled, job: Job, verdict: Verdict) -> None:
    """Write both files into ``folder``."""
    pq.write_table(
        cards(source.meaning, compiled, job, verdict), folder / "cards.parquet", compression="zstd"
    )
    pq.write_table(clocks(source, compiled, verdict), folder / "clocks.parquet", compression="zstd")


def write_report(folder: Path, gathered: material.Material) -> None:
    """Write the page."""
    (folder / "report.html").write_text(page.render(gathered), encoding="utf-8")


def cards(meaning: Meaning, compiled: Compiled, job: Job, verdict: Verdict) -> pa.Table:
    """One row a card, sorted by key, moment and rule."""
    found = verdict.cards
    rules = compiled.rules
    table = pa.table(
        {
            "card": [card.hex() for card in found.id],
            "case": found.key,
            "rule": [rules[rule].id for rule in found.rule],
            "edition": [job.editions[rules[rule].id] for rule in found.rule],
            "level": [rules[rule].level for rule in found.rule],
            "claims": [rules[rule].claims for rule in found.rule],
            "at": pa.array(found.at, INSTANT),
            "event": found.order,
            "detail": found.detail,
            "organization": [names(meaning.organizations, code, "unknown") for code in found.organization],
            "actor": [names(meaning.actors, code) or None for code in found.actor],
        }
    )
    return table.sort_by(
        [("case", "ascending"), ("at", "ascending"), ("rule", "ascending"), ("card", "ascending")]
    )


def clocks(source: Archive, compiled: Compiled, verdict: Verdict) -> pa.Table:
    """One row a clock, with its due moment, how it ended, and the edition of the calendar it was reckoned under."""
    meaning = source.meaning
    rows = sorted(clock_rows(verdict, source), key=lambda row: (row[0], row[1][1:3]))
    column = list(zip(*(row for _, row in rows), strict=True)) if rows else [()] * 14
    tracks = [compiled.tracks[index] for index in column[1]]
    return pa.table(
        {
            "case": pa.array([name for name, _ in rows], pa.string()),
            "clock": pa.array([compiled.clocks[track.clock] for track in tracks], pa.string()),
            "ordinal": pa.array(column[2], pa.int64()),
            "start": pa.array(column[3], INSTANT),
            "due": pa.array([_known(at) for at in column[4]], INSTANT),
            "promise": pa.array([_known(at) for at in column[5]], INSTANT),
            "end": pa.array(column[6], INSTANT),
            "ending": pa.array(
                [ending(status, late) for status, late in zip(column[7], column[8], strict=True)]
            ),
            "paused": pa.array(column[9], pa.int64()),
            "extended": pa.array(column[11], pa.int64()),
            "unit": pa.array([track.count.unit for track in tracks], pa.string()),
            "organization": pa.array(
                [names(meaning.organizations, code, "unknown") for code in column[10]], pa.string()
            ),
            "calendar": pa.array([track.count.calendar.id for track in tracks], pa.string()),
            "calendar_edition": pa.array([track.count.calendar.edition for track in tracks], pa.string()),
        }
    )


def _known(at: int) -> int | None:
    return at if at < FAR else None
