"""A naive reading of what applicants had to do for a case: trips, doors, persons. A part of the oracle of the tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from qinzheng.definitions import shelf

Fact = dict[str, Any]
Told = tuple[Fraction | None, int, int, dict[int, bool]]


def of(measure: str, acts: list[Fact], ended: list[Fact], day: Callable[[int], dt.date]) -> Told:
    """(value, numerator, denominator, proofs) over the cases that ended: on average, or what share of before is cut."""
    what, _, kind = measure.partition("-")
    said, were = shelf.library().all("presence"), before(what)
    known = [c for c in ended if any(c["procedure"] in each.procedures for each in said)]
    known = [c for c in known if kind == "per-case" or c["item"] in were]
    met: dict[int, set[Any]] = {c["key"]: set() for c in known}
    for act in acts:
        if act["key"] in met and any(came(act, each) for each in said):
            counted = {"trips": (day(act["at"]), act["by"]), "doors": act["by"], "persons": act["actor"]}
            met[act["key"]].add(counted[what])
    now, then = sum(len(each) for each in met.values()), sum(were.get(c["item"], 0) for c in known)
    above, below = (now, len(known)) if kind == "per-case" else (then - now, then)
    return Fraction(above, below) if below else None, above, below, {c["proof"]: True for c in known}


def met(event: Any, said: dict[str, Any]) -> Fact:
    """Who did an act, for whom, as what, and how."""
    how = {"role": said.get("role"), "form": said.get("form", {})}
    return {"by": event.organization, "actor": event.actor, **how}


def came(act: Fact, presence: Any) -> bool:
    """Whether the definition says that somebody came for the act."""
    if act["procedure"] not in presence.procedures or not act["by"]:
        return False
    for known in presence.acts:
        value = act["form"].get(known.field, "") if known.field else None
        fits = value is None or value in known.among or (value == "" and known.unknown == "counts")
        if act["act"] == known.act and act["role"] in known.by and fits:
            return True
    return False


def before(of: str) -> dict[str, int]:
    """Item → how many it took before."""
    items = {item.id: item for item in shelf.library().all("item")}
    said = {id: getattr(item.before, of) for id, item in items.items() if item.before}
    return {id: count for id, count in said.items() if count is not None}
