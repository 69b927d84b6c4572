"""Opens a spreadsheet that a stranger may have made: xlsx or CSV, as grids of cells, or refused quickly.

An xlsx file is a zip of XML. Its sizes are checked before anything is unpacked, its parts are unpacked within those
limits and handed to the reader repacked, so that what is read is what was measured; its cells are counted before a
grid is made of them (a cell far to the lower right makes a grid of billions). Legacy ``.xls`` is not read.
"""

from __future__ import annotations

import csv
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook

LARGEST = 50 << 20
"""Bytes that a file may unpack to. With ``RATIO`` measured to stop a bomb of 447 KB in a tenth of a second."""
RATIO = 200
"""How many times its packed size a part may unpack to; text packs about 20 times."""
PARTS = 500
ROWS, COLUMNS = 20_000, 60
CELLS = 300_000
LONGEST = 500
"""Characters in a cell. A long text that many cells share would otherwise unpack once more."""
ENCODINGS = ("utf-8-sig", "gb18030")

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")

Place = tuple[int, int]
"""(row, column), from 0"""


class Unreadable(Exception):
    """The whole file is refused: why and what to do, in two languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


@dataclass
class Grid:
    """One sheet: its cells, and what is wrong with some of them, in two languages."""

    name: str
    rows: list[list[Any]]
    problems: dict[Place, tuple[str, str]] = field(default_factory=dict)


def read(path: Path) -> list[Grid]:
    """The sheets of a file; of a CSV file one, named after nothing. Raises :class:`Unreadable`."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as why:
        raise Unreadable(
            f"打不开 {path.name}：{why.strerror}", f"cannot open {path.name}: {why.strerror}"
        ) from None
    return grids(content)


def grids(content: bytes) -> list[Grid]:
    """The sheets of a file that was handed in; as :func:`read`."""
    if len(content) > LARGEST:
        raise Unreadable("文件超过 50 MB，请拆分", "the file is larger than 50 MB: split it")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(
            "这是旧版 .xls 或加密的文件，请另存为不加密的 .xlsx", "an old .xls or an encrypted file: save it as plain .xlsx"
        )  # fmt: skip
    return _xlsx(content) if content.startswith(b"PK") else [_csv(content)]


# ---------------------------------------------------------------- csv


def _csv(content: bytes) -> Grid:
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Unreadable(
            "既不是 UTF-8 也不是 GB 18030 编码的文本，请另存为 xlsx 或 CSV UTF-8",
            "neither UTF-8 nor GB 18030 text: save it as xlsx or CSV UTF-8",
        )
    rows: list[list[Any]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            rows.append(list(row))
            if len(rows) > ROWS or len(row) > COLUMNS:
                raise _too_many("CSV")
    except csv.Error as why:
        raise Unreadable(
            f"CSV 第 {len(rows) + 1} 行格式错误（{why}），请用表格软件重新导出", f"CSV row {len(rows) + 1} is malformed ({why}): export it again"
        ) from None  # fmt: skip
    problems = {
        (i, j): _too_long() for i, row in enumerate(rows) for j, cell in enumerate(row) if len(cell) > LONGEST
    }
    return Grid("", rows, problems)


# ---------------------------------------------------------------- xlsx


def _xlsx(content: bytes) -> list[Grid]:
    parts = _unpack(content)
    if "xl/workbook.xml" not in parts:
        raise Unreadable("不是 xlsx 工作簿，请另存为 .xlsx", "not an xlsx workbook: save it as .xlsx")
    try:
        _check_strings(parts)
        scans = {name: _Scan(name, parts[part]) for name, part in _sheets(parts).items()}
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(_repack(parts)))
        grids = [
            Grid(name, workbook.get_sheet_by_name(name).to_python(skip_empty_area=False), scan.problems)
            for name, scan in scans.items()
        ]
    except (CalamineError, etree.XMLSyntaxError, KeyError, ValueError):
        raise _broken() from None
    for grid in grids:
        _fill_down(grid, scans[grid.name].merged)
    return grids


