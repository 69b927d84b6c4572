"""The archive: the ledger's events as Parquet files, sealed months and a live tail.

``months/2026-01.parquet`` holds a contiguous range of positions and never changes; ``tail/`` holds what came after
the last sealed month; ``manifest.json`` says which files count. A month is the local month of the *highest*
``recorded_at`` so far, so that it is a range of positions even where stamps of concurrent writers cross; it is
sealed by the first event of a later month. Everything follows from the ledger's order alone: an archive rebuilt
from the ledger has the same sealed files, byte for byte (ADR 0013).

A file is written beside its place, flushed to the disk and renamed; the manifest is renamed last. A follower killed
at any moment therefore leaves an archive that is whole, if older, and files that the next run removes.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection, transaction

from qinzheng.ledger import queries
from qinzheng.measures import rows

CHUNK = 20_000
"""Events a file of the tail, at most, while catching up."""
GROUP = 65_536
"""Events a row group of a sealed month: fixed, since it shapes the bytes."""
LOCK = 0x6D73 << 32
"""The family of advisory locks that makes a follower one a folder."""


class AnotherLedger(Exception):
    """The archive was not written from this ledger, or from a later state of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"档案 {folder} 与账本不符（可能恢复过旧备份）。请把该目录移走，档案会由账本重建 / "
            f"the archive {folder} does not belong to this ledger (an older backup may have been restored): "
            "move the folder away, and it is rebuilt from the ledger"
        )


@dataclass(frozen=True)
class Segment:
    """A file with the positions ``begin`` to ``end`` (excluded)."""

    file: str
    begin: int
    end: int


@dataclass(frozen=True)
class Month(Segment):
    """A sealed month: ``sha256`` of the file, ``leaves`` the SHA-256 over the leaf hashes of its events in order.

    ``leaves`` does not depend on the library that wrote the Parquet: anyone can recompute it from the log.
    """

    month: str
    sha256: str
    leaves: str


@dataclass(frozen=True)
class Manifest:
    """Which files count. ``month`` is the month of the tail, ``leaf`` the leaf hash of the last event.

    ``form`` is that of the files' rows (``rows.FORM``).
    """

    months: tuple[Month, ...] = ()
    tail: tuple[Segment, ...] = ()
    month: str = ""
    leaf: str = ""
    form: int = rows.FORM

    @property
    def position(self) -> int:
        """How many events of the log the archive holds."""
        last = (*self.months, *self.tail)[-1:]
        return last[0].end if last else 0

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Every file in the order of positions."""
        return (*self.months, *self.tail)


def read_manifest(folder: Path) -> Manifest:
    """The archive as it stands; empty where there is none yet, or one of another form, which the follower makes again."""
    try:
        raw = json.loads((folder / "manifest.json").read_bytes())
    except FileNotFoundError:
        return Manifest()
    if raw.get("form") != rows.FORM:
        return Manifest()
    return Manifest(
        tuple(Month(**month) for month in raw["months"]),
        tuple(Segment(**segment) for segment in raw["tail"]),
        raw["month"],
        raw["leaf"],
    )


def follow(folder: Path, limit: int | None = None) -> int:
    """Take what the sequencer has placed into the archive; returns how many events. 0 too where another follower runs.

    ``limit`` bounds the events of one call. Raises :class:`AnotherLedger`.
    """
    with only_one(folder) as alone:
        return _Follower(folder).run(limit) if alone else 0


@contextmanager
def only_one(folder: Path) -> Iterator[bool]:
    """Whether this process alone writes to the folder, until the block ends. A killed process lets go by itself."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_lock(folder)])
        yield bool(cursor.fetchone()[0])


def verify(folder: Path) -> list[str]:
    """The sealed months whose file is not what was sealed, or whose events the log does not hold; by file name."""
    manifest = read_manifest(folder)
    broken = [month.file for month in manifest.months if _sha256(folder / month.file) != month.sha256]
    for month in manifest.months:
        digest = hashlib.sha256()
        with closing(_sequenced(month.begin)) as events:
            for _, leaf, _ in islice(events, month.end - month.begin):
                digest.update(leaf)
        if digest.hexdigest() != month.leaves and month.file not in broken:
            broken.append(month.file)
    return broken


def write_whole(path: Path, content: bytes) -> None:
    """Put a small file in its place whole: a reader sees the old one or the new one."""
    beside = _beside(path)
    beside.write_bytes(content)
    settle(beside, path)


def settle(beside: Path, path: Path) -> None:
    """Flush a finished file to the disk and rename it into its place."""
    with beside.open("rb+") as file:
        os.fsync(file.fileno())
    beside.replace(path)
    if os.name == "posix":
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sequenced(begin: int) -> Generator[tuple[int, bytes, queries.StoredEvent], None, None]:
    """The log from a position on, as something that can be closed before its end."""
    yield from queries.sequenced(begin)


