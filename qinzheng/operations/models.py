"""What the worker's duties last did: the health page and the metrics read it."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """One duty of the worker: when it last ran, what it moved, and its last fault."""

    duty = models.CharField(primary_key=True, max_length=40, db_comment="职责")
    ran_at = models.DateTimeField(db_comment="最近一次完成")
    moved = models.BigIntegerField(default=0, db_comment="累计处理")
    runs = models.BigIntegerField(default=0, db_comment="累计次数")
    faults = models.BigIntegerField(default=0, db_comment="累计故障")
    fault = models.TextField(default="", db_comment="最近故障")
    faulted_at = models.DateTimeField(null=True, db_comment="最近故障时间")

    class Meta:
        db_table = "operations_heartbeat"
        db_table_comment = "后台职责的心跳"
