"""The timers of a drawing as clocks: ours as they were, with what a person changed; foreign ones as limits of our own."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from qinzheng.clocks.schema import EXACT
from qinzheng.exchange.bpmn import vocabulary
from qinzheng.exchange.bpmn.draft import OURS, Drafting, Instance
from qinzheng.exchange.bpmn.graph import name_of
from qinzheng.exchange.bpmn.reading import Ours, Shape


class Timing(Drafting):
    """What a drawing says of time."""

    def told(self, made: dict[str, Any], found: list[Instance]) -> dict[str, Any]:
        """A foreign act: all that the drawing says."""
        states = list(dict.fromkeys(state for each in found for state in each.states))
        made |= {"opens": True} if any(each.opens for each in found) else {}
        made |= {"from": states} if states else {}
        to = next((each.to for each in found if each.to), None)
        made |= {"to": to} if to else {}
        if any(each.any_time for each in found):
            made["any_time"] = True
        return made

    def time(self) -> None:
        """Every clock, own and foreign, once the acts are known."""
        for shape in self.graph.hung:
            kind = shape.ours.kind if shape.ours else ""
            if kind == "clock" and shape.ours is not None:
                self.own_clock(shape.ours, shape)
            elif kind != "deems" and "timer" in shape.defines:
                self._foreign_clock(shape)
        drawn = {(s.ours.ref, s.ours.number) for s in self.graph.hung if s.ours and s.ours.kind == "deems"}
        for name, clock in self.clocks.items():
            if ("clock", name) not in self.bodies:
                continue
            kept = []
            for number, deems in enumerate(clock.get("deems", [])):
                act = self.acts.get(deems.get("act"), {})
                if (name, number) in drawn or act.get("any_time") or act.get("opens"):
                    kept.append(deems)
                else:
                    self.say(
                        self.process.element,
                        f"时钟 {name} 的视为已从图中删去",
                        f"a deemed act of clock {name} was removed from the drawing",
                    )
            if "deems" in clock:
                clock["deems"] = kept

    def own_clock(self, ours: Ours, shape: Shape) -> None:
        """A clock of ours, with the limit that a person changed in the drawing."""
        body = self.bodies.get(("clock", ours.ref))
        if body is None or ours.ref in self.clocks:
            self.say(
                shape.element,
                "时钟的定义不见了，已略去",
                "the clock's definition is gone: left out",
                "重写这个时钟",
                "write it anew",
            )
            return
        clock = copy.deepcopy(body)
        limits = clock.get("limits", {})
        which = next((each for each in ("statutory", "own", "given", "committed") if limits.get(each)), "")
        said = limits.get(which) or {}
        unit = (said.get("counting") or clock.get("counting", {})).get("unit", "")
        read = vocabulary.read_amount(shape.duration) if shape.duration.strip() else None
        if "amount" in said and read != (unit, said["amount"]):
            if read is not None and read[0] == unit:
                self.say(shape.element, f"时限由 {said['amount']} 改为 {read[1]}", f"the limit was {said['amount']}, now {read[1]}",
                         "与所引条文核对", "compare it with the article cited")  # fmt: skip
                said["amount"] = read[1]
            else:
                self.say(shape.element, f"图中的时限“{vocabulary.clean(shape.duration)}”与定义不同或读不懂，未采用",
                         f"the drawing's limit {vocabulary.clean(shape.duration)!r} is another unit or not understood: not taken",
                         "以哪个为准", "which one holds")  # fmt: skip
        self.clocks[ours.ref] = clock

    def _foreign_clock(self, shape: Shape) -> None:
        """A timer at the border of an act: a clock of our own from when the act is awaited until it is done."""
        at = shape.element.attributes["attachedToRef"]
        known = at in self.graph.shapes and self.graph.role(at) in ("act", "wait")
        state = self.state_of.get(at) if known else None
        read = vocabulary.read_amount(shape.duration)
        starts = [name for name, act in self.acts.items() if act.get("to") == state]
        completes = [
            name for name, act in self.acts.items()
            if state in act.get("from", []) and not act.get("system") and act.get("to") != state
        ]  # fmt: skip
        if state is None or read is None or not starts or not completes:
            self.say(shape.element, f"定时器“{vocabulary.clean(shape.duration)}”未采用：不是单一单位的时长，或不知从何起算",
                     f"the timer {vocabulary.clean(shape.duration)!r} is left out: no duration in one unit, or nothing starts it",
                     "写成 clocks 的一项", "write it as a clock")  # fmt: skip
            return
        unit, amount = read
        name = self.names(shape.element, "limit")
        counting = {
            "unit": unit, "calendar": "cn", "start_day": "not_counted", "ends": "same_time" if unit in EXACT else "end_of_day",
            "last_day_off": "stands", "source": list(OURS),
        }  # fmt: skip
        clock: dict[str, Any] = {
            "name": name_of(shape, "时限", "limit"), "role": "step", "counting": counting,
            "limits": {"statutory": None, "own": {"amount": amount, "source": list(OURS)}},
            "starts": starts, "completes": completes,
        }  # fmt: skip
        if shape.element.attributes.get("cancelActivity", "true") == "true":
            deemed = list(self._deemed(shape, state, f"{name}-deemed"))
            clock |= {"deems": deemed} if deemed else {}
        self.clocks[name] = clock
        self.say(shape.element, f"定时器写成时钟 {name}（本项目自定的时限）", f"the timer became clock {name}, a limit of our own",
                 "时限的依据、日历与起算规则", "its source, calendar and rules of counting")  # fmt: skip

    def _deemed(self, shape: Shape, state: str, name: str) -> Iterator[dict[str, Any]]:
        """What the timer's end enters: an act of the system, to where the drawing's arrow leads."""
        for way in self.graph.next(shape.id)[:1]:
            to = self.state(way.target)
            if to is None:
                continue
            said = name_of(shape, "到期", "time is up")
            self.acts[name] = {"name": said, "system": True, "from": [state], "to": to}
            for at, found in list(self.state_of.items()):
                if found == to and self.graph.role(at) == "act":
                    made = self.instance(at)
                    self.acts.setdefault(self.act(made.shape), self.told(self._foreign(made.shape), [made]))
                    self.acts[self.act(made.shape)].setdefault("from", [to])
            self.say(way.element, f"到期写成视为环节 {name}", f"when time is up {name} is deemed done",
                     "法律是否规定沉默的后果", "whether a law says so of silence")  # fmt: skip
            yield {"mark": "own", "act": name, "effective": "mark", "source": list(OURS)}
