"""Following a case with its receipt: where it stands, what is due and why, what comes next; no officer, no inner note."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from qinzheng.cases import receipts
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Procedure
from qinzheng.clocks.machine import FAR
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.mechanisms.matters import handling as matters
from qinzheng.organizations import queries as organizations
from qinzheng.supervision import sight
from qinzheng.supervision.explain import CaseSaid
from qinzheng.web import errors, language, requests
from qinzheng.web.cases import page, reissued
from qinzheng.web.fees import beside as fees
from qinzheng.web.papers import served
from qinzheng.web.portal import holder_forms
from qinzheng.web.ratings import giving as rating

NUMBER = Text(zh="办件编号", en="Case number")
NUMBER_HELP = Text(
    zh="在回执的右上角，例如 FW2026000123", en="At the top right of your receipt, such as FW2026000123"
)
SECRET = Text(zh="查询码", en="Secret code")
SECRET_HELP = Text(
    zh="在编号下面，四组共二十位；大小写、短横都不要紧",
    en="Below the number: four groups of five; capitals and dashes do not matter",
)
WRONG = Text(
    zh="没有与编号、查询码都相符的办件，请对照回执再输一次；回执丢了，请带证件到服务点补发",
    en="No case has this number and this code together: compare them with the receipt. A lost receipt is replaced at a service point",
)
EMPTY = Text(zh="请填写", en="Fill in")
APPLICANT = frozenset({"applicant", "agent", "reporter"})
TURNS = {
    "department": Text(zh="现在由部门办理，您不用做什么", en="It is with the office now; you need not do anything"),
    "applicant": Text(zh="现在轮到您", en="It is your turn now"),
    "third_party": Text(zh="现在由第三方办理（如检验、评审），您不用做什么", en="It is with a third party now (such as a test or review); you need not do anything"),
    "nobody": Text(zh="已转出，等待承办单位签收", en="It was sent on and waits to be signed for"),
}  # fmt: skip


class LookUpForm(forms.Form):
    """Number and secret, as the receipt has them."""

    number = forms.CharField(max_length=40)
    secret = forms.CharField(max_length=40)

    def __init__(self, spoken: language.Language, data: QueryDict | None = None, number: str = "") -> None:
        super().__init__(data, auto_id="look-up-%s", initial={"number": number})
        for name, label, help in (("number", NUMBER, NUMBER_HELP), ("secret", SECRET, SECRET_HELP)):
            field = self.fields[name]
            field.label, field.help_text = language.pick(label, spoken), language.pick(help, spoken)
            field.widget.attrs = {"autocomplete": "off", "class": "number", "spellcheck": "false"}


@dataclass(frozen=True)
class Step:
    """What was done, and when it is said to have happened."""

    name: Text
    at: int
    day_only: bool


@require_http_methods(["GET", "HEAD", "POST"])
def progress(request: HttpRequest) -> HttpResponse:
    """The form; sent, where the case stands. The secret never stands in an address."""
    spoken = language.of(request)
    if request.method != "POST":
        form = LookUpForm(spoken, number=request.GET.get("number", "")[:40])
        return render(request, "portal/progress.html", {"form": form})
    wait_s = receipts.wait_s(requests.address(request))
    if wait_s:
        return errors.too_many(request, wait_s)
    form = LookUpForm(spoken, request.POST)
    if form.is_valid():
        found = receipts.find(form.cleaned_data["number"], form.cleaned_data["secret"])
        if found is not None:
            return shown(request, found)
        form.add_error(None, language.pick(WRONG, spoken))
    return render(request, "portal/progress.html", {"form": form}, status=422)


def shown(
    request: HttpRequest, case: Case, tried: forms.Form | None = None, *, done: Text | None = None, status: int = 200
) -> HttpResponse:  # fmt: skip
    """The page of a case to the holder of its receipt: where it stands, and what may be done from here."""
    context = (
        standing(case)
        | holder_forms.shown(case, language.of(request), tried)
        | {
            "done": done,
            "rating": rating.section(request, case),
            "fees": fees.entries(case),
            "reissues": reissued.shown(case),
        }
    )
    return render(request, "portal/standing.html", context, status=status)


def standing(case: Case) -> dict[str, Any]:
    """What the holder of a receipt learns. Of a sealed case not even who handles it."""
    now = ledger.microseconds(dt.datetime.now(dt.UTC)) or 0
    procedure = procedure_of(case)
    state = procedure.states[case.state]
    seen = sight.of(case, now)
    clocks = page.clocks(seen, procedure)
    running = [each for each in clocks if not each.clock.ended]
    late = any(each.due is not None and each.due < now for each in running)
    sealed = case.concerns.exists()
    holder = (
        organizations.names([case.organization])[case.organization]
        if case.organization and not sealed
        else None
    )
    return {
        "case": case, "title": page.title(case), "procedure": procedure, "state": state, "now": now, "late": late, "holder": holder,
        "turn": None if state.final else TURNS[state.turn], "clocks": running or clocks[:1],
        "following": following(procedure, case.state), "steps": steps(seen), "calendar": seen.calendar,
        "papers": served.listed(case), "children": _children(case),
        "limitless": not any(each.clock.due is not None and each.clock.due < FAR for each in clocks),
    }  # fmt: skip


def _children(case: Case) -> list[tuple[Text, str, Text]]:
    """Of one matter each item: its name, its number, where it stands."""
    return [
        (page.title(each), each.number, procedure_of(each).states[each.state].name) for each in matters.children(case)
    ]  # fmt: skip


def following(procedure: Procedure, state: str) -> list[Text]:
    """The acts that can lead the case on from here, by whose turn it is."""
    here = procedure.states[state]
    if here.final:
        return []
    applicants = here.turn == "applicant"
    return [
        act.name
        for act in procedure.acts.values()
        if state in act.from_ and act.to not in (None, state) and not act.system and "return" not in act.traits
        and bool(APPLICANT & set(act.by)) == applicants
    ]  # fmt: skip


def steps(seen: CaseSaid) -> list[Step]:
    """What happened so far, oldest first: the name of each act and its moment."""
    return [Step(each.name, each.at, each.day_only) for each in seen.events]
