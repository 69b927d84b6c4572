"""A procedure as a diagram of waits and acts: what BPMN export, the picture on its page and its list are drawn from. Pure.

A state is a wait from which a choice of acts leads on; an act that leaves the state as it is leads back to it. An act of
any time stands apart. A clock hangs as a timer at the state it first runs in; where its end enters an act by law, a timer
at each state in which that act may come leads to it. Nothing is drawn that the procedure does not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from qinzheng.cases.schema import Act, Joint, Procedure
from qinzheng.clocks import explain
from qinzheng.clocks.schema import Clock
from qinzheng.definitions.form import Text

Sort = Literal[
    "start", "end", "state", "act", "system", "choice", "fork", "join", "gathering", "deemed", "timer", "due", "leads"
]  # fmt: skip
"""``gathering``: a join that some answers suffice for; ``deemed``: a timer that ends the wait; ``timer``: one that does
not; ``due``: what a timer leads to; ``leads``: the end of an act of any time that leads to a state."""
Kind = Literal["state", "act", "joint", "clock", "deems", "outcome", "again", "route", "due"]
EMPTY = Text(zh="", en="")


@dataclass(frozen=True)
class Node:
    """One shape. ``kind`` and ``ref`` name the part of the procedure it stands for; ``on``: the state it hangs at.

    ``state``: where an act of several instances is done, or where an end leads.
    """

    id: str
    sort: Sort
    text: Text
    kind: Kind
    ref: str = ""
    on: str = ""
    state: str = ""
    number: int = 0


@dataclass(frozen=True)
class Flow:
    """One arrow. ``outcome``: its number among the act's outcomes; -1: whatever the form says otherwise; None: no choice."""

    source: str
    target: str
    text: Text = EMPTY
    outcome: int | None = None

    @property
    def id(self) -> str:
        return f"flow_{self.source}--{self.target}" + ("" if self.outcome is None else f"--{self.outcome}")


@dataclass
class Graph:
    """Shapes and arrows of one level, in the order drawn."""

    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)

    def node(self, node: Node) -> str:
        self.nodes[node.id] = node
        return node.id

    def flow(self, source: str, target: str, text: Text = EMPTY, outcome: int | None = None) -> None:
        flow = Flow(source, target, text, outcome)
        self.flows[flow.id] = flow


@dataclass
class Apart:
    """What may happen whatever the state: an act of any time, or a clock that hangs at no state."""

    id: str
    text: Text
    ends_the_case: bool
    graph: Graph


@dataclass
class Diagram:
    """The whole drawing."""

    main: Graph
    apart: list[Apart]


def diagram(procedure: Procedure) -> Diagram:
    """The diagram of a procedure that holds (``qinzheng definitions check``)."""
    return _Drawing(procedure).drawn()


def label(clock: Clock) -> Text:
    """A clock's name with the limit that decides, where it is an amount."""
    limit = getattr(clock.limits, clock.limit())
    if not hasattr(limit, "amount"):
        return clock.name
    said = explain.amount((limit.counting or clock.counting).unit, limit.amount)
    return Text(zh=f"{clock.name.zh} · {said.zh}", en=f"{clock.name.en} · {said.en}")


