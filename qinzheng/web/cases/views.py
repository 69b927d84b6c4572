"""The pages of cases: list and search, worklist, the case page, and doing an act. One call into the domain each."""

from __future__ import annotations

import datetime as dt
import uuid

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
from qinzheng.definitions.form import Text
from qinzheng.web import language
from qinzheng.web.cases import forms, lists, page


@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """What waits for the reader's units, by due moment."""
    reader = _reader(request)
    if not rules.can(reader, "work"):
        raise Http404
    return render(request, "cases/list.html", lists.worklist(request, reader))


@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """Every case that the reader may see: search and filters in the address."""
    reader = _reader(request)
    if reader.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    return render(request, "cases/list.html", lists.all_cases(request, reader))


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
    form = forms.ActForm(name, definition, spoken, page.organizations(spoken), request.POST)
    if form.is_valid():
        key: uuid.UUID = form.cleaned_data[forms.KEY]
        try:
            acting.perform(reader, found, name, form.values(), key=key)
        except NotAllowed as why:
            form.blame({why.field: (why.zh, why.en)}, spoken)
        except BadForm as why:
            form.blame(why.faults, spoken)
        except AnotherEvent:
            form.blame({"": (AGAIN.zh, AGAIN.en)}, spoken)
        else:
            messages.success(request, language.pick(definition.name, spoken))
            return redirect("case", number=number)
    return render(request, "cases/case.html", page.of(request, reader, found, form), status=422)


AGAIN = Text(zh="这一页已经用过，请刷新后再办", en="this page was used already: reload it and try again")


def _found(reader: User, number: str) -> Case:
    found = rules.scope(reader, "see", Case.objects.filter(number=number)).first()
    if found is None:
        raise Http404
    return found


def _reader(request: HttpRequest) -> User:
    reader: User = request.reader  # type: ignore[attr-defined]
    return reader


def now_us() -> int:
    """Now, UTC microseconds."""
    return int(dt.datetime.now(dt.UTC).timestamp() * 1_000_000)
