"""One matter from its guide to its receipt: the papers of all its items once, one form, one number, one delivery."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from qinzheng.access import acting, rules
from qinzheng.access.users import User
from qinzheng.cases import receipts
from qinzheng.cases.about import About
from qinzheng.cases.actions import AnotherEvent, NotAllowed
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.definitions.shelf import NotPublished
from qinzheng.mechanisms.matters import handling
from qinzheng.mechanisms.matters.handling import Opened, Part
from qinzheng.mechanisms.matters.schema import Matter
from qinzheng.parties.fields import WrongField
from qinzheng.parties.subjects import PartyRefused
from qinzheng.web import language, reader
from qinzheng.web.calendars import today
from qinzheng.web.cases import forms, opening, page
from qinzheng.web.cases.opening import Opening
from qinzheng.web.cases.person import AboutForm
from qinzheng.web.components import Link
from qinzheng.web.portal import items

NOT_HERE = Text(
    zh="这一件事还不能在网上办，请到综合窗口：材料交一遍，一次办完", en="It cannot be asked for online yet: go to the service window, once for all of it"
)  # fmt: skip


def link(matter: Matter) -> Link:
    """A matter by its name."""
    return Link(matter.name, reverse("matter", args=[matter.id]))


def standing() -> list[Matter]:
    """The matters in force today."""
    found: list[Matter] = shelf.library().standing("matter", today())
    return found


@require_safe
def matters(request: HttpRequest) -> HttpResponse:
    """What can be asked for as one matter."""
    listed = [
        (link(each), [items.link(part.item) for part in handling.parts(each, today())]) for each in standing()
    ]
    return render(request, "matters/list.html", {"matters": listed})


@require_safe
def matter(request: HttpRequest, matter: str) -> HttpResponse:
    """What a matter brings together: its items, every paper once, fees, and how long the longest may take."""
    found, parts = _found(matter)
    papers = {each.name.zh: each for part in parts for each in part.item.guide.materials.values()}
    fees = [(fee.name, f"{fee.fen / 100:.2f}", fee.per) for part in parts for fee in part.item.guide.fees]
    who: User = reader.of(request)
    online = "online" in found.channels
    context = {
        "may_apply": online if who.is_anonymous else bool(_openings(who, parts)) and (online or bool(who.seats)),
        "matter": found, "items": [(items.link(part.item), items.limits(part.item, part.procedure)) for part in parts],
        "papers": list(papers.values()), "saved": sum(len(part.item.guide.materials) for part in parts) - len(papers),
        "fees": fees, "online": online, "sample": found.basis == "ours",
    }  # fmt: skip
    return render(request, "matters/guide.html", context)


def _found(id: str) -> tuple[Matter, list[Part]]:
    found = next((each for each in standing() if each.id == id), None)
    if found is None:
        raise Http404
    return found, handling.parts(found, today())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest, matter: str) -> HttpResponse:
    """The one form; sent, the parent and a case for each item are open, all or none."""
    found, parts = _found(matter)
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    ways = _openings(who, parts)
    if not ways:
        raise Http404
    if not who.seats and "online" not in found.channels:
        return render(request, "matters/elsewhere.html", {"matter": found, "why": NOT_HERE})
    spoken = language.of(request)
    data = request.POST if request.method == "POST" else None
    form = forms.ActForm("matter", _act(found, parts, ways[0]), spoken, page.organizations(spoken), data)
    names = set.intersection(*(set(opening.firms(who, part.item.id)) for part in parts))
    firms = [each for each in opening.firms(who, parts[0].item.id) if each in names]
    about = AboutForm(False, who, spoken, data, False, firms)
    valid = form.is_valid() & about.is_valid()
    if data is not None and valid:
        opened = _open(who, found, ways[0], form, about, spoken)
        if opened is not None:
            return _receipt(request, who, found, opened)
    context = {
        "matter": found, "form": form, "about": about, "items": [items.link(part.item) for part in parts],
        "at_window": bool(who.seats),
    }  # fmt: skip
    return render(request, "matters/apply.html", context, status=422 if data is not None else 200)


def _openings(who: User, parts: list[Part]) -> list[Opening]:
    """How the reader opens each item; none where there is one that it may not."""
    if not rules.can(who, "open"):
        return []
    mine = {each.item.id: each for each in opening.openings(who) if each.item is not None}
    found = [mine[part.item.id] for part in parts if part.item.id in mine]
    return found if len(found) == len(parts) else []


def _act(matter: Matter, parts: list[Part], way: Opening) -> Act:
    """The opening act of all the items at once, as a form shows it."""
    return way.definition.model_copy(update={"name": matter.name, "form": handling.form_of(parts)})


def _open(
    who: User, matter: Matter, way: Opening, form: forms.ActForm, about: AboutForm, spoken: language.Language
) -> Opened | None:
    """The cases, or None where something was refused and is said at its field. All or nothing."""
    key: uuid.UUID = form.cleaned_data[forms.KEY]
    try:
        with transaction.atomic():
            party = opening.party_of(who, way, about, key)
            described = About(
                title=matter.name.zh,
                town=about.cleaned_data["town"],
                parties={"applicant": party} if party else {},
            )
            return acting.open_matter(who, matter.id, form.values(), described, key=key)
    except WrongField as why:
        about.blame(why.field, why.zh, why.en)
    except PartyRefused as why:
        about.blame("code", why.zh, why.en)
    except NotAllowed as why:
        form.blame({why.field: (why.zh, why.en)}, spoken)
    except BadForm as why:
        form.blame(why.faults, spoken)
    except (AnotherEvent, NotPublished):
        form.blame({"": (page.AGAIN.zh, page.AGAIN.en)}, spoken)
    return None


def _receipt(request: HttpRequest, who: User, matter: Matter, opened: Opened) -> HttpResponse:
    """The one number and its code, and where the papers of each item go."""
    parent = Case.objects.get(pk=opened.parent.case)
    seat = who.seats[0] if who.seats else None
    secret = receipts.issue(parent, seat.post if seat else who.pseudonym, seat.unit if seat else "")
    children = [(page.title(each), each.number) for each in handling.children(parent)]
    context: dict[str, Any] = {
        "matter": matter, "case": parent, "secret": secret, "children": children,
        "look_up": request.build_absolute_uri(reverse("progress")),
    }  # fmt: skip
    return render(request, "matters/receipt.html", context)
