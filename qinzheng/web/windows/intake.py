"""Taking a case in at the window, fast: one page for the item, the person, the form and the papers, made for the keyboard.

Sent once it registers or finds the party, opens the case and either accepts it or asks for every correction in one notice,
all in one transaction; the answer is the receipt, ready to print.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from qinzheng.access import acting, rules
from qinzheng.access.users import User
from qinzheng.cases import receipts
from qinzheng.cases.about import About
from qinzheng.cases.actions import AnotherEvent, NotAllowed, procedure_of
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.definitions.shelf import NotPublished
from qinzheng.ledger import queries as events
from qinzheng.mechanisms.windows import calling, checking, queries
from qinzheng.mechanisms.windows.checking import MISSING, WRONG
from qinzheng.organizations import queries as organizations
from qinzheng.parties import actions as parties
from qinzheng.parties.fields import WrongField
from qinzheng.parties.subjects import PartyRefused
from qinzheng.web import language, reader
from qinzheng.web.applying import checking as papers
from qinzheng.web.cases import forms, page, receipt
from qinzheng.web.cases import opening as openings
from qinzheng.web.cases.opening import Opening
from qinzheng.web.components import Link
from qinzheng.web.windows import place as places
from qinzheng.web.windows.papers import Papers, Person, Row
from qinzheng.web.windows.place import Place

TITLE = Text(zh="窗口收件", en="Intake")
ACCEPT, CORRECT, RECEIVE = "accept", "correct", "receive"
"""What becomes of it: accepted, corrections asked for, or only taken in for its unit to look at."""
NOT_FINE = Text(
    zh="有材料缺少或有误：请按“一次告知补正”", en="Papers are missing or wrong: press Ask for corrections"
)
ALL_FINE = Text(zh="材料都合格，没有要补正的：请按“受理”", en="The papers are in order: press Accept")
NO_SUCH_ACT = Text(
    zh="这个事项不能在收件时这样办：请按“只收件”",
    en="This item does not allow that at intake: press Only take in",
)

SENT = Text(
    zh="这一页先前已提交过别的内容：先前提交的有效，没有改动；请打开一张新的收件页再办",
    en="This page was sent before with something else: what was sent stands and nothing was changed; open a new intake page",
)


class Refused(Exception):
    """The page was filled in so that it cannot be done: why."""

    def __init__(self, why: Text) -> None:
        super().__init__(f"{why.zh} / {why.en}")
        self.why = why


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: HttpRequest) -> HttpResponse:
    """Choose the item, or take it in."""
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "windows") or not rules.can(who, "open"):
        raise Http404
    known = [each for each in openings.openings(who) if each.item is not None]
    asked = " ".join((request.POST if request.method == "POST" else request.GET).get("item", "").split())[:80]
    found = _found(known, asked)
    if len(found) != 1:
        return _choose(request, asked, known, found)
    return _one(request, who, found[0])


def _found(known: list[Opening], asked: str) -> list[Opening]:
    """The items that are meant: by id, by whole name, else by words of the name and of how people call it."""
    exact = [each for each in known if asked and asked in (each.id, each.name.zh, each.name.en)]
    if exact:
        return exact[:1]
    words = asked.casefold().split()
    return [each for each in known if words and all(word in _said(each) for word in words)]


def _said(each: Opening) -> str:
    said = each.item.guide.said if each.item is not None else []
    return f"{each.name.zh} {each.name.en} {each.id} {' '.join(said)}".casefold()


def _choose(request: HttpRequest, asked: str, known: list[Opening], found: list[Opening]) -> HttpResponse:
    units = organizations.names({each.item.organization for each in found if each.item})
    listed = [(Link(each.name, f"{reverse('intake')}?item={each.id}"), units[each.item.organization])
              for each in found[:60] if each.item]  # fmt: skip
    context = {
        "title": TITLE,
        "asked": asked,
        "known": [each.name for each in known],
        "found": listed,
        "empty": openings.EMPTY,
    }
    return render(request, "windows/choose.html", context)


def _one(request: HttpRequest, who: User, opening: Opening) -> HttpResponse:
    spoken = language.of(request)
    assert opening.item is not None
    data = request.POST if request.method == "POST" else None
    form = forms.ActForm(opening.act, openings.asked_of(opening), spoken, page.organizations(spoken), data)
    person = Person(who, spoken, data)
    checked = Papers(opening.item.guide, data)
    refused: Text | None = None
    if data is not None and form.is_valid() & person.is_valid() & checked.is_valid():
        try:
            case = _taken(who, opening, form, person, checked, data.get("do", ""))
        except Refused as why:
            refused = why.why
        except WrongField as why:
            person.blame(why.field, why.zh, why.en)
        except PartyRefused as why:
            person.blame("code", why.zh, why.en)
        except NotAllowed as why:
            form.blame({why.field: (why.zh, why.en)}, spoken)
        except BadForm as why:
            form.blame(why.faults, spoken)
        except AnotherEvent:
            form.blame({"": (SENT.zh, SENT.en)}, spoken)
        except NotPublished:
            form.blame({"": (page.AGAIN.zh, page.AGAIN.en)}, spoken)
        else:
            return _receipt(request, who, case)
    here = places.place(who)
    context: dict[str, Any] = {
        "title": TITLE, "opening": opening, "form": form, "person": person, "papers": checked, "refused": refused,
        "marks": list(papers.FOUND.items()), "at": _at(here), "here": here,
    }  # fmt: skip
    return render(request, "windows/intake.html", context, status=422 if data is not None else 200)


def _at(here: Place | None) -> Any:
    """The ticket at the clerk's counter."""
    return (
        queries.at_counter(here.point, here.day, here.counter.number)
        if here is not None and here.counter is not None
        else None
    )


