"""OpenID Connect: the code flow with PKCE, nonce and a verified ID token (OpenID Connect Core 1.0, 3.1; RFC 7636).

The provider is named by the operator (``OIDC_SERVER`` for staff, ``OIDC_CITIZENS_SERVER`` for citizens). Whatever it says
counts only as its ID token: signed by one of its published keys, for us, now, and for the very login that was begun in this
browser. Its names and addresses are never believed to be somebody: an account is opened by a bound subject.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from django.conf import settings

from qinzheng.notifications import addresses, outgoing
from qinzheng.notifications.outgoing import OutgoingFailed, OutgoingRefused

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key pair only: ``none`` and the client's own secret (HS…) are no proof of the provider."""
LEEWAY_S = 60
"""How much the provider's clock may differ from ours (ours)."""
KEPT_S = 600.0
"""How long a provider's configuration and keys are believed without asking again (ours)."""
AGAIN_S = 5.0
"""An unknown key makes us ask for the keys again, but not more often than this (ours)."""
BEGUN_S = 600
"""How long a login that was begun may take (ours)."""


class NotProven(Exception):
    """The provider's answer proves nobody: why, for the log, as a code. The reader is told no more than that it failed."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Provider:
    """One identity provider as the operator set it; ``claims``: our field → the name of its claim (citizens only)."""

    id: str
    name: str
    issuer: str
    client_id: str
    secret: str = field(default="", repr=False)
    claims: Mapping[str, str] = field(default_factory=dict)
    scope: str = "openid"


@dataclass(frozen=True)
class Begun:
    """A login that was begun in this browser: kept in its session until the provider sends it back."""

    provider: str
    state: str
    nonce: str
    verifier: str
    begun: float
    next: str = ""


def providers() -> dict[str, Provider]:
    """The providers that the operator has set, by their ids; none where single sign-on is off."""
    given: dict[str, dict[str, Any]] = settings.OIDC
    return {id: Provider(id=id, **each) for id, each in given.items()}


def begin(provider: Provider, callback: str, next: str = "") -> tuple[str, Begun]:
    """Where the browser is sent, and what its session must keep. Raises :class:`NotProven` where the provider is away."""
    begun = Begun(
        provider.id,
        secrets.token_urlsafe(24),
        secrets.token_urlsafe(24),
        secrets.token_urlsafe(48),
        time.time(),
        next,
    )
    challenge = base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).rstrip(b"=")
    asked = {
        "response_type": "code", "client_id": provider.client_id, "redirect_uri": callback, "scope": provider.scope,
        "state": begun.state, "nonce": begun.nonce, "code_challenge": challenge.decode(), "code_challenge_method": "S256",
    }  # fmt: skip
    where = configuration(provider)["authorization_endpoint"]
    return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}", begun


def finish(provider: Provider, begun: Begun, code: str, callback: str) -> dict[str, Any]:
    """The claims that the provider vouches for, once for a code. Raises :class:`NotProven`."""
    if begun.provider != provider.id or time.time() - begun.begun > BEGUN_S:
        raise NotProven("state")
    answer = _exchanged(provider, begun, code, callback)
    claims = verified(provider, str(answer.get("id_token") or ""), begun.nonce)
    missing = set(provider.claims.values()) - set(claims)
    if missing and answer.get("access_token"):
        claims |= {name: value for name, value in _told(provider, claims, answer).items() if name in missing}
    return claims


def verified(provider: Provider, token: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token (OpenID Connect Core 1.0, 3.1.3.7). Raises :class:`NotProven`."""
    try:
        head = jwt.get_unverified_header(token)
        if head.get("alg") not in ALGORITHMS:
            raise NotProven("algorithm")
        claims: dict[str, Any] = jwt.decode(
            token, _key(provider, head), algorithms=[head["alg"]], audience=provider.client_id, issuer=provider.issuer,
            leeway=LEEWAY_S, options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )  # fmt: skip
    except jwt.PyJWTError as why:
        raise NotProven(type(why).__name__) from None
    if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise NotProven("nonce")
    audience = claims["aud"]
    party = claims.get("azp")
    if (isinstance(audience, list) and len(audience) > 1 and party is None) or party not in (
        None,
        provider.client_id,
    ):
        raise NotProven("authorized_party")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise NotProven("subject")
    return claims


