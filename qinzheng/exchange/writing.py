"""Writes an archive of events in the forms that others read: XES, OCEL 2.0 (JSON, SQLite), CSV, Parquet.

Streaming, a row group at a time. XES, CSV and Parquet hold all that a judgement reads, and :func:`read_back`
is the mapping under which our own reader takes them to the same archive. A text that a spreadsheet would take
for a formula gets a leading apostrophe in CSV; that mapping takes it off again.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
import re
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from qinzheng.exchange.schema import Mapping
from qinzheng.exchange.times import EPOCH
from qinzheng.measures.formulas import guarded
from qinzheng.supervision.archive import Archive
from qinzheng.supervision.batch import names

COLUMNS = (
    "case", "event", "act", "activity", "occurred_at", "reported_at", "due_at", "organization", "actor", "role",
    "number", "assigned",
)  # fmt: skip
CHUNK = 50_000
ATTRIBUTES = (
    ("string", "activity"), ("date", "reported_at"), ("date", "due_at"), ("string", "actor"), ("string", "organization"),
    ("string", "role"), ("int", "event"), ("int", "number"), ("string", "assigned"),
)  # fmt: skip
"""What a XES event says besides its name and time."""
KEYS = {
    "xes": {
        "case": "case:concept:name", "occurred_at": "time:timestamp", "activity": "qinzheng:activity",
        "reported_at": "qinzheng:reported", "due_at": "qinzheng:due", "actor": "org:resource",
        "organization": "org:group", "role": "org:role", "event": "qinzheng:event", "number": "qinzheng:number",
        "assigned": "qinzheng:assigned",
    }
}  # fmt: skip
"""The keys of XES for our columns; the other forms use the columns' own names."""
KEPT = (
    "name",
    "in_force_from",
    "checked_on",
    "source",
    "basis",
    "procedure",
    "rules",
    "others",
    "assumptions",
)
OCEL_OBJECTS = ("case", "organization", "officer")
OCEL_TABLES = """
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
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


Source = Callable[[], "Iterator[LogEvent]"]
"""Gives the events anew each time it is called: some forms need them twice."""


class Unwritable(Exception):
    """The file's ending names no form that we write."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event as it is written; times in the archive's zone. ``event`` counts from 1 within the case.

    ``number``: days told or units granted; ``assigned``: the organization that the case is handed to.
    """

    case: str
    event: int
    act: str
    activity: str
    occurred_at: dt.datetime
    reported_at: dt.datetime | None
    due_at: dt.datetime | None
    organization: str
    actor: str
    role: str
    number: int | None
    assigned: str

    @property
    def name(self) -> str:
        """Our act where it is one, else the log's own activity."""
        return self.act or self.activity

    @property
    def id(self) -> str:
        return f"{self.case}/{self.event}"


def events(archive: Archive, assigning: Collection[str] = ()) -> Iterator[LogEvent]:
    """Every event of the archive, case by case, in order. ``assigning``: the acts that hand a case over."""
    meaning, zone = archive.meaning, ZoneInfo(archive.meaning.zone)

    def moment(at: int) -> dt.datetime:
        return (EPOCH + dt.timedelta(microseconds=at)).astimezone(zone)

    for number in range(archive.groups):
        group = archive.read(number, activity=True)
        facts = group.facts
        for k, case in enumerate(group.names):
            for i in range(group.borders[k], group.borders[k + 1]):
                act, value = meaning.acts[facts.act[i]], facts.value[i]
                hands = act in assigning
                yield LogEvent(
                    case,
                    facts.order[i],
                    act,
                    meaning.activities[group.activity[i]] if group.activity else "",
                    moment(facts.at[i]),
                    moment(facts.reported[i]) if facts.reported[i] >= 0 else None,
                    moment(facts.due[i]) if facts.due[i] >= 0 else None,
                    names(meaning.organizations, facts.organization[i]),
                    names(meaning.actors, facts.actor[i]),
                    names(meaning.roles, facts.role[i]),
                    value if value >= 0 and not hands else None,
                    names(meaning.organizations, value) if hands else "",
                )


def ending(path: Path) -> str:
    """The ending of the file's name that names its form; :class:`Unwritable` where there is none."""
    for known in WRITERS:
        if path.name.endswith(known):
            return known
    forms = "、".join(WRITERS)
    raise Unwritable(
        f"不认识的文件结尾 {path.name}，可用：{forms} / unknown ending {path.name}; known: {forms}"
    )


def write(archive: Archive, path: Path, assigning: Collection[str] = ()) -> int:
    """Write the archive in the form that the file's ending names; returns the number of events."""
    _, writer = WRITERS[ending(path)]
    return writer(lambda: events(archive, assigning), path, archive.meaning.zone)


def read_back(archive: Archive, path: Path, mapping: Mapping) -> dict[str, object] | None:
    """The mapping, as plain data, under which the file written to ``path`` is read to the same archive.

    None for OCEL, which we write but do not read.
    """
    form, _ = WRITERS[ending(path)]
    if form == "ocel":
        return None
    named = KEYS.get(form, {name: name for name in COLUMNS})
    acts = _activities(archive)
    moments = [mapping.at] if mapping.at else [act.at for act in mapping.row_acts]
    precision = next(
        (moment.precision for moment in moments if moment and moment.precision != "instant"), "instant"
    )
    kept = mapping.model_dump(exclude_defaults=True, include=set(KEPT))
    return {
        "kind": "mapping", "id": f"{mapping.id}-exported", **kept, "format": form, "zone": mapping.zone,
        **({"guarded": True} if form == "csv" else {}),
        "case": named["case"], "row": "event", "activity": named["activity"], "acts": acts,
        "at": {"field": named["occurred_at"], "precision": precision},
        "order": named["event"], "reported": {"field": named["reported_at"]}, "due": {"field": named["due_at"]},
        "organization": {"field": named["organization"], "otherwise": ""}, "actor": named["actor"],
        "role": named["role"],
        "value_fields": {act: named["number"] for act in acts if act not in mapping.assigns},
        "assigns": {act: named["assigned"] for act in acts if act in mapping.assigns},
    }  # fmt: skip


