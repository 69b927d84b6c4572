"""A procedure as a picture (SVG) from the layout of its BPMN drawing; the list below it on the page says the same."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from qinzheng.cases.diagram import Graph, Node, diagram
from qinzheng.cases.layout import Box, Placed, Point, layout
from qinzheng.cases.schema import Procedure
from qinzheng.web import language
from qinzheng.web.language import Language

LINE, ROWS = 16, 4
ROOM = {"zh": 8, "en": 17}
"""Characters of a line within a shape."""


def picture(procedure: Procedure, lang: Language) -> str:
    """The SVG with title and description; no words or colours of its own beyond the page's style."""
    drawing = diagram(procedure)
    placed = layout(drawing)
    name = language.pick(procedure.name, lang)
    said = (
        f"{name}：状态为等待，菱形为选择，圆角框为环节，圆圈内有钟面者为时限。下面的列表内容相同。"
        if lang == "zh"
        else f"{name}: states are waits, diamonds choices, rounded boxes steps, clock faces limits. The list below says the same."
    )
    parts = [
        f'<svg class="procedure-picture" width="{placed.width:.0f}" height="{placed.height:.0f}" '
        f'viewBox="0 0 {placed.width:.0f} {placed.height:.0f}" role="img" aria-labelledby="picture-title picture-desc">',
        f'<title id="picture-title">{escape(name)}</title><desc id="picture-desc">{escape(said)}</desc>',
        '<defs><marker id="picture-arrow" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto">'
        '<path class="head" d="M0,0 L9,4 L0,8 z"/></marker></defs>',
    ]
    for part in drawing.apart:
        box = placed.boxes[part.id]
        parts.append(_box("apart", box, 12))
        parts.append(_text(box.x + 12, box.y + 20, language.pick(part.text, lang), "apart-name"))
    for graph in (drawing.main, *(part.graph for part in drawing.apart)):
        parts += _graph(graph, placed, lang)
    return "".join([*parts, "</svg>"])


def _graph(graph: Graph, placed: Placed, lang: Language) -> Iterator[str]:
    for flow in graph.flows.values():
        line = placed.lines[flow.id]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
        yield f'<polyline class="way" points="{points}" marker-end="url(#picture-arrow)"/>'
        if flow.text.zh:
            x, y = _last_level(line)
            yield _text(x + 4, y - 5, language.pick(flow.text, lang), "way-name")
    for node in graph.nodes.values():
        yield _node(node, placed.boxes[node.id], lang)


def _last_level(line: list[Point]) -> Point:
    """Where the words of an arrow stand: at the beginning of its last level piece."""
    level = [a for a, b in zip(line, line[1:], strict=False) if a[1] == b[1]]
    return level[-1] if level else line[0]


def _node(node: Node, box: Box, lang: Language) -> str:
    x, y = box.middle
    name = language.pick(node.text, lang)
    if node.sort in ("state", "act", "system"):
        return _box(node.sort, box, 26 if node.sort == "state" else 8) + _words(name, box, lang)
    if node.sort in ("choice", "fork", "join", "gathering"):
        half = box.width / 2
        shape = f'<path class="gate" d="M{x:.1f},{y - half:.1f} L{x + half:.1f},{y:.1f} L{x:.1f},{y + half:.1f} L{x - half:.1f},{y:.1f} z"/>'
        if node.sort != "choice":
            shape += f'<path class="sign" d="M{x - 10:.1f},{y:.1f} h20 M{x:.1f},{y - 10:.1f} v20"/>'
        return shape + (_text(x, y + half + 15, name, "below") if name else "")
    radius = box.width / 2
    shape = f'<circle class="{node.sort}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
    if node.sort in ("timer", "deemed"):
        shape += f'<path class="sign" d="M{x:.1f},{y - 9:.1f} V{y:.1f} H{x + 7:.1f}"/>'
    if not name or node.sort == "start":
        return shape
    if node.sort == "deemed":
        return shape + _text(x + radius + 4, y - 6, name, "beside")
    return shape + _lines(x, y + radius + 14, _wrapped(name, ROOM[lang]), "below")


def _box(kind: str, box: Box, corner: int) -> str:
    return f'<rect class="{kind}" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="{corner}"/>'


def _words(name: str, box: Box, lang: Language) -> str:
    rows = _wrapped(name, int(ROOM[lang] * box.width / 120))
    x, y = box.middle
    return _lines(x, y - LINE * (len(rows) - 1) / 2 + 5, rows, "inside")


def _lines(x: float, y: float, rows: list[str], kind: str) -> str:
    return "".join(_text(x, y + LINE * number, row, kind) for number, row in enumerate(rows))


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def _wrapped(words: str, room: int) -> list[str]:
    """At most ``ROWS`` lines, broken at spaces where there are some; what does not fit ends in an ellipsis."""
    rows: list[str] = []
    for word in words.split(" "):
        if rows and len(rows[-1]) + 1 + len(word) <= room:
            rows[-1] += " " + word
            continue
        pieces = [word[n : n + room] for n in range(0, len(word), room)] or [""]
        rows += pieces
    if len(rows) > ROWS:
        rows = [*rows[: ROWS - 1], rows[ROWS - 1][: room - 1] + "…"]
    return rows