def leaving(provider: Provider, back: str) -> str:
    """Where the browser goes to log out at the provider too (OpenID Connect RP-Initiated Logout 1.0); empty where it cannot."""
    try:
        where = str(configuration(provider).get("end_session_endpoint") or "")
    except NotProven:
        return ""
    asked = urlencode({"client_id": provider.client_id, "post_logout_redirect_uri": back})
    return f"{where}{'&' if urlsplit(where).query else '?'}{asked}" if where else ""


# -- what the provider publishes ----------------------------------------------------------------------

_lock = threading.Lock()
_kept: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}


def configuration(provider: Provider) -> dict[str, Any]:
    """Its published configuration, which must name the very issuer that was set. Raises :class:`NotProven`."""
    found = _published(provider, f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != provider.issuer:
        raise NotProven("issuer_of_configuration")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not isinstance(found.get(name), str):
            raise NotProven(name)
    return found


def forget() -> None:
    """Ask every provider anew."""
    with _lock:
        _kept.clear()


def _published(provider: Provider, url: str, *, older_s: float = KEPT_S) -> dict[str, Any]:
    key = (provider.issuer, url)
    with _lock:
        asked, found = _kept.get(key, (0.0, {}))
    if found and time.monotonic() - asked < older_s:
        return found
    found = _json(_sent(provider, url, method="GET"))
    with _lock:
        _kept[key] = time.monotonic(), found
    return found


def _key(provider: Provider, head: Mapping[str, Any]) -> Any:
    """The provider's key that the token names; its keys are asked for once more where it is not among those known."""
    url = configuration(provider)["jwks_uri"]
    for older_s in (KEPT_S, AGAIN_S):
        for each in _published(provider, url, older_s=older_s).get("keys", []):
            if each.get("use", "sig") == "sig" and head.get("kid", each.get("kid")) == each.get("kid"):
                return jwt.PyJWK.from_dict(each, algorithm=head["alg"])
    raise NotProven("key")


# -- asked with the code ------------------------------------------------------------------------------


def _exchanged(provider: Provider, begun: Begun, code: str, callback: str) -> dict[str, Any]:
    """The provider's answer to the code; only who holds the verifier gets one."""
    known = configuration(provider)
    body = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": begun.verifier,
    }  # fmt: skip
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    methods = known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if provider.secret and "client_secret_basic" in methods:
        # RFC 6749 2.3.1: both are form-encoded first.
        pair = f"{_form(provider.client_id)}:{_form(provider.secret)}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    else:
        body |= {"client_id": provider.client_id} | (
            {"client_secret": provider.secret} if provider.secret else {}
        )
    return _json(_sent(provider, known["token_endpoint"], urlencode(body).encode(), headers=headers))


def _form(text: str) -> str:
    return urlencode({"": text})[1:]


def _told(provider: Provider, claims: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the provider tells beside the ID token; believed only about the same subject (5.3.2)."""
    where = configuration(provider).get("userinfo_endpoint")
    if not where:
        return {}
    headers = {"Authorization": f"Bearer {answer['access_token']}", "Accept": "application/json"}
    told = _json(_sent(provider, where, method="GET", headers=headers))
    if told.get("sub") != claims["sub"]:
        raise NotProven("subject_of_userinfo")
    return told


def _sent(
    provider: Provider,
    url: str,
    body: bytes = b"",
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """One request to the provider; the host that the operator named may be an inner one. Raises :class:`NotProven`."""
    client = outgoing.client()
    parts = urlsplit(provider.issuer)
    plain = "http://" if parts.scheme == "http" else ""
    client = replace(client, allowed=(*client.allowed, *addresses.read(f"{plain}{parts.hostname}")))
    try:
        answer = client.send(url, body, method=method, headers=headers)
    except (OutgoingFailed, OutgoingRefused):
        raise NotProven("unreachable") from None
    if answer.status != 200:
        raise NotProven(f"status_{answer.status}")
    return answer.body


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NotProven("json")
    return found
