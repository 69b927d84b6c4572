"""Files given out and taken back, and files for a case that is under way (补正、补充). The rules are asked at each use."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qinzheng.access import acting, rules
from qinzheng.access import actions as access
from qinzheng.access.users import User
from qinzheng.cases import attachments
from qinzheng.cases.actions import item_of, procedure_of
from qinzheng.cases.attachments_checks import ORDINARY, WrongFile
from qinzheng.cases.models import Attachment, Case
from qinzheng.definitions.form import Text
from qinzheng.web import language, reader, uploads
from qinzheng.web.applying import forms
from qinzheng.web.cases import held, page
from qinzheng.web.components import Link

SANDBOX = "default-src 'none'; sandbox"


@never_cache
@require_safe
def give(request: HttpRequest, file: uuid.UUID) -> HttpResponse:
    """A file, to whoever the rules let have it at this moment; as a download, never shown in a page of ours."""
    who: User = reader.of(request)
    rows = Attachment.objects.select_related("original", "view", "case")
    found = rules.scope(who, "see", rows.filter(pk=f"file:{file}")).first()
    found = found or _by_opening(who, file)
    if found is None:
        raise Http404
    seat = who.seats[0] if who.seats else None
    try:
        given = attachments.open_(found, seat.post if seat else who.pseudonym, seat.unit if seat else "")
    except WrongFile as why:
        context = {"why": Text(zh=why.zh, en=why.en)}
        return render(request, "applying/withheld.html", context, status=409)  # fmt: skip
    answer = HttpResponse(given.content, content_type=given.type)
    answer.headers["Content-Disposition"] = content_disposition_header(True, given.name) or "attachment"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer


def _by_opening(who: User, file: uuid.UUID) -> Attachment | None:
    """The file for supervision, by an opening that runs (破窗); each look is an event."""
    found = Attachment.objects.select_related("original", "view", "case").filter(pk=f"file:{file}").first()
    if found is None or found.case is None or not rules.can(who, "see", found.case):
        return None
    return found if access.opened(who, found.case) else None


@require_POST
def drop(request: HttpRequest, file: uuid.UUID) -> HttpResponse:
    """Take a file out of a draft; what belongs to a case stays."""
    who: User = reader.of(request)
    rows = Attachment.objects.select_related("original", "view")
    found = rules.scope(who, "drop", rows.filter(pk=f"file:{file}", erased_at=None)).first()
    if found is None:
        raise Http404
    attachments.drop([found], who.pseudonym)
    return redirect("apply-step", draft=found.draft.removeprefix("draft:"), step="files")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def supply(request: HttpRequest, number: str) -> HttpResponse:
    """Files for a case that runs: by its party, or by whoever handles it for somebody who came in person."""
    who: User = reader.of(request)
    case = rules.scope(who, "perform", Case.objects.filter(number=number)).first()
    if case is None:
        raise Http404
    spoken = language.of(request)
    sent = request.method == "POST"
    given = (request.POST, request.FILES) if sent else (None, None)
    form = forms.SupplyForm(held.choices(case, spoken), spoken, *given)
    by = who.seats[0].post if who.seats else who.pseudonym
    if sent and form.is_valid() and taken(case, form, by, spoken):
        return redirect("case-files", number=number)
    procedure = procedure_of(case)
    acts = [act.name for _, act in acting.open_acts(who, case, procedure)]
    context = {
        "case": case, "title": page.title(case), "form": form, "files": held.listed(who, case), "acts": acts,
        "state": procedure.states[case.state], "crumbs": [page.CASES, page.link(case), Link(FILES)],
    }  # fmt: skip
    return render(request, "applying/supply.html", context, status=422 if sent else 200)


FILES = Text(zh="材料文件", en="Files")
ENDED = Text(zh="办件已办结，不能再补交材料", en="the case has ended: nothing can be supplied to it any more")
NOBODY = Text(zh="办件没有申请人，不能存放材料", en="the case has no applicant whose files these could be")


def taken(case: Case, form: forms.SupplyForm, by: str, spoken: language.Language) -> bool:
    """Whether the file of the form was put to the case; else the form says why not."""
    party = case.parties.order_by("relation").values_list("party", flat=True).first()
    given = form.cleaned_data["file"]
    try:
        if case.closed_at is not None:
            raise WrongFile(ENDED.zh, ENDED.en)
        if party is None:
            raise WrongFile(NOBODY.zh, NOBODY.en)
        item = item_of(case)
        described = item.guide.materials.get(form.cleaned_data["material"]) if item is not None else None
        attachments.take(
            given.name or "", uploads.content_of(given), party=party, material=form.cleaned_data["material"],
            by=by, case=case,
            allowed=forms.allowed(described) if described is not None else ORDINARY,
        )  # fmt: skip
    except WrongFile as why:
        form.add_error("file", why.zh if spoken == "zh" else why.en)
        return False
    return True
