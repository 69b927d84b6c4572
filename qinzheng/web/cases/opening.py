"""Opening a case: the things that the reader may open, and one form for what it is about, who asks, and the papers.

The person or firm is found by its code or registered anew; the case holds only the reference.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from qinzheng.access import acting, rules
from qinzheng.access.users import User
from qinzheng.cases import itemized
from qinzheng.cases.about import About
from qinzheng.cases.actions import AnotherEvent, Done, NotAllowed
from qinzheng.cases.engine import Who
from qinzheng.cases.fields import BadForm
from qinzheng.cases.items import Item
from qinzheng.cases.schema import Act, Procedure
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.definitions.shelf import NotPublished
from qinzheng.organizations import queries as organizations
from qinzheng.parties import actions as parties
from qinzheng.parties.fields import WrongField
from qinzheng.parties.subjects import PartyRefused
from qinzheng.web import language, reader
from qinzheng.web.calendars import today
from qinzheng.web.cases import forms, page, promising, put_in
from qinzheng.web.cases.person import AboutForm
from qinzheng.web.components import Link, State

ELSEWHERE = ("logs.", "conveniences.")
"""Procedures that nobody opens here: cases out of logs, and measures, which a unit announces on a page of their own."""
REPORTED = frozenset({"hotline.work-order", "windows.enquiry"})
"""Procedures in which somebody reports a thing and applies for nothing."""
LONGEST = 80
NEW = Text(zh="新办件", en="New case")
EMPTY = State("empty", Text(zh="没有找到您可以受理的事项", en="Nothing that you may take in fits"),
              Text(zh="换一个说法再找，或请对应单位的窗口受理。", en="Search in other words, or ask the window of the unit concerned."))  # fmt: skip


@dataclass(frozen=True)
class Opening:
    """One thing that may be opened: an item, or a procedure that needs none; by which act and who opens it."""

    id: str
    name: Text
    procedure: Procedure
    item: Item | None
    act: str
    definition: Act
    who: Who


@require_safe
def items(request: HttpRequest) -> HttpResponse:
    """What the reader may open, found by words of its name."""
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "open"):
        raise Http404
    asked = request.GET.get("q", "").strip()[:LONGEST]
    words = asked.casefold().split()
    found = [
        each
        for each in openings(who)
        if all(word in f"{each.name.zh} {each.name.en}".casefold() for word in words)
    ]
    units = organizations.names({each.item.organization for each in found if each.item})
    listed = [(Link(each.name, reverse("open-case", args=[each.id])), units[each.item.organization] if each.item else each.procedure.name)
              for each in found]  # fmt: skip
    return render(
        request,
        "cases/new.html",
        {
            "asked": asked,
            "found": listed,
            "empty": EMPTY,
            "crumbs": [page.CASES, Link(NEW)],
            "fast": rules.can(who, "windows"),
        },
    )


def openings(who: User) -> list[Opening]:
    """Items and procedures that the user may open today: those without an item first, then items by name."""
    library = shelf.library()
    catalogue = library.standing("item", today())
    with_items = {item.procedure for item in catalogue}
    ways: dict[str, tuple[Procedure, tuple[str, Act, Who] | None]] = {}
    for procedure in library.standing("procedure", today()):
        if not procedure.id.startswith(ELSEWHERE):
            ways[procedure.id] = procedure, next(iter(acting.opening_acts(who, procedure)), None)
    found = [
        Opening(procedure.id, procedure.name, procedure, None, *way)
        for procedure, way in ways.values() if way is not None and procedure.id not in with_items
    ]  # fmt: skip
    taken = _taken(who)
    for item in sorted((each for each in catalogue if each.alive(today())), key=lambda each: each.name.zh):
        procedure, way = ways.get(item.procedure, (None, None))
        if procedure is not None and way is not None and taken(item):
            found.append(Opening(item.id, item.name, procedure, item, *way))
    return found


def _taken(who: User) -> Any:
    """Which items the user's desk takes: a department its own; a city's point all; a town's point those sent down to towns."""
    if who.takes_part and not who.seats:
        return lambda item: bool(firms(who, item.id))
    own = organizations.organizations(who.own)
    points = {id for id, unit in own.items() if unit.kind == "service_point"}
    towns = {unit.id for unit in organizations.of_kind("town", today())}
    at_towns = bool(who.kin & towns)
    anywhere = bool(points) and not at_towns
    return lambda item: item.organization in who.desk or anywhere or (at_towns and item.towns)


