"""The sites of a day, and what each of them shows; all of it read from where it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.sites.schema import Announcement, Site
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization


@dataclass(frozen=True)
class Shown:
    """One sub-site: its key in the address, its name, its units in order, and its definition."""

    key: str
    name: Text
    units: Sequence[Organization]
    site: Site

    def announcements(self, day: dt.date) -> list[Announcement]:
        """What it announces on that day, the newest first."""
        return sorted(
            (each for each in self.site.announcements if each.stands(day)),
            key=lambda each: each.begins,
            reverse=True,
        )


def sites(day: dt.date) -> list[Shown]:
    """Every sub-site of the day: those of their own first, then one a unit of a kind. One whose units are not founded is left out."""
    standing: list[Site] = shelf.library().standing("site", day)
    named = [site for site in standing if site.units]
    founded = {
        unit.id: unit
        for unit in organizations.organizations({id for site in named for id in site.units}).values()
        if unit.begins <= day and (unit.ends is None or day <= unit.ends)
    }
    found = [
        Shown(site.id, site.name, [founded[id] for id in site.units if id in founded], site)
        for site in named if any(id in founded for id in site.units)
    ]  # fmt: skip
    taken = {id for site in named for id in site.units}
    for site in standing:
        if site.of_every is not None:
            found += [
                Shown(unit.id, organizations.text(unit), [unit], site)
                for unit in organizations.of_kind(site.of_every, day)
                if unit.id not in taken
            ]
    return found


def site(key: str, day: dt.date) -> Shown | None:
    """The site of an address; None where there is none."""
    return next((each for each in sites(day) if each.key == key), None)