def _beside(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.{os.getpid()}")


def _lock(folder: Path) -> int:
    return LOCK | zlib.crc32(str(folder.resolve()).encode())


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


@dataclass
class _Follower:
    """One run, under the lock."""

    folder: Path
    manifest: Manifest = field(init=False)
    pending: list[tuple[Any, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.manifest = read_manifest(self.folder)
        self._sweep()

    def run(self, limit: int | None) -> int:
        done = 0
        with closing(self._checked(queries.head()[1])) as events:
            for position, leaf, event in islice(events, limit):
                month = max(self.manifest.month, rows.month_of(event.recorded_at))
                if month != self.manifest.month or len(self.pending) >= CHUNK:
                    self._flush()
                if month != self.manifest.month:
                    self._seal(month)
                self.pending.append(rows.flat(position, leaf, event))
                done += 1
        self._flush()
        return done

    def _checked(self, size: int) -> Generator[tuple[int, bytes, queries.StoredEvent], None, None]:
        """The events still to come, once the last one held is found in the log unchanged."""
        held = self.manifest.position
        if size < held:
            raise AnotherLedger(self.folder)
        with closing(_sequenced(max(held - 1, 0))) as events:
            if held and next(events)[1].hex() != self.manifest.leaf:
                raise AnotherLedger(self.folder)
            for expected, found in enumerate(events, start=held):
                if found[0] != expected:
                    raise AnotherLedger(self.folder)
                yield found

    def _flush(self) -> None:
        """Write what is pending to the tail, joining it with smaller files before it so that they stay few."""
        if not self.pending:
            return
        table = rows.table(self.pending)
        begin, end = self.pending[0][0], self.pending[-1][0] + 1
        leaf = self.pending[-1][1].hex()
        self.pending = []
        tail = list(self.manifest.tail)
        while tail and tail[-1].end - tail[-1].begin <= 2 * (end - begin):
            before = tail.pop()
            table = pa.concat_tables([pq.read_table(self.folder / before.file), table])
            begin = before.begin
        segment = Segment(f"tail/{begin:012}-{end:012}.parquet", begin, end)
        _write(self.folder / segment.file, iter([table]))
        self._keep(replace(self.manifest, tail=(*tail, segment), leaf=leaf))

    def _seal(self, month: str) -> None:
        """Close the tail's month: its files become one that never changes, and ``month`` begins."""
        closing, tail = self.manifest.month, self.manifest.tail
        if not tail:
            self._keep(replace(self.manifest, month=month))
            return
        path = self.folder / "months" / f"{closing}.parquet"
        leaves = hashlib.sha256()
        _write(path, _counted((pq.read_table(self.folder / part.file) for part in tail), leaves))
        sealed = Month(
            file=f"months/{path.name}", begin=tail[0].begin, end=tail[-1].end, month=closing,
            sha256=_sha256(path), leaves=leaves.hexdigest(),
        )  # fmt: skip
        self._keep(replace(self.manifest, months=(*self.manifest.months, sealed), tail=(), month=month))

    def _keep(self, manifest: Manifest) -> None:
        """Let the new manifest count, then remove the files that it no longer names."""
        gone = {s.file for s in self.manifest.segments} - {s.file for s in manifest.segments}
        content = json.dumps(asdict(manifest), ensure_ascii=False, indent=1, sort_keys=True).encode()
        write_whole(self.folder / "manifest.json", content)
        self.manifest = manifest
        for name in gone:
            (self.folder / name).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what a killed run left: files that the manifest does not name."""
        named = {segment.file for segment in self.manifest.segments}
        for part in ("months", "tail"):
            for path in (self.folder / part).glob("*"):
                if f"{part}/{path.name}" not in named:
                    path.unlink(missing_ok=True)
        for path in self.folder.glob(".manifest.json.*"):
            path.unlink(missing_ok=True)


def _counted(tables: Iterator[pa.Table], leaves: Any) -> Iterator[pa.Table]:
    for table in tables:
        for leaf in table.column("leaf").to_pylist():
            leaves.update(leaf)
        yield table


def _write(path: Path, tables: Iterator[pa.Table]) -> None:
    """Write tables as one file with row groups of ``GROUP`` events, whatever pieces they came in."""
    beside = _beside(path)
    held: list[pa.Table] = []
    count = 0
    with pq.ParquetWriter(beside, rows.SCHEMA, compression="zstd", use_dictionary=_REPEATING) as file:
        for table in tables:
            held.append(table)
            count += table.num_rows
            while count >= GROUP:
                whole = pa.concat_tables(held)
                file.write_table(whole.slice(0, GROUP).combine_chunks(), row_group_size=GROUP)
                held, count = [whole.slice(GROUP)], count - GROUP
        if count:
            file.write_table(pa.concat_tables(held).combine_chunks(), row_group_size=GROUP)
    settle(beside, path)


_UNIQUE = ("leaf", "id", "body", "caused_by", "subject", "card")
_REPEATING: Sequence[str] = [
    f.name for f in rows.SCHEMA if pa.types.is_string(f.type) and f.name not in _UNIQUE
]
