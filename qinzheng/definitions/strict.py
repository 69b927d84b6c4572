"""Strict YAML: what an official wrote is what is read, or an error that names the line.

Duplicate keys, anchors, aliases, tags and merge keys are refused; only ``true``/``false`` are
booleans; a date is ``YYYY-MM-DD``; everything that merely looks like something stays text.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

import yaml

LARGEST = 2_000_000
DEEPEST = 40
Path_ = tuple[str | int, ...]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_SEPARATOR = re.compile(r"^---[ ]*(?:#.*)?\n", re.MULTILINE)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9]\d{0,17})\Z")


class Unreadable(Exception):
    """The text is not strict YAML: line, what is wrong and the remedy in two languages."""

    def __init__(self, line: int, zh: str, en: str) -> None:
        super().__init__(f"{line}: {zh} / {en}")
        self.line = line
        self.zh = zh
        self.en = en


@dataclass(frozen=True)
class Document:
    """One document of a file: its value, the line of every key path, and its exact bytes."""

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
    if len(raw) > LARGEST:
        raise Unreadable(1, f"文件超过 {LARGEST} 字节，请拆分", f"the file is over {LARGEST} bytes: split it")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Unreadable(line, "不是 UTF-8 编码，请另存为 UTF-8", "not UTF-8: save it as UTF-8") from None
    if "\t" in text:
        line = text[: text.index("\t")].count("\n") + 1
        raise Unreadable(line, "含有制表符，请用空格", "holds a tab: use spaces")
    found: list[Document] = []
    offset = 0
    for part in _SEPARATOR.split(text):
        found += _document(part, offset)
        offset += part.count("\n") + 1
    return found


def _document(text: str, offset: int) -> list[Document]:
    """The one document of a part between separators; none where there is only space and comments."""
    try:
        node = yaml.compose(text, Loader=_LOADER)
        if node is None:
            return []
        lines: dict[Path_, int] = {}
        value = _Reader(lines, offset).value(node, ())
        return [Document(value, lines, text.encode())]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = offset + (mark.line + 1 if mark else 1)
        raise Unreadable(line, f"YAML 写法有误：{error.problem}", f"not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise Unreadable(offset + 1, f"YAML 写法有误：{error}", f"not valid YAML: {error}") from None
    except RecursionError:
        raise Unreadable(offset + 1, "嵌套太深", "nested too deeply") from None


class _Reader:
    """Turns nodes into values and remembers the line of every key path."""

    def __init__(self, lines: dict[Path_, int], offset: int) -> None:
        self.lines = lines
        self.offset = offset
        self.seen: set[int] = set()

    def line(self, node: yaml.Node) -> int:
        return int(node.start_mark.line) + 1 + self.offset

    def value(self, node: yaml.Node, path: Path_) -> Any:
        """The value of a node; a node met twice is an alias."""
        line = self.line(node)
        self.lines.setdefault(path, line)
        if id(node) in self.seen:
            raise Unreadable(line, "不允许锚点和别名，请写全", "anchors and aliases are refused: write it out")
        self.seen.add(id(node))
        if len(path) > DEEPEST:
            raise Unreadable(line, "嵌套太深", "nested too deeply")
        if not str(node.tag).startswith("tag:yaml.org,2002:"):
            raise Unreadable(line, f"不允许标签 {node.tag}", f"tags are refused: {node.tag}")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, i)) for i, child in enumerate(node.value)]
        return _scalar(node.value, getattr(node, "style", None), line)

    def mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key_node, child in node.value:
            line = self.line(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                raise Unreadable(line, "键必须是文字", "a key must be text")
            key = key_node.value
            if key == "<<":
                raise Unreadable(line, "不允许合并键 <<，请写全", "merge keys << are refused: write it out")
            if key in value:
                raise Unreadable(line, f"键 {key} 重复，请删去一个", f"key {key} is written twice: remove one")
            self.lines[(*path, key)] = line
            value[key] = self.value(child, (*path, key))
        return value


def _scalar(text: str, style: str | None, line: int) -> Any:
    """A scalar's value: text unless it is plainly null, a boolean, a whole number or a date."""
    if "\x00" in text:
        raise Unreadable(line, "含有空字符 NUL", "holds a NUL character")
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
            raise Unreadable(line, f"没有这一天：{text}", f"there is no such day: {text}") from None
    return int(text) if _INTEGER.match(text) else text
