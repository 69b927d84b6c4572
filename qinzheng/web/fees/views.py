"""The page of a case's fees, and the receipt of each entry. One call into the domain each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from qinzheng.access import acting, rules
from qinzheng.access.users import User
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act
from qinzheng.definitions.form import Text
from qinzheng.ledger.actions import AnotherEvent
from qinzheng.mechanisms.fees import booking, queries
from qinzheng.mechanisms.fees.queries import Account, Line
from qinzheng.mechanisms.fees.reckoning import refunded, yuan
from qinzheng.mechanisms.fees.schema import FeeRules, Ground
from qinzheng.organizations import queries as organizations
from qinzheng.web import calendars, language, reader
from qinzheng.web.cases import page
from qinzheng.web.components import Link
from qinzheng.web.definitions.views import cited
from qinzheng.web.fees import forms
from qinzheng.web.fees.beside import KINDS

FEES = Text(zh="收费", en="Fees")
VERBS = {
    "book": Text(zh="收费入账", en="Book a fee"), "waive": Text(zh="免收", en="Waive"), "refund": Text(zh="退费", en="Refund"),
}  # fmt: skip
RIGHTS = {"book": "book_by", "waive": "waive_by", "refund": "refund_by"}


@dataclass(frozen=True)
class Row:
    """An entry as the page shows it."""

    line: Line
    kind: Text
    yuan: str
    ground: Text | None
    unit: Text
    left: str | None
    """of a booking of which something was given back: what is left"""


@require_http_methods(["GET", "HEAD", "POST"])
def fees(request: HttpRequest, number: str) -> HttpResponse:
    """The list, what was taken, waived and given back; and, for whoever may, the forms."""
    who = reader.of(request)
    case = _case(who, number)
    found = queries.rules(calendars.today())
    account = queries.account(case)
    if not queries.shown(case, found, account):
        raise Http404
    assert found is not None
    spoken = language.of(request)
    made = _forms(who, case, account, found, spoken)
    status = 200
    if request.method == "POST":
        do = request.POST.get("do", "")
        if do not in made:
            raise Http404
        actor = made[do][1]
        tried = _form(do, account, found, spoken, request.POST)
        if _done(case, do, tried, actor, spoken):
            messages.success(request, language.pick(VERBS[do], spoken))
            return redirect("case-fees", number=number)
        made[do], status = (tried, actor), 422
    context = {
        "case": case, "title": page.title(case), "crumbs": [page.CASES, page.link(case), Link(FEES)], "rows": rows(account, found),
        "listed": listed(account), "questions": [each.name for each in account.questions.values()], "known": account.fees is not None, "standing": yuan(account.standing),
        "forms": [(do, VERBS[do], form, form.is_bound) for do, (form, _) in made.items()],
    }  # fmt: skip
    return render(request, "fees/fees.html", context, status=status)


@require_safe
def receipt(request: HttpRequest, number: str, serial: int) -> HttpResponse:
    """The receipt of one entry, to be printed."""
    case = _case(reader.of(request), number)
    found = queries.rules(calendars.today())
    account = queries.account(case)
    row = next((row for row in rows(account, found) if row.line.serial == serial), None) if found else None
    if row is None:
        raise Http404
    context = {
        "case": case, "title": page.title(case), "row": row, "back": reverse("case-fees", args=[number]),
        "basis": [cited(each).name for each in (account.fees or ())[row.line.entry.fee - 1].source],
    }  # fmt: skip
    return render(request, "fees/receipt.html", context)


def rows(account: Account, found: FeeRules) -> list[Row]:
    """The entries, oldest first."""
    units = organizations.names({line.organization for line in account.lines})
    grounds: Mapping[str, Ground] = {**found.waivers, **found.refunds}
    made = []
    for line in account.lines:
        entry = line.entry
        back = refunded(account.entries, entry.id)
        ground = grounds[line.ground].name if line.ground in grounds else None
        left = yuan(entry.fen - back) if entry.kind == "booked" and back else None
        made.append(Row(line, KINDS[entry.kind], yuan(entry.fen), ground, units[line.organization], left))
    return made


def listed(account: Account) -> list[tuple[Text, str, Text | None, Link, Text | None]]:
    """The list of the case's item: name, yuan, unit, what it rests on, in which situation."""
    return [
        (fee.name, yuan(fee.fen), fee.per, cited(fee.source[0]), forms.situation(fee, account.questions))
        for fee in account.fees or ()
    ]


def _case(who: User, number: str) -> Case:
    found = rules.scope(who, "see", Case.objects.filter(number=number)).first()
    if found is None:
        raise Http404
    return found


def _forms(
    who: User, case: Case, account: Account, found: FeeRules, spoken: language.Language
) -> dict[str, tuple[forms.MoneyForm, Who]]:
    """What the reader may do now, each with its form and the post in which it does it."""
    if not rules.can(who, "perform", case):
        return {}
    made: dict[str, tuple[forms.MoneyForm, Who]] = {}
    for do in RIGHTS:
        actor = as_whom(who, case, found, do)
        fits = bool(account.fees) and case.closed_at is None if do != "refund" else account.standing > 0
        if actor is not None and fits:
            made[do] = (_form(do, account, found, spoken, None), actor)
    return made


def as_whom(who: User, case: Case, found: FeeRules, do: str) -> Who | None:
    """The post, unit and role in which somebody may do it; None where no role of its fits."""
    return acting.who(who, Act(name=VERBS[do], by=getattr(found, RIGHTS[do])), case)


def _form(
    do: str, account: Account, found: FeeRules, spoken: language.Language, data: Any
) -> forms.MoneyForm:
    if do == "book":
        return forms.booking(account.fees or (), account.questions, spoken, data)
    if do == "waive":
        return forms.waiver(account.fees or (), account.questions, found.waivers, spoken, data)
    return forms.refund(account.lines, found.refunds, spoken, data)


def _done(case: Case, do: str, form: forms.MoneyForm, actor: Who, spoken: language.Language) -> bool:
    """Whether it was entered; what was wrong stands in the form."""
    try:
        if not form.is_valid():
            if do == "book":
                _remember(case, form, actor)
            return False
        said = form.cleaned_data
        if do == "book":
            booking.book(case, int(said["fee"]), said["units"], actor, key=said["key"])
        elif do == "waive":
            booking.waive(case, int(said["fee"]), form.fen, said["ground"], actor, key=said["key"])
        else:
            booking.refund(case, said["of"], form.fen, said["ground"], actor, key=said["key"])
    except NotAllowed as why:
        form.blame(why.field, why.zh, why.en, spoken)
    except AnotherEvent:
        form.blame("", page.AGAIN.zh, page.AGAIN.en, spoken)
    else:
        return True
    return False


def _remember(case: Case, form: forms.MoneyForm, actor: Who) -> None:
    """A form that was tampered with to ask for what is not listed: the domain says so, and remembers it; nothing is booked."""
    asked = str(form.data.get("fee", ""))[:6]
    if asked.isdecimal():
        booking.refuse_off_list(case, int(asked), actor)
