"""Where somebody is in an application: the draft that the rules let them write, what it says, and how it is opened."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.cases.guide import Guide
from qinzheng.cases.items import Item
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.applying import drafts, submitting
from qinzheng.mechanisms.applying.drafts import Content
from qinzheng.mechanisms.applying.models import Draft
from qinzheng.mechanisms.applying.submitting import Paper
from qinzheng.organizations import queries as organizations
from qinzheng.parties import queries as parties
from qinzheng.web import language, reader
from qinzheng.web.applying import forms
from qinzheng.web.cases import opening as openings
from qinzheng.web.cases import page
from qinzheng.web.cases.opening import Opening
from qinzheng.web.components import Link

STEPS = {
    "situation": Text(zh="您的情形", en="Your situation"),
    "bring": Text(zh="需要什么", en="What is needed"),
    "form": Text(zh="填写申请", en="The form"),
    "files": Text(zh="上传材料", en="Your papers"),
    "check": Text(zh="核对并提交", en="Check and send"),
}


@dataclass(frozen=True)
class Place:
    """Where somebody is: the draft, what it says, how it is opened, in which language."""

    request: HttpRequest
    who: User
    draft: Draft
    content: Content
    opening: Opening
    item: Item
    spoken: language.Language

    @property
    def guide(self) -> Guide:
        """The item's guide."""
        return self.item.guide

    def url(self, step: str) -> str:
        """The address of a step."""
        return reverse("apply-step", args=[self.draft.pk.removeprefix("draft:"), step])

    def papers(self) -> list[Paper]:
        """The materials as they stand."""
        return submitting.papers(self.guide, self.draft, self.content)

    def page(self, step: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """A step's page with what every step shows."""
        keys = list(steps(self.guide))
        shown = {
            "item": self.item, "draft": self.draft, "steps": [(Link(STEPS[key], self.url(key)), key == step) for key in keys],
            "at": keys.index(step) + 1, "of": len(keys), "step": STEPS[step], "step_key": step,
            "applicant": parties.masked(self.draft.party), "days": drafts.DAYS,
            "back": self.url(keys[keys.index(step) - 1]) if keys.index(step) else "",
            "drop": reverse("apply-drop", args=[self.draft.pk.removeprefix("draft:")]),
        }  # fmt: skip
        return render(self.request, f"applying/{step}.html", {**shown, **context}, status=status)


def steps(guide: Guide) -> dict[str, Text]:
    """The steps that the item has: without questions none is asked."""
    return {key: name for key, name in STEPS.items() if key != "situation" or guide.situations}


def opening_of(who: User, item: str) -> Opening | None:
    """How the user opens a case of the item; None where it may not."""
    if not rules.can(who, "open"):
        return None
    found = openings.openings(who)
    return next((each for each in found if each.id == item and each.item is not None), None)


def offered(who: User, opening: Opening, item: Item) -> bool:
    """Whether the item is offered this way: online to parties, on behalf in villages; windows take all that they take."""
    if opening.who.role != "clerk":
        return "online" in item.guide.channels
    units = organizations.organizations(who.own)
    if any(unit.kind == "village" for unit in units.values()):
        return bool({"on_behalf", "village"} & set(item.guide.channels))
    return True


def may_begin(request: HttpRequest, item: Item) -> bool:
    """Whether a link to apply leads the reader on: to the form, or, for whoever has not logged in, to the login."""
    who: User = reader.of(request)
    if "online" not in item.guide.channels or who.is_anonymous:
        return "online" in item.guide.channels
    opening = opening_of(who, item.id)
    return opening is not None and offered(who, opening, item)


def place(request: HttpRequest, draft: uuid.UUID) -> Place:
    """The draft that the reader writes; hidden, absent and sent look the same."""
    who: User = reader.of(request)
    rows = rules.scope(who, "write", Draft.objects.filter(pk=f"draft:{draft}"))
    found = rows.first()
    opening = opening_of(who, found.item) if found is not None else None
    if found is None or opening is None or opening.item is None:
        raise Http404
    return Place(request, who, found, drafts.read(found), opening, opening.item, language.of(request))


def version_of(data: Any) -> int:
    given = str(data.get(forms.VERSION, ""))
    return int(given) if given.isdecimal() and len(given) < 10 else -1


def details(here: Place, data: Any = None) -> forms.DetailsForm:
    """The form with what was sent, or with what the draft says."""
    key = here.draft.pk.removeprefix("draft:")
    if data is None:
        data = forms.details_data(here.content.form, here.content.town, key, here.draft.version)
    act = openings.asked_of(here.opening)
    return forms.DetailsForm(
        "form", act, here.spoken, page.organizations(here.spoken), data, here.draft.version
    )
