"""The checklist of a unit, point by point: what it states, with which proof; who attested it; the forms for both."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from qinzheng.access.users import User
from qinzheng.cases.engine import NotAllowed
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger.actions import AnotherEvent
from qinzheng.mechanisms.catalogue import points as stated
from qinzheng.mechanisms.catalogue import rates
from qinzheng.mechanisms.catalogue.points import LONGEST_PROOF, LONGEST_REASON, State, Statement
from qinzheng.mechanisms.catalogue.schema import Checklist, Point, Rate
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization
from qinzheng.web import language, reader
from qinzheng.web.calendars import today
from qinzheng.web.cases.page import AGAIN
from qinzheng.web.catalogue import door, figures
from qinzheng.web.components import Badge, Column, Link, Row, Table
from qinzheng.web.language import Language, pick

STATES: dict[State, Badge] = {
    "unstated": Badge(Text(zh="没有陈述", en="not stated"), "plain"), "not_so": Badge(Text(zh="尚未做到", en="not so yet"), "due"),
    "waiting": Badge(Text(zh="待核验", en="waits to be attested"), "own"), "attested": Badge(Text(zh="已核验", en="attested"), "good"),
    "doubted": Badge(Text(zh="不予认可", en="not accepted"), "late"), "stale": Badge(Text(zh="已过期，须重新陈述", en="too old: state it anew"), "late"),
}  # fmt: skip
HOLDS = (("yes", Text(zh="已做到", en="it is so")), ("no", Text(zh="尚未做到", en="not so yet")))
FOUND = (("yes", Text(zh="认可", en="accepted")), ("no", Text(zh="不予认可", en="not accepted")))
HOLDS_NAME, PROOF = (
    Text(zh="做到了吗", en="Is it so"),
    Text(zh="凭据（不写个人信息）", en="Proof, nothing personal"),
)
SEEN, FOUND_NAME, REASON = (
    Text(zh="以哪一天为准", en="As of which day"), Text(zh="核验结果", en="What was found"), Text(zh="理由（不予认可须写）", en="Reason, where it is not accepted"),
)  # fmt: skip
KEPT = Text(zh="已记入账本", en="Written into the ledger")
STATE, ATTEST = "state", "attest"
ROLES = {STATE: ("head_of_organ", "approver", "handler"), ATTEST: ("supervisor",)}


class StateForm(forms.Form):
    """What a unit says of one point."""

    def __init__(self, point: str, spoken: Language, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id=f"state-{point}-%s")
        listed = [(value, pick(words, spoken)) for value, words in HOLDS]
        self.fields["key"] = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
        self.fields["holds"] = forms.ChoiceField(label=pick(HOLDS_NAME, spoken), choices=listed)
        self.fields["proof"] = forms.CharField(
            label=pick(PROOF, spoken), max_length=LONGEST_PROOF, widget=forms.Textarea(attrs={"rows": 2})
        )
        self.fields["seen_on"] = forms.DateField(
            label=pick(SEEN, spoken), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), initial=today
        )  # fmt: skip


class AttestForm(forms.Form):
    """What another unit found."""

    def __init__(self, point: str, spoken: Language, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id=f"attest-{point}-%s")
        listed = [(value, pick(words, spoken)) for value, words in FOUND]
        self.fields["key"] = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
        self.fields["confirmed"] = forms.ChoiceField(label=pick(FOUND_NAME, spoken), choices=listed)
        self.fields["reason"] = forms.CharField(
            label=pick(REASON, spoken), max_length=LONGEST_REASON, required=False
        )


@dataclass(frozen=True)
class Shown:
    """One point as the page shows it."""

    key: str
    point: Point
    badge: Badge
    said: Statement | None
    by: Text | None
    attested_by: Text | None
    figure: str
    state_form: StateForm | None
    attest_form: AttestForm | None


def checklist(day: dt.date) -> Checklist | None:
    """The checklist in force; None where none is published."""
    found: list[Checklist] = shelf.library().standing("checklist", day)
    return found[0] if found else None


def tally(listed: Checklist | None, said: Mapping[str, Statement], day: dt.date) -> str:
    """How many points are attested, of all."""
    if listed is None:
        return "—"
    good = sum(stated.state(said.get(key), listed, day) == "attested" for key in listed.points)
    return f"{good}/{len(listed.points)}"


OPEN: tuple[State, ...] = ("waiting", "doubted", "stale")
"""States in which somebody has something to do."""


def pending(
    listed: Checklist, said: Mapping[str, Mapping[str, Statement]], names: Mapping[str, Text], day: dt.date
) -> Table:
    """Every point of every unit that waits: to be attested, to be mended, to be stated anew; the oldest first."""
    found = [
        (one.at, unit, key, standing)
        for unit, of_unit in said.items()
        for key, one in of_unit.items()
        if key in listed.points and (standing := stated.state(one, listed, day)) in OPEN
    ]
    rows = [
        Row(
            (listed.points[key].name, names[unit], STATES[standing], shelf.day(at).isoformat()),
            f"{reverse('catalogue-points', args=[unit])}#{key}", f"{unit} {key}",
        )
        for at, unit, key, standing in sorted(found)
    ]  # fmt: skip
    heads = (("要点", "Point"), ("单位", "Unit"), ("状态", "State"), ("陈述于", "Stated on"))
    caption = Text(zh=f"{listed.name.zh}：等待处理的要点", en=f"{listed.name.en}: points that wait")
    return Table(caption=caption, rows=rows, columns=[Column(Text(zh=zh, en=en)) for zh, en in heads])


@require_http_methods(["GET", "HEAD", "POST"])
@door.officials
def points(request: HttpRequest, organization: str) -> HttpResponse:
    """Every point of the unit; whoever may states one or attests it."""
    unit, listed = door.unit_or_404(organization), checklist(today())
    if listed is None:
        raise Http404
    if request.method == "POST":
        return _done(request, unit, listed)
    return _page(request, unit, listed, {}, 200)


def _done(request: HttpRequest, unit: Organization, listed: Checklist) -> HttpResponse:
    who, spoken = reader.of(request), language.of(request)
    point, what = request.POST.get("point", ""), request.POST.get("do", "")
    acting = door.acts_as(who, ROLES[what], unit.pk if what == STATE else "") if what in ROLES else None
    if point not in listed.points or acting is None or not door.may(who, what, unit):
        raise Http404
    form = (StateForm if what == STATE else AttestForm)(point, spoken, request.POST)
    if form.is_valid():
        clean = form.cleaned_data
        try:
            if what == STATE:
                stated.make(
                    listed, shelf.library().hash(listed), unit.pk, point, holds=clean["holds"] == "yes", proof=clean["proof"],
                    seen_on=clean["seen_on"], figure=_figure(listed.points[point], unit.pk), who=acting, key=clean["key"],
                )  # fmt: skip
            else:
                stated.attest(
                    listed, unit.pk, request.POST.get("statement", ""), confirmed=clean["confirmed"] == "yes",
                    reason=clean["reason"], who=acting, key=clean["key"],
                )  # fmt: skip
        except NotAllowed as why:
            form.add_error(
                why.field if why.field in form.fields else None, why.zh if spoken == "zh" else why.en
            )
        except AnotherEvent:
            form.add_error(None, pick(AGAIN, spoken))
        else:
            messages.success(request, pick(KEPT, spoken))
            return redirect("catalogue-points", unit.pk)
    return _page(request, unit, listed, {point: form}, 422)


def _figure(point: Point, unit: str) -> tuple[int, int] | None:
    """The point's rate of the unit now."""
    rate: Rate | None = next((each for each in figures.standing(today()) if each.id == point.rate), None)
    if rate is None:
        return None
    items = [each for each in shelf.library().standing("item", today()) if each.organization == unit]
    share = rates.share(rate, items, today())
    return (share.numerator, share.denominator) if share.denominator else None


