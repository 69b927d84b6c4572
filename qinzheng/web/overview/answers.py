"""The answers that the pages show, asked of ``qinzheng.measures``; shared by all readers of a unit for a minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.measures import queries as measures
from qinzheng.measures import units as trees
from qinzheng.measures.ask import Answer, Units
from qinzheng.measures.period import Period
from qinzheng.measures.schema import Measure
from qinzheng.organizations import queries as organizations
from qinzheng.web.kept import Kept

FIRST = (
    "received", "accepted", "completed", "open", "overdue-open", "on-time-rate", "due-on-time-rate", "early-rate",
    "speed-up-rate", "mean-days", "median-days", "ninety-days", "cards", "warnings-answered", "cards-withdrawn",
)  # fmt: skip
"""The order in which they are read; measures that a city adds follow by name."""
BESIDE = ("completed", "on-time-rate", "overdue-open", "cards")
"""What is shown of each unit below."""
BY = ("organization", "item", "month")
KEPT_S = 60.0


@dataclass(frozen=True)
class Unit:
    """A unit on the last day of a period: who belongs to it, and what lies directly below."""

    id: str
    period: Period
    sealed: bool = False
    """whether sealed cases count: for readers who may open every one of them"""

    def within(self) -> frozenset[str] | None:
        """The units that count; None: everything, where the unit has none above it."""
        if organizations.parent(self.id, self.period.last) is None:
            return None
        return frozenset(organizations.subtree(self.id, self.period.last) | {self.id})

    def units(self) -> Units:
        """Each fact counts in the unit directly below this one, or in this one itself."""
        tree = trees.units(self.period.last)
        above = {}
        for one, chain in tree.above.items():
            if self.id in chain:
                place = chain.index(self.id)
                above[one] = (chain[place - 1] if place else one,)
        return Units(above, tree.town, tuple(sorted({child for (child,) in above.values()})))


@dataclass(frozen=True)
class Figure:
    """One measure of a unit: the whole period and its months."""

    measure: Measure
    whole: Answer
    months: Sequence[Answer]


@dataclass(frozen=True)
class Overview:
    """All figures of a unit, the units below by some of them, and as of which position of the ledger."""

    position: int
    figures: Sequence[Figure]
    below: Mapping[str, Mapping[str, Answer]]
    """unit → measure → answer"""
    names: Mapping[str, Text]


@dataclass(frozen=True)
class Detail:
    """One measure of a unit in all its divisions."""

    position: int
    measure: Measure
    whole: Answer
    by: Mapping[str, Sequence[Answer]]
    names: Mapping[str, Text]


def listed() -> list[Measure]:
    """The published measures in the order of reading."""
    found = {one.id: one for one in measures.measures()}
    rest = sorted(found.keys() - set(FIRST))
    return [found[id] for id in (*FIRST, *rest) if id in found]


def overview(unit: Unit) -> Overview:
    """The figures of a unit. Raises BeyondCalendar where its days cannot be counted."""
    return _OVERVIEW.of((unit, measures.sealed_now()))


def detail(measure: str, unit: Unit) -> Detail:
    """One measure. Raises :class:`~qinzheng.measures.ask.WrongQuestion` where there is none of that name."""
    return _DETAIL.of((measure, unit, measures.sealed_now()))


def forget() -> None:
    """Ask anew."""
    _OVERVIEW.forget()
    _DETAIL.forget()


def _overview(asked: tuple[Unit, tuple[int, ...]]) -> Overview:
    unit, _ = asked
    id, period = unit.id, unit.period
    within, position, tree = unit.within(), measures.position(), unit.units()
    figures = []
    below: dict[str, dict[str, Answer]] = {one: {} for one in tree.listed if one != id}
    for measure in listed():
        (whole,) = measures.answer(
            measure, (), period, upto=position, organizations=within, sealed=unit.sealed
        )
        months = measures.answer(
            measure, "month", period, upto=position, organizations=within, sealed=unit.sealed
        )
        figures.append(Figure(measure, whole, months))
        if measure.id in BESIDE:
            for answer in measures.answer(
                measure,
                "organization",
                period,
                upto=position,
                organizations=within,
                units=tree,
                sealed=unit.sealed,
            ):
                if answer.key["organization"] in below:
                    below[answer.key["organization"]][measure.id] = answer
    return Overview(position, figures, below, organizations.names({id, *below}))


def _detail(asked: tuple[str, Unit, tuple[int, ...]]) -> Detail:
    name, unit, _ = asked
    id, period, measure = unit.id, unit.period, measures.measure(name)
    position = measures.position()
    (whole,) = measures.answer(
        measure, (), period, upto=position, organizations=unit.within(), sealed=unit.sealed
    )
    by: dict[str, Sequence[Answer]] = {
        str(each): divided(measure, unit, each, position) for each in BY if each in measure.by
    }
    items = {one.id: one.name for one in shelf.library().all("item")}
    names = organizations.names({id, *(answer.key["organization"] for answer in by.get("organization", ()))})
    return Detail(position, measure, whole, by, {**items, **names})


def divided(measure: Measure, unit: Unit, by: str, position: int, *, digests: bool = False) -> list[Answer]:
    """The answers by one of ``BY``."""
    return measures.answer(
        measure, by, unit.period, upto=position, organizations=unit.within(),
        units=unit.units() if by == "organization" else None, digests=digests, sealed=unit.sealed,
    )  # fmt: skip


_OVERVIEW: Kept[tuple[Unit, tuple[int, ...]], Overview] = Kept(_overview, KEPT_S)
_DETAIL: Kept[tuple[str, Unit, tuple[int, ...]], Detail] = Kept(_detail, KEPT_S)
"""By the cases that are sealed too: what was kept is not shown once another case is."""
