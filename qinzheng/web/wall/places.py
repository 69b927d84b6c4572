"""Units as the wall shows them: what lies directly below the city, and the towns with their place on the map."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qinzheng.definitions.form import Text
from qinzheng.measures.units import units
from qinzheng.organizations import queries as organizations
from qinzheng.web.wall.tables import Standing

NOWHERE = ""
"""The lane and the town of what belongs to none."""


@dataclass(frozen=True)
class Town:
    """A town: name, place in city-local units (None: not on the map), and its open and late cases."""

    id: str
    name: Text
    x: float | None
    y: float | None
    open: int = 0
    late: int = 0


@dataclass(frozen=True)
class Load:
    """What a unit and all below it hold open, and how many of them are late."""

    id: str
    name: Text
    open: int
    late: int


@dataclass(frozen=True)
class Places:
    """The tree of one day, as far as the wall needs it."""

    top: Mapping[str, str]
    """unit → the unit below the city that it belongs to"""
    town: Mapping[str, str]
    towns: Sequence[Town]
    names: Mapping[str, Text]

    def lane(self, organization: str) -> str:
        """The lane of a unit; one that nobody founded is its own."""
        return self.top.get(organization, organization)


def of(day: dt.date) -> Places:
    """The tree as it stands on a day."""
    tree = units(day)
    top = {id: (above[-2] if len(above) > 1 else id) for id, above in tree.above.items()}
    towns = [
        Town(row.id, organizations.text(row), row.x, row.y) for row in organizations.of_kind("town", day)
    ]
    return Places(top, tree.town, towns, organizations.names(set(top.values())))


def loads(places: Places, standing: Sequence[Standing]) -> list[Load]:
    """Units by lateness, then by load, the heaviest first."""
    opened: dict[str, int] = {}
    late: dict[str, int] = {}
    for one in standing:
        lane = places.lane(one.organization)
        opened[lane] = opened.get(lane, 0) + one.open
        late[lane] = late.get(lane, 0) + one.late
    found = [Load(id, places.names.get(id, Text(zh=id, en=id)), n, late[id]) for id, n in opened.items()]
    return sorted(found, key=lambda load: (-load.late, -load.open, load.id))


def towns(places: Places, standing: Sequence[Standing]) -> list[Town]:
    """Each town with the open cases that concern it: the case's own town, else the town that its unit lies in."""
    opened: dict[str, int] = {}
    late: dict[str, int] = {}
    for one in standing:
        town = one.town or places.town.get(one.organization, NOWHERE)
        opened[town] = opened.get(town, 0) + one.open
        late[town] = late.get(town, 0) + one.late
    return [
        Town(town.id, town.name, town.x, town.y, opened.get(town.id, 0), late.get(town.id, 0))
        for town in places.towns
    ]
