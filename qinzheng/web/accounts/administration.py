"""The administrators' pages: what each of the three may do, accounts, and who approves what.

The system administrator opens and closes accounts, the security administrator says who may do what with them, the audit
administrator reads the log of both. Every button leads to one verb of :mod:`qinzheng.access.accounts`, which leaves an event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from qinzheng.access import accounts, oidc, rules
from qinzheng.access.models import KINDS, Account, FactorReset, Identity
from qinzheng.access.users import User
from qinzheng.cases.engine import NotAllowed
from qinzheng.definitions.form import Text
from qinzheng.organizations import queries as organizations
from qinzheng.web import language, paging, reader
from qinzheng.web.accounts import admin_forms
from qinzheng.web.accounts.words import KIND, POWER, POWERS_MAY
from qinzheng.web.calendars import today
from qinzheng.web.components import Choice, Column, Filter, Row, Table
from qinzheng.web.language import pick

DONE = Text(zh="已办理，并写入账本", en="Done, and written into the ledger")
STATE = {True: Text(zh="启用", en="on"), False: Text(zh="停用", en="off")}
COLUMNS = tuple(
    Column(Text(zh=zh, en=en))
    for zh, en in (("登录名", "Login"), ("姓名", "Name"), ("种类", "Kind"), ("管理权限", "Power"), ("状态", "State"))
)  # fmt: skip


def entered(request: HttpRequest, page: str) -> User:
    """The reader, who may open the page; nobody else learns that there is one."""
    who: User = reader.of(request)
    if not rules.can(who, page):
        raise Http404
    return who


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What each of the three may do, what waits for approval, and which logins are locked."""
    who = entered(request, "administration")
    asked = rules.scope(who, "see", FactorReset.objects.filter(approved_at=None)).select_related(
        "account", "asked_by"
    )
    may = set(rules.scope(who, "approve", FactorReset.objects.all()).values_list("pk", flat=True))
    known = dict(
        Account.objects.filter(login__in=[login for login, _ in accounts.locked()]).values_list("login", "pk")
    )
    context = {
        "powers": POWERS_MAY.items(), "mine": who.power, "resets": [(row, row.pk in may) for row in asked.order_by("asked_at")],
        "locked": [(login, until, known.get(login)) for login, until in accounts.locked()] if who.power != "audit" else [],
        "unlocks": who.power == "security", "tokens": rules.can(who, "tokens"), "log": rules.can(who, "security_log"),
    }  # fmt: skip
    return render(request, "accounts/administration.html", context)


