"""The one door: who asks, by token, and the rule that each endpoint needs. What states no rule stays shut."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from ninja import Router
from ninja.security import HttpBearer

from qinzheng.access import rules, tokens
from qinzheng.access.tokens import Caller, Key
from qinzheng.access.users import User
from qinzheng.web.api.problems import Problem, no_token

KEY = "Idempotency-Key"
router = Router()
"""Every endpoint: one router, for two would not share a path."""


class ApiRequest(HttpRequest):
    """A request that came through the door. ``rows``: what the caller may act on, where the rule is about things.

    ``shown``: the token, where the endpoint settles itself who asks (:mod:`qinzheng.web.api.straight`); then there is
    neither ``caller`` nor ``reader``.
    """

    caller: Caller
    reader: User
    rows: QuerySet[Any]
    shown: Key
    rule: Bearer


class Bearer(HttpBearer):
    """A token whose user may ``act``: enter where the rule is about no thing, else act on some rows of ``thing``.

    A view takes its rows from ``request.rows`` alone: they are within the rule already.
    """

    def __init__(self, act: str, thing: type[Model] | None = None) -> None:
        super().__init__()
        self.act, self.thing = act, thing

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        """The caller, or None: no such token. Raises 403 where the token or its posts do not suffice."""
        caller = tokens.caller_of(token.strip(), dt.datetime.now(dt.UTC))
        if caller is None:
            return None
        request.caller, request.reader = caller, caller.user  # type: ignore[attr-defined]
        self.check(caller.user)
        if self.thing is not None:
            rows = rules.scope(caller.user, self.act, self.thing._default_manager.all())
            request.rows = rows  # type: ignore[attr-defined]
        return caller

    def shown(self, request: HttpRequest) -> Key:
        """The token that a request shows, nobody having asked whether it opens anything; 401 where it cannot."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        key = tokens.shown(secret.strip(), dt.datetime.now(dt.UTC)) if scheme.lower() == "bearer" else None
        if key is None:
            raise no_token()
        return key

    def enter(self, key: Key) -> tuple[str, Caller]:
        """What the token's rights stand on, and the caller. Raises 401, and 403 as :meth:`check` does."""
        stands = key.stands()
        if stands is None:
            raise no_token()
        caller = key.caller(stands)
        self.check(caller.user)
        return stands, caller

    def check(self, user: User) -> None:
        """403 where the token's scopes do not allow the act, or the rule is about no thing and its posts do not."""
        self._within_scopes(user)
        if self.thing is None and not rules.can(user, self.act):
            raise refused()

    def _within_scopes(self, user: User) -> None:
        wanted = {self.act} if self.act in ("ingest", "feed") else rules.SCOPES.get(self.act, frozenset())
        if user.scopes is None or not user.scopes & wanted:
            named = ", ".join(sorted(wanted)) or "—"
            raise Problem(
                403, "not-allowed", f"令牌的权限范围不含 {named}，请申请新令牌",
                f"the token's scopes lack {named}: ask for another token",
            )  # fmt: skip


class Shut(HttpBearer):
    """What the API asks where an endpoint states no rule: nobody may."""

    def authenticate(self, request: HttpRequest, token: str) -> None:
        raise refused()


def refused() -> Problem:
    """403 for what the caller's posts do not allow."""
    return Problem(
        403, "not-allowed", "令牌所持岗位无权这样做", "the posts that the token holds do not allow this"
    )


def key_of(request: HttpRequest) -> uuid.UUID:
    """The idempotency key of a POST: it becomes the id of the event, so a repeated request finds what the first did."""
    given = request.headers.get(KEY, "").strip().strip('"')
    try:
        key = uuid.UUID(given)
    except ValueError:
        zh, en = (
            f"{KEY} 头应为 UUID，每个新行为一个",
            f"the header {KEY} is a UUID, a new one for each new act",
        )
        raise Problem(400, "malformed", zh, en, [(KEY, zh, en)]) from None
    if key.version == 5:
        zh, en = (
            "第 5 版 UUID 留给由外部编号得出的键",
            "UUIDs of version 5 are kept for keys made from outside numbers",
        )
        raise Problem(400, "malformed", zh, en, [(KEY, zh, en)])
    return key
