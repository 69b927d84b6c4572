"""Records that the province rejected or that we hold back, for the unit that must mend them; and the counts of each report.

What it shows is plugged in from ``qinzheng.exchange`` (see ``qinzheng.plugged``), which stands beside this package. A unit sees
records of cases that it handles; the receiver's own words only where it may open what is personal of the case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Protocol

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization
from qinzheng.web import reader

TITLE = Text(zh="上报", en="Reporting upward")
STATES = {"rejected": Text(zh="接收方退回", en="rejected"), "held": Text(zh="未报出", en="held back")}


class Fault(Protocol):
    """A record to mend (see ``qinzheng.exchange.upward.repairing``), to be read only."""

    @property
    def dataset(self) -> Text: ...

    @property
    def case(self) -> str: ...

    @property
    def unit(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def column(self) -> str: ...

    @property
    def why(self) -> Text: ...

    @property
    def mend(self) -> Text: ...

    @property
    def since(self) -> dt.datetime: ...

    @property
    def said(self) -> str: ...


WORKLIST: list[Callable[[Q, Callable[[str], bool]], Sequence[Fault]]] = []
"""Records to mend: which, and of which cases the receiver's words are given too."""
STANDINGS: list[Callable[[], Sequence[object]]] = []
"""How each report stands (see ``qinzheng.exchange.upward.reconciling``)."""


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The worklist of the reader's units, or of all for those who watch, who see the counts too."""
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "upward"):
        raise Http404
    watches = rules.can(who, "upward_counts")
    standings = [each for ask in STANDINGS for each in ask()] if watches else []
    context = {"title": TITLE, "faults": _faults(who, watches), "standings": standings, "watches": watches}
    return render(request, "reporting/show.html", context)


def _faults(who: User, watches: bool) -> list[tuple[Fault, str, Text, Text]]:
    """(fault, number of the case, unit, state): of cases that the reader may see, of its own units unless it watches."""
    which = Q(case__in=rules.scope(who, "see", Case.objects.all()).values("pk"))
    if not watches:
        which &= Q(unit__in=who.desk)
    mine = set(
        rules.scope(who, "open_personal", Case.objects.all())
        .filter(pk__in=_open(which))
        .values_list("pk", flat=True)
    )
    found = [each for ask in WORKLIST for each in ask(which, mine.__contains__)]
    numbers = dict(Case.objects.filter(pk__in={each.case for each in found}).values_list("pk", "number"))
    units = {
        row.pk: organizations.text(row)
        for row in Organization.objects.filter(pk__in={each.unit for each in found})
    }
    return [
        (each, numbers[each.case], units.get(each.unit, Text(zh=each.unit, en=each.unit)), STATES[each.state])
        for each in found
    ]


def _open(which: Q) -> set[str]:
    """The cases that have something to mend."""
    return {each.case for ask in WORKLIST for each in ask(which, lambda case: False)}
