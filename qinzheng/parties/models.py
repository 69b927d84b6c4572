"""Tables of personal data: sealed bytes and blind indexes only, so that a dump of the database tells nobody's name."""

from __future__ import annotations

from django.db import models


class Party(models.Model):
    """One citizen or enterprise. ``kind``, ``credit_class``, ``town`` and ``merged_into`` follow from the ledger."""

    id = models.CharField(primary_key=True, max_length=80, db_comment="主体编号，随机，账本只记它")
    kind = models.CharField(max_length=10, db_comment="citizen 公民；enterprise 企业")
    sealed = models.BinaryField(default=b"", db_comment="各项信息的密文；删除后为空")
    key_wrapped = models.BinaryField(default=b"", db_comment="数据密钥，由主密钥加密；删除即销毁")
    commitment = models.CharField(max_length=64, default="", db_comment="加盐承诺，账本也记它；删除后为空")
    identity_index = models.BinaryField(null=True, unique=True, db_comment="公民身份号码的盲索引")
    enterprise_index = models.BinaryField(null=True, unique=True, db_comment="统一社会信用代码的盲索引")
    phone_index = models.BinaryField(null=True, db_index=True, db_comment="电话的盲索引")
    name_index = models.BinaryField(null=True, db_index=True, db_comment="姓名或名称的盲索引，须完全相同")
    similar_index = models.BinaryField(null=True, db_index=True, db_comment="企业字号的盲索引，供查重")
    credit_class = models.CharField(max_length=1, default="", db_comment="企业信用等级 A 至 D，空为未评")
    town = models.CharField(max_length=80, default="", db_comment="所在镇街的单位编号")
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged", db_comment="并入的主体，可拆回"
    )
    restricted_at = models.DateTimeField(null=True, db_comment="限制处理时间：只存储，不使用")
    erased_at = models.DateTimeField(null=True, db_comment="删除时间")
    created_at = models.DateTimeField(db_comment="登记时间")

    class Meta:
        db_table = "parties_party"
        db_table_comment = "公民与企业：密文与盲索引"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["citizen", "enterprise"]), name="parties_party_known_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(credit_class="")
                | models.Q(kind="enterprise", credit_class__in=["A", "B", "C", "D"]),
                name="parties_party_known_class",
            ),
            models.CheckConstraint(
                condition=models.Q(erased_at=None)
                | models.Q(
                    sealed=b"", key_wrapped=b"", commitment="", identity_index=None, enterprise_index=None,
                    phone_index=None, name_index=None, similar_index=None,
                ),
                name="parties_party_erased_is_empty",
            ),
            models.CheckConstraint(
                condition=~models.Q(merged_into=models.F("id")), name="parties_party_not_into_itself"
            ),
        ]  # fmt: skip


class Listing(models.Model):
    """An enterprise on a list of a year, such as the hundred strongest. Last year's list stays."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="listings", db_comment="企业")
    code = models.CharField(max_length=40, db_comment="名录代码，如 top100 百强、best100 百佳")
    year = models.SmallIntegerField(db_comment="年度")

    class Meta:
        db_table = "parties_listing"
        db_table_comment = "年度名录"
        constraints = [models.UniqueConstraint(fields=["code", "year", "party"], name="parties_listing_once")]


class Consent(models.Model):
    """What a party last said of one purpose: consent, or its withdrawal. All it ever said stands in the ledger."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="consents", db_comment="主体")
    purpose = models.CharField(max_length=40, db_comment="目的")
    given_at = models.DateTimeField(db_comment="同意时间")
    withdrawn_at = models.DateTimeField(null=True, db_comment="撤回时间")

    class Meta:
        db_table = "parties_consent"
        db_table_comment = "同意与撤回"
        constraints = [models.UniqueConstraint(fields=["party", "purpose"], name="parties_consent_one")]


class SealedText(models.Model):
    """Erasable free text, such as what a caller said; the ledger holds its id only."""

    id = models.CharField(primary_key=True, max_length=80, db_comment="文本编号，账本只记它")
    subject = models.CharField(max_length=80, db_index=True, db_comment="所属主体或办件")
    sealed = models.BinaryField(default=b"", db_comment="密文；删除后为空")
    key_wrapped = models.BinaryField(default=b"", db_comment="数据密钥，由主密钥加密；删除即销毁")
    commitment = models.CharField(max_length=64, default="", db_comment="加盐承诺，账本也记它；删除后为空")
    erased_at = models.DateTimeField(null=True, db_comment="删除时间")

    class Meta:
        db_table = "parties_sealed_text"
        db_table_comment = "可删除的文本：密文"


class IndexKey(models.Model):
    """One row: the key of the blind indexes, wrapped. The master that wraps it is the one in force for all."""

    one = models.BooleanField(primary_key=True, default=True)
    hash = models.CharField(max_length=8, db_comment="盲索引的哈希算法，终身不变")
    key_wrapped = models.BinaryField(db_comment="盲索引密钥，由主密钥加密；主密钥不在库中")

    class Meta:
        db_table = "parties_index_key"
        db_table_comment = "盲索引的密钥"
        constraints = [models.CheckConstraint(condition=models.Q(one=True), name="parties_index_key_one_row")]
