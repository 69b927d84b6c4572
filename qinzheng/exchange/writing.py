"""Writes an archive of events in the forms that others read: XES, OCEL 2.0 (JSON, SQLite), CSV, Parquet.

Streaming, a row group at a time. A text that a spreadsheet would take for a formula gets a leading
apostrophe in CSV (take it off to have the original back).
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from qinzheng.supervision.archive import Archive
from qinzheng.supervision.batch import names

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = ("case", "event", "act", "activity", "occurred_at", "reported_at", "organization", "actor")
OCEL_OBJECTS = ("case", "organization", "officer")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Unwritable(Exception):
    """The file's ending names no form that we write."""


@dataclass(frozen=True)
class LogEvent:
    """One event as it is written; times in the archive's zone."""

    case: str
    event: int
    act: str
    activity: str
    occurred_at: dt.datetime
    reported_at: dt.datetime | None
    organization: str
    actor: str

    @property
    def name(self) -> str:
        """Our act where it is one, else the log's own activity."""
        return self.act or self.activity

    @property
    def id(self) -> str:
        return f"{self.case}/{self.event}"


def events(archive: Archive) -> Iterator[LogEvent]:
    """Every event of the archive, case by case, in order."""
    meaning, zone = archive.meaning, ZoneInfo(archive.meaning.zone)

    def moment(at: int) -> dt.datetime:
        return (EPOCH + dt.timedelta(microseconds=at)).astimezone(zone)

    for number in range(archive.groups):
        group = archive.read(number, activity=True)
        facts = group.facts
        for k, case in enumerate(group.names):
            for i in range(group.borders[k], group.borders[k + 1]):
                activity = meaning.activities[group.activity[i]] if group.activity else ""
                yield LogEvent(
                    case,
                    facts.order[i],
                    meaning.acts[facts.act[i]],
                    activity,
                    moment(facts.at[i]),
                    moment(facts.reported[i]) if facts.reported[i] >= 0 else None,
                    names(meaning.organizations, facts.organization[i]),
                    names(meaning.actors, facts.actor[i]),
                )


def write(archive: Archive, path: Path) -> int:
    """Write the archive in the form that the file's ending names; returns the number of events."""
    for ending, writer in WRITERS.items():
        if path.name.endswith(ending):
            return writer(archive, path)
    known = "、".join(WRITERS)
    raise Unwritable(f"不认识的文件结尾 {path.name}，可用：{known} / unknown ending; known: {known}")


