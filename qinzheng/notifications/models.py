"""Who was told what, and by which way: rows without names, telephones and addresses.

They follow from the ledger and the editions, but are not rebuilt from it: what was sent cannot be unsent. ``facts``
are what the placeholders of the notice stood for when it was made: names of units, rules and matters.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from qinzheng.ledger import envelope
from qinzheng.organizations.models import Person

STATES = ("queued", "held", "sent", "delivered", "failed", "refused")


def delivery_id() -> uuid.UUID:
    """A delivery's number, the same at every attempt: receivers tell doubles by it."""
    return envelope.uuid7()


class Notice(models.Model):
    """Somebody was told of one event under one definition: once, whoever counts again.

    ``recipient``: a post (``p-…``), a party (``party:…``), an account (``a-…``) or a power (``power:security``). ``subject``
    is what its reader must be allowed to see: ``case:…`` or ``opening:…``; empty where there is nothing to guard.
    ``about`` is the card or clock within it: ``card:…``, ``clock:name:ordinal``.
    """

    definition = models.CharField(max_length=80, db_comment="通知定义")
    edition = models.CharField(max_length=64, db_comment="所依版本")
    recipient = models.CharField(max_length=80, db_comment="告知对象：岗位、当事人、账号或权限")
    subject = models.CharField(max_length=80, default="", db_comment="读者须能查看的办件或破窗申请；空为无")
    about = models.CharField(max_length=80, default="", db_comment="所涉的牌或时钟；空为无")
    event = models.UUIDField(db_comment="缘起的事件")
    facts: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, db_comment="占位内容（不含个人信息）"
    )
    made_at = models.DateTimeField(db_comment="生成时间")
    read_at = models.DateTimeField(null=True, db_comment="已读时间")

    class Meta:
        db_table = "notifications_notice"
        db_table_comment = "通知：告诉谁、因何事件、依哪个定义"
        constraints = [
            models.UniqueConstraint(
                fields=["definition", "event", "recipient"], name="notifications_notice_once"
            )
        ]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notifications_notice_of"),
            models.Index(
                fields=["recipient", "-id"],
                name="notifications_notice_unread",
                condition=models.Q(read_at=None),
            ),
            models.Index(
                fields=["subject", "about"], name="notifications_notice_about", condition=~models.Q(about="")
            ),
        ]


class Delivery(models.Model):
    """One notice on its way by one channel other than the page. The address is opened at each attempt, never kept.

    queued → sent → delivered (a receipt came) · queued → held (quiet hours, or the channel is not set up) → queued ·
    queued → refused (for good) · queued → failed (too often, or too old).
    """

    id = models.UUIDField(primary_key=True, default=delivery_id, db_comment="投递编号，重试不变")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries", db_comment="通知")
    channel = models.CharField(max_length=10, db_comment="途径：mail、sms、webhook")
    target = models.CharField(max_length=80, default="", db_comment="订阅编号（webhook）；其余为空")
    state = models.CharField(
        max_length=10, default="queued", choices=[(each, each) for each in STATES], db_comment="状态"
    )
    attempts = models.SmallIntegerField(default=0, db_comment="已试次数")
    next_at = models.DateTimeField(db_comment="下一次尝试的时刻")
    provider_id = models.CharField(max_length=120, default="", db_comment="对方给的编号，回执据此找回")
    error = models.CharField(max_length=60, default="", db_comment="最近一次的错误代码（不含个人信息）")
    updated_at = models.DateTimeField(db_comment="最近一次变动")

    class Meta:
        db_table = "notifications_delivery"
        db_table_comment = "通知的投递"
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "channel", "target"], name="notifications_delivery_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=STATES), name="notifications_delivery_known_state"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], name="notifications_delivery_due",
                condition=models.Q(state__in=["queued", "held"]),
            ),
            models.Index(
                fields=["channel", "provider_id"], name="notifications_delivery_at", condition=~models.Q(provider_id="")
            ),
        ]  # fmt: skip


class Contact(models.Model):
    """Where an officer is told by mail or by SMS: a reference to a sealed text, opened when something is sent."""

    person = models.ForeignKey(
        Person, on_delete=models.CASCADE, related_name="contacts", db_comment="公职人员"
    )
    way = models.CharField(max_length=4, choices=[("mail", "mail"), ("sms", "sms")], db_comment="途径")
    text = models.CharField(max_length=80, db_comment="密文编号（parties）")

    class Meta:
        db_table = "notifications_contact"
        db_table_comment = "公职人员的通知地址：只存密文编号"
        constraints = [models.UniqueConstraint(fields=["person", "way"], name="notifications_contact_one")]


class Cursor(models.Model):
    """Up to where a follower has read the log. ``position`` is the next to read."""

    name = models.CharField(primary_key=True, max_length=20, db_comment="读者")
    position = models.BigIntegerField(db_comment="下一条的序号")

    class Meta:
        db_table = "notifications_cursor"
        db_table_comment = "通知读到账本何处"


class Tally(models.Model):
    """How many deliveries ended in a state, ever: counted as they end, so that asking costs nothing."""

    channel = models.CharField(max_length=10, db_comment="途径")
    state = models.CharField(max_length=10, db_comment="结果")
    number = models.BigIntegerField(default=0, db_comment="件数")

    class Meta:
        db_table = "notifications_tally"
        db_table_comment = "投递结果累计"
        constraints = [models.UniqueConstraint(fields=["channel", "state"], name="notifications_tally_one")]


# Tables that stand with what they are about; Django looks for them here.
from qinzheng.notifications.one_time import OneTimeCode  # noqa: E402
from qinzheng.notifications.simulated import ShownMessage  # noqa: E402
from qinzheng.notifications.subscriptions import Attempt, Secret, Subscription  # noqa: E402
from qinzheng.notifications.text_messages import Paced  # noqa: E402

__all__ = [
    "Attempt", "Contact", "Cursor", "Delivery", "Notice", "OneTimeCode", "Paced", "Secret", "ShownMessage", "Subscription",
    "Tally",
]  # fmt: skip