# -- taking it in --------------------------------------------------------------------------------------


def _taken(
    who: User, opening: Opening, form: forms.ActForm, person: Person, checked: Papers, do: str
) -> Case:
    """The case, and what was done about it; all or nothing."""
    wrong = [each for each in checked.rows if each.wanted and each.mark in (MISSING, WRONG)]
    if do == ACCEPT and wrong:
        raise Refused(NOT_FINE)
    if do == CORRECT and not wrong:
        raise Refused(ALL_FINE)
    key: uuid.UUID = form.cleaned_data[forms.KEY]
    with transaction.atomic():
        about = About(
            item=opening.id,
            town=person.cleaned_data["town"],
            parties={"applicant": _party(opening, person, key)},
        )
        done = acting.open_case(who, opening.procedure, opening.act, form.values(), about, key=key)
        case = Case.objects.get(pk=done.case)
        marks = {each.key: each.mark for each in checked.rows if each.wanted}
        checking.note(case, marks, opening.who, key=uuid.uuid5(key, "checked"))
        if do in (ACCEPT, CORRECT) and events.event(str(uuid.uuid5(key, do))) is None:
            name, told = _act(who, case, do, wrong)
            if name is None:
                raise Refused(NO_SUCH_ACT)
            acting.perform(who, case, name, told, key=uuid.uuid5(key, do))
        if done.new:
            _serve(who, case)
    case.refresh_from_db()
    return case


def _party(opening: Opening, person: Person, key: uuid.UUID) -> str:
    if person.known:
        return person.known
    kind, given = person.given()
    made = parties.register(
        kind, given, by=opening.who.actor, organization=opening.who.organization, town=person.cleaned_data["town"],
        key=uuid.uuid5(key, "party"),
    )  # fmt: skip
    return made.pk


def _act(who: User, case: Case, do: str, wrong: list[Row]) -> tuple[str | None, dict[str, Any]]:
    """The act that accepts, or that asks for corrections with all defects at once; None where the procedure has none now."""
    if do == CORRECT:
        asking = papers.notice_act(who, case)
        return (
            (
                asking[0],
                {
                    papers.DEFECTS: papers.defects(
                        [(each.material.name.zh, each.mark, each.note) for each in wrong]
                    )
                },
            )
            if asking is not None
            else (None, {})
        )
    open_ = dict(acting.open_acts(who, case, procedure_of(case)))
    accept = open_.get(ACCEPT)
    return (
        (ACCEPT, {})
        if accept is not None and not any(each.required for each in accept.form.values())
        else (None, {})
    )


def _serve(who: User, case: Case) -> None:
    """Whoever stood at the clerk's counter is served by this case."""
    here = places.place(who)
    if here is not None and here.counter is not None:
        calling.serve(here.point, here.counter.number, here.who, case=case.pk)


def _receipt(request: HttpRequest, who: User, case: Case) -> HttpResponse:
    seat = who.seats[0]
    secret = receipts.issue(case, seat.post, seat.unit)
    context = receipt.context_of(request, case, secret)
    context["desk"] = places.sits(who)
    context["correcting"] = procedure_of(case).states[case.state].turn == "applicant"
    return render(request, "windows/receipt.html", context)
