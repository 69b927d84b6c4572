"""The empty forms of an item, for anybody."""

from __future__ import annotations

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from qinzheng.definitions import shelf
from qinzheng.mechanisms.papers import blanks
from qinzheng.web.papers import files


@require_safe
def form(request: HttpRequest, item: str, paper: str, form: str) -> HttpResponse:
    """A blank form of an item as a file."""
    today = dt.datetime.now(shelf.ZONE).date()
    try:
        definition = shelf.library().in_force("item", item, today)
    except KeyError as why:
        raise Http404 from why
    found = next((each for each in blanks.of(definition) if each.id == paper), None)
    if found is None:
        raise Http404
    return files.answer(request, blanks.content(definition, found), form, f"{item}.{paper}")
