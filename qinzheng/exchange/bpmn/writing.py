"""Writes a procedure as BPMN 2.0 with its layout (BPMN DI); valid by the OMG's schema, readable by any editor.

A state is a receive task (somebody's act is awaited), a choice an exclusive gateway, an act a user task, what the system
determines a service task; a joint group stands between parallel gateways (a complex one where some answers suffice); a
limit is a timer at the state in which its clock begins, an act deemed done an interrupting one; what may happen at any
time is an event sub-process.
"""

from __future__ import annotations

import json
from typing import Any

from lxml import etree

from qinzheng.cases.diagram import Apart, Diagram, Flow, Graph, Node, Sort, diagram
from qinzheng.cases.layout import Box, Placed, layout
from qinzheng.cases.schema import Act, Procedure
from qinzheng.clocks.schema import Clock
from qinzheng.definitions.form import Text
from qinzheng.exchange.bpmn import vocabulary

TAGS: dict[Sort, str] = {
    "start": "startEvent", "end": "endEvent", "leads": "endEvent", "due": "endEvent", "state": "receiveTask",
    "act": "userTask", "system": "serviceTask", "choice": "exclusiveGateway", "fork": "parallelGateway",
    "join": "parallelGateway", "gathering": "complexGateway", "deemed": "boundaryEvent", "timer": "boundaryEvent",
}  # fmt: skip
PARTS = ("states", "acts", "clocks", "joints")
"""What of a procedure travels with its own elements; the rest at the process."""


def write(procedure: Procedure) -> bytes:
    """The procedure as a BPMN 2.0 document in UTF-8; the same procedure always gives the same bytes."""
    return _Writer(procedure).document()


def _q(tag: str, space: str = vocabulary.MODEL) -> str:
    return f"{{{space}}}{tag}"


