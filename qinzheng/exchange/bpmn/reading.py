"""Reads BPMN 2.0 XML, from whatever editor, into shapes and arrows with their lines. Hostile files are refused quickly.

On expat with one flat handler, as logs are (``xes``): no document type, no entity, nothing fetched; bounded in size, depth
and number of elements. Elements of other namespaces are vendors' and are kept apart; ours are read as what they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

import pydantic

from qinzheng.cases.schema import Act, Joint, State
from qinzheng.clocks.schema import Clock
from qinzheng.definitions.form import Text
from qinzheng.exchange.bpmn import vocabulary

LARGEST = 20_000_000
DEEPEST = 64
MOST = 50_000
"""Elements and attributes."""
FLOW_NODES = frozenset(
    [
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "scriptTask",
        "sendTask",
        "receiveTask",
        "businessRuleTask",
        "callActivity",
        "exclusiveGateway",
        "inclusiveGateway",
        "parallelGateway",
        "complexGateway",
        "eventBasedGateway",
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
        "implicitThrowEvent",
        "event",
    ]
)
SUBS = frozenset({"subProcess", "adHocSubProcess", "transaction"})
QUIET = frozenset(
    {"documentation", "incoming", "outgoing", "extensionElements", "laneSet", "flowNodeRef", "auditing"}
)
"""Children that are read with what holds them, or say nothing of their own."""


PARTS: dict[str, type[pydantic.BaseModel]] = {"state": State, "act": Act, "clock": Clock, "joint": Joint}
"""What elements of ours carry; the process carries the rest."""


class NotBpmn(Exception):
    """The file is refused: line, why and what to do, in two languages."""

    def __init__(self, line: int, zh: str, en: str) -> None:
        super().__init__(f"{line}: {zh} / {en}")
        self.line = line
        self.zh = zh
        self.en = en


@dataclass
class Element:
    """An XML element: namespace, name, attributes (of other namespaces as ``namespace name``), line, children, text."""

    space: str
    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""

    @property
    def id(self) -> str:
        return self.attributes.get("id", "")

    @property
    def name(self) -> str:
        return vocabulary.clean(self.attributes.get("name", ""))


@dataclass
class Ours:
    """What our extension says of an element: ``body`` is a part's definition, None where another element carries it."""

    kind: str
    ref: str
    state: str = ""
    number: int = 0
    body: Any = None
    broken: bool = False


@dataclass
class Shape:
    """A flow node. ``defines``: the kinds of its event definitions; ``duration``: what its timer says."""

    element: Element
    ours: Ours | None
    defines: list[str] = field(default_factory=list)
    duration: str = ""
    lane: str = ""
    inner: Level | None = None

    @property
    def id(self) -> str:
        return self.element.id

    @property
    def tag(self) -> str:
        return self.element.tag


@dataclass
class Way:
    """A sequence flow."""

    element: Element
    source: str
    target: str
    ours: Ours | None


@dataclass
class Level:
    """A process, or the inside of a sub-process."""

    element: Element
    ours: Ours | None
    shapes: dict[str, Shape] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    other: list[Element] = field(default_factory=list)
    """BPMN elements that are neither"""

    def all(self) -> Iterator[Shape]:
        """The shapes, those of sub-processes too."""
        for shape in self.shapes.values():
            yield shape
            if shape.inner is not None:
                yield from shape.inner.all()


@dataclass
class Drawing:
    """A document: its processes, what else it holds, and vendors' words by (namespace, name): first line, how many."""

    processes: list[Level]
    other: list[Element]
    vendors: dict[tuple[str, str], tuple[int, int]]


def read(raw: bytes) -> Drawing:
    """The drawing in a BPMN 2.0 document. Raises :class:`NotBpmn`."""
    if len(raw) > LARGEST:
        raise NotBpmn(1, f"文件超过 {LARGEST} 字节", f"the file is over {LARGEST} bytes")
    root = _Tree(raw).root
    if root.tag != "definitions":
        raise NotBpmn(
            root.line, f"不是 BPMN 2.0：根元素是 {root.tag}，应为 definitions；请从编辑器导出为 BPMN 2.0 XML",
            f"not BPMN 2.0: the root is {root.tag}, not definitions; export it as BPMN 2.0 XML",
        )  # fmt: skip
    return _Reader(root).drawing


class _Tree:
    def __init__(self, raw: bytes) -> None:
        self.root: Element
        self.stack: list[Element] = []
        self.count = 0
        self.texts: list[str] = []
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        self.parser = parser
        try:
            parser.Parse(raw, True)
        except expat.ExpatError as why:
            said = expat.ErrorString(why.code)
            raise NotBpmn(
                why.lineno,
                f"不是合规的 XML：{said}；请重新导出（UTF-8）",
                f"not valid XML: {said}; export it again (UTF-8)",
            ) from None
        except (LookupError, ValueError) as why:  # an encoding that nobody knows
            raise NotBpmn(
                1, f"读不懂编码：{why}；请另存为 UTF-8", f"unknown encoding: {why}; save as UTF-8"
            ) from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        self.count += 1 + len(attributes)
        if len(self.stack) >= DEEPEST or self.count > MOST:
            raise NotBpmn(
                line, "嵌套太深或元素太多，请拆分", "nested too deeply, or too many elements: split it"
            )
        space, _, tag = name.rpartition(" ")
        element = Element(space, tag, attributes, line)
        if self.stack:
            self.stack[-1].children.append(element)
        else:
            self.root = element
        self.stack.append(element)

    def _end(self, name: str) -> None:
        self.stack.pop()

    def _text(self, text: str) -> None:
        self.stack[-1].text += text

    def _doctype(self, *_: object) -> None:
        line = self.parser.CurrentLineNumber
        raise NotBpmn(
            line, "文件含有文档类型声明（DTD），已拒绝；请删去 <!DOCTYPE …>", "the file declares a document type and is refused: remove <!DOCTYPE …>"
        )  # fmt: skip


