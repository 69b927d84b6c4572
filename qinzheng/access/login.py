"""Logging in: password with lock-out and second factor. The library does it; here stands what is ours.

Nobody signs up by himself: accounts are made by the system administrator, citizens' by the phone code's door or by an
identity provider's word (:mod:`qinzheng.access.arrivals`).
A demonstration account logs in in demonstration mode only, whatever is in the database.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.urls import reverse

from qinzheng.access import accounts, actions, gate, oidc, rules
from qinzheng.access.middleware import reader_of
from qinzheng.access.models import Account
from qinzheng.parties import keys
from qinzheng.parties.vault import Sealed

BACKEND = "qinzheng.access.login.AccountBackend"
LONGEST_LOGIN = 150


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
    """No sign-up from outside; who comes, goes or is refused stands in the security log."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong passwords are counted by axes alone: in the database, for all processes."""

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        account = Account.objects.filter(login=credentials.get("username", "")).first()
        if account is not None:
            actions.logged(account, "login_refused", "password")

    def login(self, request: HttpRequest, user: Any) -> None:
        user.backend = BACKEND
        super().login(request, user)
        method = "oidc" if request.session.get(gate.ENTERED) else "demo" if user.demo else "login"
        actions.logged(user, "logged_in", method)

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, Account):
            actions.logged(request.user, "logged_out", "logout")
        super().logout(request)

    def add_message(self, request: HttpRequest, *args: Any, **more: Any) -> None:
        """The pages say what happened; the library's sentences are in one language only."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return first_page(request)

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Home; by way of the identity provider where the session was opened by one, to log out there too."""
        home = str(settings.LOGOUT_REDIRECT_URL)
        entered = oidc.providers().get(request.session.get(gate.ENTERED, ""))
        return (entered and oidc.leaving(entered, request.build_absolute_uri(home))) or home

    def set_password(self, user: Any, password: str) -> None:
        """The reader's own new password; the form has asked for the former and the rules."""
        accounts.set_password(user, password, user.pseudonym)


def first_page(request: HttpRequest) -> str:
    """Where somebody begins: with what must be done first, if anything must."""
    duty = gate.first_duty(request)
    if duty:
        return reverse(duty)
    reader = reader_of(request)
    for page, address in (("work", "work"), ("wall", "wall"), ("administration", "administration")):
        if rules.can(reader, page):
            return reverse(address)
    return reverse("cases") if rules.can(reader, "cases") else reverse("home")


class FactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are kept sealed; setting one up and taking it away stand in the security log."""

    def send_notification_mail(self, template_prefix: str, user: Any, *args: Any, **more: Any) -> None:
        """Nobody is mailed; this is where the library tells what happened."""
        told = {"totp_activated": "factor_set_up", "totp_deactivated": "factor_removed"}
        what = told.get(template_prefix.rpartition("/")[2])
        if what:
            actions.logged(user, what, "totp")

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


def tried_login(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The login name that somebody tries: wrong passwords are counted by it, whether there is such a login or not."""
    given = (credentials or {}).get("username") or request.POST.get("login", "")
    return str(given).strip()[:LONGEST_LOGIN]
