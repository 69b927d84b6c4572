"""The screen of a hall: who is called to which counter, how many wait in each line. Numbers only; anybody may look."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from qinzheng.mechanisms.windows import order, queries
from qinzheng.organizations import queries as organizations
from qinzheng.web.calendars import today
from qinzheng.web.windows.place import point_of

CALLS = 10
"""So many calls are shown, the latest first."""


@never_cache
@require_safe
def show(request: HttpRequest, point: str) -> HttpResponse:
    """The screen; its script looks again every few seconds, without it the page is loaded again by hand."""
    unit, rules = point_of(point)
    day = today()
    called = queries.called(point, day)[:CALLS]
    lengths = queries.lengths(point, day)
    context = {
        "point": unit, "name": organizations.text(unit),
        "calls": [(each, order.voice(each.number, each.counter or 0)) for each in called],
        "lines": [(line.name, line.letter, lengths.get(id, 0)) for id, line in rules.lines.items()],
        "counters": len(queries.counters(point, day)),
    }  # fmt: skip
    return render(request, "windows/display.html", context)
