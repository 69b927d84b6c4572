"""A layered layout of a diagram, left to right, with square corners. Pure; lengths are BPMN's pixels.

Sugiyama's way: circles are broken where the walk from the starts closes them, shapes go to layers by their longest way
from a start, long arrows pass each layer at a place of their own, and neighbours are put near one another. Arrows that
lead back run below everything, each on a line of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from qinzheng.cases.diagram import Apart, Diagram, Graph, Node

Point = tuple[float, float]
EVENT, GATEWAY, WIDE, HIGH = 36.0, 50.0, 120.0, 80.0
ACROSS, DOWN = 90.0, 34.0
"""Between layers, and between shapes of one layer."""
HANGING = 96.0
"""What timers and what they lead to take below a state."""
PITCH = 100.0
"""From one timer to the next on the edge of a state."""
LINE = 16.0
"""Between two arrows that lead back."""
EDGE = 40.0


@dataclass(frozen=True)
class Box:
    """A shape's place: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2

    def moved(self, dx: float, dy: float) -> Box:
        return Box(self.x + dx, self.y + dy, self.width, self.height)


@dataclass
class Placed:
    """Where everything stands: shapes and parts apart by id, arrows by id as the points they pass."""

    boxes: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, list[Point]] = field(default_factory=dict)
    width: float = 0
    height: float = 0

    def take(self, other: Placed, dx: float, dy: float) -> None:
        """Another layout, moved."""
        self.boxes |= {id: box.moved(dx, dy) for id, box in other.boxes.items()}
        self.lines |= {id: [(x + dx, y + dy) for x, y in line] for id, line in other.lines.items()}


def layout(diagram: Diagram) -> Placed:
    """The places of a whole diagram: the course of a case above, what may happen at any time below, in rows."""
    placed = Placed()
    main = _Layers(diagram.main).placed()
    placed.take(main, EDGE, EDGE)
    width = max(main.width, 960.0)
    x, y, row = EDGE, EDGE + main.height + (EDGE if main.height else 0), 0.0
    for part in diagram.apart:
        inner = _Layers(part.graph).placed()
        box = _around(part, inner)
        if x > EDGE and x + box.width > EDGE + width:
            x, y, row = EDGE, y + row + EDGE / 2, 0.0
        placed.boxes[part.id] = Box(x, y, box.width, box.height)
        placed.take(inner, x + 24, y + 34)
        x, row = x + box.width + EDGE / 2, max(row, box.height)
    right = max((box.x + box.width for box in placed.boxes.values()), default=0)
    placed.width = max(right, max((px for line in placed.lines.values() for px, _ in line), default=0)) + EDGE
    placed.height = max(y + row, EDGE + main.height) + EDGE
    return placed


def _around(part: Apart, inner: Placed) -> Box:
    return Box(0, 0, max(inner.width + 48, 180.0), inner.height + 58)


def _size(node: Node, hanging: int) -> tuple[float, float]:
    if node.sort in ("state", "act", "system"):
        return max(WIDE, PITCH * hanging + 20), HIGH
    if node.sort in ("choice", "fork", "join", "gathering"):
        return GATEWAY, GATEWAY
    return EVENT, EVENT


