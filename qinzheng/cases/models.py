"""Cases as they stand: a projection of the ledger that `ledger verify --projections` can rebuild."""

from __future__ import annotations

from django.db import models


class Case(models.Model):
    """One case. ``situation`` is what the engine needs, ``fold`` what the kernel saved; both can be refolded."""

    id = models.CharField(primary_key=True, max_length=80, db_comment="办件编号，也是账本所属")
    number = models.CharField(max_length=40, unique=True, db_comment="对外编号")
    procedure = models.CharField(max_length=80, db_comment="程序")
    edition = models.CharField(max_length=64, db_comment="所依程序版本")
    variant = models.CharField(max_length=40, default="", db_comment="变体，如绿色通道")
    state = models.CharField(max_length=40, db_comment="所处状态")
    organization = models.CharField(max_length=80, db_comment="现承办单位")
    opened_at = models.DateTimeField(db_comment="开始时间（自称）")
    closed_at = models.DateTimeField(null=True, db_comment="结束时间（自称）")
    last_seq = models.IntegerField(db_comment="最后一个事件的次序")
    situation = models.JSONField(default=dict, db_comment="已做环节次数与并联答复")
    fold = models.JSONField(null=True, db_comment="监察内核存档，可由账本重算")
    due_at = models.DateTimeField(null=True, db_comment="时间下一次自行起作用的时刻")

    class Meta:
        db_table = "cases_case"
        db_table_comment = "办件现状（账本的投影）"
        indexes = [
            models.Index(fields=["due_at"], name="cases_case_due", condition=models.Q(due_at__isnull=False))
        ]


class OutsideNumber(models.Model):
    """A number that another system gave the case."""

    case = models.ForeignKey(
        Case, on_delete=models.CASCADE, related_name="outside_numbers", db_comment="办件"
    )
    kind = models.CharField(max_length=40, db_comment="编号种类")
    number = models.CharField(max_length=80, db_comment="外部编号")

    class Meta:
        db_table = "cases_outside_number"
        db_table_comment = "办件的外部编号"
        constraints = [models.UniqueConstraint(fields=["kind", "number"], name="cases_outside_number_once")]
