"""Answers in figures and words. Pure: what an answer says, never what it means for whom."""

from __future__ import annotations

from qinzheng.definitions.form import Text
from qinzheng.measures.ask import Answer, ranks
from qinzheng.measures.schema import OF_AMOUNTS, Measure
from qinzheng.web.components import Stat
from qinzheng.web.overview.answers import Figure

AMOUNTS = {
    "days": Text(zh="个工作日", en="working days"), "trips": Text(zh="趟", en="trips"), "doors": Text(zh="个门", en="doors"),
    "persons": Text(zh="个人", en="persons"), "yuan": Text(zh="元", en="yuan"),
}  # fmt: skip
PIECES = Text(zh="件", en="")
CARDS = Text(zh="张", en="")
RATINGS = Text(zh="次", en="")
SHARES = frozenset({"rate", "speed_up"})


def value(measure: Measure, number: float | None) -> str | None:
    """A value of a measure as people read it; None stays None."""
    if number is None:
        return None
    kind = measure.value.statistic
    if kind in SHARES:
        return f"{number:.1%}"
    if measure.of == "yuan":
        return f"{number:,.2f}"
    return f"{number:,.0f}" if kind == "count" else f"{number:,.1f}"


def unit(measure: Measure) -> Text:
    """What its value counts; empty for a share."""
    kind = measure.value.statistic
    if kind in SHARES:
        return Text(zh="", en="")
    if kind in OF_AMOUNTS:
        return AMOUNTS[measure.of]
    return {"cards": CARDS, "ratings": RATINGS}.get(measure.population, PIECES)


def interval(measure: Measure, answer: Answer) -> str:
    """The interval of 95 %, empty where there is none, as for a count."""
    low, high = value(measure, answer.low), value(measure, answer.high)
    return f"{low}–{high}" if low is not None and high is not None else ""


def stat(figure: Figure, url: str) -> Stat:
    """The figure as a stat with its trend. A month without anything to count is left out of the trend."""
    measure, whole = figure.measure, figure.whole
    empty = whole.value is None
    return Stat(
        measure.name, None if empty else value(measure, whole.value), unit(measure),
        low=value(measure, whole.low) or "", high=value(measure, whole.high) or "",
        n=whole.n if whole.low is not None else None, url=url,
        few=not empty and not whole.comparable and measure.least_n > 0,
        series=[answer.value for answer in figure.months if answer.value is not None],
    )  # fmt: skip


def placed(
    measure: Measure, answers: list[Answer]
) -> tuple[list[tuple[int | None, Answer]], list[Answer], list[Answer]]:
    """(ranked, too few, nothing): those that may be ranked with their rank, those with too few facts, those with none.

    A measure of which neither more nor less is better ranks nobody: its answers are listed by their size.
    """
    able = [answer for answer in answers if answer.comparable or (answer.n and not measure.least_n)]
    few = [answer for answer in answers if answer.n and answer not in able]
    nothing = [answer for answer in answers if not answer.n]
    if measure.better == "neither":
        return [(None, answer) for answer in sorted(able, key=lambda one: -(one.value or 0))], few, nothing
    return [(rank, answer) for rank, answer in ranks(measure, able)], few, nothing
