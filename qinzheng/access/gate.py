"""What must be done before anything else: a one-time or outlived password changed, a second factor set up or given.

Asked for every request of a session, pages and parts of pages alike, so that a session begun before a duty arose is held to it
too. Tokens of applications have no session and are not concerned.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse

from qinzheng.access.accounts import must_change

CHANGE, SET_UP, GIVE = "account_change_password", "mfa_activate_totp", "mfa_reauthenticate"
ENTERED = "oidc_entered"
"""In the session: the identity provider that opened it."""
ALWAYS = frozenset({"login", "account_login", "logout", "account_logout", "healthz", "style"})
OPEN = {CHANGE: ALWAYS | {CHANGE}, SET_UP: ALWAYS | {SET_UP, "account_reauthenticate"}, GIVE: ALWAYS | {GIVE}}
"""Duty → the addresses that somebody with it may still open."""


class Gate:
    """Middleware, after the session is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            duty = first_duty(request)
            if duty and _name(request) not in OPEN[duty]:
                return _led(request, reverse(duty))
        return self.get_response(request)


def first_duty(request: HttpRequest) -> str:
    """The name of the page where the reader must go first; empty where nothing stands in the way."""
    account: Any = request.user
    if not getattr(account, "is_authenticated", False) or (account.demo and settings.DEMO):
        return ""
    if must_change(account, dt.datetime.now(dt.UTC)):
        return CHANGE
    if not demands_factor(account.kind) or request.session.get(ENTERED):
        return ""  # who came by an identity provider gave its factors there; administrators cannot
    if not is_mfa_enabled(account):
        return SET_UP
    return "" if gave_factor(request, account) else GIVE


def demands_factor(kind: str) -> bool:
    """Whether accounts of the kind log in with two factors: administrators always, others as the city sets."""
    return kind == "administrator" or kind in settings.SECOND_FACTOR_FOR


def gave_factor(request: HttpRequest, account: Any) -> bool:
    """Whether this session gave a second factor."""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, account))


def _name(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).url_name or ""
    except Resolver404:
        return ""


def _led(request: HttpRequest, where: str) -> HttpResponse:
    """Lead the whole page there, also where only a part of it was asked for."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": where})
    response = redirect(where)
    response.headers["Cache-Control"] = "no-store"
    return response
