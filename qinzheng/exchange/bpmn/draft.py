"""From a drawing to a draft procedure, with a note on everything that was not understood or was understood otherwise.

Our own drawings carry the whole definition in pieces, each at its element. What a person then changed in an editor counts:
names, arrows, limits, elements removed or added are taken from the drawing, and each change is noted. Another system's
drawing becomes a draft whose choices are ours, labelled so, and named for a person to decide.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from qinzheng.definitions.writing import plain
from qinzheng.exchange.bpmn import vocabulary
from qinzheng.exchange.bpmn.graph import Branches, Graph, Names, Note, name_of, note
from qinzheng.exchange.bpmn.reading import Drawing, Element, Level, Shape, Way

OURS = ["ours/drawings"]
HANDLER = "handler"
PARTS = ("states", "acts", "clocks", "joints")
DATES = ("in_force_from", "in_force_to", "checked_on")
Words = dict[str, str]


@dataclass
class Draft:
    """A draft procedure as a document, and what a person should know of it, in the order of the file."""

    document: dict[str, Any]
    notes: list[Note]

    def yaml(self) -> bytes:
        """The document as strict YAML."""
        return plain(self.document)


@dataclass
class Instance:
    """One shape of an act: the states it may be done in, and where it leads."""

    shape: Shape
    states: list[str] = field(default_factory=list)
    to: str | None = None
    opens: bool = False
    any_time: bool = False


class Drafting:
    """One process on its way to a draft."""

    def __init__(self, drawing: Drawing, process: Level, day: dt.date) -> None:
        self.process, self.day = process, day
        self.graph = Graph(process)
        self.notes: list[Note] = list(self.graph.notes)
        self.names = Names()
        self.states: dict[str, dict[str, Any]] = {}
        self.acts: dict[str, dict[str, Any]] = {}
        self.clocks: dict[str, dict[str, Any]] = {}
        self.joints: dict[str, dict[str, Any]] = {}
        self.instances: dict[str, list[Instance]] = {}
        self.act_of: dict[str, str] = {}
        """shape → act"""
        self.state_of: dict[str, str] = {}
        """shape at which a case waits → state"""
        self.side: dict[str, Branches] = {}
        """shape of an act in a parallel branch → the branches"""
        self.bodies = {
            (shape.ours.kind, shape.ours.ref): shape.ours.body
            for shape in process.all() if shape.ours and shape.ours.body is not None
        }  # fmt: skip
        ours = [
            (s.ours.ref, s.ours.kind)
            for s in process.all()
            if s.ours and s.ours.kind in ("state", "act", "clock")
        ]
        self.names.taken.update(ref for ref, _ in ours)

    # -- names ------------------------------------------------------------------------------------

    def act(self, shape: Shape) -> str:
        """The act that a shape stands for."""
        if shape.id not in self.act_of:
            mine = shape.ours is not None and shape.ours.kind == "act" and shape.ours.ref
            self.act_of[shape.id] = str(mine) if mine else self.names(shape.element, "act")
        return self.act_of[shape.id]

    def state(self, id: str) -> str | None:
        """The state in which a case at this shape waits; None where the drawing goes round without an act."""
        at = self.graph.rest(id)
        if not at:
            self.say(self.graph.shapes[id].element, "从这里绕圈而没有环节，已略去", "goes round without any act from here: left out",
                     "补上一个环节", "add an act")  # fmt: skip
            return None
        if at not in self.state_of:
            self.state_of[at] = self._new_state(self.graph.shapes[at])
        return self.state_of[at]

    def _new_state(self, shape: Shape) -> str:
        if shape.ours is not None and shape.ours.kind == "state" and shape.ours.ref:
            name = shape.ours.ref
            body = self.bodies.get(("state", name))
            if body is None:
                self.say(shape.element, "状态的定义不见了，只留名称", "the state's definition is gone: only its name is kept",
                         "核对其 turn 与 final", "check its turn and final")  # fmt: skip
                body = {"name": name_of(shape, name, name)}
            if name not in self.states:
                self.states[name] = self._named(shape, dict(body))
            return name
        role = self.graph.role(shape.id)
        if role == "act":
            name = f"before-{self.act(shape)}"
            said = name_of(shape, self.act(shape), self.act(shape))
            self.states[name] = {"name": {"zh": f"待{said['zh']}", "en": f"awaiting: {said['en']}"}}
        elif role == "end":
            name = self.names(shape.element, "end")
            self.states[name] = {"name": name_of(shape, "已办结", "ended"), "final": "completed"}
            if set(shape.defines) - {"terminate"}:
                self.say(shape.element, "特殊的结束写成了办结", "a special end was written as completed",
                         "final 应为 completed、refused、withdrawn、void 还是 transferred", "which final it is")  # fmt: skip
        else:
            name = self.names(shape.element, "choice")
            self.states[name] = {"name": name_of(shape, "等待处理", "awaiting a choice")}
        return name

    def _named(self, shape: Shape, body: dict[str, Any]) -> dict[str, Any]:
        """The body with the drawing's name where a person changed it."""
        said = body.get("name")
        if not isinstance(said, dict) or not shape.element.name:
            return body
        if vocabulary.clean(str(said.get("zh", ""))) != shape.element.name:
            self.say(shape.element, f"名称改为“{shape.element.name}”", f"renamed to {shape.element.name!r}",
                     "核对英文名", "check the English name")  # fmt: skip
            body["name"] = {**said, "zh": shape.element.name}
        return body

    def say(self, element: Element, zh: str, en: str, decide_zh: str = "", decide_en: str = "") -> None:
        """Note something on an element."""
        self.notes.append(note(element, zh, en, decide_zh, decide_en))

    # -- the walk ---------------------------------------------------------------------------------

    def walk(self) -> None:
        """Find every act, where it may be done and where it leads."""
        graph = self.graph
        for id, shape in graph.shapes.items():
            if graph.role(id) == "start":
                self._open(shape)
        if not any(each.opens for found in self.instances.values() for each in found):
            self._open_without_start()
        own = [id for id, shape in graph.shapes.items() if shape.ours and shape.ours.kind == "state"]
        for id in own:
            if graph.role(id) in ("wait", "end"):
                self.state(id)
        for shape in graph.hung:
            self._hung(shape)
        done: set[str] = set()
        while True:
            waiting = [(at, name) for at, name in self.state_of.items() if at not in done]
            if not waiting:
                break
            for at, name in waiting:
                done.add(at)
                self._from(at, name)

    def instance(self, id: str) -> Instance:
        """The instance of an act's shape; where it leads is found the first time."""
        shape = self.graph.shapes[id]
        found = self.instances.setdefault(self.act(shape), [])
        for each in found:
            if each.shape.id == id:
                return each
        made = Instance(shape)
        found.append(made)
        if id not in self.side:
            made.to = self._to(shape)
        return made

    def _to(self, shape: Shape) -> str | None:
        onward = self.graph.next(shape.id)
        if not onward:
            self.say(shape.element, "其后没有箭头，视为就此办结", "no arrow leaves it: the case ends with it")
            return self._ended()
        if len(onward) > 1:
            self.say(shape.element, "其后有多个箭头，写成由下一环节选择", "several arrows leave it: the next act chooses",
                     "是选择还是并行；如由表单决定，改写 outcomes", "choice or side by side; if a form decides, write outcomes")  # fmt: skip
            name = f"after-{self.act(shape)}"
            self.states[name] = {
                "name": {
                    "zh": f"{shape.element.name or name}之后",
                    "en": f"after: {shape.element.name or name}",
                }
            }
            self.state_of[f"after {shape.id}"] = name
            return name
        behind = self.graph.shapes[onward[0].target]
        if (
            behind.ours is not None and behind.ours.kind == "outcome"
        ):  # the form decides: its other way is what remains
            rest = [way.target for way in self.graph.next(behind.id) if way.ours and way.ours.number == -1]
            return self.state(rest[0]) if rest else None
        return self.state(behind.id)

    def _ended(self) -> str:
        self.states.setdefault("ended", {"name": {"zh": "已办结", "en": "ended"}, "final": "completed"})
        self.names.taken.add("ended")
        return "ended"

    def _open(self, start: Shape) -> None:
        if start.defines and not start.ours:
            self.say(start.element, "启动条件未采用，写成由人办理的开始环节", "what triggers it is left out: it opens by an act",
                     "谁、凭什么开始", "who opens it, on what")  # fmt: skip
        for id, way in self.graph.choices(start.id):
            if self.graph.role(id) == "act":
                self.instance(id).opens = True
            else:
                self._step(way, [], id, opens=True)

    def _open_without_start(self) -> None:
        for id in self.graph.shapes:
            if self.graph.role(id) == "act" and not self.graph.into[id]:
                self.say(
                    self.graph.shapes[id].element,
                    "图中没有开始事件，以此环节开始",
                    "there is no start event: this act opens",
                )
                self.instance(id).opens = True

    def _from(self, at: str, state: str) -> None:
        """The acts that may be done in a state."""
        if at.startswith("after "):
            ways: list[tuple[str, Way | None]] = [
                pair for way in self.graph.next(at.removeprefix("after ")) for pair in self._beyond(way)
            ]
        elif self.graph.role(at) == "end":
            return
        else:
            if self.graph.forks(at) and self._side_by_side(self.graph.shapes[at], state):
                return
            ways = list(self.graph.choices(at))
        for id, way in ways:
            if self.graph.role(id) == "act":
                made = self.instance(id)
                if state not in made.states:
                    made.states.append(state)
            elif self.state(id) != state:
                self._step(way, [state], id)

    def _beyond(self, way: Way) -> Iterator[tuple[str, Way | None]]:
        if self.graph.rests(way.target):
            yield way.target, way
        else:
            yield from ((id, last or way) for id, last in self.graph.choices(way.target))

    def _side_by_side(self, fork: Shape, state: str) -> bool:
        """Parallel branches: all their acts in one state, each after the one before it, then one act that goes on."""
        found = self.graph.branches(fork.id)
        if found is None:
            self.say(fork.element, "并行分支不能照写，写成了单选", "parallel branches that cannot be said were written as one choice",
                     "改写为会办组或分成几个状态", "write a joint group, or separate states")  # fmt: skip
            return False
        last: list[str] = []
        for chain in found.chains:
            before = ""
            for id in chain:
                self.side[id] = found
                made = self.instance(id)
                made.states.append(state)
                name = self.act(made.shape)
                self.acts.setdefault(name, self._foreign(made.shape))
                if before:
                    self.acts[name]["guards"] = [{"guard": "done_before", "acts": [before]}]
                before = name
            last.append(before)
        join = self.graph.shapes[found.join]
        name = self.names(join.element, "all-done")
        self.acts[name] = {
            "name": name_of(join, "各项均已完成", "all branches are done"), "from": [state],
            "to": self.state(self.graph.next(join.id)[0].target), "by": [HANDLER],
            "guards": [{"guard": "done_before", "acts": last}],
        }  # fmt: skip
        self.say(fork.element, f"并行分支写成同一状态下的环节，全部完成后由“{name}”继续",
                 f"parallel branches became acts of one state; {name} goes on when all are done",
                 "是否应为会办组（joints）", "whether it is a joint group")  # fmt: skip
        return True

    def _step(self, way: Way | None, states: list[str], id: str, opens: bool = False) -> str:
        """An act for a way on which the drawing has none: a case moves by acts only."""
        element = way.element if way is not None else self.graph.shapes[id].element
        name = self.names(element, "go-on")
        said = element.name
        made: dict[str, Any] = {"name": {"zh": said or "继续", "en": said or "go on"}}
        made |= {"opens": True} if opens else {"from": states}
        self.acts[name] = {**made, "to": self.state(id), "by": [HANDLER]}
        self.say(element, f"路上没有环节，补了一个：{name}", f"no act stands on this way: {name} was added",
                 "谁办理、叫什么", "who does it, and its name")  # fmt: skip
        return name

    def _hung(self, shape: Shape) -> None:
        """An event at the border of an act or a wait, other than a clock of ours: another way out."""
        at = shape.element.attributes["attachedToRef"]
        kind = shape.ours.kind if shape.ours else ""
        if kind == "clock" or (kind != "deems" and "timer" in shape.defines):
            return  # with the clocks
        if at not in self.graph.shapes or self.graph.role(at) not in ("act", "wait"):
            self.say(shape.element, "所附的子流程已展开，此事件略去", "what it hangs at was opened out: left out",
                     "在哪些状态可能发生", "in which states it may happen")  # fmt: skip
            return
        state = self.state(at)
        for id, way in self.graph.choices(shape.id):
            if state is None:
                continue
            if self.graph.role(id) == "act":
                self.instance(id).states.append(state)
            elif kind != "deems":
                self._step(way, [state], id)
        if kind != "deems":
            self.say(
                shape.element,
                "边界事件写成该状态下的另一个环节",
                "a boundary event became another act of that state",
            )

    def _foreign(self, shape: Shape) -> dict[str, Any]:
        name = self.act(shape)
        body: dict[str, Any] = {"name": name_of(shape, name, name)}
        body["by"] = [self._role(shape.lane) if shape.lane else HANDLER]
        if any(child.tag.endswith("LoopCharacteristics") for child in shape.element.children):
            self.say(
                shape.element,
                "多实例或循环未采用",
                "its loop or several instances are left out",
                "是否应为会办组",
                "whether it is a joint group",
            )
        if shape.tag in ("serviceTask", "scriptTask", "businessRuleTask", "callActivity", "sendTask"):
            self.say(shape.element, f"{shape.tag} 写成由人办理的环节，其自动部分未采用", f"{shape.tag} became an act of a person: what is automatic in it is left out",
                     "谁办理，或由哪个系统报来", "who does it, or which system tells it")  # fmt: skip
        return body

    @staticmethod
    def _role(lane: str) -> str:
        slug = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in lane.lower()).split())
        return slug[:80].strip("-") or HANDLER