def write_csv(archive: Archive, path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for event in events(archive):
            writer.writerow([_cell(getattr(event, name)) for name in COLUMNS])
            count += 1
    return count


def write_parquet(archive: Archive, path: Path) -> int:
    rows = list(events(archive))
    zone = archive.meaning.zone
    types = {
        "event": pa.int64(),
        "occurred_at": pa.timestamp("us", zone),
        "reported_at": pa.timestamp("us", zone),
    }
    table = pa.table(
        {
            name: pa.array([getattr(row, name) for row in rows], types.get(name, pa.string()))
            for name in COLUMNS
        }
    )
    pq.write_table(table, path, compression="zstd")
    return len(rows)


def write_xes(archive: Archive, path: Path) -> int:
    """XES (IEEE 1849): one trace a case, extensions concept, time, organizational, lifecycle."""
    count, case = 0, None
    with _text(path) as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1849.2016" xes.features="">\n')
        for name, prefix in (
            ("Concept", "concept"),
            ("Time", "time"),
            ("Organizational", "org"),
            ("Lifecycle", "lifecycle"),
        ):
            file.write(
                f'<extension name="{name}" prefix="{prefix}" uri="http://www.xes-standard.org/{prefix}.xesext"/>\n'
            )
        file.write('<classifier name="Activity" keys="concept:name"/>\n')
        for event in events(archive):
            if event.case != case:
                file.write("</trace>\n" if case is not None else "")
                file.write(f"<trace>{_xes('string', 'concept:name', event.case)}\n")
                case = event.case
            file.write(_xes_event(event))
            count += 1
        file.write("</trace>\n</log>\n" if case is not None else "</log>\n")
    return count


def _xes_event(event: LogEvent) -> str:
    parts = [
        _xes("string", "concept:name", event.name),
        _xes("date", "time:timestamp", event.occurred_at.isoformat()),
        _xes("string", "lifecycle:transition", "complete"),
    ]
    if event.activity and event.activity != event.name:
        parts.append(_xes("string", "qinzheng:activity", event.activity))
    if event.reported_at:
        parts.append(_xes("date", "qinzheng:reported", event.reported_at.isoformat()))
    if event.actor:
        parts.append(_xes("string", "org:resource", event.actor))
    if event.organization:
        parts.append(_xes("string", "org:group", event.organization))
    return f"<event>{''.join(parts)}</event>\n"


def _xes(type: str, key: str, value: str) -> str:
    return f"<{type} key={quoteattr(key)} value={quoteattr(_UNWRITABLE.sub('', value))}/>"


def _relations(event: LogEvent) -> list[tuple[str, str, str]]:
    """(object id, object type, qualifier) of an event."""
    found = [(f"case:{event.case}", "case", "of")]
    if event.organization:
        found.append((f"organization:{event.organization}", "organization", "at"))
    if event.actor:
        found.append((f"officer:{event.actor}", "officer", "by"))
    return found


def write_ocel_json(archive: Archive, path: Path) -> int:
    """OCEL 2.0 as JSON."""
    objects: dict[str, str] = {}
    types: set[str] = set()
    written = []
    for event in events(archive):
        related = _relations(event)
        objects |= {id: type for id, type, _ in related}
        types.add(event.name)
        written.append(
            {
                "id": event.id,
                "type": event.name,
                "time": event.occurred_at.astimezone(dt.UTC).isoformat(),
                "attributes": [],
                "relationships": [{"objectId": id, "qualifier": qualifier} for id, _, qualifier in related],
            }
        )
    document = {
        "objectTypes": [{"name": name, "attributes": []} for name in OCEL_OBJECTS],
        "eventTypes": [{"name": name, "attributes": []} for name in sorted(types)],
        "objects": [
            {"id": id, "type": type, "attributes": [], "relationships": []} for id, type in objects.items()
        ],
        "events": written,
    }
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return len(written)


def write_ocel_sqlite(archive: Archive, path: Path) -> int:
    """OCEL 2.0 as SQLite: one table an event type and an object type, beside the maps and relations."""
    path.unlink(missing_ok=True)
    rows = list(events(archive))
    with sqlite3.connect(path) as base:
        base.executescript(
            """
            CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT UNIQUE);
            CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT UNIQUE);
            CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT REFERENCES event_map_type(ocel_type));
            CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT REFERENCES object_map_type(ocel_type));
            CREATE TABLE event_object (ocel_event_id TEXT REFERENCES event(ocel_id),
                ocel_object_id TEXT REFERENCES object(ocel_id), ocel_qualifier TEXT,
                PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier));
            CREATE TABLE object_object (ocel_source_id TEXT REFERENCES object(ocel_id),
                ocel_target_id TEXT REFERENCES object(ocel_id), ocel_qualifier TEXT,
                PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier));
            """
        )
        maps = {name: f"t{number}" for number, name in enumerate(sorted({row.name for row in rows}))}
        base.executemany("INSERT INTO event_map_type VALUES (?, ?)", maps.items())
        base.executemany("INSERT INTO object_map_type VALUES (?, ?)", [(name, name) for name in OCEL_OBJECTS])
        for table in maps.values():
            base.execute(
                f"CREATE TABLE event_{table} (ocel_id TEXT PRIMARY KEY REFERENCES event(ocel_id), ocel_time TEXT)"
            )
        for name in OCEL_OBJECTS:
            base.execute(
                f"CREATE TABLE object_{name} (ocel_id TEXT REFERENCES object(ocel_id), ocel_time TEXT, ocel_changed_field TEXT)"
            )
        _fill(base, rows, maps)
    base.close()
    return len(rows)


def _fill(base: sqlite3.Connection, rows: list[LogEvent], maps: dict[str, str]) -> None:
    objects = {id: type for row in rows for id, type, _ in _relations(row)}
    base.executemany("INSERT INTO object VALUES (?, ?)", objects.items())
    for id, type in objects.items():
        base.execute(f"INSERT INTO object_{type} VALUES (?, '1970-01-01T00:00:00Z', NULL)", [id])
    base.executemany("INSERT INTO event VALUES (?, ?)", [(row.id, row.name) for row in rows])
    for row in rows:
        time = row.occurred_at.astimezone(dt.UTC).isoformat()
        base.execute(f"INSERT INTO event_{maps[row.name]} VALUES (?, ?)", [row.id, time])
    relations = [(row.id, id, qualifier) for row in rows for id, _, qualifier in _relations(row)]
    base.executemany("INSERT INTO event_object VALUES (?, ?, ?)", relations)


def _cell(value: object) -> str:
    text = "" if value is None else value.isoformat() if isinstance(value, dt.datetime) else str(value)
    return "'" + text if text.startswith(FORMULA) else text


def _text(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "wt", encoding="utf-8")
    return path.open("w", encoding="utf-8")


WRITERS: dict[str, Callable[[Archive, Path], int]] = {
    ".xes": write_xes,
    ".xes.gz": write_xes,
    ".ocel.json": write_ocel_json,
    ".ocel.sqlite": write_ocel_sqlite,
    ".csv": write_csv,
    ".parquet": write_parquet,
}
