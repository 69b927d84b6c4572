"""Where a collector reads: one file, a folder of files, a table of another system's PostgreSQL. Read only, one snapshot.

Each source gives parts; a part is read once as batches of raw text, as any log is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from qinzheng.exchange import reading
from qinzheng.exchange.choosing import Refusal
from qinzheng.exchange.collecting.schema import Collector
from qinzheng.exchange.rawtext import text_of
from qinzheng.exchange.schema import Mapping as LogMapping

POSTGRES = ("postgresql://", "postgres://")
PATIENCE = "60s"
"""How long a statement in another system's database may run."""
WATERMARK = "\x00watermark"
"""The column that a table's rows carry beside those of the mapping; no column of a file can have this name."""


@dataclass
class Part:
    """One piece of a source: a file, or what is new in a table. ``rows`` and ``cases``: how many the table holds in all."""

    name: str
    digest: str = ""
    watermark: str = ""
    rows: int | None = None
    cases: int | None = None
    log: reading.Log | None = None
    batches: Iterator[reading.Batch] = field(default_factory=lambda: iter(()))


Known = Mapping[str, tuple[str, bool]]
"""Part → (digest, whether all of it was taken), as it was last time."""


@contextmanager
def parts(
    collector: Collector, mapping: LogMapping, place: str, since: str, known: Known
) -> Iterator[Iterator[Part]]:
    """The parts of the source at ``place``. A file of a folder that was taken whole and has not changed is left out."""
    columns = mapping.fields() | collector.fields()
    if collector.reads.form == "table":
        with _table(collector, mapping, place, columns, since) as part:
            yield iter([part])
        return
    yield (_file(path, mapping, columns) for path in _files(collector, Path(place), known))


def _files(collector: Collector, place: Path, known: Known) -> list[Path]:
    if collector.reads.form == "file":
        return [place]
    if not place.is_dir():
        raise Refusal(f"没有目录 {place}，请检查路径 / there is no folder {place}: check the path")
    found = sorted(path for path in place.glob(collector.reads.pattern) if path.is_file())
    return [path for path in found if known.get(path.name, ("", False)) != (_digest(path), True)]


def _file(path: Path, mapping: LogMapping, columns: set[str]) -> Part:
    log = reading.open_log(
        path, format=mapping.format, columns=columns, encoding=mapping.encoding, delimiter=mapping.delimiter,
        guarded=mapping.guarded,
    )  # fmt: skip
    return Part(path.name, _digest(path) if path.is_file() else "", log=log)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- a table ------------------------------------------------------------------------------------------


@contextmanager
def _table(
    collector: Collector, mapping: LogMapping, address: str, columns: set[str], since: str
) -> Iterator[Part]:
    """What is new in a table since the watermark, and how much it holds in all, in one read-only snapshot."""
    if not address.startswith(POSTGRES):
        raise Refusal("表的来源应为 postgresql://… 地址 / a table is named by its address postgresql://…")
    table = sql.SQL(".").join(sql.Identifier(name) for name in str(collector.reads.table).split("."))
    try:
        with psycopg.connect(address, autocommit=False) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.execute(sql.SQL("SET statement_timeout = {}").format(sql.Literal(PATIENCE)))
            rows, cases = _count(connection, table, mapping.case)
            part = Part(str(collector.reads.table), watermark=since, rows=rows, cases=cases)
            part.batches = _rows(connection, table, sorted(columns), collector.reads.watermark, since)
            yield part
    except psycopg.Error as why:
        text = str(why).strip().splitlines()[0] if str(why).strip() else type(why).__name__
        raise Refusal(f"读不了来源的表：{text} / the source's table cannot be read: {text}") from None


def _count(connection: psycopg.Connection, table: sql.Composable, case: str) -> tuple[int, int]:
    found = connection.execute(
        sql.SQL("SELECT count(*), count(DISTINCT {}) FROM {}").format(sql.Identifier(case), table)
    ).fetchone()
    assert found is not None
    return found[0], found[1]


def _rows(
    connection: psycopg.Connection, table: sql.Composable, columns: list[str], watermark: str | None, since: str
) -> Iterator[reading.Batch]:  # fmt: skip
    """Rows in the order of the watermark; the one that stands at it is read again, for others may share it."""
    wanted = [sql.Identifier(name) for name in columns]
    mark = sql.Identifier(watermark) if watermark else None
    text = sql.SQL("{}::text").format(mark) if mark else sql.SQL("NULL")
    query = sql.SQL("SELECT {}, {} FROM {}").format(sql.SQL(", ").join(wanted), text, table)
    if mark and since:
        query += sql.SQL(" WHERE {} >= {}").format(mark, sql.Literal(since))
    if mark:
        query += sql.SQL(" ORDER BY {} NULLS FIRST").format(mark)
    begin = 1
    with connection.cursor(name="collector") as cursor:
        cursor.itersize = reading.BATCH
        cursor.execute(query)
        while found := cursor.fetchmany(reading.BATCH):
            by_column = list(zip(*found, strict=True))
            batch = {
                name: [text_of(value) for value in values]
                for name, values in zip([*columns, WATERMARK], by_column, strict=True)
            }
            yield reading.Batch(batch, [(row, 0) for row in range(begin, begin + len(found))])
            begin += len(found)
