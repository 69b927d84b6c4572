"""Sub-sites of departments and towns: one page each, drawn from the catalogue and the tree of units by its configuration."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from qinzheng.cases.items import Item
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.sites import queries
from qinzheng.mechanisms.sites.queries import Shown
from qinzheng.organizations import queries as organizations
from qinzheng.web import language
from qinzheng.web.calendars import today
from qinzheng.web.components import Link
from qinzheng.web.guide import places
from qinzheng.web.organizations.views import link, offered
from qinzheng.web.portal import items

GROUPS = (
    ("department", Text(zh="部门", en="Departments")), ("town", Text(zh="镇街", en="Towns")),
)  # fmt: skip
OWN = Text(zh="专区", en="By subject")


@require_safe
def sites(request: HttpRequest) -> HttpResponse:
    """Every sub-site: those by subject, of departments, of towns."""
    found = queries.sites(today())
    groups = [(OWN, [_link(each) for each in found if each.site.units])]
    groups += [(name, [_link(each) for each in found if each.site.of_every == kind]) for kind, name in GROUPS]
    return render(request, "guide/sites.html", {"groups": [each for each in groups if each[1]]})


def _link(shown: Shown) -> Link:
    return Link(shown.name, reverse("site", args=[shown.key]))


@require_safe
def site(request: HttpRequest, site: str) -> HttpResponse:
    """One sub-site: what it announces, a question to its own items, what it does, where and when."""
    day = today()
    shown = queries.site(site, day)
    if shown is None:
        raise Http404
    catalogue = _items(shown)
    asked = items.asked_of(request)
    found = [each for each in items.found(asked) if each.id in catalogue] if asked else []
    ids = [unit.id for unit in shown.units]
    above = organizations.parents([point.id for point in organizations.of_kind("service_point", day)], day)
    points = places.of(
        [point for point in organizations.of_kind("service_point", day) if above.get(point.id) in ids], day
    )
    first = [catalogue[id] for id in shown.site.first if id in catalogue]
    context = {
        "shown": shown, "asked": asked, "found": [items.link(each) for each in found], "trouble": items.trouble(request),
        "first": [items.link(each) for each in first], "units": [link(unit) for unit in shown.units], "points": points,
        "items": [items.link(each) for each in catalogue.values()], "map": places.drawn(points, day, language.of(request)),
        "announcements": [(each, items.link(catalogue[each.item]) if each.item in catalogue else None) for each in shown.announcements(day)],
    }  # fmt: skip
    return render(request, "guide/site.html", context)


def _items(shown: Shown) -> dict[str, Item]:
    """What its units do for people, by name; and what it puts first."""
    day = today()
    found = {item.id: item for unit in shown.units for item in offered(unit, day) if item.alive(day)}
    return dict(sorted(found.items(), key=lambda each: each[1].name.zh))