class _Writer:
    def __init__(self, procedure: Procedure) -> None:
        self.procedure = procedure
        self.said = procedure.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        self.drawing: Diagram = diagram(procedure)
        self.placed: Placed = layout(self.drawing)
        self.told: set[tuple[str, str]] = set()
        """the parts whose definition some element carries already"""

    def document(self) -> bytes:
        root = etree.Element(_q("definitions"), nsmap=vocabulary.PREFIXES)
        root.set("id", f"definitions_{self.procedure.id}")
        root.set("targetNamespace", vocabulary.OURS)
        root.set("exporter", "Qinzheng")
        root.set("exporterVersion", "1")
        process = etree.SubElement(root, _q("process"), id=f"process_{self.procedure.id}")
        process.set("name", vocabulary.fit(self.procedure.name.zh))
        process.set("isExecutable", "false")
        self._words(process, self.procedure.name, [self.procedure.note.en] if self.procedure.note else [])
        self._extension(process, "procedure", self.procedure.id, self._head())
        self._level(process, self.drawing.main)
        for part in self.drawing.apart:
            self._apart(process, part)
        self._pictured(root)
        text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
        return text

    def _head(self) -> dict[str, Any]:
        """All that is no part, and the order in which the parts stand."""
        head = {key: value for key, value in self.said.items() if key not in PARTS}
        head["order"] = {part: list(self.said.get(part, {})) for part in PARTS}
        return head

    # -- what happens -----------------------------------------------------------------------------

    def _level(self, parent: Any, graph: Graph) -> None:
        for node in graph.nodes.values():
            self._node(parent, graph, node)
        for flow in graph.flows.values():
            self._flow(parent, graph, flow)

    def _apart(self, parent: Any, part: Apart) -> None:
        inner = etree.SubElement(
            parent, _q("subProcess"), id=part.id, name=vocabulary.fit(part.text.zh), triggeredByEvent="true"
        )
        self._words(inner, part.text, [])
        self._level(inner, part.graph)
        begins = next(iter(part.graph.nodes.values()))
        start = inner.find(f"*[@id='{begins.id}']")
        start.set("isInterrupting", "true" if part.ends_the_case else "false")
        if begins.kind == "route" and begins.sort == "start":
            etree.SubElement(start, _q("messageEventDefinition"), id=f"message_{part.id}")
        elif begins.kind == "route":
            self._timer(start, begins, self._deeming(begins.ref))

    def _deeming(self, act: str) -> Clock | None:
        clocks = self.procedure.clocks.values()
        return next((clock for clock in clocks if any(each.act == act for each in clock.deems)), None)

    def _node(self, parent: Any, graph: Graph, node: Node) -> None:
        tag = TAGS[node.sort] if node.on or node.sort != "timer" else "startEvent"
        element = etree.SubElement(parent, _q(tag), id=node.id)
        if node.text.zh:
            element.set("name", vocabulary.fit(node.text.zh))
        if node.on:
            element.set("attachedToRef", node.on)
            element.set("cancelActivity", "true" if node.sort == "deemed" else "false")
        self._words(element, node.text, self._remarks(node))
        self._extension(element, node.kind, node.ref, self._body(node), state=node.state, number=node.number)
        for flow in graph.flows.values():
            if flow.target == node.id:
                etree.SubElement(element, _q("incoming")).text = flow.id
        for flow in graph.flows.values():
            if flow.source == node.id:
                etree.SubElement(element, _q("outgoing")).text = flow.id
                if flow.outcome == -1:
                    element.set("default", flow.id)
        if node.kind in ("clock", "deems"):
            self._timer(element, node, self.procedure.clocks[node.ref])
        if node.kind == "act" and any(
            each.answered_by == node.ref for each in self.procedure.joints.values()
        ):
            many = etree.SubElement(element, _q("multiInstanceLoopCharacteristics"), isSequential="false")
            many.set("id", f"each_{node.id}")

    def _body(self, node: Node) -> Any:
        """The definition that the element carries: each part's once, at the first element that stands for it."""
        where = {"state": "states", "act": "acts", "clock": "clocks", "joint": "joints"}.get(node.kind)
        if where is None or (where, node.ref) in self.told:
            return None
        self.told.add((where, node.ref))
        return self.said[where][node.ref]

    def _remarks(self, node: Node) -> list[str]:
        """What a reader wants to know that the shape does not show: who acts, by which article."""
        if node.kind == "act":
            act: Act = self.procedure.acts[node.ref]
            return [*(["by: " + ", ".join(act.by)] if act.by else []), *act.source]
        if node.kind in ("clock", "deems"):
            limits = self.procedure.clocks[node.ref].limits
            return [
                f"{name} {getattr(limit, 'amount', '')}: {', '.join(limit.source)}"
                for name in ("statutory", "committed", "own", "given") if (limit := getattr(limits, name)) is not None
            ]  # fmt: skip
        return []

    def _timer(self, element: Any, node: Node, clock: Clock | None) -> None:
        definition = etree.SubElement(element, _q("timerEventDefinition"), id=f"timer_{node.id}")
        if clock is None:
            return
        limit = getattr(clock.limits, clock.limit())
        if hasattr(limit, "amount"):
            language, said = vocabulary.amount((limit.counting or clock.counting).unit, limit.amount)
            duration = etree.SubElement(definition, _q("timeDuration"))
            duration.set(_q("type", vocabulary.XSI), "bpmn:tFormalExpression")
            if language:
                duration.set("language", language)
            duration.text = said

    def _flow(self, parent: Any, graph: Graph, flow: Flow) -> None:
        element = etree.SubElement(
            parent, _q("sequenceFlow"), id=flow.id, sourceRef=flow.source, targetRef=flow.target
        )
        if flow.text.zh:
            element.set("name", vocabulary.fit(flow.text.zh))
        if flow.outcome is None:
            return
        self._extension(element, "way", graph.nodes[flow.source].ref, None, number=flow.outcome)
        if flow.outcome >= 0:
            outcome = self.procedure.acts[graph.nodes[flow.source].ref].outcomes[flow.outcome]
            condition = etree.SubElement(element, _q("conditionExpression"), language=vocabulary.OURS)
            condition.set(_q("type", vocabulary.XSI), "bpmn:tFormalExpression")
            condition.text = vocabulary.fit(
                f"{outcome.field} = {json.dumps(outcome.is_, ensure_ascii=False)}"
            )

    @staticmethod
    def _words(element: Any, text: Text, remarks: list[str]) -> None:
        said = [part for part in (text.en, *remarks) if part]
        if said:
            etree.SubElement(element, _q("documentation")).text = vocabulary.fit("; ".join(said))

    @staticmethod
    def _extension(element: Any, kind: str, ref: str, body: Any, state: str = "", number: int = 0) -> None:
        holder = etree.SubElement(element, _q("extensionElements"))
        ours = etree.SubElement(holder, _q(kind, vocabulary.OURS))
        for key, value in (("ref", ref), ("state", state), ("number", str(number) if number else "")):
            if value:
                ours.set(key, value)
        if body is not None:
            ours.text = json.dumps(body, ensure_ascii=True, separators=(",", ":"))

    # -- where it stands --------------------------------------------------------------------------

    def _pictured(self, root: Any) -> None:
        picture = etree.SubElement(root, _q("BPMNDiagram", vocabulary.DI), id=f"diagram_{self.procedure.id}")
        plane = etree.SubElement(
            picture, _q("BPMNPlane", vocabulary.DI), id=f"plane_{self.procedure.id}",
            bpmnElement=f"process_{self.procedure.id}",
        )  # fmt: skip
        for part in self.drawing.apart:
            shape = self._shape(plane, part.id, self.placed.boxes[part.id])
            shape.set("isExpanded", "true")
        for graph in (self.drawing.main, *(part.graph for part in self.drawing.apart)):
            for node in graph.nodes.values():
                self._node_shape(plane, node)
            for flow in graph.flows.values():
                edge = etree.SubElement(
                    plane, _q("BPMNEdge", vocabulary.DI), id=f"edge_{flow.id}", bpmnElement=flow.id
                )
                for x, y in self.placed.lines[flow.id]:
                    etree.SubElement(edge, _q("waypoint", vocabulary.DD), x=_said(x), y=_said(y))

    def _node_shape(self, plane: Any, node: Node) -> None:
        box = self.placed.boxes[node.id]
        shape = self._shape(plane, node.id, box)
        if node.sort in ("choice", "start"):
            shape.set("isMarkerVisible", "true") if node.sort == "choice" else None
        if node.text.zh and node.sort not in ("state", "act", "system"):
            words = etree.SubElement(shape, _q("BPMNLabel", vocabulary.DI))
            _bounds(words, Box(box.middle[0] - 45, box.y + box.height + 3, 90, 28))

    @staticmethod
    def _shape(plane: Any, id: str, box: Box) -> Any:
        shape = etree.SubElement(plane, _q("BPMNShape", vocabulary.DI), id=f"shape_{id}", bpmnElement=id)
        _bounds(shape, box)
        return shape


def _bounds(parent: Any, box: Box) -> None:
    bounds = etree.SubElement(parent, _q("Bounds", vocabulary.DC))
    for key, value in (("x", box.x), ("y", box.y), ("width", box.width), ("height", box.height)):
        bounds.set(key, _said(value))


def _said(length: float) -> str:
    return f"{length:.1f}".removesuffix(".0")
