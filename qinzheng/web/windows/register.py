"""How the queues of a day went: waits, no-shows, and each call before somebody's turn with its reason and its event."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.windows import queries
from qinzheng.mechanisms.windows.models import Ticket
from qinzheng.organizations import queries as organizations
from qinzheng.web import reader
from qinzheng.web.calendars import today

FIRST = dt.date(2000, 1, 1)
"""No day before it is shown (ours): no queue was ever kept in the ledger then."""


@dataclass(frozen=True)
class Jump:
    """One call before somebody's turn."""

    ticket: Ticket
    point: Text
    post: Text
    ground: Text
    url: str


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The register of one day; ``?day=`` names another than today."""
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "queues"):
        raise Http404
    day = _day(request.GET.get("day", ""))
    figures, jumps = queries.figures(day), queries.jumps(day)
    names = organizations.names({each.point for each in figures} | {each.post for each in jumps})
    context = {
        "day": day, "before": day - dt.timedelta(days=1) if day > FIRST else None, "after": day + dt.timedelta(days=1) if day < today() else None,
        "figures": [(each, names[each.point]) for each in figures],
        "jumps": [
            Jump(each, names[each.point], names[each.post], _ground(each), _event(who, each)) for each in jumps
        ],
    }  # fmt: skip
    return render(request, "windows/register.html", context)


def _day(given: str) -> dt.date:
    try:
        asked = dt.date.fromisoformat(given)
    except ValueError:
        return today()
    return min(max(asked, FIRST), today())


def _ground(ticket: Ticket) -> Text:
    window = queries.rules_of(ticket.point, ticket.day)
    found = window.grounds.get(ticket.ground) if window is not None else None
    return found or Text(zh=ticket.ground, en=ticket.ground)


def _event(who: User, ticket: Ticket) -> str:
    return reverse("event", args=[ticket.jump]) if ticket.jump and rules.can(who, "ledger") else ""
