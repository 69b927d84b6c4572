"""Cases as they stand: a projection of the ledger that `ledger verify --projections` can rebuild."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class Case(models.Model):
    """One case. ``situation`` is what the engine needs, ``fold`` what the kernel saved; both can be refolded."""

    id = models.CharField(primary_key=True, max_length=80, db_comment="办件编号，也是账本所属")
    number = models.CharField(max_length=40, unique=True, db_comment="对外编号")
    procedure = models.CharField(max_length=80, db_comment="程序")
    edition = models.CharField(max_length=64, db_comment="所依程序版本")
    variant = models.CharField(max_length=40, default="", db_comment="变体，如绿色通道")
    item = models.CharField(max_length=80, default="", db_comment="事项")
    title = models.CharField(max_length=120, default="", db_comment="标题，不含个人信息")
    town = models.CharField(max_length=40, default="", db_comment="所在镇街")
    promise = models.JSONField(default=dict, db_comment="事项的承诺：时钟 → 时限")
    state = models.CharField(max_length=40, db_comment="所处状态")
    organization = models.CharField(max_length=80, db_comment="现承办单位")
    opened_by = models.CharField(max_length=80, default="", db_comment="收件单位")
    opened_at = models.DateTimeField(db_comment="开始时间（自称）")
    closed_at = models.DateTimeField(null=True, db_comment="结束时间（自称）")
    last_seq = models.IntegerField(db_comment="最后一个事件的次序")
    situation = models.JSONField(default=dict, db_comment="已做环节次数与并联答复")
    fold = models.JSONField(null=True, db_comment="监察内核存档，可由账本重算")
    due_at = models.DateTimeField(null=True, db_comment="时间下一次自行起作用的时刻")
    next_due = models.DateTimeField(null=True, db_comment="在走时钟中最早的承诺或期限，供待办排序")

    class Meta:
        db_table = "cases_case"
        db_table_comment = "办件现状（账本的投影）"
        indexes = [
            models.Index(fields=["due_at"], name="cases_case_due", condition=models.Q(due_at__isnull=False)),
            models.Index(
                fields=["organization", "next_due", "id"],
                name="cases_case_work",
                condition=models.Q(closed_at=None),
            ),
            models.Index(fields=["-opened_at", "id"], name="cases_case_newest"),
        ]


class CaseParty(models.Model):
    """Who takes part in the case, by reference: the person stands in ``parties``."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="parties", db_comment="办件")
    relation = models.CharField(max_length=16, db_comment="关系：申请人、代理人、反映人")
    party = models.CharField(max_length=60, db_index=True, db_comment="当事人")

    class Meta:
        db_table = "cases_party"
        db_table_comment = "办件的当事人"
        constraints = [models.UniqueConstraint(fields=["case", "relation"], name="cases_party_once")]


class CaseConcern(models.Model):
    """Whom a sealed case concerns: they must not learn that it exists."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="concerns", db_comment="办件")
    organization = models.CharField(max_length=80, default="", db_index=True, db_comment="被反映单位")
    post = models.CharField(max_length=40, default="", db_index=True, db_comment="被反映岗位")

    class Meta:
        db_table = "cases_concern"
        db_table_comment = "被反映的单位或岗位"


class CaseAsked(models.Model):
    """An organization that was asked for its opinion in a joint group: it may read the case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="asked", db_comment="办件")
    organization = models.CharField(max_length=80, db_index=True, db_comment="被征求意见的单位")

    class Meta:
        db_table = "cases_asked"
        db_table_comment = "会办单位"
        constraints = [models.UniqueConstraint(fields=["case", "organization"], name="cases_asked_once")]


class CaseWords(models.Model):
    """The words by which a case is found; nothing personal."""

    case = models.OneToOneField(
        Case, primary_key=True, on_delete=models.CASCADE, related_name="words", db_comment="办件"
    )
    words = SearchVectorField(db_comment="检索词")

    class Meta:
        db_table = "cases_words"
        db_table_comment = "办件检索词"
        indexes = [GinIndex(fields=["words"], name="cases_words_index")]


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


class Receipt(models.Model):
    """The secret on a case's receipt, by its digest: with the number it opens where the case stands, without an account."""

    case = models.OneToOneField(
        Case, primary_key=True, on_delete=models.CASCADE, related_name="receipt", db_comment="办件"
    )
    digest = models.BinaryField(max_length=32, db_comment="查询码摘要（SHA-256）；查询码有 100 位随机数")
    issued_at = models.DateTimeField(db_comment="出具时间")

    class Meta:
        db_table = "cases_receipt"
        db_table_comment = "回执查询码；补发则旧码作废"


class LookUp(models.Model):
    """A try to look a case up by its receipt, kept for a minute: enough to hold guessing back in all processes."""

    id = models.BigAutoField(primary_key=True, db_comment="序号")
    place = models.BinaryField(max_length=32, db_comment="来源地址的加密摘要")
    at = models.DateTimeField(db_comment="时刻")

    class Meta:
        db_table = "cases_look_up"
        db_table_comment = "凭回执查询的次数（只留一分钟）"
        indexes = [models.Index(fields=["place", "at"], name="cases_look_up_place")]


class SealedFile(models.Model):
    """Bytes in the store, under a data key of their own. Without the key (erased) nothing opens them again."""

    id = models.CharField(primary_key=True, max_length=60, db_comment="密文编号")
    place = models.CharField(max_length=64, unique=True, db_comment="存储中的随机名")
    key_wrapped = models.BinaryField(default=b"", db_comment="数据密钥，由主密钥加密；删除即销毁")
    commitment = models.CharField(max_length=64, default="", db_comment="加盐承诺；原件的承诺也在账本中")

    class Meta:
        db_table = "cases_sealed_file"
        db_table_comment = "材料文件的密文所在"


class Attachment(models.Model):
    """One file that a party gave, for a draft or a case. ``material``: the key of the item's material that it is.

    Given out is ``view`` where there is one (images, made anew without metadata), else ``original``.
    """

    id = models.CharField(primary_key=True, max_length=60, db_comment="文件编号，账本只记它")
    party = models.CharField(max_length=60, db_index=True, db_comment="所属当事人")
    draft = models.CharField(max_length=60, default="", db_index=True, db_comment="所属草稿")
    case = models.ForeignKey(
        Case, null=True, on_delete=models.CASCADE, related_name="attachments", db_comment="所属办件"
    )
    material = models.CharField(max_length=60, default="", db_comment="对应的材料")
    kind = models.CharField(max_length=10, db_comment="按内容认定的种类")
    size = models.IntegerField(db_comment="原件字节数")
    name = models.CharField(max_length=80, db_comment="原文件名，密封文本的编号")
    waiting = models.BooleanField(default=False, db_comment="待查毒，不得下载")
    original = models.ForeignKey(
        SealedFile, on_delete=models.PROTECT, related_name="+", db_comment="原件（证据）"
    )
    view = models.ForeignKey(
        SealedFile, null=True, on_delete=models.PROTECT, related_name="+", db_comment="去除元数据的重制件"
    )
    added_at = models.DateTimeField(db_comment="提交时间")
    erased_at = models.DateTimeField(null=True, db_comment="删除时间")

    class Meta:
        db_table = "cases_attachment"
        db_table_comment = "申请材料文件"
