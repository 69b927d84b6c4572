"""Rating with a receipt: offered where the case stands, sent by a form; number and secret stand in no address.

The page that the secret opened carries a word that rates that one case (:mod:`qinzheng.web.word`). An officer who is logged
in is sent away: officials do not rate.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from qinzheng.access import rules
from qinzheng.cases import receipts
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.mechanisms.ratings import giving, queries
from qinzheng.mechanisms.ratings.queries import Rating
from qinzheng.mechanisms.ratings.schema import Scheme
from qinzheng.parties import queries as parties
from qinzheng.parties.subjects import PartyRefused
from qinzheng.web import calendars, language, reader, requests, word
from qinzheng.web.cases import page
from qinzheng.web.ratings.forms import ANSWERS, RatingForm

ONLINE = "online"
OFFICIALS = Text(
    zh="公务人员登录时不能评价；办自己的事，请退出登录后再评",
    en="Officials cannot rate while logged in; for a matter of your own, log out first",
)


def section(request: HttpRequest, case: Case) -> dict[str, Any] | None:
    """What the page of a case's standing shows: that it is rated, or the form; None where neither is there.

    What the rating says is read by its giver alone, logged in as the party: whoever has the paper may have had it issued anew.
    """
    found = queries.given(case)
    scheme = queries.scheme(calendars.today())
    if found is not None and scheme is not None:
        return (
            said(found, scheme) if _giver(request, case) else {"given": True, "state": _state(_called(found))}
        )
    service = queries.whole(case)
    if scheme is None or service is None or case.procedure not in scheme.procedures:
        return None
    now = ledger.microseconds(dt.datetime.now(dt.UTC)) or 0
    if now - service.since > scheme.open_days * giving.DAY_US:
        return None
    return {"form": RatingForm(scheme, language.of(request), word=word.given(case)), "days": scheme.open_days}


def _giver(request: HttpRequest, case: Case) -> bool:
    """Whether the reader is logged in as a party of the case, and in no office."""
    who = reader.of(request)
    return who.takes_part and not who.seats and rules.can(who, "issue_receipt", case)


def _called(rating: Rating) -> Case | None:
    return Case.objects.filter(number=rating.call_back).first() if rating.call_back else None


def _state(called: Case | None) -> Text | None:
    return procedure_of(called).states[called.state].name if called else None


def said(rating: Rating, scheme: Scheme) -> dict[str, Any]:
    """A rating as its giver reads it again: with how it is dealt with, and the reply."""
    called = _called(rating)
    ref = queries.replied(rating)
    try:
        reply = parties.text(ref, receipts.HOLDER, "subject_request") if ref else ""
    except PartyRefused:
        reply = ""  # erased
    return {
        "rating": rating, "grade": scheme.grades[rating.grade], "answer": ANSWERS[rating.answer],  # type: ignore[index]
        "called": called, "state": _state(called), "reply": reply,
    }  # fmt: skip


@require_POST
def rate(request: HttpRequest) -> HttpResponse:
    """Take the rating; the form again where something is wrong; back to the look-up where the word has run out."""
    spoken = language.of(request)
    case, scheme = word.case_of(request), queries.scheme(calendars.today())
    if case is None or scheme is None:
        return redirect("progress")
    form = RatingForm(scheme, spoken, request.POST)
    if reader.of(request).seats:
        form.add_error(None, language.pick(OFFICIALS, spoken))
    elif form.is_valid():
        try:
            device = giving.device(
                requests.address(request), ledger.microseconds(dt.datetime.now(dt.UTC)) or 0
            )
            made = giving.rate(case, queries.whole(case), form.opinion(), device, ONLINE)
            return render(request, "ratings/given.html", {"case": case, "given": said(made, scheme)})
        except NotAllowed as why:
            form.blame(why.field, why.zh, why.en, spoken)
    return render(
        request, "ratings/rate.html", {"case": case, "title": page.title(case), "form": form}, status=422
    )
