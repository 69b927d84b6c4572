"""What the city does for people: the catalogue, found in people's own words, and one page an item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from qinzheng.access import rules
from qinzheng.cases import paths, vocabulary
from qinzheng.cases.items import Item
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.definitions.schema import Source
from qinzheng.mechanisms.papers import blanks
from qinzheng.organizations import queries as organizations
from qinzheng.web import reader
from qinzheng.web.applying.place import may_begin
from qinzheng.web.calendars import today
from qinzheng.web.components import Link
from qinzheng.web.definitions import words
from qinzheng.web.definitions.views import cited, procedure_link
from qinzheng.web.portal import frequency

LONGEST = 80
MOST = 20
"""Answers of one search; more would be a list, not an answer."""


@dataclass(frozen=True)
class Limit:
    """How long one part may take: promised, and at most by law or by our own rule."""

    name: Text
    promised: Text | None
    most: Text | None
    kind: Text | None
    basis: Link | None


def found(asked: str) -> list[Item]:
    """The items in force that answer a question in people's words, the best first."""
    return vocabulary.finder(shelf.library()).find(asked, MOST)


def asked_of(request: HttpRequest) -> str:
    """The question in the address."""
    return request.GET.get("q", "").strip()[:LONGEST]


HOTLINE = "hotline.work-order"
"""The procedure of a call to 12345."""


def trouble(request: HttpRequest) -> Link | None:
    """What the question complains of, where it is no matter to apply for, and where the hotline's form is: for whoever has
    logged in the form itself, else the way there."""
    found = vocabulary.finder(shelf.library()).trouble(asked_of(request))
    if found is None:
        return None
    form = reverse("open-case", args=[HOTLINE])
    may = rules.can(reader.of(request), "open")
    return Link(found.name, form if may else f"{reverse('login')}?{urlencode({'next': form})}")


def link(item: Item) -> Link:
    """An item by its name."""
    return Link(item.name, reverse("item", args=[item.id]))


@require_safe
def items(request: HttpRequest) -> HttpResponse:
    """The catalogue by the unit that decides; with a question, what answers it."""
    asked = asked_of(request)
    catalogue = sorted(shelf.library().standing("item", today()), key=lambda item: item.organization)
    units = organizations.names({item.organization for item in catalogue})
    groups = [
        (Link(units[unit], reverse("organization", args=[unit])), [link(item) for item in of_unit])
        for unit, of_unit in groupby(catalogue, key=lambda item: item.organization)
    ]
    context = {
        "asked": asked, "found": [(link(item), units[item.organization]) for item in found(asked)] if asked else [],
        "groups": groups, "count": len(catalogue), "trouble": trouble(request),
    }  # fmt: skip
    return render(request, "portal/items.html", context)


@require_safe
def item(request: HttpRequest, item: str) -> HttpResponse:
    """One thing that the city does: who decides it, how long it takes, by which law, where to go."""
    library = shelf.library()
    try:
        found: Item = library.get("item", item)
        way: Procedure = library.get("procedure", found.procedure)
    except KeyError:
        raise Http404 from None
    unit = organizations.names([found.organization])[found.organization]
    context = {
        "item": found, "unit": Link(unit, reverse("organization", args=[found.organization])),
        "procedure": procedure_link(found.procedure), "limits": limits(found, way), "way": paths.plainest(way),
        "sort": words.SORTS[found.sort], "sources": sources(found.source), "basis": words.BASIS[found.basis],
        "from_next_day": all(
            clock.counting.unit == "working_days" and clock.counting.start_day == "not_counted"
            for clock in way.clocks.values() if clock.role != "step"
        ),
        "sample": found.basis == "ours", "points": points(found), "materials": [each.name for each in found.guide.materials.values()],
        "fees": [(fee.name, f"{fee.fen / 100:.2f}", fee.per, cited(fee.source[0])) for fee in found.guide.fees],
        "forms": blanks.of(found), "online": may_begin(request, found), "often": frequency.of(found),
    }  # fmt: skip
    return render(request, "portal/item.html", context)


def limits(item: Item, way: Procedure) -> list[Limit]:
    """The limits of the item's clocks that count for people: what is promised, and what may not be passed."""
    told = []
    for name, clock in way.clocks.items():
        most = clock.limits.statutory or clock.limits.own
        amount = item.committed.get(name)
        promise = clock.limits.committed or most
        if clock.role == "step" or (most is None and amount is None):
            continue
        if amount is not None and promise is not None:
            promise = promise.model_copy(update={"amount": amount})
        told.append(
            Limit(
                clock.name, words.amount(promise, clock) if promise else None, words.amount(most, clock) if most else None,
                words.LIMITS["statutory" if clock.limits.statutory else "own"] if most else None,
                cited(most.source[0]) if most else None,
            )
        )  # fmt: skip
    return told


def sources(references: Sequence[str]) -> list[tuple[Link, Text]]:
    """What it rests on, and how far that was compared with the text."""
    told = []
    for reference in references:
        source: Source = shelf.library().get("source", reference.partition("/")[0])
        told.append((cited(reference), words.MARKS[source.mark]))
    return told


def points(item: Item) -> list[Link]:
    """Where it is taken in: the city's own points, or those of the unit that decides; the towns' are on their pages."""
    day = today()
    listed = organizations.of_kind("service_point", day)
    above = organizations.parents([point.id for point in listed], day)
    towns = {town.id for town in organizations.of_kind("town", day)}
    return [
        Link(organizations.text(point), reverse("organization", args=[point.id]))
        for point in listed
        if above.get(point.id) not in towns and above.get(point.id) in (item.organization, CIVIC)
    ]  # fmt: skip


CIVIC = "administrative-approval"
"""The unit whose points take every item in (综合窗口)."""
