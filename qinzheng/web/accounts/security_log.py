"""What the audit administrator reads (the security log, a day at a time) and what the security administrator keeps (tokens)."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from qinzheng.access import actions, events, rules
from qinzheng.access.models import Account, Token
from qinzheng.cases.engine import NotAllowed
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import queries as ledger
from qinzheng.web import language
from qinzheng.web.accounts import admin_forms
from qinzheng.web.accounts.administration import DONE, entered
from qinzheng.web.calendars import today
from qinzheng.web.components import Choice, Column, Filter, Row, Table
from qinzheng.web.language import pick

MOST = 500
"""Entries of a day that the page shows; the ledger has them all."""
METHODS = {
    "password": Text(zh="密码", en="password"), "oidc": Text(zh="统一身份认证", en="single sign-on"), "demo": Text(zh="演示", en="demonstration"),
    "login": Text(zh="密码", en="password"), "totp": Text(zh="验证器", en="authenticator"), "phone": Text(zh="短信验证码", en="code by SMS"),
}  # fmt: skip
COLUMNS = tuple(
    Column(Text(zh=zh, en=en))
    for zh, en in (("时间", "Time"), ("事件", "Event"), ("账号", "Account"), ("经办", "By"), ("说明", "Detail"))
)  # fmt: skip


@never_cache
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """The security log of one day, the newest first."""
    entered(request, "security_log")
    day = _day(request.GET.get("day", ""))
    what = request.GET.get("what", "")
    names = [what] if what in events.WORDS else list(events.WORDS)
    begin = dt.datetime.combine(day, dt.time(), shelf.ZONE)
    found = ledger.recorded_within(
        begin, begin + dt.timedelta(days=1), [events.PREFIX + name for name in names], MOST + 1
    )
    logins = _logins(
        [each.subject.removeprefix("account:") for each in found] + [each.actor for each in found]
    )
    rows = [
        Row((
            _clock(each.recorded_at), _said(each.type), logins.get(each.subject.removeprefix("account:"), each.subject),
            logins.get(each.actor, each.actor), METHODS.get(each.body.get("method", ""), each.body.get("method", "")),
        ))
        for each in found[:MOST]
    ]  # fmt: skip
    table = Table(
        Text(zh=f"{day.isoformat()} 的安全日志", en=f"Security log of {day.isoformat()}"), COLUMNS, rows,
        filters=(
            Filter("day", Text(zh="日期", en="Day"), value=day.isoformat()),
            Filter("what", Text(zh="事件", en="Event"), [Choice("", Text(zh="全部", en="all"), not what)]
                   + [Choice(name, Text(zh=zh, en=en), name == what) for name, (zh, en) in events.WORDS.items()], what),
        ),
        shown=Text(zh=f"共 {len(found)} 条" if len(found) <= MOST else f"只列最近 {MOST} 条", en=f"{len(found)} entries" if len(found) <= MOST else f"the last {MOST} only"),
    )  # fmt: skip
    before, after = day - dt.timedelta(days=1), day + dt.timedelta(days=1)
    context = {"table": table, "before": before, "after": after if after <= today() else None, "what": what}
    return render(request, "accounts/entries.html", context)


def _day(text: str) -> dt.date:
    try:
        return min(dt.date.fromisoformat(text), today())
    except ValueError:
        return today()


def _clock(at: int) -> str:
    """The time of day, to the second."""
    return dt.datetime.fromtimestamp(at / 1_000_000, shelf.ZONE).strftime("%H:%M:%S")


def _said(type: str) -> Text:
    zh, en = events.WORDS[type.removeprefix(events.PREFIX)]
    return Text(zh=zh, en=en)


def _logins(pseudonyms: list[str]) -> dict[str, str]:
    return dict(Account.objects.filter(pseudonym__in=set(pseudonyms)).values_list("pseudonym", "login"))


# -- tokens -------------------------------------------------------------------------------------------


@never_cache
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    """Tokens that open something, and a form for another."""
    entered(request, "tokens")
    return _tokens(request, admin_forms.Issue(language.of(request)))


def _tokens(
    request: HttpRequest, form: admin_forms.Spoken, status: int = 200, secret: str = ""
) -> HttpResponse:
    rows = Token.objects.filter(revoked_at=None, expires_at__gt=dt.datetime.now(dt.UTC)).select_related(
        "account"
    )
    context = {"tokens": rows.order_by("expires_at", "pk"), "form": form, "secret": secret}
    return render(request, "accounts/tokens.html", context, status=status)


@require_POST
def issue(request: HttpRequest) -> HttpResponse:
    """Issue a token; its secret is shown this once."""
    who = entered(request, "tokens")
    spoken = language.of(request)
    form = admin_forms.Issue(spoken, request.POST)
    if not form.is_valid():
        return _tokens(request, form, 422)
    given = form.cleaned_data
    try:
        _, secret = actions.issue_token(
            given["account"], given["label"], given["scopes"], given["days"], who.pseudonym
        )
    except NotAllowed as why:
        form.add_error(None, why.zh if spoken == "zh" else why.en)
        return _tokens(request, form, 422)
    return _tokens(request, admin_forms.Issue(spoken), secret=secret)


@require_POST
def revoke(request: HttpRequest, token: int) -> HttpResponse:
    """Revoke a token, from its next request on."""
    who = entered(request, "tokens")
    found = rules.scope(who, "revoke", Token.objects.filter(pk=token, revoked_at=None)).first()
    if found is None:
        raise Http404
    actions.revoke_token(found, who.pseudonym)
    messages.success(request, pick(DONE, language.of(request)))
    return redirect(reverse("tokens"))
