"""Who may enter the pages of the catalogue, and in which post somebody acts there."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.cases.engine import Who
from qinzheng.definitions.form import Text
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization
from qinzheng.web import reader
from qinzheng.web.components import Link

View = Callable[..., HttpResponse]
CATALOGUE = Text(zh="目录管理", en="Catalogue")
PAGE = "catalogue"


def officials(view: View) -> View:
    """Only for whoever holds a post; who has not logged in is led there."""

    @wraps(view)
    def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        who = reader.of(request)
        if who.is_anonymous:
            return redirect(f"{reverse('login')}?next={request.path}")
        if not rules.can(who, PAGE):
            raise Http404
        return view(request, *args, **kwargs)

    return entered


def unit_or_404(id: str) -> Organization:
    """The unit, where it exists."""
    found = organizations.organizations([id]).get(id)
    if found is None:
        raise Http404
    return found


def may(who: User, act: str, unit: Organization | None) -> bool:
    """Whether somebody may ``state``, ``draft`` or ``attest`` for a unit."""
    return unit is not None and rules.can(who, act, unit)


def drafts_for(who: User) -> frozenset[str]:
    """The units whose items somebody may draft."""
    rows = rules.scope(who, "draft", Organization.objects.all())
    return frozenset(rows.values_list("pk", flat=True))


def acts_as(who: User, roles: Collection[str], unit: str = "") -> Who | None:
    """The post in which somebody acts: one with such a role, of the unit where one is named; None where there is none."""
    for seat in who.seats:
        role = next((role for role in roles if role in seat.roles), None)
        if role is not None and unit in ("", seat.unit, seat.organization):
            return Who(seat.post, seat.unit or seat.organization, role)
    return None


def crumbs(*more: Link) -> list[Link]:
    """Where a page of the catalogue stands."""
    return [Link(CATALOGUE, reverse("catalogue")), *more]


def unit_link(unit: Organization) -> Link:
    """A unit by its name, to its page in the catalogue."""
    return Link(organizations.text(unit), reverse("catalogue-unit", args=[unit.pk]))
