"""The tree of the city's units, and one page a unit. Public, as the law asks (政府信息公开条例 20): functions, place, hours."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import Calendar
from qinzheng.cases.items import Item
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization, Placement
from qinzheng.web import language
from qinzheng.web.calendars import today
from qinzheng.web.components import Link
from qinzheng.web.organizations import hours, sketch
from qinzheng.web.portal import items

KINDS = {
    "city": Text(zh="市", en="City"), "leading_group": Text(zh="领导小组", en="Leading group"),
    "department": Text(zh="部门", en="Department"), "division": Text(zh="内设机构", en="Division"),
    "town": Text(zh="镇街", en="Town"), "village": Text(zh="村（社区）", en="Village"),
    "service_point": Text(zh="服务点", en="Service point"),
}  # fmt: skip
LISTED = ("service_point", "department", "town")
"""The kinds that the tree lists, in the order in which people look for them."""
TREE = Link(Text(zh="部门与镇街", en="Departments and towns"), "/organizations/")


@require_safe
def tree(request: HttpRequest) -> HttpResponse:
    """Service points, departments and towns, each by name."""
    day = today()
    groups = [(KINDS[kind], [link(unit) for unit in organizations.of_kind(kind, day)]) for kind in LISTED]
    city = organizations.of_kind("city", day)
    return render(
        request,
        "organizations/tree.html",
        {
            "groups": [each for each in groups if each[1]],
            "city": organizations.text(city[0]) if city else None,
        },
    )


@require_safe
def unit(request: HttpRequest, organization: str) -> HttpResponse:
    """One unit: its place, its hours, what stands below it, and what it does for people."""
    day, spoken = today(), language.of(request)
    found = Organization.objects.filter(organizations.on(day), pk=organization).first()
    if found is None:
        raise Http404
    below = list(
        Organization.objects.filter(organizations.on(day), pk__in=_below(organization, day)).order_by("id")
    )
    points = [each for each in below if each.kind == "service_point"]
    marked = [found] if found.kind in ("town", "village", "service_point") else points
    towns = organizations.of_kind("town", day)
    drawn = sketch.of(towns, marked if found.kind != "town" else [*marked, *points], spoken)
    context = {
        "unit": found, "name": organizations.text(found), "kind": KINDS[found.kind], "crumbs": _crumbs(found, day),
        "points": [(link(each), _hours(each)) for each in points], "hours": _hours(found), "sketch": mark_safe(drawn),  # noqa: S308 - made by us, every word escaped there
        "divisions": [organizations.text(each) for each in below if each.kind == "division"],
        "villages": [organizations.text(each) for each in below if each.kind == "village"],
        "units": [link(each) for each in below if each.kind in ("department", "town")] if found.kind == "city" else [],
        "items": [items.link(each) for each in offered(found, day)],
    }  # fmt: skip
    return render(request, "organizations/unit.html", context)


def link(unit: Organization) -> Link:
    """A unit by its name."""
    return Link(organizations.text(unit), reverse("organization", args=[unit.pk]))


def offered(unit: Organization, day: dt.date) -> list[Item]:
    """What a unit does for people: a department what it decides, a town what is taken in there, by name."""
    catalogue: list[Item] = shelf.library().standing("item", day)
    if unit.kind in ("town", "service_point"):
        above = unit.pk if unit.kind == "town" else organizations.parent(unit.pk, day)
        at_town = unit.kind == "town" or any(town.pk == above for town in organizations.of_kind("town", day))
        everything = above == items.CIVIC
        chosen = [
            each
            for each in catalogue
            if everything or (each.towns if at_town else each.organization == above)
        ]
    else:
        chosen = [each for each in catalogue if each.organization == unit.pk]
    return sorted(chosen, key=lambda each: each.name.zh)


def _below(id: str, day: dt.date) -> list[str]:
    return list(
        Placement.objects.filter(organizations.on(day), parent_id=id).values_list(
            "organization_id", flat=True
        )
    )


def _hours(unit: Organization) -> dict[str, Any] | None:
    """The week ahead and whether it is open now; None for units that nobody goes to."""
    if unit.kind in ("division", "village", "city", "leading_group"):
        return None
    calendar = _calendar(unit)
    if calendar is None:
        return None
    now = ledger.microseconds(dt.datetime.now(dt.UTC)) or 0
    return {"days": hours.ahead(calendar, today()), "open": hours.open_at(calendar, now)}


def _calendar(unit: Organization) -> Calendar | None:
    try:
        return calendars.calendar(shelf.library(), organizations.calendar(unit))
    except IncompleteCalendar:
        return None


def _crumbs(unit: Organization, day: dt.date) -> list[Link]:
    above = organizations.ancestors(unit.pk, day)
    rows = organizations.organizations(above)
    return [
        TREE,
        *(link(rows[id]) for id in reversed(above) if rows[id].kind != "city"),
        Link(organizations.text(unit)),
    ]
