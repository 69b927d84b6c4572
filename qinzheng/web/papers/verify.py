"""Whether a paper is ours: what anybody learns who scans its code. No name, no text, nothing of a sealed case."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from qinzheng.cases.queries import NoSuchCase
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries as log
from qinzheng.mechanisms.papers import facts, queries
from qinzheng.mechanisms.papers.content import SHOWN
from qinzheng.web.calendars import today


@require_safe
def paper(request: HttpRequest, event: uuid.UUID) -> HttpResponse:
    """Title, number, organ, day, check code, whether it was replaced, and where it stands in the signed log."""
    try:
        found = queries.by_event(event)
    except NoSuchCase as why:
        raise Http404 from why
    if found is None or found[0].concerns.exists():
        raise Http404
    case, issued = found
    placed = log.position_of(issued.event)
    context = {
        "paper": issued, "organ": facts.organ(case, today())[1], "digest": issued.digest[:SHOWN],
        "at": ledger.instant(issued.at), "position": None if placed is None else placed[0],
    }  # fmt: skip
    return render(request, "papers/verify.html", context)
