"""Papers for whoever holds the receipt: listed where the case stands, sent by a form; number and secret stand in no address.

The page that the secret opened carries a word that opens the papers of that one case (:mod:`qinzheng.web.word`).
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from qinzheng.cases import receipts
from qinzheng.cases.models import Case
from qinzheng.ledger import actions as ledger
from qinzheng.mechanisms.papers import queries
from qinzheng.mechanisms.papers.queries import Issued
from qinzheng.parties.subjects import PartyRefused
from qinzheng.web import word
from qinzheng.web.papers import files


def listed(case: Case) -> list[Issued]:
    """The papers issued on the case; none of a sealed case."""
    return [] if case.concerns.exists() else queries.issued(case)


@require_POST
def paper(request: HttpRequest) -> HttpResponse:
    """One paper as a file; back to the look-up where the word has run out."""
    case = word.case_of(request)
    if case is None:
        return redirect("progress")
    serial, form = request.POST.get("serial", ""), request.POST.get("form", "")
    found = next((x for x in listed(case) if str(x.serial) == serial), None)
    if found is None or form not in files.TYPES:
        raise Http404
    try:
        content = queries.opened(found, receipts.HOLDER, "subject_request")
    except PartyRefused as why:
        raise Http404 from why
    return files.answer(request, content, form, found.number, ledger.instant(found.at))
