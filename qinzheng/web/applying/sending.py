"""The last page before sending, with everything and the moment that an answer is due; sending; the receipt with its QR codes.

When it is due is not guessed: the case is opened as it would be, judged by the same kernel, looked at, and rolled back.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

import segno
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from qinzheng.access import acting, rules
from qinzheng.cases import attachments, receipts
from qinzheng.cases.about import About
from qinzheng.cases.actions import AnotherEvent, Done, NotAllowed, procedure_of
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.clocks import explain
from qinzheng.definitions.form import Text
from qinzheng.definitions.shelf import NotPublished
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries
from qinzheng.mechanisms.applying import submitting
from qinzheng.mechanisms.applying.drafts import DraftRefused
from qinzheng.mechanisms.applying.models import Draft
from qinzheng.organizations import queries as organizations
from qinzheng.parties import queries as parties
from qinzheng.parties.subjects import PartyRefused
from qinzheng.supervision import sight
from qinzheng.web import calendars, language, reader
from qinzheng.web.applying import behalf, forms
from qinzheng.web.applying.place import Place, details, place, version_of
from qinzheng.web.cases import page
from qinzheng.web.cases.page import Clock
from qinzheng.web.language import pick


@dataclass(frozen=True)
class Fault:
    """Something still to do, and the page where it is done."""

    words: Text
    url: str


@dataclass(frozen=True)
class Answer:
    """One line of the summary."""

    name: Text
    value: str


def check(here: Place) -> HttpResponse:
    """Everything on one page; sent, the application is in."""
    form = details(here)
    found = faults(here, form)
    refused: list[Text] = []
    consent = behalf.form_of(here)
    if here.request.method == "POST" and not found and (consent is None or consent.is_valid()):
        try:
            case = _submit(here, form, consent)
        except (NotAllowed, PartyRefused, DraftRefused) as why:
            refused.append(Text(zh=why.zh, en=why.en))
            here.draft.refresh_from_db()
        except BadForm as why:
            refused += [Text(zh=zh, en=en) for zh, en in why.faults.values()]
        except (AnotherEvent, NotPublished):
            refused.append(page.AGAIN)
        else:
            return _receipt(here.request, here.draft, case)
    posted = here.request.method == "POST"
    papers = here.papers()
    named = attachments.names(file for each in papers for file in each.files)
    context = {
        "faults": found, "refused": refused, "version": here.draft.version, "situations": _situations(here), "answers": _answers(here, form),
        "papers": [(each, forms.WAYS[each.way], [named[file.pk] for file in each.files]) for each in papers],
        "clocks": [] if found else reckoned(here, form), "hours": hours(), "urls": {name: here.url(name) for name in ("situation", "form", "files")},
        "calendar": calendars.national(), "on_behalf": bool(here.draft.post),
        "consent": consent, "promises": [each.material.promise for each in papers if each.promised],
    }  # fmt: skip
    return here.page("check", context, 422 if posted else 200)


def faults(here: Place, form: forms.DetailsForm) -> list[Fault]:
    """What is still missing or wrong, each with the place to mend it."""
    found = [
        Fault(here.guide.situations[key].name, f"{here.url('situation')}#situation-{key}_0")
        for key in submitting.unanswered(here.guide, here.content)
    ]
    form.is_valid()
    for key, errors in form.errors.items():
        label = str(form.fields[key].label) if key in form.fields else here.item.name.zh
        name = form.act.form[key].name if key in form.act.form else Text(zh=label, en=label)
        said = "；".join(str(each) for each in errors)
        at = f"{here.url('form')}#form-{key}"
        found.append(Fault(Text(zh=f"{name.zh}：{said}", en=f"{name.en}: {said}"), at))
    if not submitting.unanswered(here.guide, here.content):
        found += [
            Fault(Text(zh=f"还没有上传：{each.material.name.zh}", en=f"not uploaded yet: {each.material.name.en}"),
                  f"{here.url('files')}#paper-{each.key}")
            for each in here.papers() if each.missing
        ]  # fmt: skip
    return found


def _situations(here: Place) -> list[Answer]:
    return [
        Answer(question.name, "、".join(pick(question.answers[each], here.spoken) for each in here.content.situations.get(key, ())
                                       if each in question.answers))
        for key, question in here.guide.situations.items()
    ]  # fmt: skip


def _answers(here: Place, form: forms.DetailsForm) -> list[Answer]:
    """The form in words: of a choice its name, not its code."""
    found = []
    for key, field in form.act.form.items():
        chosen = dict(getattr(form.fields[key], "choices", ()))
        typed = here.content.form.get(key, [])
        value = "、".join(str(chosen.get(each, each)) for each in typed if each)
        if value:
            found.append(Answer(field.name, value))
    return found


def _about(here: Place) -> About:
    promised = tuple(sorted(each.key for each in here.papers() if each.promised))
    return About(
        item=here.item.id, town=here.content.town, parties={"applicant": here.draft.party}, promised=promised
    )


def _open(here: Place, form: forms.DetailsForm, key: uuid.UUID) -> Done:
    return acting.open_case(
        here.who, here.opening.procedure, here.opening.act, form.values(), _about(here), key=key
    )


def _submit(here: Place, form: forms.DetailsForm, consent: behalf.BehalfForm | None) -> Case:
    unit = here.opening.who.organization
    key = uuid.UUID(here.draft.pk.removeprefix("draft:"))
    return submitting.submit(
        here.draft, version_of(here.request.POST), here.guide, here.opening.who.actor, unit,
        lambda: behalf.take(here, _open(here, form, key), consent),
    )  # fmt: skip


def reckoned(here: Place, form: forms.DetailsForm) -> list[Clock]:
    """The clocks that would run if it were sent now, drawn and explained; nothing of it stays."""
    try:
        with transaction.atomic():
            done = _open(here, form, uuid.uuid4())
            clocks = clocks_of(Case.objects.get(pk=done.case))
            transaction.set_rollback(True)
    except (NotAllowed, BadForm, NotPublished):
        return []  # said when it is sent
    return clocks


def clocks_of(case: Case) -> list[Clock]:
    """The clocks of a case that run, the soonest first."""
    now = ledger.microseconds(dt.datetime.now(dt.UTC)) or 0
    found = page.clocks(sight.of(case, now), procedure_of(case))
    return [each for each in found if not each.clock.ended]


def hours() -> Text:
    """Whether an office is at work now; when it is not, what that means for whoever applies."""
    calendar = calendars.national()
    now = ledger.microseconds(dt.datetime.now(dt.UTC)) or 0
    begins = calendar.next_working_moment(now)
    if begins == now:
        return Text(
            zh="现在是上班时间。收件时间就是您提交的时刻；当天不计入期限，从下一个工作日起算。",
            en="Offices are open now. It counts as received when you send it; the day itself is not counted.",
        )
    at = explain.moment(calendar, begins)
    return Text(
        zh=f"现在不是上班时间，照样收件：收件时间就是您提交的时刻。部门 {at.zh} 上班后办理；当天不计入期限，夜间和节假日也不计入。",
        en=f"Offices are closed now; it is received all the same, at the moment you send it. They open {at.en}; the day of receipt, "
        "nights and days off do not count.",
    )  # fmt: skip


# -- the receipt ----------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """What became of a sent draft, for whoever sent it; asked by POST, with a new secret."""
    who = reader.of(request)
    held = rules.scope(who, "see", Draft.objects.filter(pk=f"draft:{draft}")).select_related("case").first()
    if held is None:
        raise Http404
    if held.case is None:
        return redirect(place(request, draft).url("check"))
    if request.method == "POST":
        if not rules.can(who, "issue_receipt", held.case):
            raise Http404
        return _receipt(request, held, held.case)
    return redirect("case", number=held.case.number)


def _receipt(request: HttpRequest, draft: Draft, case: Case) -> HttpResponse:
    """The receipt with a secret, shown this once; shown again, it is another secret and the former opens nothing."""
    secret = receipts.issue(case, draft.post or draft.owner, case.opened_by if draft.post else "")
    opened = next(iter(queries.history(case.pk)))
    proof = request.build_absolute_uri(reverse("event", args=[opened.id]))
    follow = request.build_absolute_uri(f"{reverse('progress')}?number={case.number}")
    spoken = language.of(request)
    context: dict[str, Any] = {
        "case": case, "title": page.title(case), "secret": secret, "clocks": clocks_of(case), "calendar": calendars.national(),
        "received": explain.moment(calendars.national(), ledger.microseconds(case.opened_at) or 0),
        "unit": organizations.names([case.organization])[case.organization] if case.organization else None,
        "applicant": parties.masked(draft.party), "on_behalf": bool(draft.post), "hours": hours(),
        "follow": follow, "proof": proof, "event": opened.id,
        "follow_code": code(follow, pick(FOLLOW, spoken)), "proof_code": code(proof, pick(PROOF, spoken)),
        "again": reverse("apply-receipt", args=[draft.pk.removeprefix("draft:")])
        if rules.can(reader.of(request), "issue_receipt", case) else "",
    }  # fmt: skip
    return render(request, "applying/receipt.html", context)


FOLLOW = Text(zh="扫码查进度", en="Scan to follow the case")
PROOF = Text(zh="扫码看账本证明", en="Scan for the proof in the ledger")


def code(text: str, label: str) -> SafeString:
    """A QR code as a drawing that scales, with a label for those who do not see it."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(
        scale=3, border=2, title=label, svgclass="qr", lineclass=None, omitsize=False
    )
    return mark_safe(drawn.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1))  # noqa: S308 - drawn by us; our own words
