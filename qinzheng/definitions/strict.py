"""Strict YAML: what an official wrote is what is read, or an error that names line and key.

Duplicate keys, anchors, aliases, tags, directives and merge keys are refused; only ``true``/``false``
are booleans; a date is ``YYYY-MM-DD``; everything that merely looks like something stays text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

LARGEST = 2_000_000
DEEPEST = 40
Path_ = tuple[str | int, ...]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_INTEGER = re.compile(r"[-+]?(0|[1-9]\d{0,17})\Z", re.ASCII)
_BEGINS = re.compile(r"^---(?=[ \r\n]|\Z)", re.MULTILINE)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HIDDEN = re.compile(
    "(?P<nul>\x00)|(?P<tab>\t)"
    "|(?P<control>[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)|[\u2028\u2029\ufffe\uffff])"
    "|(?P<invisible>[\u200b-\u200f\u202a-\u202e\u2060-\u2069]|(?<!\\A)\ufeff)"
)
_HIDDEN_WORDS = {
    "nul": ("含有空字符 NUL，请删去", "holds a NUL character: remove it"),
    "tab": ("含有制表符，请用空格", "holds a tab: use spaces"),
    "control": ("含有控制字符，请删去", "holds a control character: remove it"),
    "invisible": ("含有看不见的字符，请删去", "holds an invisible character: remove it"),
}


class Unreadable(Exception):
    """The text is not strict YAML: line, key path, what is wrong and the remedy in two languages."""

    def __init__(self, line: int, zh: str, en: str, path: Path_ = ()) -> None:
        super().__init__(f"{line}: {zh} / {en}")
        self.line = line
        self.path = path
        self.zh = zh
        self.en = en


@dataclass(frozen=True)
class Document:
    """One document of a file: its value, the line of every key path, and its exact bytes.

    The bytes of a file's documents, one after another, are the file's: a later document begins with
    its own ``---`` line.
    """

    value: Any
    lines: dict[Path_, int]
    text: bytes

    def line(self, path: Path_) -> int:
        """The line of a key path, or of the nearest part of it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def documents(raw: bytes) -> list[Document]:
    """Every document of a file; raises :class:`Unreadable`."""
    found: list[Document] = []
    before, offset = "", 0  # comments and empty documents belong to what follows them, else to the last
    for part in _parts(_decoded(raw)):
        read = _Reader(part, offset).document()
        offset += part.count("\n")
        before += part
        if read is not None:
            found.append(Document(*read, before.encode()))
            before = ""
    if before and found:
        last = found.pop()
        found.append(Document(last.value, last.lines, last.text + before.encode()))
    return found


def _decoded(raw: bytes) -> str:
    if len(raw) > LARGEST:
        raise Unreadable(1, f"文件超过 {LARGEST} 字节，请拆分", f"the file is over {LARGEST} bytes: split it")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Unreadable(line, "不是 UTF-8 编码，请另存为 UTF-8", "not UTF-8: save it as UTF-8") from None
    found = hidden(text)
    if found is not None:
        at, zh, en = found
        raise Unreadable(text[:at].count("\n") + 1, zh, en)
    return text


def hidden(text: str) -> tuple[int, str, str] | None:
    """Where a text holds a character that nobody sees, and what to do; None where it holds none."""
    found = _HIDDEN.search(text)
    return None if found is None else (found.start(), *_HIDDEN_WORDS[str(found.lastgroup)])


def _parts(text: str) -> Iterator[str]:
    """The text cut before every ``---``; put together again it is the same."""
    cuts = [0, *(found.start() for found in _BEGINS.finditer(text) if found.start()), len(text)]
    for begin, end in zip(cuts, cuts[1:], strict=False):
        yield text[begin:end]


