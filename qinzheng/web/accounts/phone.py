"""Logging in by a code sent by SMS: one page, two steps, no script needed. Neither step says who is registered."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from django import forms
from django.conf import settings
from django.contrib.auth import login as begin_session
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from qinzheng.access import actions, login, phone
from qinzheng.definitions.form import Text
from qinzheng.notifications import one_time, simulated
from qinzheng.parties.codes import WrongCode
from qinzheng.web import requests
from qinzheng.web.language import Language, of, pick

SESSION = "phone_code"
"""In the session: the number of the code that this browser asked for, and nothing of whom it was sent to."""
NUMBER = Text(zh="手机号码", en="Mobile number")
NUMBER_HELP = Text(
    zh="11 位；验证码会以短信发到这个号码，不收费", en="Eleven digits. A code is sent there, free of charge"
)
DIGITS = Text(zh="验证码", en="Code")
DIGITS_HELP = Text(
    zh="短信里的六位数字，五分钟内有效，只能用一次",
    en="The six digits of the message: good for five minutes, once",
)
WRONG = Text(
    zh="验证码不对、已过期或已用过；请核对短信，连续输错五次须重新获取",
    en="The code is wrong, outlived or used: compare it with the message. After five wrong tries ask for another",
)
EMPTY = Text(zh="请填写", en="Fill in")


class NumberForm(forms.Form):
    """The first step: a mobile number."""

    number = forms.CharField(max_length=30)

    def __init__(self, spoken: Language, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="phone-%s")
        _named(self, "number", NUMBER, NUMBER_HELP, spoken)
        self.fields["number"].widget.attrs = {
            "autocomplete": "tel-national", "inputmode": "tel", "class": "number", "maxlength": "30",
        }  # fmt: skip


class CodeForm(forms.Form):
    """The second step: the digits. The number comes along in the form, never in an address or a session."""

    number = forms.CharField(max_length=30, widget=forms.HiddenInput)
    digits = forms.CharField(max_length=12)

    def __init__(self, spoken: Language, data: QueryDict | None = None, number: str = "") -> None:
        super().__init__(data, auto_id="phone-%s", initial={"number": number})
        _named(self, "digits", DIGITS, DIGITS_HELP, spoken)
        self.fields["digits"].widget.attrs = {
            "autocomplete": "one-time-code", "inputmode": "numeric", "class": "number", "maxlength": "12",
            "pattern": f"[0-9]{{{one_time.DIGITS}}}",
        }  # fmt: skip


def _named(form: forms.Form, name: str, label: Text, help: Text, spoken: Language) -> None:
    field = form.fields[name]
    field.label, field.help_text = pick(label, spoken), pick(help, spoken)
    field.error_messages = {"required": pick(EMPTY, spoken)}


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def by_code(request: HttpRequest) -> HttpResponse:
    """Ask for a code; enter it. A city that sends no codes has no such page."""
    if not phone.offered():
        raise Http404
    if request.method != "POST":
        return _page(request, NumberForm(of(request)))
    return _enter(request) if "digits" in request.POST else _ask(request)


def _ask(request: HttpRequest) -> HttpResponse:
    spoken = of(request)
    form = NumberForm(spoken, request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        sent = phone.ask(form.cleaned_data["number"], requests.address(request))
    except WrongCode as why:
        form.add_error("number", pick(Text(zh=why.zh, en=why.en), spoken))
        return _page(request, form, 422)
    except phone.NotSent as why:
        form.add_error(None, pick(Text(zh=why.zh, en=why.en), spoken))
        answer = _page(request, form, 429 if why.wait_s else 503)
        if why.wait_s:
            answer.headers["Retry-After"] = str(why.wait_s)
        return answer
    request.session[SESSION] = sent.code
    return _page(request, CodeForm(spoken, number=sent.number))


def _enter(request: HttpRequest) -> HttpResponse:
    spoken = of(request)
    form = CodeForm(spoken, request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    code = str(request.session.get(SESSION, ""))
    account: Any = phone.enter(code, form.cleaned_data["number"], form.cleaned_data["digits"])
    if account is None:
        form.add_error("digits", pick(WRONG, spoken))
        return _page(request, form, 422)
    request.session.pop(SESSION, None)
    record_authentication(request, account, "phone")
    begin_session(request, account, backend=login.BACKEND)
    request.session.set_expiry(0)
    actions.logged(account, "logged_in", "phone")
    return redirect(get_adapter(request).get_login_redirect_url(request))


def _page(request: HttpRequest, form: forms.Form, status: int = 200) -> HttpResponse:
    context = {"form": form, "entering": isinstance(form, CodeForm), "demo": settings.DEMO}
    return render(request, "account/phone.html", context, status=status)


@never_cache
@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """The messages that the demonstration's simulated gateway took. Outside the demonstration there is no such page."""
    if not settings.DEMO:
        raise Http404
    return render(request, "account/messages.html", {"shown": simulated.shown()})
