"""Cards as they stand. A card is withdrawn with its cause, never deleted."""

from __future__ import annotations

from django.db import models


class Card(models.Model):
    """One card: the hash of rule, edition, case and occurrence names it."""

    id = models.CharField(primary_key=True, max_length=32, db_comment="牌号")
    case = models.CharField(max_length=80, db_index=True, db_comment="办件")
    rule = models.CharField(max_length=80, db_comment="规则")
    edition = models.CharField(max_length=64, db_comment="规则版本")
    level = models.CharField(max_length=10, db_comment="级别")
    occurrence = models.BigIntegerField(db_comment="第几处，由办件自身经历决定")
    organization = models.CharField(max_length=80, db_comment="对谁发牌")
    at = models.DateTimeField(db_comment="违反的时刻")
    detail = models.BigIntegerField(db_comment="数目，含义随规则")
    issued_at = models.DateTimeField(db_comment="发牌时间")
    withdrawn_at = models.DateTimeField(null=True, db_comment="撤回时间；空为有效")
    withdrawn_for = models.UUIDField(null=True, db_comment="因哪个事件撤回")

    class Meta:
        db_table = "supervision_card"
        db_table_comment = "监察牌（账本的投影）"
        indexes = [models.Index(fields=["-issued_at", "id"], name="supervision_card_newest")]