class _Reader:
    def __init__(self, root: Element) -> None:
        self.space = root.space
        self.ids: set[str] = set()
        self.vendors: dict[tuple[str, str], tuple[int, int]] = {}
        processes = [self._level(child) for child in root.children if self._is(child, "process")]
        other = [child for child in root.children if child.space == root.space and child.tag != "process"]
        if not processes:
            raise NotBpmn(root.line, "图中没有流程（process）", "the drawing holds no process")
        self.drawing = Drawing(processes, other, self.vendors)

    def _is(self, element: Element, tag: str) -> bool:
        return element.space == self.space and element.tag == tag

    def _level(self, element: Element) -> Level:
        level = Level(element, self._ours(element))
        lanes = dict(self._lanes(element))
        for child in element.children:
            if child.space != self.space:
                self._vendor(child.space, child.tag, child.line)
            elif child.tag == "sequenceFlow":
                source, target = child.attributes.get("sourceRef", ""), child.attributes.get("targetRef", "")
                level.ways.append(Way(child, source, target, self._ours(child)))
            elif child.tag in FLOW_NODES or child.tag in SUBS:
                if not child.id or child.id in self.ids:
                    raise NotBpmn(
                        child.line, f"{child.tag} 的 id 缺少或重复，请改正", f"the id of {child.tag} is missing or used twice: correct it"
                    )  # fmt: skip
                self.ids.add(child.id)
                level.shapes[child.id] = self._shape(child, lanes.get(child.id, ""))
            elif child.tag not in QUIET:
                level.other.append(child)
        return level

    def _shape(self, element: Element, lane: str) -> Shape:
        shape = Shape(element, self._ours(element), lane=lane)
        for key, value in element.attributes.items():
            space, _, name = key.rpartition(" ")
            if space:
                self._vendor(space, name, element.line)
                if (
                    name in ("assignee", "candidateGroups", "candidateUsers")
                    and not lane
                    and "{" not in value
                ):
                    shape.lane = vocabulary.clean(value.split(",")[0])
        for child in element.children:
            if child.space == self.space and child.tag.endswith("EventDefinition"):
                shape.defines.append(child.tag.removesuffix("EventDefinition"))
                for part in child.children:
                    if part.tag in ("timeDuration", "timeDate", "timeCycle"):
                        shape.duration = (
                            part.text if part.tag == "timeDuration" else f"{part.tag} {part.text.strip()}"
                        )
        if element.tag in SUBS and any(child.tag in FLOW_NODES | SUBS for child in element.children):
            shape.inner = self._level(element)
        return shape

    def _lanes(self, element: Element) -> Iterator[tuple[str, str]]:
        """(flow node, lane) of every lane; of nested ones the innermost, which comes last."""
        for child in element.children:
            if self._is(child, "lane"):
                for part in child.children:
                    if self._is(part, "flowNodeRef"):
                        yield part.text.strip(), child.name or child.id
            if child.tag in ("laneSet", "lane", "childLaneSet"):
                yield from self._lanes(child)

    def _ours(self, element: Element) -> Ours | None:
        """Our extension at the element; everybody else's is counted."""
        found: Ours | None = None
        for holder in element.children:
            if not self._is(holder, "extensionElements"):
                continue
            for child in holder.children:
                if child.space != vocabulary.OURS:
                    self._vendor(child.space, child.tag, child.line)
                else:
                    found = _said(child)
        return found

    def _vendor(self, space: str, name: str, line: int) -> None:
        first, count = self.vendors.get((space, name), (line, 0))
        self.vendors[space, name] = (first, count + 1)


def _said(element: Element) -> Ours:
    """What our element says; ``broken`` where its definition cannot be read."""
    number = element.attributes.get("number", "0")
    ours = Ours(element.tag, element.attributes.get("ref", ""), element.attributes.get("state", ""))
    ours.number = int(number) if number.lstrip("-").isdigit() and number.isascii() and len(number) < 6 else 0
    if element.text.strip():
        try:
            ours.body = _body(element)
        except (ValueError, RecursionError):
            ours.broken = True
    return ours


def _body(element: Element) -> dict[str, Any]:
    """The definition that an element of ours carries. Raises ``ValueError`` where it is none."""
    body = json.loads(element.text)
    model = PARTS.get(element.tag)
    if model is not None:
        model.model_validate_json(element.text)
    elif not isinstance(body, dict) or not isinstance(body.get("order", {}), dict):
        raise ValueError("no definition")
    else:
        Text.model_validate(body.get("name"))
    found: dict[str, Any] = body
    return found
