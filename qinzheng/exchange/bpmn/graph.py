"""A drawing walked: where a case waits, which acts may come next, what each shape is to a procedure.

A case stands in a state until an act is done. So what lies between two acts (gateways, start and end events, the borders of
sub-processes) is a way through which nothing happens, and each act leads to the wait that comes next on its way.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from qinzheng.exchange.bpmn import vocabulary
from qinzheng.exchange.bpmn.reading import SUBS, Element, Level, Shape, Way

Role = Literal["act", "wait", "end", "start", "gate", "pass", "hung"]
ACTS = frozenset(
    ["task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask", "callActivity"]
) | SUBS  # fmt: skip
"""What somebody or something does; a sub-process with nothing drawn inside counts as one act."""


@dataclass(frozen=True)
class Note:
    """What became of one element, and what a person must decide ("" where nothing)."""

    element: str
    id: str
    line: int
    zh: str
    en: str
    decide_zh: str = ""
    decide_en: str = ""


def note(element: Element, zh: str, en: str, decide_zh: str = "", decide_en: str = "") -> Note:
    """A note on an element."""
    return Note(element.tag, element.id, element.line, zh, en, decide_zh, decide_en)


@dataclass(frozen=True)
class Branches:
    """A parallel fork that we can say: one chain of acts a branch, all ending at one join."""

    fork: str
    join: str
    chains: tuple[tuple[str, ...], ...]


class Names:
    """Identifiers for what a drawing names: its words where they are Latin, else its id, each once."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def __call__(self, element: Element, kind: str) -> str:
        words = element.name if element.name.isascii() else element.id
        slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:60].strip("-") or kind
        found, number = slug, 2
        while found in self.taken:
            found, number = f"{slug}-{number}", number + 1
        self.taken.add(found)
        return found


