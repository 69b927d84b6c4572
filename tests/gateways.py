"""An SMS gateway on a real socket, as ``docs/how-to/text-messages.md`` describes one: it checks what it is sent."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.receivers import Asked, Receiver, Reply, receiving

SECRET = "a secret of the tests"
ACCOUNT = "qinghe"
Said = Mapping[str, Any]


@dataclass
class FakeGateway:
    """What came, and how it answers; its number for a message is made from ours, so a repeated one is the same."""

    receiver: Receiver
    taken: list[dict[str, Any]] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], tuple[int, Said]] = lambda told: (
        200,
        {"result": "accepted", "id": number(told["id"])},
    )
    held: list[Said] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.receiver.url

    def settings(self, settings: Any) -> None:
        """Make it the gateway of the test."""
        settings.OUTGOING_ALLOW = "http://127.0.0.1"
        settings.SMS_GATEWAY, settings.SMS_ACCOUNT, settings.SMS_SECRET = self.url, ACCOUNT, SECRET
        settings.SMS_LOGIN_TEMPLATE = "SMS_100001"


def number(id: str) -> str:
    """The gateway's number for a message of ours."""
    return "g-" + hashlib.sha256(id.encode()).hexdigest()[:16]


@contextlib.contextmanager
def running() -> Iterator[FakeGateway]:
    """A gateway for the time of a test."""

    def answers(asked: Asked) -> Reply:
        signed = hmac.new(SECRET.encode(), asked.body, "sha256").hexdigest()
        told = json.loads(asked.body)
        if asked.headers.get("x-signature") != f"sha256={signed}" or told["account"] != ACCOUNT:
            return 401, {}, b"{}"
        if told.get("receipts"):
            given, gateway.held = gateway.held, []
            return 200, {}, json.dumps({"receipts": given}).encode()
        gateway.taken.append(told)
        status, said = gateway.answer(told)
        return status, {}, json.dumps(said).encode()

    with receiving(answers) as receiver:
        gateway = FakeGateway(receiver)
        yield gateway
