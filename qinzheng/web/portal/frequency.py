"""How often a thing is done: counted from the ledger where it was done here, else what its guide says. Kept for some minutes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.cases.items import Item
from qinzheng.definitions import shelf
from qinzheng.measures import queries as measures
from qinzheng.measures.ask import WrongQuestion
from qinzheng.measures.period import Period
from qinzheng.web.calendars import today
from qinzheng.web.kept import Kept

KEPT_S = 600.0
MEASURE = "received"
YEAR = dt.timedelta(days=364)
MOST = 8
LEAST = 3
"""Below so many a year nothing is said: a number so small may point at somebody."""


@dataclass(frozen=True)
class Often:
    """About how often a year; ``counted``: here, in the twelve months past, else by the guide's own word."""

    times: int
    counted: bool


def of(item: Item) -> Often | None:
    """How often an item is asked for; None where nobody knows or it is too seldom to say."""
    times = _COUNTED.of(today()).get(item.id, 0)
    if times >= LEAST:
        return Often(times, True)
    return Often(item.guide.a_year, False) if item.guide.a_year else None


def most(day: dt.date) -> list[Item]:
    """The items asked for most often, those first that are asked for most; by the guides' own word where nothing was counted."""
    counted = _COUNTED.of(day)
    catalogue: list[Item] = shelf.library().standing("item", day)
    known = [(counted.get(item.id, 0) if counted else item.guide.a_year or 0, item) for item in catalogue]
    known = [(times, item) for times, item in known if times >= LEAST]
    return [item for _, item in sorted(known, key=lambda each: (-each[0], each[1].id))[:MOST]]


def _received(day: dt.date) -> Mapping[str, int]:
    """Item → cases received in the twelve months past; empty where there is no archive yet."""
    if not measures.position():
        return {}
    try:
        told = measures.answer(MEASURE, "item", Period(day - YEAR, day))
    except (WrongQuestion, BeyondCalendar, IncompleteCalendar):
        return {}
    return {answer.key["item"]: answer.n for answer in told if answer.key["item"]}


_COUNTED: Kept[dt.date, Mapping[str, int]] = Kept(_received, KEPT_S)


def forget() -> None:
    """Count anew."""
    _COUNTED.forget()