def _activities(archive: Archive) -> dict[str, list[str]]:
    """act → the activities of the log that stand for it."""
    found: dict[str, set[str]] = {}
    for event in events(archive):
        if event.act:
            found.setdefault(event.act, set()).add(event.activity)
    return {act: sorted(activities) for act, activities in sorted(found.items())}


def write_csv(source: Source, path: Path, zone: str) -> int:
    """CSV in UTF-8 with a mark, formulas guarded."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for event in source():
            writer.writerow([_cell(getattr(event, name)) for name in COLUMNS])
            count += 1
    return count


def write_parquet(source: Source, path: Path, zone: str) -> int:
    """Parquet with typed times, a row group for each ``CHUNK`` of events."""
    time = pa.timestamp("us", zone)
    types = {
        "event": pa.int64(),
        "number": pa.int64(),
        "occurred_at": time,
        "reported_at": time,
        "due_at": time,
    }
    schema = pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])
    count, rows = 0, source()
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while chunk := list(islice(rows, CHUNK)):
            columns = [[getattr(row, name) for row in chunk] for name in COLUMNS]
            writer.write_table(pa.table(columns, schema=schema))
            count += len(chunk)
    return count


def write_xes(source: Source, path: Path, zone: str) -> int:
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
        for event in source():
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
    parts += [
        _xes(type, KEYS["xes"][name], value.isoformat() if isinstance(value, dt.datetime) else str(value))
        for type, name in ATTRIBUTES
        if (value := getattr(event, name)) not in (None, "")
    ]
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


def write_ocel_json(source: Source, path: Path, zone: str) -> int:
    """OCEL 2.0 as JSON, the events as they come, the objects and types they named after them."""
    objects: dict[str, str] = {}
    types: set[str] = set()
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write('{"events": [')
        for event in source():
            related = _relations(event)
            objects.update((id, type) for id, type, _ in related)
            types.add(event.name)
            written = {
                "id": event.id,
                "type": event.name,
                "time": _utc(event),
                "attributes": [],
                "relationships": [{"objectId": id, "qualifier": qualifier} for id, _, qualifier in related],
            }
            file.write((",\n" if count else "\n") + json.dumps(written, ensure_ascii=False))
            count += 1
        rest = {
            "objects": [
                {"id": id, "type": type, "attributes": [], "relationships": []}
                for id, type in objects.items()
            ],
            "objectTypes": [{"name": name, "attributes": []} for name in OCEL_OBJECTS],
            "eventTypes": [{"name": name, "attributes": []} for name in sorted(types)],
        }
        file.write("],\n" + json.dumps(rest, ensure_ascii=False)[1:] + "\n")
    return count


def write_ocel_sqlite(source: Source, path: Path, zone: str) -> int:
    """OCEL 2.0 as SQLite: one table an event type and an object type, beside the maps and relations."""
    path.unlink(missing_ok=True)
    count = 0
    with closing(sqlite3.connect(path)) as base, base:
        base.executescript(OCEL_TABLES)
        maps = {name: f"t{number}" for number, name in enumerate(sorted({event.name for event in source()}))}
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
        rows = source()
        while chunk := list(islice(rows, CHUNK)):
            _fill(base, chunk, maps)
            count += len(chunk)
        for name in OCEL_OBJECTS:
            base.execute(
                f"INSERT INTO object_{name} SELECT ocel_id, '1970-01-01T00:00:00Z', NULL FROM object WHERE ocel_type = ?",
                [name],
            )
    return count


def _fill(base: sqlite3.Connection, rows: list[LogEvent], maps: dict[str, str]) -> None:
    objects = {id: type for row in rows for id, type, _ in _relations(row)}
    base.executemany("INSERT OR IGNORE INTO object VALUES (?, ?)", objects.items())
    base.executemany("INSERT INTO event VALUES (?, ?)", [(row.id, row.name) for row in rows])
    for name, table in maps.items():
        own = [(row.id, _utc(row)) for row in rows if row.name == name]
        base.executemany(f"INSERT INTO event_{table} VALUES (?, ?)", own)
    relations = [(row.id, id, qualifier) for row in rows for id, _, qualifier in _relations(row)]
    base.executemany("INSERT INTO event_object VALUES (?, ?, ?)", relations)


def _utc(event: LogEvent) -> str:
    return event.occurred_at.astimezone(dt.UTC).isoformat()


def _cell(value: object) -> str:
    text = "" if value is None else value.isoformat() if isinstance(value, dt.datetime) else str(value)
    return guarded(text)


def _text(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "wt", encoding="utf-8")
    return path.open("w", encoding="utf-8")


WRITERS: dict[str, tuple[str, Callable[[Source, Path, str], int]]] = {
    ".xes": ("xes", write_xes),
    ".xes.gz": ("xes", write_xes),
    ".ocel.json": ("ocel", write_ocel_json),
    ".ocel.sqlite": ("ocel", write_ocel_sqlite),
    ".csv": ("csv", write_csv),
    ".parquet": ("parquet", write_parquet),
}
"""Ending of the file → (form, writer)."""
