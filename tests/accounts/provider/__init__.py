"""A real OpenID Connect provider (django-oauth-toolkit) in a process of its own: ``python -m tests.accounts.provider FOLDER``.

It prints its address. ``POST /faults/`` with ``fault=…`` makes it misbehave from then on, signing what it should not. Who logs in
there is remembered by a cookie, as any provider does.
"""

from __future__ import annotations

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