def _unpack(content: bytes) -> dict[str, bytes]:
    """The parts by name, within the limits, which are checked on what the zip says and then on what comes out."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = archive.infolist()
            _check_sizes(found)
            parts = {}
            for info in found:
                if info.filename in parts or info.flag_bits & 1:
                    raise _broken()
                if info.filename.startswith(("xl/", "_rels/", "[Content_Types]")):
                    parts[info.filename] = archive.read(info)
            return parts
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
    ):
        raise _broken() from None


def _check_sizes(found: list[zipfile.ZipInfo]) -> None:
    total = sum(info.file_size for info in found)
    packed = any(info.file_size > RATIO * max(info.compress_size, 1) + 4096 for info in found)
    if len(found) > PARTS or total > LARGEST or packed:
        raise Unreadable(
            "解压后过大，疑似压缩炸弹，未读取；请把表格复制到新工作簿再保存",
            "unpacks to too much and is taken for a zip bomb: copy the sheets into a new workbook and save that",
        )


def _repack(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    return packed.getvalue()


def _elements(part: bytes, *tags: str) -> Iterator[Any]:
    """The elements of some tags, each forgotten once it was looked at. No DTD, no entity, no network."""
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise _broken()
    wanted = [_MAIN + tag for tag in tags]
    walk = etree.iterparse(
        io.BytesIO(part), events=("end",), tag=wanted, resolve_entities=False, load_dtd=False, no_network=True
    )
    for _, element in walk:
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _sheets(parts: dict[str, bytes]) -> dict[str, str]:
    """Sheet name → the name of its part, in the order of the workbook."""
    relations = etree.fromstring(parts["xl/_rels/workbook.xml.rels"], _parser())
    targets = {each.get("Id"): each.get("Target", "") for each in relations}
    found = {}
    for sheet in etree.fromstring(parts["xl/workbook.xml"], _parser()).iter(_MAIN + "sheet"):
        target = targets[sheet.get(_RELATION)]
        part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        if part.startswith("xl/worksheets/"):
            found[sheet.get("name", "")] = part
    return found


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)


def _check_strings(parts: dict[str, bytes]) -> None:
    for name, part in parts.items():
        if not name.lower().endswith("sharedstrings.xml"):
            continue
        for item in _elements(part, "si"):
            if sum(len(text) for text in item.itertext()) > LONGEST:
                raise Unreadable(*_too_long())


class _Scan:
    """What the reader would not say about a sheet: its extent, its merged cells, formulas without result, errors."""

    def __init__(self, name: str, part: bytes) -> None:
        self.problems: dict[Place, tuple[str, str]] = {}
        self.merged: list[tuple[Place, Place]] = []
        row, column, cells = -1, -1, 0
        for element in _elements(part, "c", "mergeCell"):
            if element.tag == _MAIN + "mergeCell":
                first, _, last = element.get("ref", "").partition(":")
                self.merged.append((_place(first), _place(last or first)))
                continue
            cells += 1
            reference = element.get("r")
            row, column = _place(reference) if reference else (max(row, 0), column + 1)
            if row >= ROWS or column >= COLUMNS or cells > CELLS:
                raise _too_many(name)
            self._look(element, (row, column))
        if len(self.merged) > ROWS or any(last[0] >= ROWS or last[1] >= COLUMNS for _, last in self.merged):
            raise _too_many(name)

    def _look(self, cell: Any, place: Place) -> None:
        value = cell.findtext(_MAIN + "v") or ""
        if cell.get("t") == "e":
            self.problems[place] = (
                f"公式出错 {value}，请改正公式或改填数值",
                f"holds the error {value}: mend the formula or type the value",
            )
        elif cell.find(_MAIN + "f") is not None and not value and cell.get("t") != "str":
            self.problems[place] = (
                "公式没有保存结果，请“选择性粘贴—数值”后再导入",
                "a formula without a saved result: paste it as a value",
            )
        elif len(value) > LONGEST or sum(len(text) for text in cell.itertext()) > 2 * LONGEST:
            raise Unreadable(*_too_long())


def _place(reference: str) -> Place:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise _broken()
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1


def _fill_down(grid: Grid, merged: list[tuple[Place, Place]]) -> None:
    """A cell merged downwards holds in each of its rows; one merged sideways says nothing clear."""
    for (top, left), (bottom, right) in merged:
        if top >= len(grid.rows) or left >= len(grid.rows[top]):
            continue
        if right > left:
            grid.problems[top, left] = (
                "跨列合并的单元格含义不明，请取消合并",
                "a cell merged across columns says nothing clear: unmerge it",
            )
            continue
        for row in grid.rows[top + 1 : bottom + 1]:
            row[left] = grid.rows[top][left]


def _too_many(name: str) -> Unreadable:
    return Unreadable(
        f"工作表“{name}”超过 {ROWS} 行或 {COLUMNS} 列（含远处的空白单元格），请删去多余的行列",
        f"sheet {name} has more than {ROWS} rows or {COLUMNS} columns (stray cells too): delete what is too much",
    )


def _too_long() -> tuple[str, str]:
    return f"单元格超过 {LONGEST} 个字，请缩短", f"a cell has more than {LONGEST} characters: shorten it"


def _broken() -> Unreadable:
    return Unreadable(
        "文件已损坏或不是正常的 xlsx，请用表格软件重新另存",
        "the file is damaged or no ordinary xlsx: save it again with a spreadsheet program",
    )
