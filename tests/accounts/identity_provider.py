"""A real OpenID Connect provider (django-oauth-toolkit) in a process of its own: ``python -m tests.accounts.identity_provider FOLDER``.

It prints its address. ``POST /faults/`` with ``fault=…`` makes it misbehave from then on, signing what it should not.
Accounts: ``wang`` and ``li``; who logs in is remembered by a cookie, as any provider does.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

CLIENTS = {"qinzheng": "a secret of the tests, long enough", "citizens": "another secret of the tests, long"}
USERS = {"wang": "wang's word 1", "li": "li's word 2", "zhang": "zhang's word 3"}
CLAIMS = {
    "zhang": {"name": "司马新来", "identity_number": "320999198001010510", "phone_number": "13711112222"},
    "li": {"name": "李无证"},
}
FAULTS = (
    "",
    "issuer",
    "audience",
    "nonce",
    "expired",
    "unsigned",
    "shared_secret",
    "forged",
    "rotated",
    "two_audiences",
)


def pem() -> str:
    """A new key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def configure(folder: Path, port: int) -> None:
    """Django's settings of the provider."""
    settings.configure(
        SECRET_KEY="a provider of the tests", ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, USE_TZ=True,
        SESSION_COOKIE_NAME="at_the_provider", CSRF_COOKIE_NAME="csrf_at_the_provider", LOGIN_URL="/login/",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "oauth2_provider"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "provider.sqlite3")}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": False,
                "OPTIONS": {
                    "context_processors": ["django.template.context_processors.request"],
                    "loaders": [("django.template.loaders.locmem.Loader", {
                        "registration/login.html": "<!doctype html><title>provider</title><form method=post>{% csrf_token %}{{ form.as_p }}<button>in</button></form>",
                        "oauth2_provider/logout_confirm.html": "<!doctype html><form method=post>{% csrf_token %}{{ form.as_p }}<button name=allow value=1>out</button></form>",
                    })],
                },
            }
        ],
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True, "OIDC_RSA_PRIVATE_KEY": pem(), "PKCE_REQUIRED": True, "OIDC_ISS_ENDPOINT": f"http://127.0.0.1:{port}/o",
            "SCOPES": {"openid": "who", "profile": "more"}, "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator",
            "OIDC_RP_INITIATED_LOGOUT_ENABLED": True, "OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT": True,
            "ALLOWED_SCHEMES": ["https", "http"], "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https"],
        },
    )  # fmt: skip
    django.setup()


_fault = ""


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _bent(token: str, key: Any, secret: str) -> str:
    """The genuine token, with the fault that was asked for."""
    from jwcrypto import jwk, jwt  # noqa: PLC0415 - as all of Django's, when it is set up

    head, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    changed = {
        "issuer": {"iss": "http://127.0.0.1:1/o"}, "audience": {"aud": "somebody-else"}, "nonce": {"nonce": "of another login"},
        "expired": {"iat": time.time() - 7200, "exp": time.time() - 3600}, "two_audiences": {"aud": [claims["aud"], "somebody-else"]},
    }.get(_fault, {})  # fmt: skip
    claims |= changed
    if _fault == "unsigned":
        return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."
    if _fault == "shared_secret":
        head, key = {"alg": "HS256"}, jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(secret.encode()).decode())
    if _fault == "forged":  # signed by somebody else under the name of the published key
        key = jwk.JWK.from_pem(pem().encode())
    made = jwt.JWT(header=json.dumps(head), claims=json.dumps(claims))
    made.make_signed_token(key)
    return str(made.serialize())


def routes() -> list[Any]:
    """The provider's addresses: the library's, a login page, and the switch of faults."""
    from django.contrib.auth import views  # noqa: PLC0415
    from django.urls import include, path  # noqa: PLC0415

    return [
        path("login/", views.LoginView.as_view()),
        path("faults/", faults),
        path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    ]


def faults(request: Any) -> Any:
    """Misbehave from now on as told."""
    global _fault
    from django.http import HttpResponse  # noqa: PLC0415
    from oauth2_provider.settings import oauth2_settings  # noqa: PLC0415

    if "site" in request.POST:  # a site on a port of its own is registered too
        from oauth2_provider.models import get_application_model  # noqa: PLC0415

        for each in get_application_model().objects.all():
            site = request.POST["site"]
            each.redirect_uris += f" {site}/login/by/staff/back/ {site}/login/by/citizens/back/"
            each.post_logout_redirect_uris += f" {site}/"
            each.save(update_fields=["redirect_uris", "post_logout_redirect_uris"])
        return HttpResponse("")
    _fault = request.POST["fault"]
    if _fault not in FAULTS:
        return HttpResponse(status=400)
    if _fault == "rotated":
        oauth2_settings.OIDC_RSA_PRIVATE_KEY = pem()
    return HttpResponse(_fault)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def main() -> None:
    """Serve until killed."""
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    server = make_server("127.0.0.1", 0, None, handler_class=_Quiet)  # type: ignore[arg-type]
    configure(Path(sys.argv[1]), server.server_port)
    import __main__  # noqa: PLC0415 - the module that the settings name is this one

    sys.modules["tests.accounts.identity_provider"] = __main__
    prepare()
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415

    server.set_app(get_wsgi_application())
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


def prepare() -> None:
    """Its tables, applications and accounts."""
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from oauth2_provider.models import get_application_model  # noqa: PLC0415
    from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: PLC0415

    class Validator(OAuth2Validator):  # type: ignore[misc]
        """The library's own, with what its accounts tell of themselves, and the faults."""

        oidc_claim_scope = None

        def get_additional_claims(self, request: Any) -> dict[str, Any]:
            known = CLAIMS.get(request.user.username, {})
            return {
                "preferred_username": request.user.username,
                "email": f"{request.user.username}@city.example",
                **known,
            }

        def finalize_id_token(self, id_token: Any, token: Any, token_handler: Any, request: Any) -> str:
            made = super().finalize_id_token(id_token, token, token_handler, request)
            return _bent(made, request.client.jwk_key, CLIENTS[request.client.client_id])

    globals()["Validator"] = Validator
    globals()["urlpatterns"] = routes()
    call_command("migrate", verbosity=0, interactive=False)
    for name, password in USERS.items():
        User.objects.create_user(name, password=password)
    for id, secret in CLIENTS.items():
        get_application_model().objects.create(
            client_id=id, client_secret=secret, client_type="confidential", authorization_grant_type="authorization-code",
            skip_authorization=True, algorithm="RS256", redirect_uris=os.environ["REDIRECTS"],
            post_logout_redirect_uris=os.environ["LOGOUTS"], name=id,
        )  # fmt: skip


if __name__ == "__main__":
    main()
