"""Webhooks through the API: an application says where its feed is to be pushed, and reads what came of it.

A subscription belongs to the application's account and reads with the token that made or last changed it: another token
of the same account takes it over by a PUT, before the former one ends. Nobody else's subscriptions exist.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Schema, Status
from pydantic import Field

from qinzheng.access import actions as access
from qinzheng.access.models import Token
from qinzheng.notifications import subscriptions, webhooks
from qinzheng.notifications.subscriptions import Attempt, Subscription
from qinzheng.web import paging
from qinzheng.web.api.asked import Paged, Strict, Word
from qinzheng.web.api.door import ApiRequest, Bearer, router
from qinzheng.web.api.problems import Problem, not_found

FEED = Bearer("feed")
PING_S = 5
"""Seconds between two trials of one subscription (ours)."""
Url = Annotated[str, Field(max_length=2_000)]


class Wish(Strict):
    """Where to, under which name, and only events of these types (none named: all)."""

    url: Url
    label: Word = ""
    types: list[Word] = Field(default=[], max_length=50)


class NewWebhook(Wish):
    """A new subscription. ``after``: the feed's position to begin at; left out: only what happens from now on."""

    after: int | None = Field(default=None, ge=0)


class ChangedWebhook(Wish):
    """The whole of what may be changed."""

    active: bool = True


class Replay(Strict):
    """From which position of the feed on everything is sent again."""

    after: int = Field(ge=0)


class Webhook(Schema):
    """A subscription: how far it has come, and why it is off where it is."""

    id: str
    url: str
    label: str
    types: list[str]
    active: bool
    reason: str
    position: int
    failures: int
    failing_since: dt.datetime | None
    next_at: dt.datetime
    made_at: dt.datetime


class MadeWebhook(Webhook):
    """A new subscription with its secret, which is shown this once (Standard Webhooks: ``whsec_…``)."""

    secret: str


class NewSecret(Schema):
    """The new secret, shown this once; the former one signs beside it until ``former_until``."""

    secret: str
    former_until: dt.datetime


class Delivered(Schema):
    """One attempt: the event (``webhook-id``), and what the receiver answered or why it did not."""

    event: str
    position: int | None
    number: int
    at: dt.datetime
    status: int | None
    error: str
    ms: int


class DeliveryPage(Schema):
    """A page of attempts, the newest first."""

    deliveries: list[Delivered]
    following: str


@router.get("/webhooks", auth=FEED, response=list[Webhook], operation_id="list_webhooks")
def listed(request: ApiRequest) -> list[Subscription]:
    """The application's own subscriptions."""
    return list(_own(request).order_by("made_at"))


@router.post("/webhooks", auth=FEED, response={201: MadeWebhook}, operation_id="make_webhook")
def make(request: ApiRequest, wish: NewWebhook) -> Status[Any]:
    """Push the feed to an address. The address is checked now and again whenever something is sent."""
    user = request.reader
    made, secret = subscriptions.make(
        wish.url, account=user.account, token=_token(request), owner=user.pseudonym, label=wish.label, types=wish.types,
        after=wish.after,
    )  # fmt: skip
    return Status(201, {**_plain(made), "secret": secret})


@router.get("/webhooks/{id}", auth=FEED, response=Webhook, operation_id="get_webhook")
def one(request: ApiRequest, id: str) -> Subscription:
    """One subscription."""
    return _found(request, id)


@router.put("/webhooks/{id}", auth=FEED, response=Webhook, operation_id="change_webhook")
def change(request: ApiRequest, id: str, wish: ChangedWebhook) -> Subscription:
    """Change it, switch it off or on (it goes on where it stopped), or take it over with a newer token."""
    return subscriptions.change(
        _found(request, id), token=_token(request), url=wish.url, label=wish.label, types=wish.types, active=wish.active
    )  # fmt: skip


@router.delete("/webhooks/{id}", auth=FEED, response={204: None}, operation_id="remove_webhook")
def remove(request: ApiRequest, id: str) -> Status[Any]:
    """Push nothing any more, and forget what was pushed."""
    subscriptions.remove(_found(request, id))
    return Status(204, None)


@router.post("/webhooks/{id}/ping", auth=FEED, response=Delivered, operation_id="ping_webhook")
def ping(request: ApiRequest, id: str) -> dict[str, Any]:
    """Send ``qinzheng.ping``, an event that says nothing, and tell what the receiver answered."""
    held = _found(request, id)
    now = timezone.now()
    free = Subscription.objects.filter(pk=held.pk).exclude(pinged_at__gt=now - dt.timedelta(seconds=PING_S))
    if not free.update(pinged_at=now):
        raise Problem(
            429, "refused", f"每 {PING_S} 秒可试投一次，请稍候", f"one trial in {PING_S} seconds: wait a moment",
            Retry_After=str(PING_S),
        )  # fmt: skip
    tried = webhooks.ping(held)
    return {
        "event": str(tried.event), "position": None, "number": 1, "at": tried.at, "status": tried.status,
        "error": tried.error, "ms": tried.ms,
    }  # fmt: skip


@router.post("/webhooks/{id}/secret", auth=FEED, response=NewSecret, operation_id="change_webhook_secret")
def change_secret(request: ApiRequest, id: str) -> dict[str, Any]:
    """A new secret. For a day both sign, so that the receiver can change over without a gap."""
    secret = subscriptions.change_secret(_found(request, id))
    return {"secret": secret, "former_until": timezone.now() + subscriptions.OVERLAP}


@router.post("/webhooks/{id}/replay", auth=FEED, response=Webhook, operation_id="replay_webhook")
def replay(request: ApiRequest, id: str, wish: Replay) -> Subscription:
    """Push again from a position on. Receivers tell doubles by ``webhook-id``, which is the event's id."""
    subscriptions.replay(_found(request, id), wish.after)
    return _found(request, id)


@router.get(
    "/webhooks/{id}/deliveries", auth=FEED, response=DeliveryPage, operation_id="list_webhook_deliveries"
)
def deliveries(request: ApiRequest, id: str, asked: Query[Paged]) -> dict[str, Any]:
    """What came of each attempt in the last thirty days."""
    rows = Attempt.objects.filter(subscription=_found(request, id))
    page = paging.page(rows, ["-id"], after=asked.after, size=asked.size)
    return {
        "deliveries": [{**_plain(row), "event": str(row.event)} for row in page.rows],
        "following": page.following,
    }


def _own(request: ApiRequest) -> Any:
    return Subscription.objects.filter(account=request.reader.account)


def _found(request: ApiRequest, id: str) -> Subscription:
    held: Subscription | None = _own(request).filter(pk=id).first()
    if held is None:
        raise not_found()
    return held


def _token(request: ApiRequest) -> int:
    """The number of the token that was shown: the door has let it in."""
    secret = request.headers["Authorization"].partition(" ")[2].strip()
    return Token.objects.values_list("pk", flat=True).get(digest=access.digest(secret))


def _plain(row: Subscription | Attempt) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.fields}
