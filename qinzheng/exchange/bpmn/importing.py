"""Puts a draft together from a drawing: acts, what may happen at any time, clocks, joint groups, and what was left out."""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from qinzheng.exchange.bpmn import reading as bpmn_reading
from qinzheng.exchange.bpmn import vocabulary
from qinzheng.exchange.bpmn.clocks import Timing
from qinzheng.exchange.bpmn.draft import DATES, HANDLER, OURS, PARTS, Draft, Instance
from qinzheng.exchange.bpmn.graph import Graph, Note
from qinzheng.exchange.bpmn.reading import Drawing, Element, Level, NotBpmn, Shape

SAID = {
    "textAnnotation": ("批注未采用", "an annotation is left out"),
    "association": ("关联线未采用", "an association is left out"),
    "dataObject": ("数据对象未采用", "a data object is left out"),
    "dataObjectReference": ("数据对象未采用", "a data object is left out"),
    "dataStoreReference": ("数据存储未采用", "a data store is left out"),
    "group": ("分组框未采用", "a group is left out"),
    "collaboration": ("泳池与消息流未采用", "pools and message flows are left out"),
}


def draft(raw: bytes, day: dt.date, process: str = "") -> Draft:
    """The draft procedure of a BPMN 2.0 document; ``day`` is put where the drawing states no day.

    ``process``: the id of the one wanted where there are several (else ours, else the one with most shapes). Raises
    :class:`~qinzheng.exchange.bpmn_reading.NotBpmn`.
    """
    drawing = bpmn_reading.read(raw)
    chosen = _chosen(drawing, process)
    return _Import(drawing, chosen, day).draft()


def _chosen(drawing: Drawing, wanted: str) -> Level:
    if wanted:
        found = [each for each in drawing.processes if each.element.id == wanted]
        if not found:
            known = ", ".join(each.element.id for each in drawing.processes)
            raise NotBpmn(
                1, f"没有流程 {wanted}；可用：{known}", f"there is no process {wanted}; there are: {known}"
            )
        return found[0]
    return max(drawing.processes, key=lambda each: (each.ours is not None, len(each.shapes)))


