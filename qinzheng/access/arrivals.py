"""Whom a provider's proven claims open the door to: an account by its bound subject; for citizens also by their identity number.

Staff: the subject that the security administrator bound, and nothing else. Citizens: the first time, the real name and identity
number that the provider vouches for make or find the party; from then on the subject opens its account.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from qinzheng.access import accounts
from qinzheng.access.models import Account, Identity
from qinzheng.access.oidc import NotProven, Provider
from qinzheng.cases.engine import NotAllowed
from qinzheng.parties import actions as parties
from qinzheng.parties.fields import WrongField
from qinzheng.parties.subjects import PartyRefused

BY = "oidc:"
"""Who acts in the ledger where the provider's word makes a citizen's account."""
NEEDED = ("name", "identity_number")


def account_of(provider: Provider, claims: Mapping[str, Any]) -> Account:
    """The account that the subject opens. Raises :class:`NotProven` where it opens none."""
    bound = (
        Identity.objects.filter(
            provider=provider.id, subject=accounts.veil(provider.id, claims["sub"]), ended_at=None
        )
        .select_related("account__person", "account__administration")
        .first()
    )
    account = bound.account if bound is not None else _citizen(provider, claims)
    if not account.is_active or account.demo or account.kind == "administrator":
        raise NotProven("account")
    return account


def _citizen(provider: Provider, claims: Mapping[str, Any]) -> Account:
    """The account of the party that the claims name, made where there is none; only of a provider that has claims mapped."""
    if not provider.claims:
        raise NotProven("unbound")
    given = {ours: str(claims[theirs]) for ours, theirs in provider.claims.items() if claims.get(theirs)}
    if any(name not in given for name in NEEDED):
        raise NotProven("claims")
    by = f"{BY}{provider.id}"[:20]
    try:
        with transaction.atomic():
            party = parties.register("citizen", given, by=by).pk
            account = Account.objects.filter(kind="citizen", party=party, demo=False).order_by("pk").first()
            if account is None:
                account = accounts.make_account(f"{provider.id}-{party}", "citizen", by, party=party)
            accounts.bind(account, provider.id, claims["sub"], by)
    except (WrongField, PartyRefused, NotAllowed, IntegrityError):
        raise NotProven("claims") from None
    return account
