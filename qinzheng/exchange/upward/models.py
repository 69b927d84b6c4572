"""Records, packets and what became of them. A packet rests sealed, without what is personal; answers are kept as they came."""

from __future__ import annotations

from django.db import models


class Cursor(models.Model):
    """How far a report has followed the ledger. Its row is the lock of whoever builds."""

    report = models.CharField(primary_key=True, max_length=80, db_comment="上报定义")
    position = models.BigIntegerField(default=0, db_comment="已读到的账本位置")

    class Meta:
        db_table = "exchange_cursor"
        db_table_comment = "上报的进度"


class Touched(models.Model):
    """A case of which something happened since its records were last built."""

    report = models.CharField(max_length=80, db_comment="上报定义")
    case = models.CharField(max_length=80, db_comment="办件")
    at = models.DateTimeField(db_comment="发现时间")
    forced = models.CharField(max_length=36, default="", db_comment="由命令重报的记录；空为自动")

    class Meta:
        db_table = "exchange_touched"
        db_table_comment = "待组包的办件"
        constraints = [
            models.UniqueConstraint(fields=["report", "case", "forced"], name="exchange_touched_once")
        ]
        indexes = [models.Index(fields=["report", "at", "id"], name="exchange_touched_next")]


class Packet(models.Model):
    """One packet: a place in its chain, its signed manifest and records sealed, and how far it has come."""

    id = models.CharField(primary_key=True, max_length=36, db_comment="数据包编号")
    report = models.CharField(max_length=80, db_comment="上报定义")
    dataset = models.CharField(max_length=80, db_comment="数据集")
    sequence = models.IntegerField(db_comment="该数据集内的序号，从 1 起，不缺号")
    previous = models.CharField(max_length=64, default="", db_comment="前一包的摘要")
    digest = models.CharField(max_length=64, db_comment="清单的摘要")
    records = models.IntegerField(db_comment="记录数")
    state = models.CharField(
        max_length=12, default="built", db_comment="built、sent、acknowledged、partly、rejected"
    )
    built_at = models.DateTimeField(db_comment="组包时间")
    attempts = models.IntegerField(default=0, db_comment="已试发次数")
    next_at = models.DateTimeField(null=True, db_comment="下次应发的时间；有答复后为空")
    sent_at = models.DateTimeField(null=True, db_comment="最近一次送达时间")
    answered_at = models.DateTimeField(null=True, db_comment="答复时间")
    error = models.CharField(max_length=20, default="", db_comment="最近一次未送达的原因")
    sealed = models.BinaryField(db_comment="清单与记录的密文")
    key_wrapped = models.BinaryField(db_comment="数据密钥，由主密钥加密")
    commitment = models.CharField(max_length=64, db_comment="加盐承诺")

    class Meta:
        db_table = "exchange_packet"
        db_table_comment = "上报数据包"
        constraints = [
            models.UniqueConstraint(fields=["report", "dataset", "sequence"], name="exchange_packet_place")
        ]
        indexes = [
            models.Index(
                fields=["report", "next_at"],
                name="exchange_packet_due",
                condition=models.Q(next_at__isnull=False),
            )
        ]


class Record(models.Model):
    """One record of a data set: of which case it is, its last version and how that stands."""

    id = models.CharField(primary_key=True, max_length=36, db_comment="记录编号，永久")
    report = models.CharField(max_length=80, db_comment="上报定义")
    dataset = models.CharField(max_length=80, db_comment="数据集")
    case = models.CharField(max_length=80, db_index=True, db_comment="办件")
    occurrence = models.CharField(max_length=80, default="", db_comment="办件内的第几处；每件一条时为空")
    unit = models.CharField(max_length=80, db_comment="承办单位，由其补正")
    version = models.IntegerField(default=0, db_comment="最近组包的版本；0 为从未上报")
    content = models.CharField(max_length=64, default="", db_comment="最近内容的摘要，用于比较")
    void = models.BooleanField(default=False, db_comment="最近版本为作废")
    state = models.CharField(max_length=12, db_comment="waiting、acknowledged、rejected、held")
    code = models.CharField(max_length=40, default="", db_comment="退回或未报的原因代码")
    field = models.CharField(max_length=40, default="", db_comment="原因所指的列")
    answer = models.CharField(max_length=64, default="", db_comment="退回它的答复，其文字密存")
    changed_at = models.DateTimeField(db_comment="状态变化时间")

    class Meta:
        db_table = "exchange_record"
        db_table_comment = "上报记录"
        constraints = [
            models.UniqueConstraint(
                fields=["report", "case", "dataset", "occurrence"], name="exchange_record_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["report", "state", "id"], name="exchange_record_open",
                condition=models.Q(state__in=["rejected", "held"]),
            )
        ]  # fmt: skip


class Entry(models.Model):
    """One version of a record in one packet, and what the receiver said of it."""

    packet = models.ForeignKey(Packet, on_delete=models.PROTECT, related_name="entries", db_comment="数据包")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="entries", db_comment="记录")
    version = models.IntegerField(db_comment="版本")
    outcome = models.CharField(max_length=12, default="waiting", db_comment="waiting、acknowledged、rejected")
    code = models.CharField(max_length=40, default="", db_comment="退回原因代码")
    field = models.CharField(max_length=40, default="", db_comment="退回原因所指的列")

    class Meta:
        db_table = "exchange_entry"
        db_table_comment = "数据包中的记录版本"
        constraints = [
            models.UniqueConstraint(fields=["record", "version"], name="exchange_entry_once"),
            models.CheckConstraint(condition=models.Q(version__gte=1), name="exchange_entry_from_one"),
        ]


class Answer(models.Model):
    """What a receiver answered, once, as it came: evidence. Its words may be personal, so it rests sealed."""

    id = models.CharField(primary_key=True, max_length=64, db_comment="答复原文的摘要（SHA-256）")
    report = models.CharField(max_length=80, db_comment="上报定义")
    packet = models.CharField(
        max_length=36, default="", db_index=True, db_comment="所答的数据包；不认识则为空"
    )
    result = models.CharField(max_length=20, db_comment="taken、doubled 或拒收的原因")
    came_at = models.DateTimeField(db_comment="收到时间")
    sealed = models.BinaryField(db_comment="原文的密文")
    key_wrapped = models.BinaryField(db_comment="数据密钥，由主密钥加密")
    commitment = models.CharField(max_length=64, db_comment="加盐承诺")

    class Meta:
        db_table = "exchange_answer"
        db_table_comment = "接收方的答复"
        indexes = [models.Index(fields=["report", "-came_at"], name="exchange_answer_newest")]


SEALED = [Packet._meta.db_table, Answer._meta.db_table]
"""Tables whose keys a rotation of the master key wraps anew."""
