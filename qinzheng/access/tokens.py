"""Who asks with a token: the application's account with the posts that it holds, within the token's scopes and units.

An application holds posts as a person does, and acts in them; the ledger names the post. What a token's rights *stand
on* is asked for every request: its row, its account's, its mandates', and the number that every change of the register
raises. So revoking it, its end, switching the account off, relieving it of a post or moving a unit takes effect at the
next request. While that is unchanged, what was read of its posts serves again, for a second at most: days begin and
absences end without anybody changing a row.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from qinzheng.access import actions
from qinzheng.access.models import Token
from qinzheng.access.users import User, user_of
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.book import day_of

FRESH_S = 1.0
MOST = 10_000
"""Tokens whose posts are remembered."""

STANDS = (
    "SELECT concat_ws(' ', t.id, t.xmin, a.xmin, r.number, (SELECT string_agg(concat(m.id, '-', m.xmin), ' ' ORDER BY m.id) "
    "FROM access_mandate m WHERE m.account_id = a.id)) AS stands "
    "FROM access_token t JOIN access_account a ON a.id = t.account_id CROSS JOIN organizations_changes r "
    "WHERE t.digest = %s AND t.revoked_at IS NULL AND t.expires_at > %s AND a.is_active"
)
"""What the rights of a token stand on, by the versions of their rows; no row where it opens nothing."""


@dataclass(frozen=True)
class Caller:
    """The user of a token, and the units for which it may tell what was done elsewhere."""

    user: User
    reports: frozenset[str]

    @property
    def source(self) -> str:
        """The name of the system by which its cases are known for ever: the account's pseudonym."""
        return self.user.pseudonym


@dataclass(frozen=True)
class Key:
    """A token as it is shown at a moment: whether it opens anything, the database says."""

    digest: bytes
    at: dt.datetime

    @property
    def asks(self) -> tuple[str, Sequence[Any]]:
        """The question on which its rights stand: one text, or no row."""
        return STANDS, [self.digest, self.at]

    def stands(self) -> str | None:
        """The answer, asked by itself."""
        with connection.cursor() as cursor:
            cursor.execute(*self.asks)
            found = cursor.fetchone()
        return None if found is None else found[0]

    def remembered(self) -> tuple[str, Caller] | None:
        """What was read lately, and what it stood on: good if it still does."""
        with _lock:
            until, stood, found = _read.get(self.digest, _NOTHING)
        return None if found is None or until < time.monotonic() else (stood, found)

    def caller(self, stands: str) -> Caller:
        """Who the token is, as of what its rights stand on."""
        found = self.remembered()
        if found is not None and found[0] == stands:
            return found[1]
        row = Token.objects.select_related("account", "account__person", "account__administration").get(
            digest=self.digest
        )
        caller = _caller(row, self.at)
        with _lock:
            if len(_read) >= MOST:
                _read.clear()
            _read[self.digest] = time.monotonic() + FRESH_S, stands, caller
        return caller


_lock = threading.Lock()
_NOTHING: tuple[float, str, Caller | None] = (0.0, "", None)
_read: dict[bytes, tuple[float, str, Caller | None]] = {}


def shown(secret: str, at: dt.datetime) -> Key | None:
    """The token as it is shown; None where it cannot be one of ours."""
    return Key(actions.digest(secret), at) if secret.startswith(actions.TOKEN) else None


def caller_of(secret: str, at: dt.datetime) -> Caller | None:
    """Who the secret opens the door to at a moment; None where it opens nothing."""
    key = shown(secret, at)
    stands = key.stands() if key is not None else None
    return None if key is None or stands is None else key.caller(stands)


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
