"""Papers for whoever holds the receipt: listed where the case stands, sent by a form; number and secret stand in no address.

The page that the secret opened carries a signed word that lasts half an hour and opens the papers of that one case.
"""

from __future__ import annotations

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from qinzheng.cases.models import Case
from qinzheng.ledger import actions as ledger
from qinzheng.mechanisms.papers import queries
from qinzheng.mechanisms.papers.queries import Issued
from qinzheng.parties.subjects import PartyRefused
from qinzheng.web.papers import files

SALT = "papers.served"
LASTS_S = 30 * 60
READER = "receipt-holder"
"""As whom the ledger names whoever reads by receipt: nobody is signed in."""


def listed(case: Case) -> tuple[list[Issued], str]:
    """The papers issued on the case, and the word that opens them; none of a sealed case."""
    if case.concerns.exists():
        return [], ""
    return queries.issued(case), signing.dumps(case.pk, salt=SALT)


@require_POST
def paper(request: HttpRequest) -> HttpResponse:
    """One paper as a file; back to the look-up where the word has run out."""
    try:
        id = signing.loads(request.POST.get("word", ""), salt=SALT, max_age=LASTS_S)
    except signing.BadSignature:
        return redirect("progress")
    case = Case.objects.filter(pk=id, concerns=None).first()
    serial, form = request.POST.get("serial", ""), request.POST.get("form", "")
    found = None if case is None else next((x for x in queries.issued(case) if str(x.serial) == serial), None)
    if found is None or form not in files.TYPES:
        raise Http404
    try:
        content = queries.opened(found, READER, "subject_request")
    except PartyRefused as why:
        raise Http404 from why
    return files.answer(request, content, form, found.number, ledger.instant(found.at))
