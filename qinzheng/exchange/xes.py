"""Reads XES (IEEE 1849, also 1.0) as it streams by: one row an event, trace attributes under ``case:``.

A push parser on expat with one flat handler: nested attributes and the log's own are passed over.
Entities are refused, so no bomb goes off; nothing is kept but the columns wanted.
"""

from __future__ import annotations

from collections.abc import Collection
from xml.parsers import expat

DEEPEST = 64
LONGEST = 1_000_000
TYPES = frozenset({"string", "date", "int", "float", "boolean", "id"})


class NotXes(Exception):
    """The text is no XES that we read: line, reason in two languages."""

    def __init__(self, line: int, zh: str, en: str) -> None:
        super().__init__(f"line {line}: {zh} / {en}")
        self.line = line
        self.zh = zh
        self.en = en


class Reader:
    """Feed it bytes, take columns. ``columns``: the fields wanted, None for all."""

    def __init__(self, columns: Collection[str] | None) -> None:
        self.wanted = columns
        self.trace: dict[str, str] = {}
        self.event: dict[str, str] | None = None
        self.in_trace = False
        self.depth = 0
        self.target = 0
        self.traces = 0
        self.rows: list[dict[str, str]] = []
        self.lines: list[int] = []
        self.line = 0
        self.seen_log = False
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.EntityDeclHandler = self._entity
        parser.ExternalEntityRefHandler = self._external
        self.parser = parser

    @property
    def size(self) -> int:
        return len(self.rows)

    def feed(self, chunk: bytes) -> None:
        """Parse a chunk; raises :class:`NotXes`."""
        try:
            self.parser.Parse(chunk, False)
        except expat.ExpatError as why:
            raise self._not(f"不是合规的 XML：{why}", f"not valid XML: {why}") from None

    def close(self) -> None:
        """The end of the file; raises :class:`NotXes` where it is cut short or no log."""
        try:
            self.parser.Parse(b"", True)
        except expat.ExpatError as why:
            raise self._not(f"文件不完整：{why}", f"the file is cut short: {why}") from None
        if not self.seen_log:
            raise self._not("不是 XES 日志：没有 <log>", "not a XES log: there is no <log>")

    def take(self) -> tuple[list[int], dict[str, list[str | None]]]:
        """The rows so far: the line on which each event begins, and the columns; then begin anew."""
        rows, self.rows = self.rows, []
        lines, self.lines = self.lines, []
        names = self.wanted if self.wanted is not None else sorted({name for row in rows for name in row})
        return lines, {name: [row.get(name) for row in rows] for name in names}

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._not("嵌套太深", "nested too deeply")
        if tag == "event" and self.in_trace:
            self.event = dict(self.trace)
            self.line = self.parser.CurrentLineNumber
            self.target = self.depth + 1
        elif tag == "trace":
            self.in_trace = True
            self.trace = {}
            self.traces += 1
            self.target = self.depth + 1
        elif self.depth == self.target and tag in TYPES:
            self._attribute(attributes)
        elif tag == "log":
            self.seen_log = True

    def _attribute(self, attributes: dict[str, str]) -> None:
        key = attributes.get("key")
        value = attributes.get("value")
        if key is None or value is None:
            return
        if len(value) > LONGEST:
            raise self._not("一个属性过长", "an attribute is too long")
        event = self.event
        if event is None:
            key = "case:" + key
            event = self.trace
        if self.wanted is None or key in self.wanted:
            event[key] = value

    def _end(self, tag: str) -> None:
        self.depth -= 1
        if tag == "event" and self.event is not None:
            self.rows.append(self.event)
            self.lines.append(self.line)
            self.event = None
            self.target = self.depth + 1
        elif tag == "trace":
            self.in_trace = False
            self.target = 0

    def _entity(self, *_: object) -> None:
        raise self._not("文件声明了实体，已拒绝", "the file declares entities and is refused")

    def _external(self, *_: object) -> int:
        raise self._not("文件引用外部实体，已拒绝", "the file refers to an external entity and is refused")

    def _not(self, zh: str, en: str) -> NotXes:
        return NotXes(self.parser.CurrentLineNumber, zh, en)