class Graph:
    """One process with its sub-processes opened out; event sub-processes stand apart."""

    def __init__(self, process: Level) -> None:
        self.shapes: dict[str, Shape] = {}
        self.out: dict[str, list[Way]] = defaultdict(list)
        self.into: dict[str, list[Way]] = defaultdict(list)
        self.apart: list[Shape] = []
        self.hung: list[Shape] = []
        self.inner: set[str] = set()
        """starts and ends of opened sub-processes: nothing begins or ends there"""
        self.notes: list[Note] = []
        self.other: list[Element] = []
        self._take(process)

    def _take(self, level: Level) -> None:
        self.other += level.other
        for shape in level.shapes.values():
            if shape.element.attributes.get("triggeredByEvent") == "true" and shape.inner is not None:
                self.apart.append(shape)
                continue
            self.shapes[shape.id] = shape
            if shape.element.attributes.get("attachedToRef"):
                self.hung.append(shape)
            if shape.inner is not None:
                self._open(shape, shape.inner)
        for way in level.ways:
            self._way(level, way)

    def _way(self, level: Level, way: Way) -> None:
        if way.source not in level.shapes or way.target not in level.shapes:
            self.notes.append(
                note(
                    way.element,
                    "箭头的一端不在图中，已略去",
                    "an end of this arrow is not in the drawing: left out",
                )
            )
            return
        source = level.shapes[way.source]
        ends = [source.id]
        if source.inner is not None and source.id in self.shapes:
            ends = [
                each.id
                for each in source.inner.shapes.values()
                if each.id in self.inner and each.tag == "endEvent"
            ]
        for id in ends:
            self.out[id].append(way)
            self.into[way.target].append(way)

    def _open(self, shape: Shape, inner: Level) -> None:
        self.notes.append(
            note(shape.element, "子流程已展开到主流程", "the sub-process was opened out into the main one")
        )
        for each in inner.shapes.values():
            if each.tag == "startEvent":
                self.inner.add(each.id)
                way = Way(shape.element, shape.id, each.id, None)
                self.out[shape.id].append(way)
                self.into[each.id].append(way)
            elif each.tag == "endEvent" and not each.defines:
                self.inner.add(each.id)
        self._take(inner)

    # -- what a shape is --------------------------------------------------------------------------

    def role(self, id: str) -> Role:
        shape = self.shapes[id]
        kind = shape.ours.kind if shape.ours else ""
        if shape.element.attributes.get("attachedToRef"):
            return "hung"
        if id in self.inner or shape.inner is not None:
            return "pass"
        if kind == "act":
            return "act"
        if shape.tag == "endEvent":
            return "end"
        if kind == "state":
            return "wait"
        if shape.tag == "startEvent":
            return "start"
        if shape.tag.endswith("Gateway"):
            return "gate"
        if shape.tag in ACTS or (shape.tag == "intermediateCatchEvent" and self._awaits(shape)):
            return "act"
        return "pass"

    @staticmethod
    def _awaits(shape: Shape) -> bool:
        return any(each in ("message", "signal", "conditional") for each in shape.defines)

    def next(self, id: str) -> list[Way]:
        """The arrows onward; a link that is thrown goes on where the link of that name is caught."""
        shape = self.shapes[id]
        if shape.tag == "intermediateThrowEvent" and "link" in shape.defines and not self.out[id]:
            return [
                Way(shape.element, id, each.id, None) for each in self.shapes.values()
                if each.tag == "intermediateCatchEvent" and "link" in each.defines and each.element.name == shape.element.name
            ]  # fmt: skip
        return self.out[id]

    # -- where a case waits -----------------------------------------------------------------------

    def forks(self, id: str) -> bool:
        """Whether ways part here that are all gone, side by side."""
        return self.shapes[id].tag == "parallelGateway" and len(self.next(id)) > 1

    def rests(self, id: str) -> bool:
        """Whether a case that comes here always waits here."""
        return self.role(id) in ("act", "wait", "end") or self.forks(id)

    def rest(self, id: str) -> str:
        """The shape at which a case that comes here waits: an act to be done, a wait, an end, a gateway of a choice.

        A gateway with one way onward is passed. ``""``: the drawing goes round without an act.
        """
        seen: set[str] = set()
        while id not in seen:
            seen.add(id)
            role = self.role(id)
            if self.rests(id):
                return id
            before = [way.source for way in self.into[id] if way.source in self.shapes]
            waits = [each for each in before if self.role(each) == "wait"]
            if role == "gate" and len(waits) == 1 and len(self.next(id)) > 1:
                return waits[0]
            onward = self.next(id)
            if len(onward) != 1:
                return id
            id = onward[0].target
        return ""

    def choices(self, id: str) -> Iterator[tuple[str, Way | None]]:
        """From a shape at which a case waits: the acts that may come, and other rests reached without an act.

        Each with the last arrow before it (None: the shape itself is the act).
        """
        if self.role(id) == "act":
            yield id, None
            return
        seen = {id}
        stack = list(reversed(self.next(id)))
        while stack:
            way = stack.pop()
            if way.target in seen:
                continue
            seen.add(way.target)
            if self.rests(way.target):
                yield way.target, way
            else:
                stack += reversed(self.next(way.target))

    # -- side by side -----------------------------------------------------------------------------

    def branches(self, id: str) -> Branches | None:
        """The parallel branches that begin at a fork, where each is a plain chain of acts to one join."""
        chains: list[tuple[str, ...]] = []
        joins: set[str] = set()
        for way in self.next(id):
            chain: list[str] = []
            at = way.target
            while (
                self.role(at) == "act"
                and at not in chain
                and len(self.next(at)) == 1
                and len(self.into[at]) == 1
            ):
                chain.append(at)
                at = self.next(at)[0].target
            if not chain or self.shapes[at].tag != "parallelGateway":
                return None
            joins.add(at)
            chains.append(tuple(chain))
        join = joins.pop() if len(joins) == 1 else ""
        if not join or len(self.into[join]) != len(chains) or len(self.next(join)) != 1:
            return None
        return Branches(id, join, tuple(chains))


def name_of(shape: Shape, otherwise_zh: str, otherwise_en: str) -> dict[str, str]:
    """The name of a shape in both languages, the drawing's own words in each."""
    said = vocabulary.clean(shape.element.name)
    return {"zh": said or otherwise_zh, "en": said or otherwise_en}
