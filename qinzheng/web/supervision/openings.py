"""Break-glass openings: asked on the case's page with a reason, approved by another person, half an hour at most.

Each step is an event before anything shows; whom a sealed case concerns never learns that an opening was asked.
"""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from qinzheng.access import actions, rules
from qinzheng.access.models import BreakGlass
from qinzheng.access.users import User
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.web import language, reader
from qinzheng.web.language import Language, pick

TITLE = Text(zh="破窗查阅", en="Break-glass openings")
REASON = Text(zh="事由", en="Reason")
MINUTES = Text(zh="查阅时长（分钟）", en="Length in minutes")
ASKED = Text(zh="已提交申请，批准后可查阅完整信息", en="Asked: once approved the full data can be opened")
APPROVED = Text(zh="已批准，计时开始", en="Approved: the time runs from now")
MOST = 100
LONGEST = int(actions.LONGEST_OPENING.total_seconds() // 60)


class ReasonForm(forms.Form):
    """Why it must be opened: one of a closed list."""

    def __init__(self, spoken: Language, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="opening-%s")
        listed = [(key, zh if spoken == "zh" else en) for key, (zh, en) in actions.REASONS.items()]
        self.fields["reason"] = forms.ChoiceField(label=pick(REASON, spoken), choices=listed)


class MinutesForm(forms.Form):
    """For how long."""

    def __init__(self, spoken: Language, id: int, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id=f"opening-{id}-%s")
        self.fields["minutes"] = forms.IntegerField(
            label=pick(MINUTES, spoken), min_value=1, max_value=LONGEST, initial=LONGEST
        )


@require_POST
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for the personal data of one case."""
    who: User = reader.of(request)
    case = rules.scope(who, "see", Case.objects.filter(number=number)).first()
    if case is None or not rules.can(who, "ask_opening"):
        raise Http404
    spoken = language.of(request)
    form = ReasonForm(spoken, request.POST)
    if not form.is_valid():
        return _page(request, who, status=422, asking=(case, form))
    actions.ask_opening(who, case, form.cleaned_data["reason"])
    messages.success(request, pick(ASKED, spoken))
    return redirect("case", number=number)


@require_safe
def openings(request: HttpRequest) -> HttpResponse:
    """What was asked, by whom it was approved, and what waits for the reader's approval."""
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "openings"):
        raise Http404
    return _page(request, who)


@require_POST
def approve(request: HttpRequest, opening: int) -> HttpResponse:
    """Approve an opening for some minutes."""
    who: User = reader.of(request)
    asked = rules.scope(who, "approve", BreakGlass.objects.filter(pk=opening)).first()
    if asked is None:
        raise Http404
    spoken = language.of(request)
    form = MinutesForm(spoken, opening, request.POST)
    if form.is_valid():
        try:
            actions.approve_opening(who, asked, form.cleaned_data["minutes"])
        except NotAllowed as why:
            form.add_error(None, why.zh if spoken == "zh" else why.en)
        else:
            messages.success(request, pick(APPROVED, spoken))
            return redirect("openings")
    return _page(request, who, status=422, tried={opening: form})


def _page(
    request: HttpRequest, who: User, *, status: int = 200, tried: dict[int, MinutesForm] | None = None,
    asking: tuple[Case, ReasonForm] | None = None,
) -> HttpResponse:  # fmt: skip
    spoken = language.of(request)
    rows = rules.scope(who, "see", BreakGlass.objects.all()).select_related(
        "asked_by__person", "approved_by__person"
    )
    listed = list(rows.order_by("-asked_at")[:MOST])
    numbers = dict(Case.objects.filter(pk__in={row.case for row in listed}).values_list("pk", "number"))
    may = {
        row.pk for row in rules.scope(who, "approve", BreakGlass.objects.filter(approved_at=None))
        if row.asked_by_id != who.account
    }  # fmt: skip
    shown = [
        (row, numbers.get(row.case, ""), Text(zh=actions.REASONS[row.reason][0], en=actions.REASONS[row.reason][1]),
         (tried or {}).get(row.pk) or (MinutesForm(spoken, row.pk) if row.pk in may else None))
        for row in listed
    ]  # fmt: skip
    context = {"title": TITLE, "openings": shown, "asking": asking}
    return render(request, "supervision/openings.html", context, status=status)
