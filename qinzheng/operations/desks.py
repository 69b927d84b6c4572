"""Desks that procedures name and nobody has founded: what applicants open would be held by no unit, and no unit be late."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from qinzheng.definitions import shelf
from qinzheng.organizations import queries as organizations


@dataclass(frozen=True)
class Missing:
    """A unit that stands nowhere today, and the procedures that name it."""

    unit: str
    procedures: list[str]


def missing(day: dt.date) -> list[Missing]:
    """The desks of the procedures in force on a day that are not founded then, by id."""
    named: dict[str, list[str]] = defaultdict(list)
    for procedure in shelf.library().standing("procedure", day):
        for desk in sorted({act.desk for act in procedure.acts.values() if act.desk is not None}):
            named[desk].append(procedure.id)
    units = organizations.organizations(named.keys())
    stand = {
        id for id, unit in units.items() if unit.begins <= day and (unit.ends is None or day <= unit.ends)
    }
    return [Missing(id, sorted(named[id])) for id in sorted(named.keys() - stand)]
