"""Tables of the ledger. Events and positions are only ever inserted; triggers refuse all else."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.expressions import RawSQL


class Event(models.Model):
    """One fact. ``subject_seq`` orders it within its subject; its global position is another table's."""

    row = models.BigAutoField(primary_key=True, db_comment="插入次序，仅供定序器翻页")
    id = models.UUIDField(unique=True, db_comment="事件编号（UUIDv7），也是幂等键")
    subject = models.CharField(max_length=80, db_comment="事件所属，如一件办件")
    subject_seq = models.IntegerField(db_comment="在所属之内的次序，从 1 起，不缺号")
    type = models.CharField(max_length=80, db_comment="事件类型")
    kind = models.CharField(max_length=13, db_comment="act 人的行为；determination 系统的认定")
    procedure = models.CharField(max_length=80, db_comment="所属程序")
    organization = models.CharField(max_length=80, db_comment="行为单位")
    actor = models.CharField(max_length=80, db_comment="行为岗位的稳定化名")
    occurred_at = models.DateTimeField(null=True, db_comment="自称发生的时间")
    precision = models.CharField(max_length=7, db_comment="自称时间的精度：day 只到日，instant 到时刻")
    reported_at = models.DateTimeField(null=True, db_comment="来源系统的录入时间")
    recorded_at = models.DateTimeField(db_comment="本系统的记录时间，唯一可信的时钟")
    under = models.TextField(db_comment="当时有效的定义版本")
    caused_by = models.UUIDField(null=True, db_comment="由哪个事件引起")
    body = models.BinaryField(db_comment="规范 JSON 原始字节，参与哈希")
    transaction = models.BigIntegerField(
        db_default=RawSQL("(pg_current_xact_id()::text)::bigint", []),
        db_comment="写入事务号，定序器据此不漏晚提交者",
    )

    class Meta:
        db_table = "ledger_event"
        db_table_comment = "账本事件：只增不改"
        constraints = [
            models.UniqueConstraint(fields=["subject", "subject_seq"], name="ledger_event_in_order"),
            models.CheckConstraint(condition=models.Q(subject_seq__gte=1), name="ledger_event_from_one"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["act", "determination"]), name="ledger_event_known_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(precision__in=["day", "instant"]), name="ledger_event_known_precision"
            ),
        ]
        indexes = [
            models.Index(fields=["transaction", "row"], name="ledger_event_commit"),
            BrinIndex(fields=["recorded_at"], name="ledger_event_recorded"),
        ]


class Position(models.Model):
    """The contiguous global position of an event and its leaf hash, given by the sequencer."""

    position = models.BigIntegerField(primary_key=True, db_comment="全局位置，从 0 起，连续")
    event = models.OneToOneField(Event, on_delete=models.PROTECT, db_comment="事件")
    leaf = models.BinaryField(db_comment="叶哈希")

    class Meta:
        db_table = "ledger_position"
        db_table_comment = "事件的全局位置与叶哈希：只增不改"


class Tile(models.Model):
    """256 subtree hashes of one level (C2SP tlog-tiles); the last of a level grows."""

    level = models.SmallIntegerField(db_comment="层，每层八级")
    index = models.BigIntegerField(db_comment="层内序号")
    hashes = models.BinaryField(db_comment="哈希依次相接")

    class Meta:
        db_table = "ledger_tile"
        db_table_comment = "默克尔树的瓦片，可由叶哈希重算"
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="ledger_tile_place")]


class Head(models.Model):
    """One row: how far the sequencer has come. A cache that the positions can rebuild."""

    one = models.BooleanField(primary_key=True, default=True)
    hash = models.CharField(max_length=8, db_comment="树的哈希算法，终身不变")
    size = models.BigIntegerField(db_comment="已定序的事件数")
    peaks = models.BinaryField(db_comment="紧凑区间的峰哈希")
    transaction = models.BigIntegerField(db_comment="游标：事务号")
    row = models.BigIntegerField(db_comment="游标：行")
    cluster = models.CharField(
        max_length=40, default="", db_comment="游标所属的数据库集群；恢复到另一集群后事务号重新开始"
    )
    floor = models.BigIntegerField(default=0, db_comment="此行及以前均已定序，其事务号属于另一集群")

    class Meta:
        db_table = "ledger_head"
        db_table_comment = "定序器的进度"
        constraints = [models.CheckConstraint(condition=models.Q(one=True), name="ledger_head_one_row")]
