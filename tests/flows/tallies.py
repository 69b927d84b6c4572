"""Facts counted, shared, summed: what an answer must say. A part of the oracle of the tests that shares nothing with the measures."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from qinzheng.measures.period import Period

Fact = dict[str, Any]
CHINA = ZoneInfo("Asia/Shanghai")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def date(at: int) -> dt.date:
    return (EPOCH + dt.timedelta(microseconds=at)).astimezone(CHINA).date()


def after(day: dt.date) -> int:
    """The midnight that ends a day."""
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), CHINA)
    return (end - EPOCH) // dt.timedelta(microseconds=1)


def within(period: Period, at: int | None) -> bool:
    return at is not None and period.first <= date(at) <= period.last


@dataclass
class Figure:
    """What an answer must say."""

    value: Fraction | None
    numerator: int | None
    denominator: int | None
    proofs: dict[int, bool]


def counted(facts: Iterable[Fact]) -> Figure:
    proofs = {fact["proof"]: True for fact in facts}
    return Figure(Fraction(len(proofs)), len(proofs), None, proofs)


def share(facts: list[Fact], hit: Callable[[Fact], bool]) -> Figure:
    proofs = {fact["proof"]: hit(fact) for fact in facts}
    hits = sum(proofs.values())
    return Figure(Fraction(hits, len(facts)) if facts else None, hits, len(facts), proofs)


def charged(measure: str, fees: list[Fact], period: Period, keep: Callable[[Fact], bool]) -> Figure:
    """What was taken, entry by entry; or of each case all together, from the day of its first entry."""
    if measure == "fees-taken":
        facts = [f for f in fees if keep(f["case"]) and within(period, f["at"])]
        total = sum(f["fen"] for f in facts)
        return Figure(Fraction(total, 100), total, 100, {f["proof"]: True for f in facts})
    of: dict[int, list[Fact]] = defaultdict(list)
    for fee in fees:
        of[fee["case"]["key"]].append(fee)
    whole = [
        each for each in of.values()
        if keep(each[0]["case"]) and within(period, min(fee["at"] for fee in each))
    ]  # fmt: skip
    total = sum(fee["fen"] for each in whole for fee in each)
    proofs = {min(fee["proof"] for fee in each): True for each in whole}
    return Figure(Fraction(total, 100 * len(whole)) if whole else None, total, 100 * len(whole), proofs)


def rated(measure: str, facts: list[Fact]) -> Figure:
    """What was said of services."""
    if measure == "ratings":
        return counted(facts)
    if measure == "rated-satisfied":
        return share(facts, lambda r: not r["grade"].endswith("dissatisfied"))
    said = [r for r in facts if r["answer"] in ("done", "not_done")]
    return share(said, lambda r: bool(r["answer"] == "done"))
