"""The ledger of a unit's convenience measures: each a case with its clock; and the form to announce one."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from qinzheng.access import rules
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act, Procedure
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.actions import AnotherEvent
from qinzheng.mechanisms.catalogue import conveniences as measures
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization
from qinzheng.web import language, reader
from qinzheng.web.calendars import today
from qinzheng.web.cases import page
from qinzheng.web.cases.forms import KEY, ActForm
from qinzheng.web.catalogue import door
from qinzheng.web.components import Badge, Column, Link, Row, State, Table, Tone
from qinzheng.web.language import Language, pick
from qinzheng.web.templatetags.shell import Due

TITLE = Text(zh="便民措施台账", en="Ledger of convenience measures")
NAME = Text(zh="措施（一句话，不写个人信息）", en="The measure in one line, nothing personal")
DONE = Text(zh="已公布，编号 {}", en="Announced, number {}")
EMPTY = State(
    "empty", Text(zh="还没有公布便民措施", en="No convenience measure was announced yet"),
    Text(zh="单位负责人或经办人可在下面公布一条。", en="The head or an officer of the unit can announce one below."),
)  # fmt: skip
TONES: dict[str, Tone] = {"announced": "own", "in_force": "good", "ended": "plain", "given_up": "plain"}


class AnnounceForm(ActForm):
    """A measure's line, and what the announcing act asks."""

    def __init__(self, act: Act, spoken: Language, data: QueryDict | None = None) -> None:
        super().__init__("announce", act, spoken, [], data)
        line = forms.CharField(label=pick(NAME, spoken), max_length=measures.LONGEST)
        self.fields = {KEY: self.fields[KEY], "title": line, **self.fields}


@require_http_methods(["GET", "HEAD", "POST"])
@door.officials
def conveniences(request: HttpRequest, organization: str) -> HttpResponse:
    """Every measure of the unit with where it stands; whoever may announces one."""
    unit, who, spoken = door.unit_or_404(organization), reader.of(request), language.of(request)
    way = _way()
    acting = door.acts_as(who, measures.ROLES, unit.pk) if door.may(who, "state", unit) else None
    form = AnnounceForm(way.acts[measures.ANNOUNCE], spoken) if acting is not None else None
    if request.method == "POST":
        if acting is None:
            raise Http404
        form = AnnounceForm(way.acts[measures.ANNOUNCE], spoken, request.POST)
        if form.is_valid():
            key: uuid.UUID = form.cleaned_data[KEY]
            try:
                done = measures.announce(form.cleaned_data["title"], form.values(), acting, key=key)
            except NotAllowed as why:
                form.blame({why.field: (why.zh, why.en)}, spoken)
            except BadForm as why:
                form.blame(why.faults, spoken)
            except AnotherEvent:
                form.blame({"": (page.AGAIN.zh, page.AGAIN.en)}, spoken)
            else:
                messages.success(request, pick(DONE, spoken).format(done.number))
                return redirect("catalogue-conveniences", unit.pk)
    context = {
        "unit": unit, "title": TITLE, "name": organizations.text(unit), "table": _table(request, unit), "empty": EMPTY, "form": form,
        "crumbs": door.crumbs(door.unit_link(unit), Link(TITLE)), "procedure": reverse("procedure", args=[way.id]),
    }  # fmt: skip
    return render(
        request, "catalogue/conveniences.html", context, status=422 if request.method == "POST" else 200
    )


def _way() -> Procedure:
    try:
        found: Procedure = shelf.in_force("procedure", measures.PROCEDURE, today()).definition
    except shelf.NotPublished:
        raise Http404 from None
    return found


def _table(request: HttpRequest, unit: Organization) -> Table:
    """Measures are what a unit has promised to everybody: each official sees them; the case opens to whom it may."""
    listed = measures.of(unit.pk)
    mine = rules.scope(reader.of(request), "see", Case.objects.filter(pk__in=[case.pk for case in listed]))
    seen = set(mine.values_list("pk", flat=True))
    counted = measures.counted([unit.pk])[unit.pk]
    shown = Text(
        zh=f"共 {len(listed)} 条，已兑现 {counted['in_force']} 条",
        en=f"{len(listed)} in all, {counted['in_force']} in force",
    )
    return Table(
        caption=TITLE, shown=shown, rows=[_row(case, case.pk in seen) for case in listed],
        columns=[
            Column(Text(zh="措施", en="Measure")), Column(Text(zh="编号", en="Number")), Column(Text(zh="状态", en="State")),
            Column(Text(zh="公布", en="Announced")), Column(Text(zh="下一期限", en="Next limit")),
        ],
    )  # fmt: skip


def _row(case: Case, may_open: bool) -> Row:
    state = procedure_of(case).states[case.state]
    due = Due(ledger.microseconds(case.next_due) or 0) if case.next_due is not None else ""
    return Row(
        (case.title, case.number, Badge(state.name, TONES.get(case.state, "plain")),
         case.opened_at.astimezone(shelf.ZONE).date().isoformat(), due),
        reverse("case", args=[case.number]) if may_open else "", case.number,
    )  # fmt: skip
