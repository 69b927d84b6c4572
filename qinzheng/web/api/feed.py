"""The feed: events of cases in the order of the ledger, for the caller's eyes only. Sealed cases are never in it.

Webhooks are the same feed, pushed: :func:`pushed` asks it with the token as it stands at that moment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from ninja import Query

from qinzheng.access import rules, tokens
from qinzheng.access.models import Token
from qinzheng.access.users import User
from qinzheng.cases.models import Case
from qinzheng.ledger import queries as ledger
from qinzheng.ledger.queries import StoredEvent
from qinzheng.notifications.webhooks import Fed
from qinzheng.web.api import asked as asks
from qinzheng.web.api import shapes
from qinzheng.web.api.door import ApiRequest, Bearer, router
from qinzheng.web.api.events import plain

LOOKED_AT = 5_000
"""Events of the ledger that one request looks through."""
CASE = "case:"


@router.get("/events", auth=Bearer("feed"), response=shapes.Feed, operation_id="feed")
def feed(request: ApiRequest, asked: Query[asks.FeedQuery]) -> dict[str, Any]:
    """The next events of cases that the caller may see now. Ask again and again; nothing is missed and nothing comes twice.

    ``more``: there was more to look through. A case whose existence is kept from somebody is in nobody's feed.
    """
    found, more = look(request.reader, asked.after, asked.size)
    return {"events": found.events, "following": found.following, "more": more}


def look(user: User, after: int, size: int, types: Sequence[str] = ()) -> tuple[Fed, bool]:
    """What the user may see of the events from a position on, where to go on, and whether there was more to look through.

    ``types``: only events of these types; none named: of every type.
    """
    looked = list(islice(ledger.sequenced(after), LOOKED_AT))
    numbers = _visible(user, {event.subject for _, _, event in looked if event.subject.startswith(CASE)})
    found: list[dict[str, Any]] = []
    following = after
    for position, _, event in looked:
        if len(found) == size:
            break
        following = position + 1
        if event.subject in numbers and (not types or event.type in types):
            found.append(_event(position, event, numbers[event.subject]))
    more = bool(looked) and (following <= looked[-1][0] or len(looked) == LOOKED_AT)
    return Fed(found, following), more


def pushed(token: int, after: int, size: int, types: Sequence[str]) -> Fed | None:
    """The same for a subscription, by the number of its token; None where the token opens the feed no more."""
    digest = Token.objects.filter(pk=token).values_list("digest", flat=True).first()
    if digest is None:
        return None
    key = tokens.Key(bytes(digest), dt.datetime.now(dt.UTC))
    stands = key.stands()
    user = None if stands is None else key.caller(stands).user
    if user is None or not rules.can(user, "feed"):
        return None
    return look(user, after, size, types)[0]


def _visible(user: User, subjects: set[str]) -> dict[str, str]:
    """Case id → number, of those that the user may see and that are kept from nobody."""
    reading = replace(user, scopes=(user.scopes or frozenset()) | {"read"})  # the scope feed reads too
    rows = Case.objects.filter(pk__in=subjects, concerns__isnull=True)
    return dict(rules.scope(reading, "see", rows).values_list("pk", "number"))


def _event(position: int, event: StoredEvent, number: str) -> dict[str, Any]:
    return {**plain(event), "position": position, "number": number}
