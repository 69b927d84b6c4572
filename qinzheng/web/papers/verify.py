"""Whether a paper is ours: what anybody learns who scans its code. No name, no text, nothing of a sealed case."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from qinzheng.cases.queries import NoSuchCase
from qinzheng.definitions import shelf
from qinzheng.ledger import queries as log
from qinzheng.mechanisms.papers import facts, queries
from qinzheng.mechanisms.papers.content import SHOWN
from qinzheng.organizations import queries as organizations


@require_safe
def paper(request: HttpRequest, event: uuid.UUID) -> HttpResponse:
    """Title, number, organ, day, check code, whether it was replaced, and where it stands in the signed log."""
    try:
        found = queries.by_event(event)
    except NoSuchCase as why:
        raise Http404 from why
    if found is None or found[0].concerns.exists():
        raise Http404
    issued = found[1]
    placed = log.position_of(issued.event)
    context = {
        "paper": issued, "organ": organizations.names([issued.organ])[issued.organ], "digest": issued.digest[:SHOWN],
        "day": facts.said_day(shelf.day(issued.at)), "position": None if placed is None else placed[0],
    }  # fmt: skip
    return render(request, "papers/verify.html", context)
