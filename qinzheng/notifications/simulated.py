"""The demonstration's SMS gateway: nothing is sent, the messages stand on a page that exists in the demonstration only."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.utils import timezone

from qinzheng.notifications.channels import Message, Outcome
from qinzheng.parties import masks

KEPT = 50
"""Messages that the page shows; older ones are forgotten."""


class ShownMessage(models.Model):
    """A message of the demonstration. Its number is masked; everybody in the fictional city is invented."""

    number = models.CharField(max_length=20, db_comment="号码，掩码")
    text = models.CharField(max_length=600, db_comment="短信内容")
    at = models.DateTimeField(db_comment="时间")

    class Meta:
        db_table = "notifications_shown_message"
        db_table_comment = "演示模式的短信，仅供演示页面显示"


@dataclass(frozen=True)
class Gateway:
    """Takes every message, and shows it."""

    signature: str

    def send(self, message: Message) -> Outcome:
        """Show one message. Outside the demonstration it refuses, whatever it was made for."""
        if not settings.DEMO:
            return Outcome("refused", error="no-demo")
        ShownMessage.objects.create(
            number=masks.phone(message.address), text=f"【{message.signature or self.signature}】{message.text}"[:600], at=timezone.now()
        )  # fmt: skip
        kept = ShownMessage.objects.order_by("-pk").values("pk")[:KEPT]
        ShownMessage.objects.exclude(pk__in=kept).delete()
        return Outcome("sent", provider_id=f"demo-{uuid.uuid4().hex}")


def shown() -> list[ShownMessage]:
    """The newest first."""
    return list(ShownMessage.objects.order_by("-pk")[:KEPT])
