"""The library's own tokens, with what the accounts tell of themselves, and bent by the fault that was asked for."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from jwcrypto import jwk, jwt
from oauth2_provider.oauth2_validators import OAuth2Validator

from tests.accounts.provider import CLAIMS, CLIENTS
from tests.accounts.provider.keys import pem

present = {"fault": ""}


class Validator(OAuth2Validator):  # type: ignore[misc]
    """As the library's, but what it signs may be wrong."""

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
        return bent(made, request.client.jwk_key, CLIENTS[request.client.client_id])


def bent(token: str, key: Any, secret: str) -> str:
    """The genuine token, with the present fault."""
    fault = present["fault"]
    head, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    claims |= {
        "issuer": {"iss": "http://127.0.0.1:1/o"}, "audience": {"aud": "somebody-else"}, "nonce": {"nonce": "of another login"},
        "expired": {"iat": time.time() - 7200, "exp": time.time() - 3600}, "two_audiences": {"aud": [claims["aud"], "somebody-else"]},
    }.get(fault, {})  # fmt: skip
    if fault == "unsigned":
        return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."
    if fault == "shared_secret":
        head, key = {"alg": "HS256"}, jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(secret.encode()).decode())
    if fault == "forged":  # signed by somebody else under the name of the published key
        key = jwk.JWK.from_pem(pem().encode())
    made = jwt.JWT(header=json.dumps(head), claims=json.dumps(claims))
    made.make_signed_token(key)
    return str(made.serialize())


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
