"""Other sides that a test sends to: a mail server with a mind of its own, and a channel that answers as it is told."""

from __future__ import annotations

import asyncio
import datetime as dt
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.utils import timezone

from qinzheng.notifications.channels import Message, Outcome
from qinzheng.notifications.models import Delivery


class Post:
    """A mail server's mind: what it answers at the recipient and at the message, and what it took."""

    def __init__(self) -> None:
        self.at_recipient: list[str] = []
        self.at_message: list[str] = []
        self.taken: list[EmailMessage] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # fmt: skip  # noqa: N802
        if self.at_recipient:
            return self.at_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.at_message:
            return self.at_message.pop(0)
        assert isinstance(envelope.content, bytes)
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        found["X-To"] = ",".join(envelope.rcpt_tos)
        self.taken.append(found)
        return "250 OK"


class OnAnyPort(Controller):
    """The server on whichever port is free."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Recorder:
    """A channel of the test's own, such as a gateway that answers as it is told: the sender is under test here."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.messages: list[Message] = []

    def send(self, message: Message) -> Outcome:
        self.messages.append(message)
        return self.outcomes.pop(0) if self.outcomes else Outcome("sent", f"no-{len(self.messages)}")


def due() -> None:
    """Everything that waits is due now."""
    Delivery.objects.filter(state__in=["queued", "held"]).update(
        next_at=timezone.now() - dt.timedelta(days=400)
    )
