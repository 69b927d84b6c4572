"""SMS by a gateway of the shape used in China: an approved signature 【…】, an approved template by its number, arguments.

Gateways differ in names only; this is ours, written down in ``docs/how-to/text-messages.md`` so that the bridge to a
provider is a page of code: one signed JSON request a message, the provider's number for it in the answer, receipts
pushed (:mod:`qinzheng.notifications.receipts`) or fetched. Numbers stand in no log; texts are made by the gateway from
its template, so nothing free can be sent in the city's name.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from qinzheng.notifications import one_time, outgoing, simulated
from qinzheng.notifications.channels import Channel, Message, Outcome
from qinzheng.notifications.outgoing import Answer, Limits, OutgoingFailed, OutgoingRefused
from qinzheng.parties import fields, keys, masks
from qinzheng.parties.codes import WrongCode

log = structlog.get_logger("qinzheng.worker")

LIMITS = Limits(connect_s=3, read_s=5, total_s=6, answer_bytes=65_536)
HOUR = dt.timedelta(hours=1)
IN_AN_HOUR = 6
"""Messages that are not urgent to one number in an hour (ours)."""
REASONS = frozenset({"template", "signature", "number", "arguments", "blocked"})
"""Why a gateway refuses a message for good; every other word of its own is ``other``."""


class Paced(models.Model):
    """A message went to a number then: what the pace is kept by. The number is a blind index."""

    number = models.BinaryField(max_length=32, db_comment="手机号码的盲索引")
    at = models.DateTimeField(db_comment="时间")

    class Meta:
        db_table = "notifications_paced"
        db_table_comment = "短信的节奏：何时发往某号码"
        indexes = [
            models.Index(fields=["number", "at"], name="notifications_paced_number"),
            models.Index(fields=["at"], name="notifications_paced_old"),
        ]


@dataclass(frozen=True)
class Gateway:
    """The gateway of the settings. ``secret`` signs what we send."""

    url: str
    account: str
    secret: str
    signature: str

    def send(self, message: Message) -> Outcome:
        """Hand one message over; the pace of a number is kept before, so that no loop of ours can ring somebody all day."""
        try:
            number = fields.phone(message.address)
        except WrongCode:
            return Outcome("refused", error="number")
        wait = 0.0 if message.urgent else _pace(number)
        if wait:
            return Outcome("later", error="pace", retry_after_s=wait)
        outcome = self._hand_over(message, number)
        if outcome.state == "sent":
            _note(number)
        log.info(
            "sms", id=message.id, to=masks.phone(number), template=message.template, state=outcome.state, error=outcome.error
        )  # fmt: skip
        return outcome

    def _hand_over(self, message: Message, number: str) -> Outcome:
        asked = {
            "id": message.id, "to": number, "signature": message.signature or self.signature, "template": message.template,
            "arguments": dict(message.arguments),
        }  # fmt: skip
        try:
            answer = self._ask(self.url, asked)
        except OutgoingRefused:
            return Outcome("later", error="gateway-address")  # a fault of the settings: the message is sound
        except OutgoingFailed as why:
            return Outcome("later", error=why.why)
        return _said(answer)

    def fetch(self, url: str) -> list[Mapping[str, Any]]:
        """Receipts that the gateway holds for us, for gateways that push none. Raises ``OutgoingFailed``."""
        answer = self._ask(url, {"receipts": True})
        told = _object(answer.body).get("receipts") if answer.status == 200 else None
        return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []

    def _ask(self, url: str, asked: Mapping[str, Any]) -> Answer:
        told = {"account": self.account, "time": int(time.time()), **asked}
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        signed = hmac.new(self.secret.encode(), body, "sha256").hexdigest()
        headers = {"Content-Type": "application/json", "X-Signature": f"sha256={signed}"}
        return outgoing.client().within(LIMITS).send(url, body, headers=headers)


def _said(answer: Answer) -> Outcome:
    """The gateway's answer: ``{"result": "accepted", "id": …}``, ``refused`` with its reason, or ``busy``."""
    told = _object(answer.body)
    result = told.get("result")
    wait = told.get("retry_after", answer.headers.get("retry-after"))
    after = float(wait) if isinstance(wait, int | str) and str(wait).isdigit() else None
    if answer.status == 200 and result == "accepted" and isinstance(told.get("id"), str) and told["id"]:
        return Outcome("sent", provider_id=told["id"][:120])
    if answer.status in (200, 400, 422) and result == "refused":
        reason = told.get("reason")
        return Outcome("refused", error=f"gateway-{reason if reason in REASONS else 'other'}")
    # Wrong credentials, an empty account, a busy gateway, an answer of another shape: the message itself is sound.
    error = "gateway-busy" if result == "busy" else f"gateway-{answer.status}"
    return Outcome("later", error=error, retry_after_s=after)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _pace(number: str) -> float:
    """Seconds until the number may be sent something that is not urgent; 0: now."""
    since = timezone.now() - HOUR
    rows = Paced.objects.filter(number=one_time.index(keys.current(), number), at__gt=since)
    times = list(rows.order_by("-at").values_list("at", flat=True)[:IN_AN_HOUR])
    return max(1.0, (times[-1] - since).total_seconds()) if len(times) == IN_AN_HOUR else 0.0


def _note(number: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        now = timezone.now()
        Paced.objects.create(number=one_time.index(keys.current(), number), at=now)
        cursor.execute(
            "DELETE FROM notifications_paced WHERE id IN "
            "(SELECT id FROM notifications_paced WHERE at < %s ORDER BY at LIMIT 100 FOR UPDATE SKIP LOCKED)",
            [now - HOUR],
        )


def channel() -> Channel | None:
    """The way by SMS: the gateway of the settings; in the demonstration the simulated one; None where there is neither."""
    if settings.SMS_GATEWAY:
        return Gateway(
            settings.SMS_GATEWAY, settings.SMS_ACCOUNT, settings.SMS_SECRET, settings.SMS_SIGNATURE
        )
    return simulated.Gateway(settings.SMS_SIGNATURE) if settings.DEMO else None
