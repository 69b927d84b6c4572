"""The wall as tables: the same look, row by row, for whoever reads with a screen reader or wants a figure exactly."""

from __future__ import annotations

import datetime as dt

from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.web.components import Badge, Column, Row, Table
from qinzheng.web.wall import now
from qinzheng.web.wall.now import Look

OPEN, LATE = Column(Text(zh="在办", en="Open"), number=True), Column(Text(zh="超期", en="Late"), number=True)
PLACES = (
    ("ahead", Text(zh="承诺之内", en="within the promise")), ("between", Text(zh="过了承诺，期限之内", en="past the promise, within the limit")),
    ("late", Text(zh="超过期限", en="past the limit")), ("paused", Text(zh="中止", en="paused")),
)  # fmt: skip


def tables_of(look: Look) -> list[Table]:
    """Figures, units with their place in the river, cards, events, towns."""
    return [_figures(look), _units(look), _river(look), _cards(look), _events(look), _towns(look)]


def _figures(look: Look) -> Table:
    columns = (
        Column(Text(zh="数字", en="Figure")),
        Column(Text(zh="现在", en="Now"), number=True),
        Column(Text(zh="上周同日", en="A week before")),
    )
    rows = [Row((each.name, each.value or "–", each.before)) for each in look.standing.figures]
    return Table(Text(zh="全市今日", en="The city today"), columns, rows)


def _units(look: Look) -> Table:
    rows = [Row((each.name, f"{each.open:,}", f"{each.late:,}")) for each in look.standing.loads]
    return Table(
        Text(zh="各单位在办与超期", en="Units by lateness and load"),
        (Column(Text(zh="单位", en="Unit")), OPEN, LATE),
        rows,
    )


def _river(look: Look) -> Table:
    lanes = look.standing.lanes
    counts = {(n, place): 0 for n in range(len(lanes)) for place, _ in PLACES}
    for dot in look.standing.dots.values():
        counts[dot.lane, dot.where.place] += 1
    columns = (Column(Text(zh="单位", en="Unit")), *(Column(name, number=True) for _, name in PLACES))
    rows = [
        Row((lane.name, *(f"{counts[n, place]:,}" for place, _ in PLACES))) for n, lane in enumerate(lanes)
    ]
    return Table(
        Text(zh="办件之河：图上各件在何处", en="River of cases: where those drawn stand"), columns, rows
    )


def _cards(look: Look) -> Table:
    columns = (Column(Text(zh="单位", en="Unit")), Column(Text(zh="级别", en="Level")), Column(Text(zh="为什么", en="Why"), wide=True),
               Column(Text(zh="事项", en="Matter")), Column(Text(zh="规则", en="Rule")))  # fmt: skip
    rows = [
        Row(
            (
                each.card.organization,
                LEVELS[each.card.level],
                each.card.sentence,
                each.matter or "–",
                each.card.rule.name,
            )
        )
        for each in look.flow.cards
    ]
    return Table(Text(zh="刚发的牌", en="Cards just issued"), columns, rows)


LEVELS = {level: Badge(word, "late" if level == "red" else "due") for level, word in now.LEVELS.items()}


def _events(look: Look) -> Table:
    columns = (Column(Text(zh="单位", en="Unit")), Column(Text(zh="环节", en="Act")), Column(Text(zh="事项", en="Matter"), wide=True),
               Column(Text(zh="时间", en="When")))  # fmt: skip
    rows = [Row((each.organization, each.act, each.matter, exactly(each.at))) for each in look.flow.lines]
    return Table(Text(zh="刚刚发生", en="Just now"), columns, rows)


def exactly(at: int) -> str:
    """An instant (UTC microseconds) as the clock on the wall showed it."""
    return f"{(ledger.instant(at) or dt.datetime.now(dt.UTC)).astimezone(shelf.ZONE):%H:%M:%S}"


def _towns(look: Look) -> Table:
    rows = [Row((each.name, f"{each.open:,}", f"{each.late:,}")) for each in look.standing.towns]
    return Table(
        Text(zh="各镇街在办与超期", en="Towns"), (Column(Text(zh="镇街", en="Town")), OPEN, LATE), rows
    )
