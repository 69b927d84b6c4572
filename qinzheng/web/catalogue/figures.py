"""Rates and cuts as components: what stands in a statistic, a cell, a line of sums."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.catalogue import cut
from qinzheng.mechanisms.catalogue.cut import Cut
from qinzheng.mechanisms.catalogue.rates import Share
from qinzheng.mechanisms.catalogue.schema import Rate
from qinzheng.web.components import Stat

FIGURES = {
    "days": Text(zh="时限（日）", en="days"), "steps": Text(zh="环节", en="steps"), "materials": Text(zh="材料", en="papers"),
    "trips": Text(zh="最少跑动", en="least trips"),
}  # fmt: skip
PER_CENT = "%"


def standing(day: dt.date) -> list[Rate]:
    """The rates in force, in the order in which they are told: in the centre, authorised, on the spot."""
    found: list[Rate] = shelf.library().standing("rate", day)
    order = ("moved-in", "authorised", "at-once")
    return sorted(found, key=lambda rate: (order.index(rate.id) if rate.id in order else len(order), rate.id))


def per_cent(share: Share) -> str:
    """A share as people write it; a dash where there is nothing to be a share of."""
    return "—" if share.value is None else f"{share.value * 100:.1f}"


def cell(share: Share) -> str:
    """A share with what it was counted from."""
    return "—" if share.value is None else f"{per_cent(share)}%（{share.numerator}/{share.denominator}）"


def stats(chosen: Sequence[Rate], trends: Mapping[str, Sequence[Share]]) -> list[Stat]:
    """Each rate with its trend over the days of change, and the formula beneath it."""
    return [_stat(rate, trends[rate.id]) for rate in chosen]


def _stat(rate: Rate, trend: Sequence[Share]) -> Stat:
    now = trend[-1] if trend else Share(0, 0)
    counted = Text(
        zh=f"{now.numerator}/{now.denominator}；{rate.formula.zh}",
        en=f"{now.numerator}/{now.denominator}; {rate.formula.en}",
    )
    known = tuple(share.value * 100 for share in trend if share.value is not None)
    return Stat(
        rate.name, None if now.value is None else per_cent(now), PER_CENT, before=counted, series=known
    )


def lines(
    chosen: Sequence[Rate], days: Sequence[dt.date], trends: Mapping[str, Sequence[Share]]
) -> list[tuple[dt.date, list[tuple[Text, str]]]]:
    """The same as a table: a line a day, a named cell a rate."""
    return [(day, [(rate.name, cell(trends[rate.id][n])) for rate in chosen]) for n, day in enumerate(days)]


def before_and_now(one: Cut) -> dict[str, str]:
    """figure → ``15 → 5``; only what is known."""
    return {name: arrow(one.before.get(name), one.now.get(name)) for name in cut.FIGURES}


def arrow(before: int | None, now: int | None) -> str:
    """A figure before and now."""
    if before is None:
        return "" if now is None else str(now)
    return f"{before} →" if now is None else f"{before} → {now}"


def sums(cuts: Sequence[Cut]) -> list[tuple[Text, int, int, int, str]]:
    """(figure, of how many items, sum before, sum now, by how much per cent it fell).

    Not for trips: those of before were made, those of now are the least that the guide asks for.
    """
    found: Mapping[str, tuple[int, int, int]] = cut.totals(cuts)
    return [
        (FIGURES[name], n, old, new, f"{(old - new) / old * 100:.1f}%" if old and name != "trips" else "—")
        for name, (n, old, new) in found.items()
        if n
    ]