class _Import(Timing):
    def __init__(self, drawing: Drawing, process: Level, day: dt.date) -> None:
        super().__init__(drawing, process, day)
        self.drawing = drawing
        head = process.ours.body if process.ours and process.ours.body else None
        self.head: dict[str, Any] = copy.deepcopy(head) if head else {}
        order = self.head.pop("order", None)
        self.order: dict[str, list[str]] = order if isinstance(order, dict) else {}

    def draft(self) -> Draft:
        """The whole."""
        self.walk()
        for shape in self.graph.apart:
            self._apart(shape)
        self._acts()
        self.time()
        self._endings()
        self._left_out()
        parts = {"states": self.states, "acts": self.acts, "clocks": self.clocks, "joints": self.joints}
        document = self._heading()
        for part in PARTS:
            document |= {part: self._ordered(part, parts[part])} if parts[part] else {}
        if "variants" in document:  # after the parts that they are variants of, as people write them
            document["variants"] = document.pop("variants")
        return Draft(document, sorted(set(self.notes), key=lambda each: (each.line, each.id, each.en)))

    def _heading(self) -> dict[str, Any]:
        element = self.process.element
        if not self.head:
            slug = re.sub(r"[^a-z0-9]+", "-", element.id.lower()).strip("-")[:60].strip("-") or "drawn"
            self.say(element, "编号、生效日、出处为本项目暂填", "id, day in force and source were filled in by us",
                     "编号、名称、生效日、依据（source、basis）与案号前缀", "id, name, day in force, source, basis and number prefix")  # fmt: skip
            said = element.name or slug
            self.head = {
                "kind": "procedure", "id": f"drafts.{slug}", "name": {"zh": said, "en": said},
                "in_force_from": self.day, "checked_on": self.day, "source": list(OURS), "basis": "ours",
                "number": {"prefix": "DR"},
            }  # fmt: skip
        elif element.name and element.name != vocabulary.clean(str(self.head.get("name", {}).get("zh", ""))):
            self.say(
                element,
                f"名称改为“{element.name}”",
                f"renamed to {element.name!r}",
                "核对英文名",
                "check the English name",
            )
            self.head["name"] = {**self.head["name"], "zh": element.name}
        for key in DATES:
            if isinstance(self.head.get(key), str):
                try:
                    self.head[key] = dt.date.fromisoformat(self.head[key])
                except ValueError:
                    self.say(element, f"{key} 不是日期", f"{key} is no day", f"补上 {key}", f"add {key}")
                    del self.head[key]
        return self.head

    def _ordered(self, part: str, found: dict[str, Any]) -> dict[str, Any]:
        """As the definition had them; what is new comes last."""
        order = self.order.get(part)
        known = (
            [name for name in order if isinstance(name, str) and name in found]
            if isinstance(order, list)
            else []
        )
        return {name: found[name] for name in dict.fromkeys([*known, *found])}

    # -- acts -------------------------------------------------------------------------------------

    def _acts(self) -> None:
        for name, found in self.instances.items():
            body = self.bodies.get(("act", name))
            first = found[0].shape
            if body is None:
                made = self.acts.get(name) or self._foreign(first)
                self.acts[name] = self.told(made, found)
                continue
            made = self._named(first, copy.deepcopy(body))
            self.acts[name] = made
            if any(each.any_time for each in found):
                continue
            self._where(made, found)
            key = self._joint(name, made)
            if key is not None:
                self._joined(key, found)
            elif made.get("outcomes"):
                self._outcomes(made, found)
            else:
                self._onward(made, found)

    def _where(self, made: dict[str, Any], found: list[Instance]) -> None:
        element = found[0].shape.element
        states = list(dict.fromkeys(state for each in found for state in each.states))
        if set(states) != set(made.get("from", [])):
            self.say(
                element,
                f"可办理的状态改为 {'、'.join(states) or '无'}",
                f"may now be done in: {', '.join(states) or 'no state'}",
            )
            made["from"] = states
            if not states:
                del made["from"]
        opens = any(each.opens for each in found)
        if opens != bool(made.get("opens", False)):
            self.say(
                element, f"开始环节：{'是' if opens else '否'}", f"opens a case: {'yes' if opens else 'no'}"
            )
            made["opens"] = opens

    def _onward(self, made: dict[str, Any], found: list[Instance]) -> None:
        old = made.get("to")
        tos = list(dict.fromkeys(each.to for each in found if each.to))
        if old is None and all(each.to in each.states for each in found):
            return
        if tos == [old]:
            return
        element = found[0].shape.element
        self.say(element, f"办理后的状态改为 {'、'.join(tos) or '不变'}", f"now leads to: {', '.join(tos) or 'no other state'}",
                 *(("只能有一个去向，取了第一个", "one way only: the first was taken") if len(tos) > 1 else ()))  # fmt: skip
        if tos:
            made["to"] = tos[0]
        else:
            made.pop("to", None)

    def _outcomes(self, made: dict[str, Any], found: list[Instance]) -> None:
        """Outcomes by the arrows of the gateway behind the act; the default arrow says where it leads otherwise."""
        first = found[0]
        gate = [way.target for way in self.graph.next(first.shape.id)]
        shape = self.graph.shapes[gate[0]] if len(gate) == 1 else None
        if shape is None or shape.ours is None or shape.ours.kind != "outcome":
            self.say(first.shape.element, "其后的网关不见了，按箭头理解", "the gateway behind it is gone: the arrows count",
                     "核对 outcomes", "check its outcomes")  # fmt: skip
            made.pop("outcomes")
            self._onward(made, found)
            return
        led: dict[int, str | None] = {}
        for way in self.graph.next(shape.id):
            if way.ours is None or way.ours.kind != "way":
                self.say(
                    way.element,
                    "没有条件的去向未采用",
                    "a way without a condition is left out",
                    "写成 outcomes 的一项",
                    "write it as an outcome",
                )
                continue
            led[way.ours.number] = self.state(way.target)
        kept = []
        for number, outcome in enumerate(made["outcomes"]):
            if number not in led:
                self.say(
                    shape.element,
                    f"第 {number + 1} 个去向已从图中删去",
                    f"outcome {number + 1} was removed from the drawing",
                )
            elif led[number] not in (None, outcome["to"]):
                self.say(
                    shape.element,
                    f"第 {number + 1} 个去向改为 {led[number]}",
                    f"outcome {number + 1} now leads to {led[number]}",
                )
                kept.append({**outcome, "to": led[number]})
            else:
                kept.append(outcome)
        made["outcomes"] = kept
        otherwise = [Instance(first.shape, first.states, led.get(-1))]
        if led.get(-1):
            self._onward(made, otherwise)

    def _joint(self, name: str, made: dict[str, Any]) -> str | None:
        """The joint group that the act answers, taken over when its shapes still stand around the act."""
        for (kind, key), body in self.bodies.items():
            if kind == "joint" and body.get("answered_by") == name:
                self.joints.setdefault(key, copy.deepcopy(body))
                return key
        if made.pop("joint", None) is not None:
            self.say(self.instances[name][0].shape.element, "会办组已从图中删去", "its joint group was removed from the drawing",
                     "由一个单位办理，还是改写会办组", "one organization, or a joint group")  # fmt: skip
        return None

    def _joined(self, key: str, found: list[Instance]) -> None:
        to = next((each.to for each in found if each.to), None)
        if to and to != self.joints[key].get("then"):
            self.say(
                found[0].shape.element,
                f"会办完成后的状态改为 {to}",
                f"when enough have answered the case goes to {to}",
            )
            self.joints[key]["then"] = to

    # -- at any time ------------------------------------------------------------------------------

    def _apart(self, shape: Shape) -> None:
        level = shape.inner
        assert level is not None
        inner = Graph(level)
        for state in (each.ours.state for each in level.all() if each.ours and each.ours.state):
            if ("state", state) in self.bodies and state not in self.states:
                self.states[state] = copy.deepcopy(self.bodies["state", state])
        for id, each in inner.shapes.items():
            if each.ours and each.ours.kind == "clock":
                self.own_clock(each.ours, each)
            if inner.role(id) != "act":
                continue
            made = Instance(each, any_time=True)
            self.instances.setdefault(self.act(each), []).append(made)
            if each.ours is None or each.ours.kind != "act":
                self._foreign_apart(shape, level, made)
            else:
                body = self.bodies.get(("act", each.ours.ref))
                self._joint(each.ours.ref, copy.deepcopy(body) if body else {})
        self.graph.other += inner.other

    def _foreign_apart(self, shape: Shape, level: Level, made: Instance) -> None:
        starts = [each for each in level.shapes.values() if each.tag == "startEvent"]
        stops = any(each.element.attributes.get("isInterrupting", "true") == "true" for each in starts)
        if stops:
            self.states.setdefault("stopped", {"name": {"zh": "已中止", "en": "stopped"}, "final": "void"})
            made.to = "stopped"
        self.say(shape.element, "事件子流程写成随时可办的环节" + ("，办理后结束为 stopped" if stops else ""),
                 "an event sub-process became acts of any time" + (", which end the case as stopped" if stops else ""),
                 "先后次序与触发条件未采用：是否合适", "their order and what triggers them are left out: is that right")  # fmt: skip

    # -- endings, and the rest --------------------------------------------------------------------

    def _endings(self) -> None:
        """A state of ours is final while an end of it is drawn."""
        ends = {
            s.ours.ref
            for s in self.graph.shapes.values()
            if s.ours and s.ours.kind == "state" and s.tag == "endEvent"
        }
        for shape in self.graph.shapes.values():
            name = shape.ours.ref if shape.ours and shape.ours.kind == "state" else ""
            if name in self.states and bool(self.states[name].get("final")) != (name in ends):
                if name in ends:
                    self.states[name]["final"] = "completed"
                else:
                    self.states[name].pop("final")
                self.say(shape.element, "是否结束状态与定义不同，以图为准", "whether it is final: the drawing counts",
                         "核对 final", "check its final")  # fmt: skip

    def _left_out(self) -> None:
        used = {each.shape.id for found in self.instances.values() for each in found}
        for id, shape in self.graph.shapes.items():
            if self.graph.role(id) == "act" and id not in used:
                self.say(
                    shape.element,
                    "从开始事件走不到，已略去",
                    "no way leads here from a start: left out",
                    "连上箭头",
                    "connect it",
                )
            if (
                shape.tag in ("inclusiveGateway", "complexGateway")
                and not shape.ours
                and len(self.graph.next(id)) > 1
            ):
                self.say(shape.element, "包容或复杂网关写成了单选", "an inclusive or complex gateway was written as one choice",
                         "能否同时走几路", "whether several ways go together")  # fmt: skip
            if shape.tag == "intermediateCatchEvent" and "timer" in shape.defines:
                self.say(
                    shape.element,
                    "等待时间未采用",
                    "a waiting time is left out",
                    "写成 clocks 的一项",
                    "write it as a clock",
                )
        for shape in self.process.all():
            if shape.ours is not None and shape.ours.broken:
                self.say(
                    shape.element,
                    "所带的定义读不懂，按图理解",
                    "the definition it carries cannot be read: the drawing counts",
                )
        for ways in self.graph.out.values():
            for way in ways:
                if way.ours is None and any(
                    child.tag == "conditionExpression" for child in way.element.children
                ):
                    self.say(way.element, "条件未采用：由办理人选择", "its condition is left out: whoever acts chooses",
                             "如由表单决定，写成 outcomes", "if a form decides, write outcomes")  # fmt: skip
        missing = sorted(
            name
            for name, act in self.acts.items()
            if act.get("by") == [HANDLER] and ("act", name) not in self.bodies
        )
        if missing:
            self.say(self.process.element, f"没有写明由谁办理，暂写 {HANDLER}：{'、'.join(missing)}",
                     f"nobody is named for: {', '.join(missing)}; {HANDLER} was put", "由哪个角色办理（by）", "which roles may (by)")  # fmt: skip
        self.notes += list(self._foreign_words())

    def _foreign_words(self) -> Iterator[Note]:
        for element in (*self.graph.other, *self.drawing.other):
            zh, en = SAID.get(element.tag, (f"{element.tag} 未采用", f"{element.tag} is left out"))
            yield _about(element, zh, en)
        for level in self.drawing.processes:
            if level is not self.process:
                yield Note("process", level.element.id, level.element.line, "另一个流程，未导入", "another process: not imported",
                           f"需要时用 --process {level.element.id} 另行导入", f"import it with --process {level.element.id}")  # fmt: skip
        for (space, name), (line, count) in self.drawing.vendors.items():
            yield Note(
                name,
                space,
                line,
                f"厂商扩展，{count} 处，未采用",
                f"a vendor's extension, {count} time(s): left out",
            )


def _about(element: Element, zh: str, en: str) -> Note:
    return Note(element.tag, element.id, element.line, zh, en)
