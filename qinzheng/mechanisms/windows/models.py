"""Tickets, counters and appointments: projections of the ledger (see ``folding.py``)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

TICKET_STATES = ("waiting", "called", "served", "missed", "left", "lapsed")
BOOKING_STATES = ("booked", "kept", "missed", "cancelled")


class Ticket(models.Model):
    """A number in the queue of a point on a day. Its id is that of the event that drew it. It names nobody."""

    id = models.CharField(primary_key=True, max_length=36, db_comment="取号事件的编号")
    point = models.CharField(max_length=40, db_comment="服务点")
    day = models.DateField(db_comment="日期（当地）")
    number = models.CharField(max_length=8, db_comment="号码，如 A012")
    line = models.CharField(max_length=80, db_comment="队列")
    place = models.DateTimeField(db_comment="排队时刻：按此先后")
    serial = models.BigIntegerField(db_comment="同一时刻的先后")
    slot = models.DateTimeField(null=True, db_comment="预约时段的开始；无预约或已迟到为空")
    appointment = models.CharField(max_length=36, default="", db_comment="预约编号；无预约为空")
    state = models.CharField(max_length=7, db_comment="状态")
    counter = models.IntegerField(null=True, db_comment="叫到的窗口号")
    post = models.CharField(max_length=40, default="", db_comment="叫号的岗位")
    calls = models.SmallIntegerField(default=0, db_comment="已叫次数")
    ground = models.CharField(max_length=80, default="", db_comment="先叫的理由；按序为空")
    passed = models.IntegerField(default=0, db_comment="先叫时越过的人数")
    jump = models.CharField(max_length=36, default="", db_comment="先叫的事件，可核验；按序为空")
    requeued = models.BooleanField(default=False, db_comment="过号后重排过")
    case = models.CharField(max_length=60, default="", db_comment="由此受理的办件；没有为空")
    drawn_at = models.DateTimeField(db_comment="取号时刻")
    called_at = models.DateTimeField(null=True, db_comment="首次叫到的时刻")
    ended_at = models.DateTimeField(null=True, db_comment="办完、过号或离开的时刻")

    class Meta:
        db_table = "windows_ticket"
        db_table_comment = "排队号（账本的投影）"
        constraints = [
            models.UniqueConstraint(fields=["point", "day", "number"], name="windows_ticket_number"),
            models.CheckConstraint(condition=Q(state__in=TICKET_STATES), name="windows_ticket_known_state"),
            models.UniqueConstraint(
                fields=["point", "day", "counter"], condition=Q(state="called"), name="windows_ticket_one_at_counter"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["point", "day"], name="windows_ticket_open", condition=Q(ended_at=None)),
        ]


class Counter(models.Model):
    """A counter of a point: who sits there now and for which lines. ``post`` is empty while it is closed."""

    id = models.CharField(primary_key=True, max_length=50, db_comment="服务点:窗口号")
    point = models.CharField(max_length=40, db_comment="服务点")
    number = models.IntegerField(db_comment="窗口号")
    lines: models.JSONField[list[str], list[str]] = models.JSONField(default=list, db_comment="办理的队列")
    post = models.CharField(max_length=40, default="", db_comment="在岗的岗位；关窗为空")
    since = models.DateTimeField(db_comment="开窗或关窗的时刻")

    class Meta:
        db_table = "windows_counter"
        db_table_comment = "窗口（账本的投影）"
        constraints = [
            models.UniqueConstraint(fields=["post"], condition=~Q(post=""), name="windows_counter_one_a_post")
        ]


class Appointment(models.Model):
    """A seat in a slot of a point. No two have the same one, whoever books at the same moment: the table itself refuses."""

    id = models.CharField(primary_key=True, max_length=36, db_comment="预约事件的编号")
    point = models.CharField(max_length=40, db_comment="服务点")
    begins = models.DateTimeField(db_comment="时段开始")
    ends = models.DateTimeField(db_comment="时段结束（不含）")
    seat = models.SmallIntegerField(db_comment="时段内的座次，自 0 起")
    item = models.CharField(max_length=80, db_comment="事项")
    party = models.CharField(max_length=60, db_index=True, db_comment="预约人")
    state = models.CharField(max_length=9, db_comment="状态")
    booked_at = models.DateTimeField(db_comment="预约时刻")
    reminded_at = models.DateTimeField(null=True, db_comment="提醒时刻")
    ended_at = models.DateTimeField(null=True, db_comment="到场、取消或未到的时刻")

    class Meta:
        db_table = "windows_appointment"
        db_table_comment = "预约（账本的投影）"
        constraints = [
            models.UniqueConstraint(
                fields=["point", "begins", "seat"], condition=~Q(state="cancelled"), name="windows_appointment_one_a_seat"
            ),
            models.CheckConstraint(condition=Q(state__in=BOOKING_STATES), name="windows_appointment_known_state"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["begins"], name="windows_appointment_open", condition=Q(state="booked")),
        ]
