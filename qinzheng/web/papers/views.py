"""A case's papers: what may be issued and what was; the form with a preview; an issued paper on the screen and as a file."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from qinzheng.access import acting, rules
from qinzheng.access import actions as access
from qinzheng.access.users import User
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.actions import AnotherEvent
from qinzheng.mechanisms.papers import actions, facts, queries
from qinzheng.mechanisms.papers.content import Content
from qinzheng.mechanisms.papers.queries import Issued, Possible
from qinzheng.organizations import queries as organizations
from qinzheng.parties.subjects import PartyRefused
from qinzheng.web import calendars, language, reader
from qinzheng.web.cases import page
from qinzheng.web.cases.forms import KEY, ActForm
from qinzheng.web.components import Link
from qinzheng.web.papers import files

PAPERS = Text(zh="文书", en="Papers")
ISSUED = Text(zh="已出具", en="Issued")
PREVIEW = "preview"


@dataclass(frozen=True)
class Row:
    """An issued paper in the list: what, number, when, by which unit."""

    paper: Issued
    unit: Text


@require_safe
def papers(request: HttpRequest, number: str) -> HttpResponse:
    """What may be issued now by the reader, and what was issued."""
    who = reader.of(request)
    case = _case(who, "see", number)
    found = queries.issued(case)
    units = organizations.names({each.organization for each in found})
    context = {
        "case": case, "title": page.title(case), "crumbs": [page.CASES, page.link(case), Link(PAPERS)],
        "issued": [Row(each, units[each.organization]) for each in reversed(found)],
        "possible": [each for each in queries.possible(case) if _issuer(who, case, each) is not None],
        "may_read": rules.can(who, "read_papers", case) or access.runs(who, case),
    }  # fmt: skip
    return render(request, "papers/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, number: str, paper: str) -> HttpResponse:
    """What the paper still needs; sent, a preview, or the paper issued. Names are opened only when it is sent."""
    reading = reader.of(request)
    case = _case(reading, "perform", number)
    possible = next((each for each in queries.possible(case) if each.paper.id == paper), None)
    who = None if possible is None else _issuer(reading, case, possible)
    if possible is None or who is None:
        raise Http404
    spoken = language.of(request)
    form = _form(case, possible, spoken, request)
    written: Content | None = None
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                if request.POST.get("do") == PREVIEW:
                    written, status = actions.preview(case, paper, who, form.values()), 200
                else:
                    key: uuid.UUID = form.cleaned_data[KEY]
                    made = actions.issue(case.pk, paper, who, form.values(), key=key)
                    messages.success(request, f"{language.pick(ISSUED, spoken)} {made.number}")
                    return redirect("paper", number=number, serial=made.serial)
            except BadForm as why:
                form.blame(why.faults, spoken)
            except (NotAllowed, PartyRefused) as why:
                form.blame({"": (why.zh, why.en)}, spoken)
            except AnotherEvent:
                form.blame({"": (page.AGAIN.zh, page.AGAIN.en)}, spoken)
    context = {
        "case": case, "possible": possible, "form": form, "written": written, "tongue": spoken,
        "crumbs": [page.CASES, page.link(case), Link(PAPERS, reverse("papers", args=[number])), Link(possible.paper.name)],
    }  # fmt: skip
    return render(request, "papers/new.html", context, status=status)


@require_safe
def paper(request: HttpRequest, number: str, serial: int) -> HttpResponse:
    """An issued paper as it prints."""
    case, found, content = _opened(request, number, serial)
    context = {
        "case": case, "paper": found, "written": content, "tongue": language.of(request),
        "check": files.check(request, content.event), "back": reverse("papers", args=[number]),
    }  # fmt: skip
    return render(request, "papers/paper.html", context)


@require_safe
def download(request: HttpRequest, number: str, serial: int, form: str) -> HttpResponse:
    """An issued paper as a file."""
    if form not in files.TYPES:
        raise Http404
    _, found, content = _opened(request, number, serial)
    return files.answer(request, content, form, found.number, ledger.instant(found.at))


def _opened(request: HttpRequest, number: str, serial: int) -> tuple[Case, Issued, Content]:
    """An issued paper for whoever may read it; the opening leaves its trace."""
    who = reader.of(request)
    case = _case(who, "see", number)
    found = next((each for each in queries.issued(case) if each.serial == serial), None)
    if found is None:
        raise Http404
    if rules.can(who, "read_papers", case):
        purpose = "handling" if rules.can(who, "open_personal", case) else "subject_request"
    elif access.opened(who, case):
        purpose = "supervision"
    else:
        raise Http404
    seat = who.seats[0] if who.seats and purpose != "subject_request" else None
    try:
        content = queries.opened(
            found, seat.post if seat else who.pseudonym, purpose, seat.unit if seat else ""
        )
    except PartyRefused as why:
        raise Http404 from why
    return case, found, content


def _case(who: User, act: str, number: str) -> Case:
    found = rules.scope(who, act, Case.objects.filter(number=number)).first()
    if found is None:
        raise Http404
    return found


def _issuer(who: User, case: Case, possible: Possible) -> Who | None:
    """In which post the reader may issue the paper; None where it may not."""
    if not (rules.can(who, "perform", case) and rules.can(who, "open_personal", case)):
        return None
    return acting.who(who, possible.paper.form(), case)


def _form(case: Case, possible: Possible, spoken: language.Language, request: HttpRequest) -> ActForm:
    said = facts.already_said(possible.paper, facts.done(case), possible.act, procedure_of(case))
    act = possible.paper.form(said)
    data = request.POST if request.method == "POST" else None
    form = ActForm("paper", act, spoken, page.organizations(spoken), data)
    day = calendars.today()
    form.initial = {
        key: begun for key in act.form if (begun := queries.prefilled(possible.paper.asks[key], case, day))
    }
    return form