class _Layers:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.hung: dict[str, list[Node]] = defaultdict(list)
        for node in graph.nodes.values():
            if node.on:
                self.hung[node.on].append(node)
        dues = {
            flow.target for flow in graph.flows.values() if graph.nodes[flow.source].on
            and graph.nodes[flow.target].sort == "due"
        }  # fmt: skip
        self.named = [id for id, node in graph.nodes.items() if not node.on and id not in dues]
        self.sizes = {id: _size(graph.nodes[id], self._hanging(id)) for id in self.named}
        self.edges: list[tuple[str, str, str]] = []
        """(flow, source, target): a timer's arrow begins at the state it hangs at"""
        for flow in graph.flows.values():
            source = graph.nodes[flow.source].on or flow.source
            if flow.target in self.sizes:
                self.edges.append((flow.id, source, flow.target))
        self.layer: dict[str, int] = {}
        self.rows: list[list[str]] = []
        self.via: dict[str, list[str]] = {}
        self.out = Placed()

    def _hanging(self, id: str) -> int:
        below = [node for node in self.hung[id] if node.sort == "timer"]
        return max(len(below), len(self.hung[id]) - len(below))

    def placed(self) -> Placed:
        if not self.named:
            return self.out
        back = self._back()
        forward = [edge for edge in self.edges if edge[0] not in back]
        self._assign(forward)
        self._dummies(forward)
        self._order()
        self._place()
        self._hang()
        for edge in forward:
            self._ahead(edge)
        self._behind([edge for edge in self.edges if edge[0] in back])
        boxes, lines = self.out.boxes.values(), self.out.lines.values()
        top = min([box.y for box in boxes] + [y for line in lines for _, y in line])
        left = min([box.x for box in boxes] + [x for line in lines for x, _ in line])
        moved = Placed()
        moved.take(self.out, -left, -top)
        moved.width = max(
            [b.x + b.width for b in moved.boxes.values()] + [x for p in moved.lines.values() for x, _ in p]
        )
        moved.height = max(
            [b.y + b.height for b in moved.boxes.values()] + [y for p in moved.lines.values() for _, y in p]
        )
        return moved

    # -- layers -----------------------------------------------------------------------------------

    def _back(self) -> set[str]:
        """The arrows that close a circle, as a walk from the starts meets them (no recursion: procedures may be long)."""
        leaving: dict[str, list[tuple[str, str]]] = defaultdict(list)
        entered = set()
        for flow, source, target in self.edges:
            leaving[source].append((flow, target))
            entered.add(target)
        found: set[str] = set()
        on_way: set[str] = set()
        done: set[str] = set()
        for first in sorted(self.named, key=lambda id: id in entered):
            stack = [(first, 0)] if first not in done else []
            on_way.update(id for id, _ in stack)
            while stack:
                id, place = stack.pop()
                if place == len(leaving[id]):
                    on_way.discard(id)
                    done.add(id)
                    continue
                stack.append((id, place + 1))
                flow, target = leaving[id][place]
                if target in on_way:
                    found.add(flow)
                elif target not in done:
                    on_way.add(target)
                    stack.append((target, 0))
        return found

    def _assign(self, forward: Sequence[tuple[str, str, str]]) -> None:
        waiting = dict.fromkeys(self.named, 0)
        after: dict[str, list[str]] = defaultdict(list)
        for _, source, target in forward:
            waiting[target] += 1
            after[source].append(target)
        self.layer = dict.fromkeys(self.named, 0)
        ready = [id for id, count in waiting.items() if not count]
        for id in ready:
            for target in after[id]:
                self.layer[target] = max(self.layer[target], self.layer[id] + 1)
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)

    def _dummies(self, forward: Sequence[tuple[str, str, str]]) -> None:
        """A place in each layer that a long arrow passes."""
        self.rows = [[] for _ in range(max(self.layer.values()) + 1)]
        for id in self.named:
            self.rows[self.layer[id]].append(id)
        for flow, source, target in forward:
            self.via[flow] = [
                f"{flow} {layer}" for layer in range(self.layer[source] + 1, self.layer[target])
            ]
            for layer, dummy in enumerate(self.via[flow], start=self.layer[source] + 1):
                self.rows[layer].append(dummy)
                self.sizes[dummy] = (0.0, 8.0)
        self.before: dict[str, list[str]] = defaultdict(list)
        self.behind: dict[str, list[str]] = defaultdict(list)
        for flow, source, target in forward:
            way = [source, *self.via[flow], target]
            for one, other in zip(way, way[1:], strict=False):
                self.behind[one].append(other)
                self.before[other].append(one)

    def _order(self) -> None:
        """Each layer by the mean place of its neighbours, there and back a few times."""
        for turn in range(6):
            near = self.before if turn % 2 == 0 else self.behind
            place = {id: float(n) for row in self.rows for n, id in enumerate(row)}
            for row in self.rows if turn % 2 == 0 else self.rows[::-1]:
                wanted = {id: _mean([place[o] for o in near[id]], place[id]) for id in row}
                row.sort(key=lambda id: wanted[id])  # noqa: B023 -- sorted at once
                place |= {id: float(n) for n, id in enumerate(row)}

    # -- places -----------------------------------------------------------------------------------

    def _place(self) -> None:
        x = 0.0
        self.left: list[float] = []
        self.right: list[float] = []
        heights = {id: self._room(id) for row in self.rows for id in row}
        middle: dict[str, float] = {}
        for row in self.rows:
            y = 0.0
            for id in row:
                above, below = heights[id]
                middle[id] = y + above
                y += above + below + DOWN
        for turn in range(4):
            near = self.before if turn % 2 == 0 else self.behind
            for row in self.rows if turn % 2 == 0 else self.rows[::-1]:
                self._settle(
                    row, {id: _mean([middle[o] for o in near[id]], middle[id]) for id in row}, heights, middle
                )
        for row in self.rows:
            width = max(self.sizes[id][0] for id in row)
            for id in row:
                w, h = self.sizes[id]
                self.out.boxes[id] = Box(x + (width - w) / 2, middle[id] - h / 2, w, h)
            self.left.append(x)
            self.right.append(x + width)
            x += width + ACROSS
        self.dummies = {id: self.out.boxes.pop(id).middle[1] for way in self.via.values() for id in way}

    def _room(self, id: str) -> tuple[float, float]:
        """How much a shape needs above and below its middle."""
        half = self.sizes[id][1] / 2
        node = self.graph.nodes.get(id)
        words = 20.0 if node is not None and node.sort in ("start", "end", "leads", "fork", "timer") else 0.0
        hung = self.hung.get(id, [])
        above = 34.0 if any(each.sort == "deemed" for each in hung) else 0.0
        below = HANGING if any(each.sort == "timer" for each in hung) else words
        return half + above, half + below

    @staticmethod
    def _settle(
        row: list[str],
        wanted: dict[str, float],
        heights: dict[str, tuple[float, float]],
        middle: dict[str, float],
    ) -> None:
        """Each shape where it wants to be, in order, none upon another, the row as a whole where its mean wants it."""
        at: list[float] = []
        for place, id in enumerate(row):
            least = -1e9
            if place:
                last = row[place - 1]
                least = at[-1] + heights[last][1] + DOWN + heights[id][0]
            at.append(max(wanted[id], least))
        shift = _mean([wanted[id] - y for id, y in zip(row, at, strict=True)], 0.0)
        middle.update({id: y + shift for id, y in zip(row, at, strict=True)})

    def _hang(self) -> None:
        for state, nodes in self.hung.items():
            box = self.out.boxes[state]
            for edge, chosen in (
                (box.y, [node for node in nodes if node.sort == "deemed"]),
                (box.y + box.height, [node for node in nodes if node.sort != "deemed"]),
            ):
                for place, node in enumerate(chosen):
                    x = box.x + 10 + PITCH / 2 + place * PITCH - EVENT / 2
                    self.out.boxes[node.id] = Box(x, edge - EVENT / 2, EVENT, EVENT)
        for flow in self.graph.flows.values():
            if flow.target not in self.sizes:  # what a timer leads to: right below it
                above = self.out.boxes[flow.source]
                below = Box(above.x + 8, above.y + EVENT + 40, 20.0, 20.0)
                self.out.boxes[flow.target] = below
                self.out.lines[flow.id] = [
                    (above.middle[0], above.y + EVENT), (below.middle[0], below.y)
                ]  # fmt: skip

    # -- arrows -----------------------------------------------------------------------------------

    def _begin(self, flow: str) -> list[Point]:
        source = self.graph.nodes[self.graph.flows[flow].source]
        box = self.out.boxes[source.id]
        if source.on:
            above = box.y - 12 - 5 * (source.number % 3)
            return [(box.middle[0], box.y), (box.middle[0], above)]
        return [(box.x + box.width, box.middle[1])]

    def _ahead(self, edge: tuple[str, str, str]) -> None:
        flow, source, target = edge
        line = self._begin(flow)
        layer = self.layer[source]
        turn = 18 + 9 * (self.rows[layer].index(source) % 6)
        for step, dummy in enumerate([*self.via[flow], target], start=layer):
            box = self.out.boxes.get(dummy)
            y = self.dummies[dummy] if box is None else box.middle[1]
            x = self.right[step] + turn
            line += [(x, line[-1][1]), (x, y)]
        end = self.out.boxes[target]
        line.append((end.x, end.middle[1]))
        self.out.lines[flow] = _straight(line)

    def _behind(self, edges: Sequence[tuple[str, str, str]]) -> None:
        lowest = max(box.y + box.height for box in self.out.boxes.values()) + 30
        shortest = sorted(edges, key=lambda edge: self.layer[edge[1]] - self.layer[edge[2]])
        for place, (flow, source, target) in enumerate(shortest):
            y = lowest + LINE * place
            end = self.out.boxes[target]
            line = self._begin(flow)
            out = self.right[self.layer[source]] + 12 + 4 * (place % 3)
            back = self.left[self.layer[target]] - 12 - 4 * (place % 4)
            line += [(out, line[-1][1]), (out, y), (back, y), (back, end.middle[1]), (end.x, end.middle[1])]
            self.out.lines[flow] = _straight(line)


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _straight(line: Sequence[Point]) -> list[Point]:
    """The points at which a line turns, and its two ends."""
    kept: list[Point] = []
    for point in line:
        if kept and abs(kept[-1][0] - point[0]) < 0.5 and abs(kept[-1][1] - point[1]) < 0.5:
            continue
        if len(kept) > 1 and (
            kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]
        ):
            kept.pop()
        kept.append(point)
    return kept if len(kept) > 1 else [line[0], line[-1]]
