"""Puts ``request.reader`` on every request: the user as the rules know it, read when first asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from qinzheng.access.users import ANONYMOUS, User, user_of


class Reader:
    """Middleware, after Django's session and authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.reader = SimpleLazyObject(lambda: reader_of(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def reader_of(request: HttpRequest) -> User:
    """The user of a session; anonymous where nobody has logged in."""
    account: Any = request.user
    if not getattr(account, "is_authenticated", False):
        return ANONYMOUS
    factors = {record["method"] for record in get_authentication_records(request, account)}
    return user_of(account, dt.datetime.now(dt.UTC), second_factor="mfa" in factors)
