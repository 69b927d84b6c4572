"""Receipts of the SMS gateway: whether a message arrived. They come late, twice, in any order, and before we knew.

``delivered`` is the last word: a handset has it, whatever is said afterwards. A number that we do not know is not taken:
the receipt may have outrun our own commit, so the gateway is answered that it may push it again.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from qinzheng.notifications import telling, text_messages
from qinzheng.notifications.models import Delivery
from qinzheng.notifications.outgoing import OutgoingFailed, OutgoingRefused

CHANNEL = "sms"
MOST = 1_000
"""Receipts that are taken at once."""
FRESH_S = 300
"""Seconds by which a gateway's clock may differ from ours (ours)."""
State = Literal["delivered", "failed"]
BEFORE: dict[State, tuple[str, ...]] = {"delivered": ("sent", "failed"), "failed": ("sent",)}
"""From which states a receipt leads on."""


class WrongReceipts(ValueError):
    """What was pushed is not a list of receipts: why, in two languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


@dataclass(frozen=True)
class Receipt:
    """What the gateway says of the message to which it gave this number."""

    provider_id: str
    state: State
    error: str = ""


@dataclass(frozen=True)
class Taken:
    """How many receipts were of messages of ours, how many changed something, and the numbers that are not ours."""

    known: int
    changed: int
    unknown: tuple[str, ...]


def signed(secret: str, at: str, body: bytes) -> str:
    """The header X-Signature of what the gateway pushes at a moment (Unix seconds, the header X-Timestamp)."""
    return "sha256=" + hmac.new(secret.encode(), at.encode() + b"." + body, "sha256").hexdigest()


def is_ours(secret: str, at: str, signature: str, body: bytes, now: float) -> bool:
    """Whether the gateway signed this, lately."""
    if not secret or not at.isascii() or not at.isdigit() or len(at) > 12 or abs(now - int(at)) > FRESH_S:
        return False
    return hmac.compare_digest(signed(secret, at, body).encode(), signature.encode())


def read(body: bytes) -> list[Receipt]:
    """``{"receipts": [{"id": …, "state": "delivered" | "failed", "error": …}]}``. Raises :class:`WrongReceipts`."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    rows = told.get("receipts") if isinstance(told, dict) else None
    if not isinstance(rows, list) or len(rows) > MOST:
        raise WrongReceipts(
            f'应为 {{"receipts": […]}}，最多 {MOST} 条', f'expected {{"receipts": […]}}, {MOST} at most'
        )
    return [_receipt(place, row) for place, row in enumerate(rows, 1)]


def _receipt(place: int, row: Any) -> Receipt:
    if isinstance(row, Mapping):
        id, state, error = row.get("id"), row.get("state"), row.get("error", "")
        if (
            isinstance(id, str) and 0 < len(id) <= 120 and isinstance(state, str) and state in BEFORE
            and isinstance(error, str)
        ):  # fmt: skip
            return Receipt(id, state, _code(error))
    raise WrongReceipts(
        f"第 {place} 条：应有 id（网关给的编号）与 state（delivered 或 failed）",
        f"receipt {place}: it needs id (the gateway's number) and state (delivered or failed)",
    )


def _code(error: str) -> str:
    """A gateway's code, never its sentence: that may hold a number."""
    kept = "".join(sign for sign in error if sign.isascii() and (sign.isalpha() or sign in "-_:."))[:20]
    return kept or "gateway"


def take(receipts: Iterable[Receipt]) -> Taken:
    """Write down what became of our messages; again and in any order it comes to the same."""
    given = list(receipts)
    with transaction.atomic():
        rows = Delivery.objects.select_for_update().filter(
            channel=CHANNEL, provider_id__in={each.provider_id for each in given}
        )
        held = {row.provider_id: row for row in rows.order_by("pk")}
        changed = 0
        for each in given:
            row = held.get(each.provider_id)
            if row is None or row.state not in BEFORE[each.state]:
                continue
            row.state, row.updated_at = each.state, timezone.now()
            row.error = each.error if each.state == "failed" else ""
            row.save(update_fields=["state", "error", "updated_at"])
            telling.count(CHANNEL, each.state)
            changed += 1
    unknown = tuple(dict.fromkeys(each.provider_id for each in given if each.provider_id not in held))
    return Taken(sum(each.provider_id in held for each in given), changed, unknown)


def fetch() -> int:
    """Ask a gateway that pushes no receipts for those it holds; how many changed something. A duty of the worker."""
    gateway = text_messages.channel()
    if not settings.SMS_RECEIPTS or not isinstance(gateway, text_messages.Gateway):
        return 0
    try:
        told = gateway.fetch(settings.SMS_RECEIPTS)
    except (OutgoingRefused, OutgoingFailed):
        return 0
    return take(_receipt(place, row) for place, row in enumerate(told[:MOST], 1)).changed
