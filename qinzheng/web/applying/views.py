"""The steps of an application. Each saves what was said and leads on; whoever comes back finds everything as it was."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.cases import attachments
from qinzheng.cases.attachments_checks import WrongFile
from qinzheng.cases.item_words import FORMS
from qinzheng.cases.items import Item
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.applying import drafts, submitting
from qinzheng.mechanisms.applying.drafts import DraftRefused
from qinzheng.mechanisms.applying.models import Draft
from qinzheng.mechanisms.applying.submitting import Paper
from qinzheng.organizations import queries as organizations
from qinzheng.parties import queries as parties
from qinzheng.parties.fields import WrongField
from qinzheng.parties.subjects import PartyRefused
from qinzheng.web import language, reader, uploads
from qinzheng.web.applying import bulk, forms, sending
from qinzheng.web.applying.place import Place, details, offered, opening_of, place, steps, version_of
from qinzheng.web.cases import opening as openings
from qinzheng.web.cases.opening import Opening
from qinzheng.web.cases.person import AboutForm
from qinzheng.web.components import Link

NOT_ONLINE = Text(
    zh="这件事还不能在网上申请，请到下面的地方办理", en="This cannot be applied for online yet: go to one of the places below"
)  # fmt: skip


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What the reader began and did not send yet."""
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "open"):
        raise Http404
    rows = rules.scope(who, "see", Draft.objects.filter(case=None)).order_by("-saved_at")
    listed = [(Link(_name(row.item), reverse("apply-step", args=[row.pk.removeprefix("draft:"), "check"])), row, parties.masked(row.party))
              for row in rows]  # fmt: skip
    return render(request, "applying/mine.html", {"drafts": listed, "days": drafts.DAYS})


def _name(item: str) -> Text:
    try:
        found: Text = shelf.library().get("item", item).name
    except KeyError:
        return Text(zh=item, en=item)
    return found


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, item: str) -> HttpResponse:
    """Who applies for this item; then a draft, or the one that is there."""
    try:
        asked: Item = shelf.library().get("item", item)
    except KeyError:
        raise Http404 from None
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    opening = opening_of(who, item)
    if opening is None:
        raise Http404
    if not offered(who, opening, asked):
        context = {"item": asked, "why": NOT_ONLINE}
        return render(request, "applying/elsewhere.html", context, status=200)
    spoken = language.of(request)
    data = request.POST if request.method == "POST" else None
    form = AboutForm(False, who, spoken, data, False, openings.firms(who, item))
    if data is not None and form.is_valid():
        made = _begun(who, opening, form, item, spoken)
        if made is not None:
            return redirect(
                "apply-step", draft=made.pk.removeprefix("draft:"), step=next(iter(steps(asked.guide)))
            )
    shown: dict[str, Any] = {"item": asked, "form": form, "on_behalf": opening.who.role == "clerk"}
    shown["bulk"] = bulk.offered(who, opening)
    return render(request, "applying/begin.html", shown, status=422 if data is not None else 200)


def _begun(
    who: User, opening: Opening, form: AboutForm, item: str, spoken: language.Language
) -> Draft | None:
    """The draft for whom the form names; None where something was refused and is said at its field."""
    try:
        party = openings.party_of(who, opening, form, uuid.uuid4())
        post = opening.who.actor if opening.who.role == "clerk" else ""
        made = drafts.begin(who.pseudonym, party, item, post=post)
        if form.cleaned_data["town"] and made.version == 1:
            drafts.save(made, made.version, town=form.cleaned_data["town"])
    except WrongField as why:
        form.blame(why.field, why.zh, why.en)
    except PartyRefused as why:
        form.blame("code", why.zh, why.en)
    except DraftRefused as why:
        form.blame("", why.zh, why.en)
    else:
        return made
    return None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, draft: uuid.UUID, step: str) -> HttpResponse:
    """One step: shown, or saved and left."""
    here = place(request, draft)
    if here.draft.case is not None:
        return redirect("apply-receipt", draft=draft)
    shown = SHOWN.get(step)
    if shown is None or step not in steps(here.guide):
        raise Http404
    return shown(here)


def _after(here: Place, step: str) -> HttpResponse:
    """On to the next step, or away for now: all is saved."""
    if "later" in here.request.POST:
        return redirect("applications")
    keys = list(steps(here.guide))
    return redirect(here.url(keys[keys.index(step) + 1]))


