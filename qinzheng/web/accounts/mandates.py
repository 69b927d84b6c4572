"""The window's page of mandates: look a firm up by its code, register its handler, take a mandate back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from qinzheng.access import mandates, rules
from qinzheng.access.models import Mandate
from qinzheng.access.users import User
from qinzheng.cases.engine import NotAllowed
from qinzheng.definitions.form import Text
from qinzheng.parties import queries as register
from qinzheng.web import language, reader
from qinzheng.web.calendars import today
from qinzheng.web.language import Language, pick

TITLE = Text(zh="经办人委托", en="Mandates of firms")
FIRM = Text(zh="统一社会信用代码", en="Enterprise code")
NUMBER = Text(zh="经办人手机号码", en="The handler's mobile number")
NUMBER_HELP = Text(
    zh="经办人用这个号码收验证码登录", en="The handler logs in with a code sent to this number"
)
BEGINS, ENDS = Text(zh="自", en="From"), Text(zh="至（含）", en="Until, included")
ITEMS = Text(zh="事项编号", en="Items")
ITEMS_HELP = Text(zh="多个以空格隔开；不填为全部事项", en="By spaces; empty for all")
GIVEN = Text(zh="已登记委托", en="The mandate is registered")
TAKEN = Text(
    zh="已撤销，经办人下一次操作即不能再代表企业", en="Taken back: it ends at the handler's next step"
)


class GiveForm(forms.Form):
    """What the firm's paper says."""

    firm = forms.CharField(max_length=30)
    number = forms.CharField(max_length=30)
    begins = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    ends = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    items = forms.CharField(max_length=600, required=False)

    def __init__(self, spoken: Language, data: QueryDict | None = None, firm: str = "") -> None:
        super().__init__(data, auto_id="mandate-%s", initial={"firm": firm, "begins": today()})
        for name, label, help in (
            ("firm", FIRM, None), ("number", NUMBER, NUMBER_HELP), ("begins", BEGINS, None), ("ends", ENDS, None),
            ("items", ITEMS, ITEMS_HELP),
        ):  # fmt: skip
            field = self.fields[name]
            field.label, field.help_text = pick(label, spoken), pick(help, spoken) if help else ""
            field.widget.attrs.setdefault("autocomplete", "off")
        self.fields["number"].widget.attrs["inputmode"] = "tel"


@require_http_methods(["GET", "HEAD", "POST"])
def mandates_of(request: HttpRequest) -> HttpResponse:
    """A firm's mandates (``?firm=`` its code, which is public), and the form for another one."""
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, mandates.PAGE):
        raise Http404
    spoken = language.of(request)
    if request.method != "POST":
        return _page(request, GiveForm(spoken, firm=request.GET.get("firm", "")[:30]))
    form = GiveForm(spoken, request.POST)
    if form.is_valid():
        clean = form.cleaned_data
        try:
            firm = mandates.firm_of(clean["firm"])
            mandates.give(
                who, firm, clean["number"], begins=clean["begins"], ends=clean["ends"], items=clean["items"].split()
            )  # fmt: skip
        except NotAllowed as why:
            form.add_error(why.field or None, why.zh if spoken == "zh" else why.en)
        else:
            messages.success(request, pick(GIVEN, spoken))
            return redirect(f"{reverse('mandates')}?firm={clean['firm'].strip()}")
    return _page(request, form, 422)


@require_POST
def take_back(request: HttpRequest, mandate: int) -> HttpResponse:
    """Take a mandate back."""
    who: User = reader.of(request)
    held = Mandate.objects.filter(pk=mandate).first() if rules.can(who, mandates.PAGE) else None
    if held is None:
        raise Http404
    spoken = language.of(request)
    try:
        mandates.take_back(who, held)
    except NotAllowed as why:
        messages.error(request, why.zh if spoken == "zh" else why.en)
    else:
        messages.success(request, pick(TAKEN, spoken))
    code = register.masked(held.party).get("enterprise_code", "")
    return redirect(f"{reverse('mandates')}?firm={code}")


def _page(request: HttpRequest, form: GiveForm, status: int = 200) -> HttpResponse:
    asked = str(form["firm"].value() or "").strip()
    firm: dict[str, Any] | None = None
    listed: list[tuple[Mandate, dict[str, Any]]] = []
    if asked:
        try:
            found = mandates.firm_of(asked)
        except NotAllowed as why:
            if not form.is_bound:
                messages.error(request, why.zh if language.of(request) == "zh" else why.en)
        else:
            firm = register.masked(found.pk)
            rows = list(mandates.running(found.pk))
            people = register.masked_many([row.account.party for row in rows])
            listed = [(row, people.get(row.account.party, {})) for row in rows]
    context = {"title": TITLE, "form": form, "firm": firm, "mandates": listed}
    return render(request, "accounts/mandates.html", context, status=status)
