"""Clocks as they stand, for worklists. The due moment here is a projection, never the truth."""

from __future__ import annotations

from django.db import models


class Clock(models.Model):
    """One clock of one case; identified by its place in the case, rebuilt from the ledger."""

    case = models.CharField(max_length=80, db_comment="办件")
    clock = models.CharField(max_length=40, db_comment="时钟")
    ordinal = models.IntegerField(db_comment="第几次开始，从 0 起")
    organization = models.CharField(max_length=80, db_comment="承办单位")
    started_at = models.DateTimeField(db_comment="开始时刻")
    due_at = models.DateTimeField(null=True, db_comment="期限")
    promised_at = models.DateTimeField(null=True, db_comment="承诺时刻")
    paused_at = models.DateTimeField(null=True, db_comment="中止自")
    ended_at = models.DateTimeField(null=True, db_comment="结束时刻")
    shift = models.BigIntegerField(
        null=True, db_comment="中止移动的量，按时钟的单位（工作日、日，或微秒）；此前的事件没有"
    )
    extra = models.IntegerField(null=True, db_comment="延长的量，按时钟的单位")
    rested = models.IntegerField(null=True, db_comment="中止所占的工作日，不计入用时")
    ending = models.CharField(
        max_length=20, db_comment="running、overdue、completed_on_time、completed_late、released"
    )

    class Meta:
        db_table = "clocks_clock"
        db_table_comment = "时钟现状（账本的投影）"
        constraints = [
            models.UniqueConstraint(fields=["case", "clock", "ordinal"], name="clocks_clock_place")
        ]
        indexes = [
            models.Index(fields=["due_at"], name="clocks_clock_due", condition=models.Q(ended_at=None))
        ]
