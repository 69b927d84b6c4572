"""The feed: events of cases in the order of the ledger, for the caller's eyes only. Sealed cases are never in it."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

from ninja import Query

from qinzheng.access import rules
from qinzheng.cases.models import Case
from qinzheng.ledger import queries as ledger
from qinzheng.ledger.queries import StoredEvent
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
    looked = list(islice(ledger.sequenced(asked.after), LOOKED_AT))
    numbers = _visible(request, {event.subject for _, _, event in looked if event.subject.startswith(CASE)})
    found: list[dict[str, Any]] = []
    following = asked.after
    for position, _, event in looked:
        if len(found) == asked.size:
            break
        following = position + 1
        if event.subject in numbers:
            found.append(_event(position, event, numbers[event.subject]))
    return {
        "events": found, "following": following,
        "more": bool(looked) and (following <= looked[-1][0] or len(looked) == LOOKED_AT),
    }  # fmt: skip


def _visible(request: ApiRequest, subjects: set[str]) -> dict[str, str]:
    """Case id → number, of those that the caller may see and that are kept from nobody."""
    user = request.reader
    reading = replace(user, scopes=(user.scopes or frozenset()) | {"read"})  # the scope feed reads too
    rows = Case.objects.filter(pk__in=subjects, concerns__isnull=True)
    return dict(rules.scope(reading, "see", rows).values_list("pk", "number"))


def _event(position: int, event: StoredEvent, number: str) -> dict[str, Any]:
    return {**plain(event), "position": position, "number": number}
