"""What the holder of a receipt sends: an act, a file, a complaint. The page carries a word, so number and secret are asked once.

Every way leads back to the page itself, with what was done or what was wrong; a word that has run out leads to the look-up.
"""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from qinzheng.access import receipt_holders as holders
from qinzheng.cases import receipts
from qinzheng.cases.actions import AnotherEvent, NotAllowed, procedure_of
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.web import errors, language, requests, word
from qinzheng.web.applying import files
from qinzheng.web.cases import page
from qinzheng.web.portal import holder_forms as forms
from qinzheng.web.portal import progress

DONE = Text(zh="已办理：{act}", en="Done: {act}")
FILE_TAKEN = Text(zh="文件已收到", en="The file is in")
WRONG_SECRET = Text(zh="查询码不对，请对照回执", en="This is not the code: compare it with the receipt")


@never_cache
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Do one act as the holder."""
    case = word.case_of(request)
    if case is None:
        return redirect("progress")
    spoken, name = language.of(request), request.POST.get("act", "")
    procedure = procedure_of(case)
    form = forms.act_form(case, procedure, name, spoken, request.POST)
    if form is None:
        return progress.shown(request, case, status=404)
    if form.is_valid():
        if form.ends and (wait_s := receipts.wait_s(requests.address(request))):
            return errors.too_many(request, wait_s)
        if form.ends and receipts.find(case.number, form.cleaned_data[forms.SECRET]) != case:
            form.add_error(forms.SECRET, language.pick(WRONG_SECRET, spoken))
        elif _performed(case, form, spoken):
            case.refresh_from_db()
            said = Text(zh=DONE.zh.format(act=form.act.name.zh), en=DONE.en.format(act=form.act.name.en))
            return progress.shown(request, case, done=said)
    return progress.shown(request, case, form, status=422)


def _performed(case: Case, form: forms.HolderForm, spoken: language.Language) -> bool:
    key: uuid.UUID = form.cleaned_data[forms.KEY]
    try:
        holders.perform(case, form.name, form.values(), key=key)
    except NotAllowed as why:
        form.blame({why.field: (why.zh, why.en)}, spoken)
    except BadForm as why:
        form.blame(why.faults, spoken)
    except AnotherEvent:
        form.blame({"": (page.AGAIN.zh, page.AGAIN.en)}, spoken)
    else:
        return True
    return False


@never_cache
@require_POST
def supply(request: HttpRequest) -> HttpResponse:
    """Take a file for the case."""
    case = word.case_of(request)
    if case is None:
        return redirect("progress")
    spoken = language.of(request)
    form = forms.supply_form(case, spoken, request.POST, request.FILES)
    if form.is_valid() and files.taken(case, form, receipts.HOLDER, spoken):
        return progress.shown(request, case, done=FILE_TAKEN)
    return progress.shown(request, case, form, status=422)


@never_cache
@require_POST
def complain(request: HttpRequest) -> HttpResponse:
    """Take a complaint in; the answer is a receipt of its own, shown this once."""
    case = word.case_of(request)
    if case is None:
        return redirect("progress")
    wait_s = receipts.wait_s(requests.address(request))
    if wait_s:
        return errors.too_many(request, wait_s)
    spoken = language.of(request)
    form = forms.ComplaintForm(spoken, request.POST)
    if form.is_valid():
        try:
            done = holders.complain(case, form.cleaned_data["text"], key=form.cleaned_data["key"])
        except NotAllowed as why:
            form.add_error(None, why.zh if spoken == "zh" else why.en)
        except AnotherEvent:
            form.add_error(None, language.pick(page.AGAIN, spoken))
        else:
            taken = Case.objects.get(pk=done.case)
            context = {
                "about": case, "case": taken, "secret": receipts.issue(taken, receipts.HOLDER, ""),
                "look_up": request.build_absolute_uri(reverse("progress")),
            }  # fmt: skip
            return render(request, "portal/complained.html", context)
    return progress.shown(request, case, form, status=422)
