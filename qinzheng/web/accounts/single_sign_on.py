"""Logging in at the city's or province's identity provider: sent there, sent back, and let in by what was proven."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import structlog
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from qinzheng.access import arrivals, oidc
from qinzheng.access.gate import ENTERED
from qinzheng.access.oidc import Begun, NotProven, Provider

log = structlog.get_logger("qinzheng.access")
SESSION = "oidc"
MOST_BEGUN = 5
"""Logins that one browser may have begun and not ended, in as many tabs (ours)."""


def _provider(id: str) -> Provider:
    found = oidc.providers().get(id)
    if found is None:
        raise Http404
    return found


def callback_of(request: HttpRequest, provider: Provider) -> str:
    """Where the provider sends the browser back to; registered there exactly so."""
    return request.build_absolute_uri(reverse("oidc-back", args=[provider.id]))


@never_cache
@require_safe
def begin(request: HttpRequest, provider: str) -> HttpResponse:
    """Send the browser to the provider."""
    where = _provider(provider)
    next = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(next, {request.get_host()}, require_https=request.is_secure()):
        next = ""
    try:
        address, begun = oidc.begin(where, callback_of(request, where), next)
    except NotProven as why:
        return _refused(request, where, why, 503)
    kept = [each for each in request.session.get(SESSION, []) if isinstance(each, dict)]
    request.session[SESSION] = [*kept[-MOST_BEGUN + 1 :], asdict(begun)]
    return redirect(address)


@never_cache
@require_safe
def back(request: HttpRequest, provider: str) -> HttpResponse:
    """The provider sends the browser back: let it in, or say that nothing was proven. A state serves once."""
    where = _provider(provider)
    begun = _taken(request, request.GET.get("state", ""))
    try:
        if begun is None:
            raise NotProven("state")
        if "error" in request.GET or not request.GET.get("code"):
            raise NotProven("refused_there")
        if request.GET.get("iss", where.issuer) != where.issuer:  # RFC 9207
            raise NotProven("issuer")
        claims = oidc.finish(where, begun, request.GET["code"], callback_of(request, where))
        account: Any = arrivals.account_of(where, claims)
    except NotProven as why:
        return _refused(request, where, why, 403)
    record_authentication(request, account, "oidc", provider=where.id)
    request.session[ENTERED] = where.id
    entered: HttpResponse = perform_login(request, account, redirect_url=begun.next or None)
    return entered


def _taken(request: HttpRequest, state: str) -> Begun | None:
    """What the session kept of the login with that state, taken out of it."""
    kept = [each for each in request.session.get(SESSION, []) if isinstance(each, dict)]
    found = next((each for each in kept if state and each.get("state") == state), None)
    if found is None:
        return None
    request.session[SESSION] = [each for each in kept if each is not found]
    return Begun(**found)


def _refused(request: HttpRequest, provider: Provider, why: NotProven, status: int) -> HttpResponse:
    log.warning("single sign-on refused", provider=provider.id, why=why.why)
    return render(request, "errors/no_account.html", {"away": status == 503}, status=status)
