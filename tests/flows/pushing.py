"""What the tests of webhooks do: subscribe, let the worker deliver, look at what came."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from qinzheng.ledger import sequencer
from qinzheng.notifications import webhooks
from qinzheng.notifications.subscriptions import Subscription
from tests.flows.applications import Application
from tests.receivers import Asked, Receiver


def subscribed(by: Application, url: str, **more: Any) -> dict[str, Any]:
    answer = by.post_("/webhooks", {"url": url, "after": 0, **more})
    assert answer.status_code == 201, answer.content.decode()
    made: dict[str, Any] = answer.json()
    return made


def served() -> int:
    """Sequence what was appended and deliver until nothing is left that is due."""
    while sequencer.sequence_once():
        pass
    total = 0
    while moved := webhooks.deliver():
        total += moved
    return total


def due() -> None:
    """Whatever waits, waits no longer."""
    Subscription.objects.update(next_at=timezone.now())


def feed(by: Application) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = by.get("/events", size=1_000).json()["events"]
    return found


def told(receiver: Receiver) -> list[str]:
    """The events' ids as they came."""
    return [asked.headers["webhook-id"] for asked in receiver.asked]


def verified(asked: Asked, secret: str) -> Any:
    """The event, if the independent implementation finds the signature good."""
    return Webhook(secret).verify(asked.body.decode(), asked.headers)