def _situation(here: Place) -> HttpResponse:
    data = here.request.POST if here.request.method == "POST" else None
    form = forms.SituationForm(here.guide, here.spoken, data, here.draft.version, here.content.situations)
    if data is not None and form.is_valid():
        try:
            drafts.save(
                here.draft, form.cleaned_data[forms.VERSION], situations=form.answers(), answered=True
            )
        except DraftRefused as why:
            form = _again(here, form, why)
        else:
            return _after(here, "situation")
    return here.page("situation", {"form": form}, 422 if data is not None else 200)


def _again(here: Place, form: Any, why: DraftRefused) -> Any:
    """The form with what was typed, the version that now stands, and what happened meanwhile."""
    here.draft.refresh_from_db()
    data = here.request.POST.copy()
    data[forms.VERSION] = str(here.draft.version)
    form.data = data
    form.add_error(None, why.zh if here.spoken == "zh" else why.en)
    return form


def _bring(here: Place) -> HttpResponse:
    missing = submitting.unanswered(here.guide, here.content)
    if missing:
        return redirect(here.url("situation"))
    papers = here.papers()
    units = organizations.names({each.material.shared_from for each in papers if each.material.shared_from})
    listed = [
        (each, FORMS[each.material.form], units.get(each.material.shared_from or "")) for each in papers
    ]
    fees = [
        (fee.name, f"{fee.fen / 100:.2f}", fee.per) for fee in here.guide.fees_for(here.content.situations)
    ]
    return here.page("bring", {"papers": listed, "fees": fees, "next": here.url("form")})


def _form(here: Place) -> HttpResponse:
    data = here.request.POST if here.request.method == "POST" else None
    form = details(here, data)
    if data is None:
        form.is_bound = bool(here.content.form)
        if not here.content.form:
            form.initial["town"] = here.content.town
        return here.page("form", {"form": form})
    ready = form.is_valid()
    if ready or "later" in data:
        try:
            drafts.save(here.draft, version_of(data), form=form.raw(), town=data.get("town", "")[:80])
        except DraftRefused as why:
            form = _again(here, form, why)
        else:
            return _after(here, "form")
    return here.page("form", {"form": form}, 422)


def _files(here: Place, tried: forms.PaperForm | None = None, at: str = "") -> HttpResponse:
    if submitting.unanswered(here.guide, here.content):
        return redirect(here.url("situation"))
    papers = here.papers()
    named = attachments.names(file for each in papers for file in each.files)
    shown = [
        (
            each, FORMS[each.material.form],
            tried if tried is not None and each.key == at else forms.PaperForm(each, here.spoken, here.draft.version),
            [(file, file.pk.removeprefix("file:"), named[file.pk]) for file in each.files],
            reverse("apply-file", args=[here.draft.pk.removeprefix("draft:"), each.key]),
        )
        for each in papers
    ]  # fmt: skip
    context = {"papers": shown, "tried": tried, "next": here.url("check"), "form_enctype": True}
    return here.page("files", context, 422 if tried is not None else 200)


@never_cache
@require_POST
def file(request: HttpRequest, draft: uuid.UUID, material: str) -> HttpResponse:
    """Take a file for one material, or note how it comes otherwise."""
    here = place(request, draft)
    paper = next((each for each in here.papers() if each.key == material), None)
    if paper is None or here.draft.case is not None:
        raise Http404
    form = forms.PaperForm(paper, here.spoken, here.draft.version, request.POST, request.FILES)
    if form.is_valid() and _taken(here, paper, form):
        return redirect(f"{here.url('files')}#paper-{material}")
    return _files(here, form, material)


def _taken(here: Place, paper: Paper, form: forms.PaperForm) -> bool:
    """Whether the file, or the way without one, was noted; else the form says why not."""
    given = here.request.FILES.get("file")
    way = form.cleaned_data.get("way", drafts.WITH)
    try:
        if given is not None:
            attachments.take(
                given.name or "", uploads.content_of(given), party=here.draft.party, material=paper.key,
                by=here.draft.post or here.who.pseudonym, draft=here.draft.pk, allowed=forms.allowed(paper.material),
            )  # fmt: skip
            way = drafts.WITH
        elif way == drafts.WITH and not paper.files:
            form.blame("file", forms.FILE.zh, forms.FILE.en, here.spoken)
            return False
        ways = {**here.content.ways, paper.key: way}
        if ways != here.content.ways:
            drafts.save(here.draft, here.draft.version, ways=ways)
    except (WrongFile, DraftRefused) as why:
        form.blame("file", why.zh, why.en, here.spoken)
        return False
    return True


@require_POST
def drop(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Destroy a draft at its writer's word."""
    here = place(request, draft)
    drafts.drop(here.draft, here.draft.post or here.who.pseudonym)
    return redirect("applications")


SHOWN = {"situation": _situation, "bring": _bring, "form": _form, "files": _files, "check": sending.check}