def _page(
    request: HttpRequest, unit: Organization, listed: Checklist, tried: Mapping[str, forms.Form], status: int
) -> HttpResponse:
    who, spoken = reader.of(request), language.of(request)
    said = stated.statements(listed.id, [unit.pk])[unit.pk]
    posts = {each.by for each in said.values()} | {
        each.attestation.by for each in said.values() if each.attestation
    }
    names = organizations.names(posts)
    parts = [
        (words, [_shown(key, point, listed, said.get(key), names, who, unit, tried.get(key), spoken)
                 for key, point in listed.points.items() if point.part == part])
        for part, words in listed.parts.items()
    ]  # fmt: skip
    context = {
        "unit": unit, "checklist": listed, "parts": parts, "tally": tally(listed, said, today()),
        "crumbs": door.crumbs(door.unit_link(unit), Link(listed.name)),
    }  # fmt: skip
    return render(request, "catalogue/points.html", context, status=status)


def _shown(
    key: str, point: Point, listed: Checklist, said: Statement | None, names: Mapping[str, Text], who: User,
    unit: Organization, tried: forms.Form | None, spoken: Language,
) -> Shown:  # fmt: skip
    standing = stated.state(said, listed, today())
    may_state = door.may(who, STATE, unit) and door.acts_as(who, ROLES[STATE], unit.pk) is not None
    may_attest = (
        said is not None and standing in ("waiting", "attested", "doubted") and door.may(who, ATTEST, unit)
    )
    attestation = said.attestation if said is not None else None
    figure = f"{said.figure[0]}/{said.figure[1]}" if said is not None and said.figure is not None else ""
    state_form = tried if isinstance(tried, StateForm) else StateForm(key, spoken) if may_state else None
    attest_form = tried if isinstance(tried, AttestForm) else AttestForm(key, spoken) if may_attest else None
    return Shown(
        key, point, STATES[standing], said, names.get(said.by) if said is not None else None,
        names.get(attestation.by) if attestation is not None else None, figure, state_form, attest_form,
    )  # fmt: skip
