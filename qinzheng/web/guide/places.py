"""Where to go: every service point with its hours, on a map drawn here; no tiles, no other server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import Calendar
from qinzheng.cases.items import Item
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization
from qinzheng.web import language
from qinzheng.web.calendars import today
from qinzheng.web.components import Link
from qinzheng.web.organizations import hours, sketch
from qinzheng.web.organizations.views import link
from qinzheng.web.portal import items

KINDS = (
    ("", Text(zh="全部", en="All")), ("open", Text(zh="现在开放", en="Open now")), ("day", Text(zh="24 小时", en="24 hours")),
    ("mobile", Text(zh="流动", en="Mobile")), ("town", Text(zh="镇街", en="In towns")),
)  # fmt: skip


@dataclass(frozen=True)
class Point:
    """One service point: its number on the map, its page, today's hours, and what kind of point it is."""

    number: int
    unit: Organization
    name: Link
    hours: Text | None
    week: Text | None
    why: Text | None
    open: bool | None
    around: bool
    in_town: bool

    def fits(self, kind: str) -> bool:
        """Whether it is of one of ``KINDS``."""
        known = {
            "open": bool(self.open),
            "day": self.around,
            "mobile": self.unit.mobile,
            "town": self.in_town,
        }
        return known.get(kind, True)


@require_safe
def points(request: HttpRequest) -> HttpResponse:
    """Every point of the city; ``?kind=`` keeps some of them."""
    asked = request.GET.get("kind", "")
    kind = asked if asked in dict(KINDS) else ""
    day = today()
    every = of(organizations.of_kind("service_point", day), day)
    found = [each for each in every if each.fits(kind)]
    context = {
        "points": found, "map": drawn(found, day, language.of(request)), "kinds": [(value, name, value == kind) for value, name in KINDS],
        "count": len(every),
    }  # fmt: skip
    return render(request, "guide/points.html", context)


def of(units: Iterable[Organization], day: dt.date) -> list[Point]:
    """The points of these units, numbered as they are listed: the city's own first, then those of the towns."""
    listed = list(units)
    above = organizations.parents([unit.id for unit in listed], day)
    towns = {town.id for town in organizations.of_kind("town", day)}
    listed.sort(key=lambda unit: (above.get(unit.id) in towns, unit.id))
    now = ledger.microseconds(dt.datetime.now(dt.UTC)) or 0
    known: dict[str, Calendar | None] = {}
    found = []
    for number, unit in enumerate(listed, start=1):
        name = organizations.calendar(unit)
        if name not in known:
            known[name] = _calendar(name)
        calendar = known[name]
        ahead = hours.ahead(calendar, day) if calendar is not None else []
        found.append(
            Point(
                number, unit, link(unit), ahead[0].hours if ahead else None, hours.week(ahead), ahead[0].why if ahead else None,
                hours.open_at(calendar, now) if calendar is not None else None,
                bool(ahead) and ahead[0].hours == hours.ALL_DAY, above.get(unit.id) in towns,
            )
        )  # fmt: skip
    return found


def of_item(item: Item, day: dt.date) -> list[Point]:
    """Where an item is taken in: the points of its guide and of the unit that decides; of every town where towns take it."""
    listed = organizations.of_kind("service_point", day)
    above = organizations.parents([unit.id for unit in listed], day)
    towns = {town.id for town in organizations.of_kind("town", day)}
    taken = {items.CIVIC, item.organization, *(towns if item.towns else ())}
    chosen = [unit for unit in listed if above.get(unit.id) in taken or unit.id in item.guide.points]
    return of(chosen, day)


def drawn(found: Sequence[Point], day: dt.date, spoken: language.Language) -> SafeString:
    """The map of these points; empty where none has a place."""
    numbers = {each.unit.id: each.number for each in found}
    towns = organizations.of_kind("town", day)
    return mark_safe(sketch.of(towns, [each.unit for each in found], spoken, numbers))  # noqa: S308 - made by us, every word escaped there


def _calendar(name: str) -> Calendar | None:
    try:
        return calendars.calendar(shelf.library(), name)
    except IncompleteCalendar:
        return None
