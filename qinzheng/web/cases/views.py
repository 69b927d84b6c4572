"""The pages of cases: list and search, worklist, the case page, and doing an act. One call into the domain each."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from qinzheng.access import acting, rules
from qinzheng.access import actions as access
from qinzheng.access.users import User
from qinzheng.cases.actions import AnotherEvent, NotAllowed, procedure_of
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.parties import queries as parties
from qinzheng.parties.subjects import PartyRefused
from qinzheng.web import language, paging
from qinzheng.web.cases import forms, lists, page


@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """What waits for the reader's units, by due moment."""
    reader = _reader(request)
    if reader.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(reader, "work"):
        raise Http404
    if not rules.can(reader, "open"):  # the supervision's work are the cards
        return redirect("cards")
    return _listed(request, reader, lists.worklist)


@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """Every case that the reader may see: search and filters in the address."""
    reader = _reader(request)
    if reader.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(reader, "cases"):
        raise Http404
    return _listed(request, reader, lists.all_cases)


def _listed(
    request: HttpRequest, reader: User, made: Callable[[HttpRequest, User], dict[str, Any]]
) -> HttpResponse:
    """A list; with a cursor that is not ours, its first page."""
    try:
        return render(request, "cases/list.html", made(request, reader))
    except paging.WrongCursor:
        return redirect(request.path)


@require_safe
def case(request: HttpRequest, number: str) -> HttpResponse:
    """One case. Hidden and absent look the same."""
    reader = _reader(request)
    found = _found(reader, number)
    access.seen(reader, found)
    return render(request, "cases/case.html", page.of(request, reader, found))


@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """Do one act; the answer is the page again, with what was wrong where it was wrong."""
    reader = _reader(request)
    found = _found(reader, number)
    name = request.POST.get("act", "")
    procedure = procedure_of(found)
    definition = procedure.acts.get(name)
    if definition is None:
        raise Http404
    spoken = language.of(request)
    form = forms.ActForm(
        name, definition, spoken, page.organizations(spoken), request.POST, near=page.near(found, spoken)
    )
    if form.is_valid():
        key: uuid.UUID = form.cleaned_data[forms.KEY]
        try:
            acting.perform(reader, found, name, form.values(), key=key)
        except NotAllowed as why:
            form.blame({why.field: (why.zh, why.en)}, spoken)
        except BadForm as why:
            form.blame(why.faults, spoken)
        except AnotherEvent:
            form.blame({"": (page.AGAIN.zh, page.AGAIN.en)}, spoken)
        else:
            messages.success(request, language.pick(definition.name, spoken))
            if not rules.can(reader, "see", found):  # it was handed on, out of the reader's sight
                return redirect("work")
            return redirect("case", number=number)
    return render(request, "cases/case.html", page.of(request, reader, found, form), status=422)


@require_POST
def people(request: HttpRequest, number: str) -> HttpResponse:
    """The parties in full, for whoever handles the case; each opening is an event with the post that read."""
    reader = _reader(request)
    found = _found(reader, number)
    if not (rules.can(reader, "open_personal", found) or access.opened(reader, found)):
        raise Http404
    seat = reader.seats[0]
    purpose = "handling" if rules.can(reader, "open_personal", found) else "supervision"
    relations = dict(found.parties.values_list("relation", "party"))
    opened = {}
    for relation, party in relations.items():
        try:
            opened[relation] = parties.open_(party, seat.post, purpose, seat.unit)
        except PartyRefused as why:
            opened[relation] = {"refused": why.zh if language.of(request) == "zh" else why.en}
    context = {"case": found, "people": list(opened.items()), "crumbs": [page.CASES, page.link(found)]}
    return render(request, "cases/people.html", context)


@require_POST
def saved_views(request: HttpRequest) -> HttpResponse:
    """Keep the filters of a list by name, or drop a name that is given again with nothing."""
    reader = _reader(request)
    view, label = request.POST.get("page", ""), request.POST.get("label", "").strip()[:LABEL]
    query = request.POST.get("query", "")
    if reader.is_anonymous or view not in ("work", "cases") or not label or len(query) > QUERY:
        raise Http404
    access.keep_view(reader, view, label, query)
    return redirect(f"{reverse(view)}?{query}" if query else reverse(view))


LABEL, QUERY = 60, 600


def _found(reader: User, number: str) -> Case:
    found = rules.scope(reader, "see", Case.objects.filter(number=number)).first()
    if found is None:
        raise Http404
    return found


def _reader(request: HttpRequest) -> User:
    reader: User = request.reader  # type: ignore[attr-defined]
    return reader
