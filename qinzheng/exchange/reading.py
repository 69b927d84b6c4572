"""Opens a log of another system: CSV, XES 1.0/2.0 (also .gz) or Parquet, as batches of raw text.

Streaming, in little memory. A hostile or broken file gets a clear :class:`Refused`, quickly; a
faulty row becomes a :class:`Fault` and the rest goes on.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Self

import pyarrow as pa
import pyarrow.parquet as pq

from qinzheng.exchange import xes

Progress = Callable[[int, int], None]
BATCH = 20_000
LONGEST = 4_000_000
"""Characters a field may have."""
LARGEST = 64 << 30
"""Bytes a log may unpack to."""
RATIO = 300
"""A gzip file that unpacks to more than this many times its size is a bomb (text packs about 20 times)."""
SLACK = 64 << 20
FAULTS = 20
ENCODINGS = ("utf-8-sig", "gb18030")


class Refused(Exception):
    """The file is refused: where, why and what to do, in two languages."""

    def __init__(self, path: Path, where: str, zh: str, en: str) -> None:
        place = f"{path.name}{' ' + where if where else ''}"
        super().__init__(f"{place}: {zh} / {en}")
        self.path = path
        self.zh = zh
        self.en = en


@dataclass(frozen=True)
class Fault:
    """A row that could not be read."""

    row: int
    reason_zh: str
    reason_en: str


@dataclass(frozen=True)
class Batch:
    """Rows as columns of raw text; None where a row has no such field."""

    columns: dict[str, list[str | None]]
    first_row: int
    size: int


@dataclass
class Log:
    """An open log: iterate over its batches once."""

    path: Path
    format: str
    columns: frozenset[str] | None
    encoding: str | None
    progress: Progress | None
    faults: list[Fault] = field(default_factory=list)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    _files: list[IO[bytes]] = field(default_factory=list)

    def __enter__(self) -> Self:
        if not self.path.is_file():
            raise Refused(self.path, "", "没有这个文件", "there is no such file")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    def __iter__(self) -> Iterator[Batch]:
        if self.format == "parquet":
            return self._parquet()
        if self.format == "xes":
            return self._xes()
        return self._csv()

    def fault(self, row: int, zh: str, en: str) -> None:
        """Count a faulty row, and name the first few."""
        self.reasons[zh, en] += 1
        if len(self.faults) < FAULTS:
            self.faults.append(Fault(row, zh, en))

    def refuse(self, where: str, zh: str, en: str) -> Refused:
        return Refused(self.path, where, zh, en)

    # -- bytes ----------------------------------------------------------------------------------

    def chunks(self) -> Iterator[bytes]:
        """The file's bytes, unpacked and limited, with progress by what was read from disk."""
        total = max(self.path.stat().st_size, 1)
        raw = self.path.open("rb")
        self._files.append(raw)
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        source: gzip.GzipFile | BinaryIO = gzip.GzipFile(fileobj=raw) if packed else raw
        unpacked = 0
        try:
            while chunk := source.read(1 << 18):
                unpacked += len(chunk)
                if unpacked > LARGEST or (packed and unpacked > total * RATIO + SLACK):
                    raise self.refuse(
                        "",
                        "解压后过大，疑似压缩炸弹，已停止读取",
                        "unpacks to too much: taken for a gzip bomb and stopped",
                    )
                if self.progress:
                    self.progress(min(raw.tell(), total), total)
                yield chunk
        except (EOFError, zlib.error, gzip.BadGzipFile) as why:
            raise self.refuse(
                "",
                f"压缩文件不完整或已损坏，请重新导出（{why}）",
                f"the gzip file is cut short or damaged: export it again ({why})",
            ) from None

    # -- XES ------------------------------------------------------------------------------------

    def _xes(self) -> Iterator[Batch]:
        reader = xes.Reader(self.columns)
        row = 1
        try:
            for chunk in self.chunks():
                reader.feed(chunk)
                if reader.size >= BATCH:
                    size, columns = reader.take()
                    yield Batch(columns, row, size)
                    row += size
            reader.close()
        except xes.NotXes as why:
            raise self.refuse(f"line {why.line}", why.zh, why.en) from None
        size, columns = reader.take()
        if size:
            yield Batch(columns, row, size)

    # -- CSV ------------------------------------------------------------------------------------

    def _csv(self) -> Iterator[Batch]:
        csv.field_size_limit(LONGEST)
        reader = csv.reader(self._lines(), strict=True)
        row = 0
        try:
            header = next(reader, None)
            if header is None:
                raise self.refuse("", "文件是空的", "the file is empty")
            wanted = self._wanted(header)
            values: list[list[str | None]] = [[] for _ in wanted]
            first = 1
            for row, cells in enumerate(reader, start=1):
                if len(cells) != len(header):
                    self.fault(row, "列数与表头不符", "the number of columns differs from the header")
                    continue
                if values and len(values[0]) >= BATCH:
                    yield Batch(dict(zip(wanted, values, strict=True)), first, len(values[0]))
                    values, first = [[] for _ in wanted], row
                for column, place in zip(values, wanted.values(), strict=True):
                    column.append(cells[place])
        except csv.Error as why:
            raise self.refuse(f"row {row + 1}", f"不是合规的 CSV：{why}", f"not valid CSV: {why}") from None
        if values and values[0]:
            yield Batch(dict(zip(wanted, values, strict=True)), first, len(values[0]))

    def _wanted(self, header: list[str]) -> dict[str, int]:
        places = {name.strip(): place for place, name in enumerate(header)}
        if len(places) != len(header):
            raise self.refuse("row 1", "表头有重复的列名", "the header names a column twice")
        missing = sorted((self.columns or set()) - set(places))
        if missing:
            raise self.refuse(
                "row 1",
                f"缺少列 {missing}；现有 {list(places)[:30]}",
                f"columns are missing: {missing}; there are {list(places)[:30]}",
            )
        return {name: place for name, place in places.items() if self.columns is None or name in self.columns}

    def _lines(self) -> Iterator[str]:
        chunks = self.chunks()
        head = next(chunks, b"")
        if b"\x00" in head:
            raise self.refuse(
                "",
                "含有空字符 NUL：不是文本，或是 UTF-16，请另存为 UTF-8",
                "holds NUL characters: not text, or UTF-16; save it as UTF-8",
            )
        decoder = codecs.getincrementaldecoder(self.encoding or _guess(head))()
        rest = ""
        try:
            for chunk in _with(head, chunks):
                if b"\x00" in chunk:
                    raise self.refuse(
                        "", "含有空字符 NUL，请清理后重试", "holds NUL characters: clean it and try again"
                    )
                rest += decoder.decode(chunk)
                if len(rest) > LONGEST and "\n" not in rest:
                    raise self.refuse("", "一行过长", "a line is too long")
                *lines, rest = rest.split("\n")
                for line in lines:
                    yield line + "\n"
            rest += decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise self.refuse(
                "",
                "编码不是 UTF-8 也不是 GB18030，请另存为 UTF-8",
                "neither UTF-8 nor GB18030: save it as UTF-8",
            ) from None
        if rest:
            yield rest

    # -- Parquet --------------------------------------------------------------------------------

    def _parquet(self) -> Iterator[Batch]:
        try:
            file = pq.ParquetFile(self.path)
        except (pa.ArrowException, OSError) as why:
            raise self.refuse(
                "", f"不是可读的 Parquet 文件（{why}）", f"not a readable Parquet file ({why})"
            ) from None
        names = self._wanted(list(file.schema_arrow.names))
        row, total = 1, file.metadata.num_rows
        for batch in file.iter_batches(BATCH, columns=list(names)):
            columns = {name: [_text(value) for value in batch.column(name).to_pylist()] for name in names}
            yield Batch(columns, row, batch.num_rows)
            row += batch.num_rows
            if self.progress:
                self.progress(row - 1, total)


def _with(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def _guess(head: bytes) -> str:
    """UTF-8 (with or without mark) where the beginning reads as such, else GB18030."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def open_log(
    path: Path,
    *,
    format: str,
    columns: Collection[str] | None = None,
    encoding: str | None = None,
    progress: Progress | None = None,
) -> Log:
    """Open a log; use it as a context manager and iterate. ``columns``: the fields wanted (None: all)."""
    wanted = None if columns is None else frozenset(columns)
    return Log(Path(path), format, wanted, encoding, progress)