class _Drawing:
    def __init__(self, procedure: Procedure) -> None:
        self.procedure = procedure
        self.main = Graph()
        self.apart: list[Apart] = []
        self.left = {state for act in procedure.acts.values() if not act.any_time for state in act.from_}
        """the states that some act leaves"""

    def drawn(self) -> Diagram:
        for name, state in self.procedure.states.items():
            if self._waits(name):
                self.main.node(Node(f"state_{name}", "state", state.name, "state", name))
                if name in self.left:
                    self.main.node(Node(f"choice_{name}", "choice", EMPTY, "route"))
                    self.main.flow(f"state_{name}", f"choice_{name}")
            if state.final:
                self.main.node(Node(f"end_{name}", "end", state.name, "state", name))
                if self._waits(name):
                    self.main.flow(f"choice_{name}", f"end_{name}")
        for name, act in self.procedure.acts.items():
            if act.any_time:
                self._any_time(name, act)
            if act.opens or (not act.any_time):
                self._in_turn(name, act)
        for name, clock in self.procedure.clocks.items():
            self._clock(name, clock)
        return Diagram(self.main, self.apart)

    def _waits(self, state: str) -> bool:
        return state in self.left or not self.procedure.states[state].final

    def _entry(self, state: str) -> str:
        return f"state_{state}" if self._waits(state) else f"end_{state}"

    # -- acts -------------------------------------------------------------------------------------

    def _in_turn(self, name: str, act: Act) -> None:
        """One instance of the act; one at each state where it may leave the case where it is."""
        from_ = [] if act.any_time else act.from_
        if not act.opens and _stays(act) and self._joint(name) is None:
            for state in from_:
                self._instance(name, act, [state], state if len(from_) > 1 else "")
        else:
            self._instance(name, act, from_, "")

    def _instance(self, name: str, act: Act, from_: Sequence[str], at: str) -> None:
        ending = f"__{at}" if at else ""
        first = self._act(self.main, name, act, ending)
        if act.opens:
            start = self.main.node(Node(f"start_{name}", "start", act.name, "route"))
            self.main.flow(start, first)
        for state in from_:
            if act.system:
                self._deemed(name, state, first)
            else:
                self.main.flow(f"choice_{state}", first)
        joint = self._joint(name)
        last = f"join_{joint}" if joint else f"act_{name}{ending}"
        if joint:
            self.main.flow(last, self._entry(self.procedure.joints[joint].then))
            return
        for target, text, number in _ways(act):
            if len(act.outcomes) and last == f"act_{name}{ending}":
                choice = self.main.node(Node(f"outcome_{name}{ending}", "choice", EMPTY, "outcome", name))
                self.main.flow(last, choice)
                last = choice
            to = self._entry(target) if target else self._again(from_[0])
            self.main.flow(last, to, text, number)

    def _act(self, graph: Graph, name: str, act: Act, ending: str) -> str:
        """The shape of an act, between fork and join where several organizations answer; returns where to enter."""
        sort: Sort = "system" if act.system else "act"
        task = graph.node(Node(f"act_{name}{ending}", sort, act.name, "act", name, state=ending.lstrip("_")))
        joint = self._joint(name)
        if joint is None:
            return task
        group: Joint = self.procedure.joints[joint]
        fork = graph.node(Node(f"fork_{joint}", "fork", group.name, "joint", joint))
        sort = "join" if group.needs == "all" else "gathering"
        join = graph.node(Node(f"join_{joint}", sort, EMPTY, "route"))
        graph.flow(fork, task)
        graph.flow(task, join)
        return fork

    def _joint(self, act: str) -> str | None:
        found = [key for key, joint in self.procedure.joints.items() if joint.answered_by == act]
        return found[0] if found else None

    def _again(self, state: str) -> str:
        """Where acts that leave the state as it is come together, before they lead back to it."""
        again = f"again_{state}"
        if again not in self.main.nodes:
            self.main.node(Node(again, "choice", EMPTY, "again", state))
            self.main.flow(again, f"state_{state}")
        return again

    def _any_time(self, name: str, act: Act) -> None:
        graph = Graph()
        start = graph.node(
            Node(f"anytime-start_{name}", "timer" if act.system else "start", EMPTY, "route", name)
        )
        graph.flow(start, self._act(graph, name, act, ""))
        joint = self._joint(name)
        last = f"join_{joint}" if joint else f"act_{name}"
        ways = list(_ways(act))
        if joint:
            ways = [(self.procedure.joints[joint].then, EMPTY, None)]
        if act.outcomes and not joint:
            choice = graph.node(Node(f"outcome_{name}", "choice", EMPTY, "outcome", name))
            graph.flow(last, choice)
            last = choice
        for target, text, number in ways:
            end = f"anytime-end_{name}" + ("" if number is None else f"--{number}")
            said = self.procedure.states[target].name if target else EMPTY
            graph.node(Node(end, "leads" if target else "end", said, "route", name, state=target or ""))
            graph.flow(last, end, text, number)
        states = self.procedure.states
        closes = bool(ways) and all(target and states[target].final for target, _, _ in ways)
        self.apart.append(Apart(f"anytime_{name}", act.name, closes, graph))

    # -- clocks -----------------------------------------------------------------------------------

    def _deemed(self, act: str, state: str, first: str) -> None:
        for key, clock in self.procedure.clocks.items():
            for number, deems in enumerate(clock.deems):
                if deems.act == act:
                    id = f"deems_{key}--{number}__{state}"
                    self.main.node(
                        Node(id, "deemed", label(clock), "deems", key, f"state_{state}", state, number)
                    )
                    self.main.flow(id, first)

    def _clock(self, name: str, clock: Clock) -> None:
        home = next((state for state in self._begins(clock) if self._waits(state)), None)
        if home is None:
            graph = Graph()
            graph.node(Node(f"clock_{name}", "timer", label(clock), "clock", name))
            graph.node(Node(f"due_{name}", "due", EMPTY, "due", name))
            graph.flow(f"clock_{name}", f"due_{name}")
            self.apart.append(Apart(f"clock-apart_{name}", clock.name, False, graph))
            return
        self.main.node(Node(f"clock_{name}", "timer", label(clock), "clock", name, f"state_{home}"))
        self.main.node(Node(f"due_{name}", "due", EMPTY, "due", name))
        self.main.flow(f"clock_{name}", f"due_{name}")

    def _begins(self, clock: Clock) -> Iterator[str]:
        """The states in which the clock may begin to run, the likeliest first."""
        for name in clock.starts:
            act = self.procedure.acts[name]
            yield from (target for target, _, _ in _ways(act) if target)
            yield from (joint.then for joint in self.procedure.joints.values() if joint.answered_by == name)
            if _stays(act) and not act.any_time:
                yield from act.from_


def _stays(act: Act) -> bool:
    return act.to is None


def _ways(act: Act) -> Iterator[tuple[str | None, Text, int | None]]:
    """Where an act may lead: (state, or None for the one it is done in; the condition; its number)."""
    if not act.outcomes:
        yield act.to, EMPTY, None
        return
    for number, outcome in enumerate(act.outcomes):
        asked = act.form.get(outcome.field)
        field_ = asked.name if asked else Text(zh=outcome.field, en=outcome.field)
        choice = asked.choices.get(str(outcome.is_)) if asked else None
        value = choice or Text(zh=str(outcome.is_), en=str(outcome.is_))
        yield outcome.to, Text(zh=f"{field_.zh}：{value.zh}", en=f"{field_.en}: {value.en}"), number
    yield act.to, Text(zh="其他", en="otherwise"), -1
