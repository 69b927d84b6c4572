"""The receipt of a case (回执): printed for the applicant, with the secret that opens the case's standing without an account."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from qinzheng.access import rules
from qinzheng.cases import receipts
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.models import Case
from qinzheng.clocks import explain
from qinzheng.ledger import actions as ledger
from qinzheng.organizations import queries as organizations
from qinzheng.web import calendars, reader
from qinzheng.web.cases import page


@require_POST
def issue(request: HttpRequest, number: str) -> HttpResponse:
    """A new receipt, shown this once; the former one opens nothing any more.

    Whoever holds it acts as the applicant, so it is for the counter that received the case and the applicant itself.
    """
    who = reader.of(request)
    case = rules.scope(who, "issue_receipt", Case.objects.filter(number=number)).first()
    if case is None:
        raise Http404
    seat = next((seat for seat in who.seats if (seat.unit or seat.organization) == case.opened_by), None)
    secret = receipts.issue(case, seat.post if seat else who.pseudonym, seat.unit if seat else "")
    return render(request, "cases/receipt.html", context_of(request, case, secret))


def context_of(request: HttpRequest, case: Case, secret: str) -> dict[str, Any]:
    """What the receipt says."""
    unit = case.opened_by or case.organization
    return {
        "case": case, "title": page.title(case), "procedure": procedure_of(case), "secret": secret,
        "unit": organizations.names([unit])[unit] if unit else None,
        "received": explain.moment(calendars.national(), ledger.microseconds(case.opened_at) or 0),
        "back": reverse("case", args=[case.number]), "look_up": request.build_absolute_uri(reverse("progress")),
    }  # fmt: skip