@never_cache
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Every account, found by login or staff number; a name does not belong into an address."""
    who = entered(request, "administration")
    asked, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    rows = rules.scope(who, "see", Account.objects.all()).select_related("person", "administration")
    if asked:
        rows = rows.filter(Q(login__icontains=asked) | Q(person__number=asked))
    if kind in KINDS:
        rows = rows.filter(kind=kind)
    try:
        page = paging.page(
            rows, ("login", "pk"), after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
    except paging.WrongCursor:
        return redirect("accounts")
    table = Table(
        Text(zh="账号", en="Accounts"), COLUMNS, [_row(each) for each in page.rows],
        filters=(
            Filter("q", Text(zh="登录名或工号", en="Login or staff number"), value=asked),
            Filter("kind", Text(zh="种类", en="Kind"), [Choice("", Text(zh="全部", en="all"), not kind)]
                   + [Choice(name, KIND[name], kind == name) for name in KINDS], kind),
        ),
        following=page.following, preceding=page.preceding,
    )  # fmt: skip
    may = {"table": table, "makes": who.power == "system"}
    return render(request, "accounts/list.html", may)


def _row(account: Account) -> Row:
    power = getattr(account, "administration", None)
    cells = (
        account.login, account.person.name if account.person else "—", KIND[account.kind], POWER[power.power] if power else "—",
        STATE[account.is_active],
    )  # fmt: skip
    return Row(cells, url=reverse("account", args=[account.pk]))


@never_cache
def make(request: HttpRequest) -> HttpResponse:
    """A new account with its one-time password."""
    who = entered(request, "administration")
    if who.power != "system":
        raise Http404
    spoken = language.of(request)
    form = admin_forms.NewAccount(spoken, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        try:
            account, password = accounts.open_with_password(
                given["login"], given["kind"], who.pseudonym, person_id=given["person"]
            )
        except NotAllowed as why:
            form.add_error("login" if why.field == "login" else None, why.zh if spoken == "zh" else why.en)
        else:
            return _once(request, account, password)
    status = 422 if form.is_bound else 200
    return render(request, "accounts/new.html", {"form": form}, status=status)


def _once(request: HttpRequest, account: Account, password: str) -> HttpResponse:
    """The one-time password, on this one page and nowhere else."""
    return render(request, "accounts/once.html", {"account": account, "password": password})


@never_cache
@require_safe
def one(request: HttpRequest, account: int) -> HttpResponse:
    """One account: what it is, and what the reader may do with it."""
    who = entered(request, "administration")
    return _page(request, who, _found(who, account))


def _found(who: User, id: int) -> Account:
    rows = rules.scope(who, "see", Account.objects.filter(pk=id))
    found = rows.select_related("person", "administration").first()
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest,
    who: User,
    account: Account,
    *,
    tried: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    spoken = language.of(request)
    posts = organizations.posts_held(account.person_id, today()) if account.person_id else []
    units = organizations.names({post.organization_id for post in posts})
    forms = {
        name: (tried or {}).get(name) or make(spoken)
        for name, make in admin_forms.OF_ACTS.items()
        if _may(who, name, account)
    }
    power = getattr(account, "administration", None)
    context = {
        "account": account, "kind": KIND[account.kind], "state": STATE[account.is_active],
        "power": POWER[power.power] if power else None,
        "posts": [Text(zh=f"{units[post.organization_id].zh} {post.name_zh}", en=f"{units[post.organization_id].en} {post.name_en or post.name_zh}") for post in posts],
        "identities": [
            (row, _provider_name(row.provider)) for row in Identity.objects.filter(account=account, ended_at=None)
        ],
        "factor": accounts.has_factor(account), "tokens": accounts.open_tokens(account), "forms": forms,
        "may": {name for name in ACTS if _may(who, name, account)},
    }  # fmt: skip
    return render(request, "accounts/account.html", context, status=status)


def _provider_name(id: str) -> str:
    known = oidc.providers().get(id)
    return known.name if known else id


def _may(who: User, act: str, account: Account) -> bool:
    """Whether the button is shown: the rules, and whether there is anything to do. Nobody acts on his own account."""
    needed, fits = ACTS[act][0], ACTS[act][1]
    return who.account != account.pk and rules.can(who, needed, account) and fits(account)


# -- acts ---------------------------------------------------------------------------------------------


def _close(who: User, account: Account, given: dict[str, Any]) -> str | None:
    accounts.switch(account, False, who.pseudonym)
    return None


def _open(who: User, account: Account, given: dict[str, Any]) -> str | None:
    accounts.switch(account, True, who.pseudonym)
    return None


def _renew(who: User, account: Account, given: dict[str, Any]) -> str | None:
    return accounts.renew_password(account, who.pseudonym)


def _grant(who: User, account: Account, given: dict[str, Any]) -> str | None:
    accounts.grant(account, given["power"], who.pseudonym)
    return None


def _bind(who: User, account: Account, given: dict[str, Any]) -> str | None:
    accounts.bind(account, given["provider"], given["subject"], who.pseudonym)
    return None


def _unbind(who: User, account: Account, given: dict[str, Any]) -> str | None:
    for bound in Identity.objects.filter(account=account, ended_at=None).select_related("account"):
        accounts.unbind(bound, who.pseudonym)
    return None


def _unlock(who: User, account: Account, given: dict[str, Any]) -> str | None:
    accounts.unlock(account, who.pseudonym)
    return None


def _reset(who: User, account: Account, given: dict[str, Any]) -> str | None:
    accounts.ask_reset(account, Account.objects.get(pk=who.account))
    return None


def _person(account: Account) -> bool:
    return account.kind != "service" and not account.demo


Act = tuple[str, Callable[[Account], bool], Callable[[User, Account, dict[str, Any]], str | None]]
ACTS: dict[str, Act] = {
    "close": ("switch_off", lambda account: account.is_active, _close),
    "open": ("switch_off", lambda account: not account.is_active, _open),
    "renew": ("renew", lambda account: _person(account) and account.is_active, _renew),
    "grant": ("grant", lambda account: account.kind == "administrator" and not hasattr(account, "administration"), _grant),
    "bind": ("bind", lambda account: bool(oidc.providers()) and _person(account) and account.kind != "administrator", _bind),
    "unbind": ("bind", lambda account: account.identities.filter(ended_at=None).exists(), _unbind),
    "unlock": ("unlock", lambda account: account.login in {login for login, _ in accounts.locked()}, _unlock),
    "reset": ("ask_reset", lambda account: _person(account) and accounts.has_factor(account), _reset),
}  # fmt: skip
"""Name of a button → (act of the rules, whether it fits the account, what it does). It may return a one-time password."""


@require_POST
def act(request: HttpRequest, account: int) -> HttpResponse:
    """Do one act on an account."""
    who = entered(request, "administration")
    found, name = _found(who, account), request.POST.get("act", "")
    if name not in ACTS or not _may(who, name, found):
        raise Http404
    spoken = language.of(request)
    form = admin_forms.OF_ACTS[name](spoken, request.POST) if name in admin_forms.OF_ACTS else None
    if form is None or form.is_valid():
        try:
            password = ACTS[name][2](who, found, form.cleaned_data if form else {})
        except NotAllowed as why:
            said = why.zh if spoken == "zh" else why.en
            if form is None:
                messages.error(request, said)
                return redirect("account", account=account)
            form.add_error(None, said)
        else:
            if password is not None:
                return _once(request, found, password)
            messages.success(request, pick(DONE, spoken))
            return redirect("account", account=account)
    return _page(request, who, found, tried={name: form}, status=422)


@require_POST
def approve_reset(request: HttpRequest, reset: int) -> HttpResponse:
    """Approve that a second factor is taken away; by another than who asked."""
    who = entered(request, "administration")
    asked = rules.scope(who, "approve", FactorReset.objects.filter(pk=reset, approved_at=None)).first()
    if asked is None:
        raise Http404
    accounts.approve_reset(asked, Account.objects.get(pk=who.account))
    messages.success(request, pick(DONE, language.of(request)))
    return redirect("administration")
