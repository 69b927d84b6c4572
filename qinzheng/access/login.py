"""Logging in: password with lock-out, second factor, single sign-on. The library does it; here stands what is ours.

Nobody signs up by himself: accounts are made by the system administrator, citizens' by the phone code's door.
A demonstration account logs in in demonstration mode only, whatever is in the database.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from qinzheng.access.models import Account
from qinzheng.parties import keys
from qinzheng.parties.vault import Sealed


class AccountBackend(ModelBackend):
    """Passwords against our accounts. Django's permission tables are not used: rights are rules (``rules``)."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Only accounts that are on; a demonstration account only in demonstration mode."""
        return bool(user is not None and user.is_active and (settings.DEMO or not user.demo))

    def get_user(self, user_id: Any) -> Account | None:
        """The session's account, asked anew: switched off, it is out at its next request."""
        found: Account | None = (
            Account.objects.select_related("person", "administration").filter(pk=user_id).first()
        )
        return found if self.user_can_authenticate(found) else None


class Adapter(DefaultAccountAdapter):
    """No sign-up from outside."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SocialAdapter(DefaultSocialAccountAdapter):
    """Single sign-on opens accounts that exist; it makes none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """The first time: connect the login that the city's provider vouches for with our account of that name."""
        if sociallogin.is_existing:
            return
        data = sociallogin.account.extra_data
        claims = data.get("userinfo", data)
        account = Account.objects.filter(login=claims.get("preferred_username", ""), is_active=True).first()
        if account is None or account.demo or account.kind == "administrator":
            raise ImmediateHttpResponse(render(request, "errors/no_account.html", status=403))
        sociallogin.connect(request, account)


class FactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are kept sealed."""

    def encrypt(self, text: str) -> str:
        sealed = keys.current().seal(FACTOR, text.encode())
        return ".".join([sealed.sealed.hex(), sealed.key_wrapped.hex(), sealed.commitment])

    def decrypt(self, encrypted_text: str) -> str:
        sealed, wrapped, commitment = encrypted_text.split(".")
        return (
            keys.current()
            .open(FACTOR, Sealed(bytes.fromhex(sealed), bytes.fromhex(wrapped), commitment))
            .decode()
        )


FACTOR = "access:second-factor"
"""The subject under which secrets of second factors are sealed."""


def locked_out(request: HttpRequest, response: Any, credentials: dict[str, Any]) -> HttpResponse:
    """Too many wrong passwords: the same page for a login that exists and one that does not."""
    return render(request, "errors/429.html", {"minutes": 15}, status=429)