class _Reader:
    """Turns the parser's events into one value and remembers the line of every key path."""

    def __init__(self, text: str, offset: int) -> None:
        self.events: Iterator[Any] = iter(
            yaml.parse(text, Loader=_LOADER)
        )  # lazily: nothing is built of a bomb
        self.offset = offset
        self.lines: dict[Path_, int] = {}

    def document(self) -> tuple[Any, dict[Path_, int]] | None:
        """The value and its lines; None where there is only space and comments."""
        try:
            return self._document()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = self.offset + (mark.line + 1 if mark else 1)
            raise Unreadable(
                line, f"YAML 写法有误：{error.problem}", f"not valid YAML: {error.problem}"
            ) from None
        except yaml.YAMLError as error:
            raise Unreadable(self.offset + 1, f"YAML 写法有误：{error}", f"not valid YAML: {error}") from None

    def _document(self) -> tuple[Any, dict[Path_, int]] | None:
        next(self.events)  # the stream's start
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            return None
        if start.version or start.tags:
            raise Unreadable(self.line(start), "不允许 % 指令，请删去", "% directives are refused: remove it")
        first = next(self.events)
        if isinstance(first, yaml.ScalarEvent) and first.value == "" and first.implicit[0]:
            return None
        value = self.value(first, ())
        next(self.events)  # the document's end
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise Unreadable(self.line(after), "多份文档之间请用 --- 分隔", "documents are separated by ---")
        return value, self.lines

    def line(self, event: Any) -> int:
        return int(event.start_mark.line) + 1 + self.offset

    def value(self, event: Any, path: Path_) -> Any:
        """The value that begins with an event."""
        line = self.line(event)
        self.lines.setdefault(path, line)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise Unreadable(
                line, "不允许锚点和别名，请写全", "anchors and aliases are refused: write it out", path
            )
        if event.tag is not None:
            raise Unreadable(
                line, f"不允许标签 {event.tag}，请删去", f"tags are refused: remove {event.tag}", path
            )
        if len(path) > DEEPEST:
            raise Unreadable(line, "嵌套太深，请拆分", "nested too deeply: split it", path)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path)
        return _scalar(event.value, event.style, line, path)

    def sequence(self, path: Path_) -> list[Any]:
        value: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            value.append(self.value(event, (*path, len(value))))
        return value

    def mapping(self, path: Path_) -> dict[str, Any]:
        value: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(event, path)
            if key in value:
                raise Unreadable(
                    self.line(event),
                    f"键 {key} 重复，请删去一个",
                    f"key {key} is written twice: remove one",
                    (*path, key),
                )
            self.lines[(*path, key)] = self.line(event)
            value[key] = self.value(next(self.events), (*path, key))
        return value

    def key(self, event: Any, path: Path_) -> str:
        line = self.line(event)
        if not isinstance(event, yaml.ScalarEvent) or event.value == "":
            raise Unreadable(line, "键必须是文字", "a key must be text", path)
        if event.anchor is not None or event.tag is not None:
            raise Unreadable(
                line, "键上不允许锚点或标签", "no anchor or tag on a key: remove it", (*path, event.value)
            )
        if event.value == "<<":
            raise Unreadable(
                line, "不允许合并键 <<，请写全", "merge keys << are refused: write it out", (*path, "<<")
            )
        return str(event.value)


def _scalar(text: str, style: str | None, line: int, path: Path_) -> Any:
    """A scalar's value: text unless it is plainly null, a boolean, a whole number or a date."""
    if "\x00" in text:  # written as an escape
        raise Unreadable(line, "含有空字符 NUL，请删去", "holds a NUL character: remove it", path)
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise Unreadable(line, "含有半个字符，请改正", "holds half a character: correct it", path)
    if style in ("'", '"', "|", ">"):
        return text
    if text in ("", "null", "~"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _DATE.match(text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            raise Unreadable(
                line, f"没有这一天：{text}，请改正", f"there is no such day: {text}: correct it", path
            ) from None
    return int(text) if _INTEGER.match(text) else text
