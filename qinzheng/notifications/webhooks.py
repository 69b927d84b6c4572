"""Delivering events to the applications that asked for them: CloudEvents 1.0, signed as Standard Webhooks say.

At least once, and in the order of the log: a subscription goes on to the next event when the receiver has answered 2xx
to this one. So whoever cannot take an event for now holds up its own subscription and nobody else's, and a receiver
that was down for a day gets everything, in order. After a crash of ours some events come again, with the same id.

What a subscription may be sent is not decided here: ``FEEDS`` is plugged in from above (``qinzheng.plugged``) and is the
feed of the API itself, asked with the subscription's token as it stands at that moment.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
import random
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone

from qinzheng.ledger import envelope
from qinzheng.ledger import queries as log
from qinzheng.notifications import outgoing, subscriptions
from qinzheng.notifications.channels import Message, Outcome
from qinzheng.notifications.outgoing import Limits, OutgoingFailed, OutgoingRefused
from qinzheng.notifications.subscriptions import Attempt, Secret, Subscription

logger = structlog.get_logger("qinzheng.worker")

LIMITS = Limits(connect_s=5, read_s=10, total_s=10, answer_bytes=65_536)
AT_ONCE, IN_A_ROW = 8, 20
"""Subscriptions that are served beside one another; events that one gets before what came of them is written down."""
ROW_S = 20.0
"""For how long one subscription is served in a row."""
LEASE_S = 120.0
FIRST_S, LONGEST_S = 5.0, 3600.0
"""The wait after the first failure; it doubles up to the longest, and is shortened by chance (all ours)."""
PATIENCE = dt.timedelta(days=5)
"""A subscription that failed for so long is switched off (ours)."""
TYPE = "application/cloudevents+json"
SECRETS = Secret._meta.db_table
"""The table of sealed secrets, which a rotation of the master key must wrap anew."""
PING, NOTICE = "qinzheng.ping", "qinzheng.notice"


@dataclass(frozen=True)
class Fed:
    """What the feed gave: events as the API shows them, and where to go on."""

    events: Sequence[Mapping[str, Any]]
    following: int


Feed = Callable[[int, int, int, Sequence[str]], Fed | None]
"""(token, position, how many, types) → what it may read; None where the token opens nothing any more."""
FEEDS: list[Feed] = []


@dataclass(frozen=True)
class Tried:
    """One attempt: the event, and what the receiver said or why it said nothing."""

    event: uuid.UUID
    position: int | None
    at: dt.datetime
    status: int | None
    error: str
    ms: int
    wait_s: float | None = None
    """how long the receiver asks to be left alone"""

    @property
    def taken(self) -> bool:
        """The receiver has it."""
        return self.status is not None and 200 <= self.status < 300


# -- one delivery -------------------------------------------------------------------------------------


def sign(secrets: Sequence[bytes], id: str, at: int, body: bytes) -> str:
    """The header webhook-signature: one ``v1`` a secret (HMAC-SHA256), by spaces. ``at``: Unix seconds."""
    content = f"{id}.{at}.".encode() + body
    return " ".join("v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode() for key in secrets)


def cloud_event(
    id: str, type: str, at: dt.datetime, data: Any, *, subject: str = "", sequence: int | None = None
) -> bytes:
    """One event in the structured JSON of CloudEvents 1.0, times as the API writes them; ``sequence`` is its extension."""
    told: dict[str, Any] = {
        "specversion": "1.0", "id": id, "source": settings.LEDGER_ORIGIN or "urn:qinzheng:ledger", "type": type, "time": at,
        "datacontenttype": "application/json", "data": data,
    }  # fmt: skip
    if subject:
        told["subject"] = subject
    if sequence is not None:
        told["sequence"] = str(sequence)
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), cls=DjangoJSONEncoder).encode()


def send(url: str, secrets: Sequence[bytes], id: str, body: bytes, position: int | None = None) -> Tried:
    """Deliver once. A fault of the other side is an outcome, never an exception."""
    at, begun = timezone.now(), time.monotonic()
    stamp = int(at.timestamp())
    headers = {
        "Content-Type": TYPE, "webhook-id": id, "webhook-timestamp": str(stamp), "webhook-signature": sign(secrets, id, stamp, body),
    }  # fmt: skip
    status, error, wait = None, "", None
    try:
        answer = outgoing.client().within(LIMITS).send(url, body, headers=headers)
        status, wait = answer.status, _wait(answer.headers.get("retry-after", ""))
    except OutgoingRefused:
        error = "refused"
    except OutgoingFailed as why:
        error = why.why
    return Tried(uuid.UUID(id), position, at, status, error, round((time.monotonic() - begun) * 1000), wait)


def _wait(given: str) -> float | None:
    return float(given) if given.isdigit() and len(given) < 8 else None


def ping(held: Subscription) -> Tried:
    """Try the receiver with an event that says nothing, and write down what came of it."""
    id = str(envelope.uuid7())
    now = timezone.now()
    body = cloud_event(id, PING, now, {"webhook": held.pk})
    tried = send(held.url, subscriptions.secrets_of(held, now), id, body)
    _attempt(held, tried, 1).save(force_insert=True)
    return tried


class Hook:
    """Notices by webhook: a channel whose address is the number of a subscription."""

    def send(self, message: Message) -> Outcome:
        """Once; a subscription that is off or gone is a refusal."""
        held = Subscription.objects.filter(pk=message.address, active=True).first()
        if held is None:
            return Outcome("refused", error="no-subscription")
        now = timezone.now()
        body = cloud_event(message.id, NOTICE, now, {"title": message.title, "text": message.text})
        tried = send(held.url, subscriptions.secrets_of(held, now), message.id, body)
        _attempt(held, tried, 1).save(force_insert=True)
        if tried.taken:
            return Outcome("sent", provider_id=message.id)
        error = tried.error or f"http-{tried.status}"
        refused = tried.status == 410 or tried.error == "refused"
        return Outcome("refused" if refused else "later", error=error, retry_after_s=tried.wait_s)


# -- the duty -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Round:
    """What one subscription is to get now, and what came of it."""

    held: Subscription
    lease: uuid.UUID
    secrets: Sequence[bytes]
    fed: Fed

    def run(self) -> list[Tried]:
        """Deliver in order until one is not taken or the time is over. Asks no database: many run beside one another."""
        until, done = time.monotonic() + ROW_S, []
        for event in self.fed.events:
            body = cloud_event(
                event["id"], f"qinzheng.{event['type']}", event["recorded_at"], event,
                subject=event["subject"], sequence=event["position"],
            )  # fmt: skip
            done.append(send(self.held.url, self.secrets, event["id"], body, event["position"]))
            if not done[-1].taken or time.monotonic() > until:
                break
        return done


def deliver() -> int:
    """Serve the subscriptions whose moment has come; returns how many events were taken or passed over.

    Two workers do not serve one subscription at once: each is leased with SKIP LOCKED. A worker that is killed leaves
    its lease to run out; one that comes back late finds it gone and changes nothing.
    """
    head = log.head()[1]
    lease = uuid.uuid4()
    moved, rounds = 0, []
    for held in _leased(lease, head):
        fed = FEEDS[0](held.token, held.position, IN_A_ROW, held.types)
        if fed is None:
            _disable(held, "token")
        elif not fed.events:
            moved += max(0, fed.following - held.position)
            _put_back(held, lease, position=fed.following)
        else:
            rounds.append(Round(held, lease, subscriptions.secrets_of(held, timezone.now()), fed))
    if rounds:
        with ThreadPoolExecutor(len(rounds), thread_name_prefix="webhook") as pool:
            for each, done in zip(rounds, pool.map(Round.run, rounds), strict=True):
                moved += _settle(each, done)
    _prune()
    return moved


_LEASE = """
UPDATE notifications_subscription SET lease = %s, leased_until = clock_timestamp() + %s * interval '1 second'
WHERE id IN (
    SELECT id FROM notifications_subscription
    WHERE active AND next_at <= clock_timestamp() AND position < %s
      AND (leased_until IS NULL OR leased_until < clock_timestamp())
    ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING id
"""


def _leased(lease: uuid.UUID, head: int) -> list[Subscription]:
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, [lease, LEASE_S, head, AT_ONCE])
        ids = [id for (id,) in cursor.fetchall()]
    return list(Subscription.objects.filter(pk__in=ids, lease=lease))


def _put_back(held: Subscription, lease: uuid.UUID, **values: Any) -> bool:
    """Write down and give the lease back; False where it was taken away meanwhile, and then nothing is changed."""
    return bool(
        Subscription.objects.filter(pk=held.pk, lease=lease).update(lease=None, leased_until=None, **values)
    )


def _settle(one: Round, done: Sequence[Tried]) -> int:
    """Write down what came of a round: the position moves past what was taken, and past the rest that was not for it."""
    taken = [tried for tried in done if tried.taken]
    refused = next((tried for tried in done if not tried.taken), None)
    position = one.held.position
    if len(taken) == len(one.fed.events):
        position = one.fed.following
    elif taken:
        position = (taken[-1].position or 0) + 1
    values: dict[str, Any] = {"position": position}
    if refused is None:
        values |= {"failures": 0, "failing_since": None}
    else:
        fresh = one.held.failures == 0 or bool(taken)
        failures = 1 if fresh else one.held.failures + 1
        values |= {
            "failures": failures, "failing_since": refused.at if fresh else one.held.failing_since,
            "next_at": refused.at + dt.timedelta(seconds=backoff(failures, refused.wait_s)),
        }  # fmt: skip
    with transaction.atomic():
        first = one.held.failures + 1
        rows = [_attempt(one.held, tried, first if i == 0 else 1) for i, tried in enumerate(done)]
        Attempt.objects.bulk_create(rows)
        if not _put_back(one.held, one.lease, **values):
            return 0
        one.held.position = position
        _give_up(one.held, refused, values.get("failing_since"))
    return len(taken)


def _give_up(held: Subscription, refused: Tried | None, since: dt.datetime | None) -> None:
    if refused is None:
        return
    if refused.status == 410:
        _disable(held, "gone")
    elif since is not None and refused.at - since >= PATIENCE:
        _disable(held, "failing")


def _disable(held: Subscription, reason: str) -> None:
    if subscriptions.disable(held, reason):
        logger.warning("webhook_disabled", webhook=held.pk, reason=reason)


def backoff(failures: int, asked_s: float | None = None) -> float:
    """Seconds to wait after so many failures in a row: doubling, half of it by chance; never less than was asked for."""
    whole: float = min(LONGEST_S, FIRST_S * 2 ** min(failures - 1, 30))
    wait = whole / 2 + random.random() * whole / 2  # noqa: S311 - to spread, not to hide
    return max(wait, min(asked_s or 0.0, 86_400.0))


def _attempt(held: Subscription, tried: Tried, number: int) -> Attempt:
    return Attempt(
        subscription=held, event=tried.event, position=tried.position, number=number, at=tried.at, status=tried.status,
        error=tried.error, ms=tried.ms,
    )  # fmt: skip


PRUNED_AT_ONCE = 2_000


def _prune() -> None:
    """Forget attempts that are older than they are kept."""
    old = Attempt.objects.filter(at__lt=timezone.now() - subscriptions.KEPT).order_by("at")
    ids = list(old.values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    if ids:
        Attempt.objects.filter(pk__in=ids).delete()
