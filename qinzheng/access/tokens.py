"""Who asks with a token: the application's account with the posts that it holds, within the token's scopes and units.

An application holds posts as a person does, and acts in them; the ledger names the post. A token is looked up for every
request, so revoking it, its end, or switching the account off takes effect at the next one. The posts behind it are read
anew when what was read is a second old, as published definitions are.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass, replace

from django.db import connection

from qinzheng.access import actions
from qinzheng.access.models import Token
from qinzheng.access.users import User, user_of
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.book import day_of

FRESH_S = 1.0
MOST = 10_000
"""Tokens whose posts are remembered."""


@dataclass(frozen=True)
class Caller:
    """The user of a token, and the units for which it may tell what was done elsewhere."""

    user: User
    reports: frozenset[str]

    @property
    def source(self) -> str:
        """The name of the system by which its cases are known for ever: the account's pseudonym."""
        return self.user.pseudonym


_lock = threading.Lock()
_read: dict[bytes, tuple[float, Caller]] = {}


def caller_of(secret: str, at: dt.datetime) -> Caller | None:
    """Who the secret opens the door to at a moment; None where it opens nothing."""
    if not secret.startswith(actions.TOKEN):
        return None
    digest = actions.digest(secret)
    token = _opens(digest, at)
    if token is None:
        return None
    with _lock:
        until, found = _read.get(digest, (0.0, None))
    if found is None or until < time.monotonic():
        row = Token.objects.select_related("account", "account__person", "account__administration").get(
            pk=token
        )
        found = _caller(row, at)
        with _lock:
            if len(_read) >= MOST:
                _read.clear()
            _read[digest] = time.monotonic() + FRESH_S, found
    return found


def _opens(digest: bytes, at: dt.datetime) -> int | None:
    """The token's row, if it opens anything at that moment. Asked for every request, so without the ORM."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id FROM access_token t JOIN access_account a ON a.id = t.account_id WHERE t.digest = %s "
            "AND t.revoked_at IS NULL AND t.expires_at > %s AND a.is_active",
            [digest, at],
        )
        found = cursor.fetchone()
        return found[0] if found else None


def _caller(token: Token, at: dt.datetime) -> Caller:
    user = user_of(token.account, at, scopes=frozenset(token.scopes))
    if not token.organizations:
        return Caller(user, user.desk)
    within = frozenset(organizations.within(token.organizations, day_of(at)))
    seats = tuple(seat for seat in user.seats if seat.organization in within)
    desk = user.reach | {seat.unit for seat in seats}
    # What must be kept from the user is kept from a narrower token too: kin and held stay as they are.
    narrowed = replace(
        user, seats=seats, own=user.own & within, reach=user.reach & within, desk=desk & within
    )
    return Caller(narrowed, within)


def forget() -> None:
    """Read the posts behind every token anew."""
    with _lock:
        _read.clear()
