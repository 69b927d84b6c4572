"""Demonstration logins, and the page for too many wrong passwords. Everything else is the library's, in our layout."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import LoginView, PasswordChangeView
from allauth.mfa.totp.views import ActivateTOTPView
from django.conf import settings
from django.contrib.auth import login as begin_session
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from qinzheng.access import actions, login, oidc, phone
from qinzheng.access.models import POWERS, Account
from qinzheng.definitions.form import Text
from qinzheng.organizations import queries as organizations
from qinzheng.web import errors
from qinzheng.web.calendars import today

LOCKED_S = 15 * 60
MOST_DEMO = 60


class Login(LoginView):
    """The login page; in demonstration mode with the fictional city's posts to choose from."""

    template_name = "account/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The library's context, the identity providers, and the demonstration's accounts."""
        return {
            **super().get_context_data(**kwargs), "providers": oidc.providers().values(), "by_code": phone.offered(),
            "demo": demo_accounts() if settings.DEMO else [],
        }  # fmt: skip


sign_in = sensitive_post_parameters("password")(Login.as_view())


class ChangePassword(PasswordChangeView):
    """A new password. An account that logs in another way has none to change, and no such page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Only for accounts with a password."""
        if request.user.is_authenticated and not request.user.has_usable_password():
            raise Http404
        return super().dispatch(request, *args, **kwargs)


change_password = login_required(sensitive_post_parameters()(ChangePassword.as_view()))


class SetUp(ActivateTOTPView):
    """A second factor is set up; its first code counts as given in this session."""

    def form_valid(self, form: Any) -> HttpResponse:
        """After the library's."""
        response: HttpResponse = super().form_valid(form)
        record_authentication(self.request, self.request.user, "mfa", type="totp")
        return response


set_up = login_required(SetUp.as_view())


def demo_accounts() -> list[tuple[str, Text]]:
    """(login, what it is) of the demonstration's accounts, in the order of their logins."""
    rows = Account.objects.filter(demo=True, is_active=True).select_related("person", "administration")
    return [(row.login, _described(row)) for row in rows.order_by("login")[:MOST_DEMO]]


def _described(account: Account) -> Text:
    administration = getattr(account, "administration", None)
    if administration is not None:
        return Text(zh=POWERS[administration.power], en=f"{administration.power} administrator")
    posts = organizations.posts_held(account.person_id, today()) if account.person_id else []
    if not posts:
        return (
            Text(zh="群众", en="Citizen")
            if account.kind == "citizen"
            else Text(zh="企业经办人", en="A firm's handler")
        )
    post = posts[0]
    id = organizations.units([post.organization_id], today())[post.organization_id]
    unit = organizations.names([id])[id]
    return Text(zh=f"{unit.zh} {post.name_zh}", en=f"{unit.en}, {post.name_en or post.name_zh}")


@require_POST
def demo_login(request: HttpRequest) -> HttpResponse:
    """Log in as an account of the fictional city. Outside the demonstration there is no such page."""
    if not settings.DEMO:
        raise Http404
    found = Account.objects.filter(login=request.POST.get("login", ""), demo=True, is_active=True).first()
    if found is None:
        raise Http404
    begin_session(request, found, backend=login.BACKEND)
    request.session.set_expiry(0)
    actions.logged(found, "logged_in", "demo")
    return redirect(get_adapter(request).get_login_redirect_url(request))


def locked_out(request: HttpRequest, response: Any, credentials: dict[str, Any] | None) -> HttpResponse:
    """Too many wrong passwords: the same page for a login that exists and one that does not."""
    return errors.too_many(request, LOCKED_S)