@require_http_methods(["GET", "HEAD", "POST"])
def open_one(request: HttpRequest, what: str) -> HttpResponse:
    """The form of one opening; sent, it registers or finds the party and opens the case."""
    who: User = reader.of(request)
    opening = (
        next((each for each in openings(who) if each.id == what), None) if rules.can(who, "open") else None
    )
    if opening is None:
        raise Http404
    spoken = language.of(request)
    data = request.POST if request.method == "POST" else None
    form = forms.ActForm(opening.act, asked_of(opening), spoken, page.organizations(spoken), data)
    parties_of = firms(who, opening.item.id if opening.item else "")
    about = AboutForm(opening.item is None, who, spoken, data, opening.id in REPORTED, parties_of)
    box = put_in.form_of(who, spoken, data)
    promise = promising.form_of(opening.item, spoken, data)
    valid = (
        form.is_valid() & about.is_valid() & all(each is None or each.is_valid() for each in (box, promise))
    )
    if data is not None and valid:
        done = _open(who, opening, form, about, box, promise, spoken)
        if done is not None:
            messages.success(
                request, OPENED.zh.format(done.number) if spoken == "zh" else OPENED.en.format(done.number)
            )
            return redirect("case", number=done.number)
    context = {
        "opening": opening, "form": form, "about": about, "box": box, "promise": promise, "crumbs": [page.CASES, Link(NEW, reverse("new-case")), Link(opening.name)],
        "item_url": reverse("item", args=[opening.item.id]) if opening.item else "",
    }  # fmt: skip
    return render(request, "cases/open.html", context, status=422 if data is not None else 200)


OPENED = Text(zh="已收件，编号 {}", en="Taken in, number {}")


def asked_of(opening: Opening) -> Act:
    """The opening act with what the item asks, without the field that it answers: the unit that decides."""
    if opening.item is None:
        return opening.definition
    act = itemized.apply(opening.procedure, opening.item).acts[opening.act]
    if act.assigns is None:
        return act
    return act.model_copy(
        update={"form": {key: field for key, field in act.form.items() if key != act.assigns}}
    )


def _open(
    who: User, opening: Opening, form: forms.ActForm, about: AboutForm, box: put_in.PutInForm | None,
    promise: promising.PromiseForm | None, spoken: language.Language,
) -> Done | None:  # fmt: skip
    """The case, or None where something was refused and is said at its field. All or nothing."""
    key: uuid.UUID = form.cleaned_data[forms.KEY]
    try:
        with transaction.atomic():
            relation = "reporter" if opening.id in REPORTED else "applicant"
            party = party_of(who, opening, about, key)
            described = About(
                item=opening.item.id if opening.item else "", title=about.cleaned_data.get("title", ""),
                town=about.cleaned_data["town"], parties={relation: party} if party else {},
                promised=promise.promised if promise is not None else (),
            )  # fmt: skip

            def open_(received: int | None = None) -> Done:
                return acting.open_case(
                    who,
                    opening.procedure,
                    opening.act,
                    form.values(),
                    described,
                    key=key,
                    occurred_at=received,
                )

            return open_() if box is None else box.taken(opening.who, open_)
    except WrongField as why:
        about.blame(why.field, why.zh, why.en)
    except PartyRefused as why:
        about.blame("code", why.zh, why.en)
    except NotAllowed as why:
        if promise is not None and why.field == "promised":
            promise.blame(why.zh, why.en)
        elif box is not None and why.field in box.fields:
            box.blame(why.field, why.zh, why.en)
        elif why.field in about.fields:
            about.blame(why.field, why.zh, why.en)
        else:
            form.blame({why.field: (why.zh, why.en)}, spoken)
    except BadForm as why:
        form.blame(why.faults, spoken)
    except (AnotherEvent, NotPublished):
        form.blame({"": (page.AGAIN.zh, page.AGAIN.en)}, spoken)
    return None


def firms(who: User, item: str) -> list[str]:
    """In whose name the user may apply for an item: its own first."""
    limited = {party for party, allowed in who.limited if allowed == item}
    return [*sorted(who.parties), *sorted(limited - who.parties)]


def party_of(who: User, opening: Opening, about: AboutForm, key: uuid.UUID) -> str:
    """The party's id: the applicant itself, or whoever stands at the window; "" where nobody gave a name."""
    if opening.who.role in acting.CITIZEN_ROLES:
        allowed = firms(who, opening.item.id if opening.item else "")
        asked = about.cleaned_data.get("party", "")
        return asked if asked in allowed else allowed[0]
    kind, given = about.given()
    if not given:
        return ""
    made = parties.register(
        kind, given, by=opening.who.actor, organization=opening.who.organization, town=about.cleaned_data["town"],
        key=uuid.uuid5(key, "party"),
    )  # fmt: skip
    return made.pk
