"""Opens a log of another system: CSV, XES 1.0/2.0 (also .gz), Parquet or xlsx, as batches of raw text.

Streaming, in little memory. A hostile or broken file gets a clear :class:`Refused`, quickly; a
faulty row becomes a :class:`Fault` and the rest goes on.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from qinzheng.exchange import xes
from qinzheng.exchange.rawtext import encoding_of, text_of, text_of_cell
from qinzheng.measures.formulas import bare
from qinzheng.organizations import workbook

Progress = Callable[[int, int], None]
BATCH = 20_000
LONGEST = 4_000_000
"""Characters a field may have."""
LARGEST = 64 << 30
"""Bytes a log may unpack to."""
RATIO = 300
"""A gzip file that unpacks to more than this many times its size is a bomb (text packs about 20 times)."""
SLACK = 64 << 20
DENSEST, FEW = 4, 1_000_000
"""Rows a byte of Parquet that are too many to be true, and how many rows are never too many."""
FAULTS = 20
MAGIC = {b"PK\x03\x04": "Excel/zip", b"\xd0\xcf\x11\xe0": "Excel", b"PAR1": "Parquet", b"<": "XML/XES", b"%PDF": "PDF",
         b"SQLite format 3": "SQLite"}  # fmt: skip
"""How files of other forms begin."""


class Refused(Exception):
    """The file is refused: where, why and what to do, in two languages."""

    def __init__(self, path: Path, where: str, zh: str, en: str) -> None:
        place = f"{path.name}{' ' + where if where else ''}"
        super().__init__(f"{place}: {zh} / {en}")
        self.path = path
        self.zh = zh
        self.en = en


Place = tuple[int, int]
"""(row, line) from 1: the row as a spreadsheet numbers it (the header of a CSV is row 1; of XES the number of
the event), and the line of the file on which it begins (0 where the form has no lines)."""


@dataclass(frozen=True)
class Fault:
    """A row that could not be read, and where it stands."""

    place: Place
    zh: str
    en: str


@dataclass(frozen=True)
class Batch:
    """Rows as columns of raw text; None where a row has no such field. ``places``: where each row stands."""

    columns: dict[str, list[str | None]]
    places: list[Place]

    @property
    def size(self) -> int:
        return len(self.places)


@dataclass
class Log:
    """An open log: iterate over its batches once."""

    path: Path
    format: str
    columns: frozenset[str] | None
    encoding: str | None
    delimiter: str
    guarded: bool
    progress: Progress | None
    faults: list[Fault] = field(default_factory=list)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    _files: list[IO[bytes]] = field(default_factory=list)

    def __enter__(self) -> Self:
        try:
            if self.path.is_dir():
                raise self.refuse("", "这是一个目录，请给出其中的文件", "is a folder: name a file in it")
            if not self.path.is_file():
                raise self.refuse("", "没有这个文件", "there is no such file")
            self.path.open("rb").close()
        except OSError as why:
            raise self.refuse(
                "",
                f"无法读取，请检查权限与磁盘（{why.strerror}）",
                f"cannot be read: check its permissions and the disk ({why.strerror})",
            ) from None
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
        if self.format == "xlsx":
            return self._xlsx()
        return self._csv()

    def fault(self, place: Place, zh: str, en: str) -> None:
        """Count a faulty row, and name the first few."""
        self.reasons[zh, en] += 1
        if len(self.faults) < FAULTS:
            self.faults.append(Fault(place, zh, en))

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
        except (EOFError, zlib.error, OSError) as why:
            raise self.refuse(
                "",
                f"文件不完整或已损坏，请重新导出（{why}）",
                f"the file is cut short or damaged: export it again ({why})",
            ) from None

    # -- XES ------------------------------------------------------------------------------------

    def _xes(self) -> Iterator[Batch]:
        reader = xes.Reader(self.columns)
        row = 1
        try:
            chunks = self.chunks()
            head = next(chunks, b"")
            self._expect(head, b"<")
            for chunk in chain([head], chunks):
                reader.feed(chunk)
                if reader.size >= BATCH:
                    yield (batch := _events(row, *reader.take()))
                    row += batch.size
            reader.close()
        except xes.NotXes as why:
            raise self.refuse(f"line {why.line}", why.zh, why.en) from None
        if reader.size:
            yield _events(row, *reader.take())

    # -- CSV ------------------------------------------------------------------------------------

    def _csv(self) -> Iterator[Batch]:
        csv.field_size_limit(LONGEST)
        reader = csv.reader(self._lines(), strict=True, delimiter=self.delimiter)
        try:
            header = next(reader, None)
            if header is None:
                raise self.refuse("", "文件是空的", "the file is empty")
            wanted = self._wanted(header)
            rows: list[list[str]] = []
            places: list[Place] = []
            line = reader.line_num
            for row, cells in enumerate(reader, start=2):
                place, line = (row, line + 1), reader.line_num
                if len(cells) == len(header):
                    rows.append([bare(cell) for cell in cells] if self.guarded else cells)
                    places.append(place)
                elif cells:  # an empty line is no row
                    self.fault(place, "列数与表头不符", "the number of columns differs from the header")
                if len(rows) >= BATCH:
                    yield _records(wanted, rows, places)
                    rows, places = [], []
        except csv.Error as why:
            raise self.refuse(
                f"line {reader.line_num}",
                f"不是合规的 CSV，请检查引号与分隔符（{why}）",
                f"not valid CSV: check quotes and delimiter ({why})",
            ) from None
        if rows:
            yield _records(wanted, rows, places)

    def _wanted(self, header: list[str]) -> dict[str, int]:
        places = {name.strip(): place for place, name in enumerate(header)}
        if len(places) != len(header):
            raise self.refuse("row 1", "表头有重复的列名", "the header names a column twice")
        missing = sorted((self.columns or set()) - set(places))
        if missing:
            raise self.refuse(
                "row 1",
                f"缺少列 {'、'.join(missing)}；现有 {'、'.join(list(places)[:30])}。请核对映射、表头与分隔符",
                f"columns are missing: {', '.join(missing)}; there are {', '.join(list(places)[:30])}. "
                f"Check the mapping, the header and the delimiter",
            )
        return {name: place for name, place in places.items() if self.columns is None or name in self.columns}

    def _lines(self) -> Iterator[str]:
        chunks = self.chunks()
        head = next(chunks, b"")
        self._expect(head, b"")
        encoding = self.encoding or encoding_of(head)
        decoder = codecs.getincrementaldecoder(encoding)()
        ending = "\r" if b"\r" in head and b"\n" not in head else "\n"
        rest, number = "", 1
        try:
            for chunk in chain([head], chunks):
                text = decoder.decode(chunk)
                if "\x00" in text:
                    raise self.refuse(
                        f"line {number}",
                        "含有空字符 NUL：不是文本，或是 UTF-16，请另存为 UTF-8",
                        "holds NUL characters: not text, or UTF-16; save it as UTF-8",
                    )
                rest += text
                if len(rest) > LONGEST and ending not in rest:
                    raise self.refuse(f"line {number}", "一行过长", "a line is too long")
                *lines, rest = rest.split(ending)
                number += len(lines)
                for line in lines:
                    yield line + "\n"
            rest += decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            name = self.encoding or {"gb18030": "UTF-8/GB18030", "utf-16": "UTF-16"}.get(encoding, "UTF-8")
            raise self.refuse(
                f"line {number} or after",
                f"编码不是 {name}：请另存为 UTF-8，或在映射中写明 encoding（如 gb18030）",
                f"is not {name}: save it as UTF-8, or name its encoding in the mapping (such as gb18030)",
            ) from None
        if rest:
            yield rest

    def _expect(self, head: bytes, begins: bytes) -> None:
        """Refuse a file of another form by its first bytes."""
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return  # XML may be in UTF-16; in a CSV the NULs tell
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        other = next((name for magic, name in MAGIC.items() if start.startswith(magic)), None)
        if (other is not None and not (begins and start.startswith(begins))) or (
            begins and start and not start.startswith(begins)
        ):
            raise self.refuse(
                "",
                f"映射说这是 {self.format}，文件却是 {other or '别的格式'}：请换映射或另行导出",
                f"the mapping says {self.format}, the file is {other or 'something else'}: "
                f"take another mapping or export it again",
            )

    # -- xlsx -----------------------------------------------------------------------------------

    def _xlsx(self) -> Iterator[Batch]:
        """The first sheet of a workbook: its first row is the header, cells are typed."""
        try:
            sheet = workbook.read(self.path)[0]
        except workbook.Unreadable as why:
            raise self.refuse("", why.zh, why.en) from None
        header = [str(cell).strip() for cell in (sheet.rows or [[]])[0]]
        wanted = {name: header.index(name) for name in self._wanted([name for name in header if name])}
        rows: list[list[str | None]] = []
        places: list[Place] = []
        for number, cells in enumerate(sheet.rows[1:], start=2):
            wrong = next(
                (
                    sheet.problems[number - 1, at]
                    for at in wanted.values()
                    if (number - 1, at) in sheet.problems
                ),
                None,
            )
            if wrong is not None:
                self.fault((number, 0), *wrong)
            elif any(cell not in ("", None) for cell in cells):
                rows.append([text_of_cell(cell) for cell in cells])
                places.append((number, 0))
        if rows:
            yield _records(wanted, rows, places)

    # -- Parquet --------------------------------------------------------------------------------

    def _parquet(self) -> Iterator[Batch]:
        try:
            file = pq.ParquetFile(self.path)
            names = self._flat(file)
            # As dictionaries: a text that a million rows share is held and decoded once.
            texts = [name for name in names if pa.types.is_string(file.schema_arrow.field(name).type)]
            file = pq.ParquetFile(self.path, read_dictionary=texts)
            row, total = 1, file.metadata.num_rows
            for batch in file.iter_batches(BATCH, columns=names):
                columns = {name: self._texts(batch.column(name), name) for name in names}
                yield Batch(columns, [(number, 0) for number in range(row, row + batch.num_rows)])
                row += batch.num_rows
                if self.progress:
                    self.progress(row - 1, total)
        except (pa.ArrowException, OSError) as why:
            raise self.refuse(
                "",
                f"不是可读的 Parquet 文件，请重新导出（{why}）",
                f"not a readable Parquet file: export it again ({why})",
            ) from None

    def _flat(self, file: pq.ParquetFile) -> list[str]:
        """The names of the columns wanted; nested and binary ones are refused, and so is a bomb."""
        schema = file.schema_arrow
        names = list(self._wanted(list(schema.names)))
        data = file.metadata
        unpacked = sum(data.row_group(n).total_byte_size for n in range(data.num_row_groups))
        size = self.path.stat().st_size
        if unpacked > size * RATIO + SLACK or data.num_rows > size * DENSEST + FEW:
            raise self.refuse(
                "",
                "解压后过大，疑似压缩炸弹，已停止读取",
                "unpacks to too much: taken for a bomb and stopped",
            )
        for name in names:
            kind = schema.field(name).type
            if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
                raise self.refuse(
                    f"column {name}",
                    f"类型 {kind} 不能读，请导出为文本、数或时间",
                    f"type {kind} cannot be read: export text, numbers or times",
                )
        return names

    def _texts(self, column: pa.Array, name: str) -> list[str | None]:
        """A column as text; times as ISO 8601, to the microsecond."""
        if pa.types.is_dictionary(column.type):
            longest = pc.max(pc.utf8_length(column.dictionary)).as_py()
            if (longest or 0) > LONGEST:
                raise self.refuse(f"column {name}", "一个值过长", "a value is too long")
            known = [text_of(value) for value in column.dictionary.to_pylist()]
            return [None if code is None else known[code] for code in column.indices.to_pylist()]
        if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
            column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
        return [text_of(value) for value in column.to_pylist()]


def _events(row: int, lines: list[int], columns: dict[str, list[str | None]]) -> Batch:
    return Batch(columns, list(zip(range(row, row + len(lines)), lines, strict=True)))


def _records(wanted: dict[str, int], rows: Sequence[Sequence[str | None]], places: list[Place]) -> Batch:
    columns: dict[str, list[str | None]] = {
        name: [cells[at] for cells in rows] for name, at in wanted.items()
    }
    return Batch(columns, places)


def open_log(
    path: Path,
    *,
    format: str,
    columns: Collection[str] | None = None,
    encoding: str | None = None,
    delimiter: str = ",",
    guarded: bool = False,
    progress: Progress | None = None,
) -> Log:
    """Open a log; use it as a context manager and iterate. ``columns``: the fields wanted (None: all)."""
    wanted = None if columns is None else frozenset(columns)
    return Log(Path(path), format, wanted, encoding, delimiter, guarded, progress)
