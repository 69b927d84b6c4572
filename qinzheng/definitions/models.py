"""Editions: what of the definitions is in force, drafted by one person and published by another."""

from __future__ import annotations

from django.db import models


class Edition(models.Model):
    """One edition of one definition: its exact bytes and their hash. Published ones never change."""

    sha256 = models.CharField(max_length=64, db_comment="定义原文的 SHA-256，即版本名")
    kind = models.CharField(max_length=40, db_comment="类别")
    definition = models.CharField(max_length=80, db_comment="定义编号")
    in_force_from = models.DateField(null=True, db_comment="自何日起有效")
    file = models.CharField(max_length=200, db_comment="导出时的文件名（定义目录之内）")
    place = models.IntegerField(db_comment="在文件中的次序")
    text = models.BinaryField(db_comment="定义原文")
    drafted_by = models.CharField(max_length=80, db_comment="起草人（化名）")
    drafted_at = models.DateTimeField(auto_now_add=True, db_comment="起草时间")
    published_by = models.CharField(max_length=80, default="", db_comment="发布人（化名），不得是起草人")
    published_at = models.DateTimeField(null=True, db_comment="发布时间；空为草稿")

    class Meta:
        db_table = "definitions_edition"
        db_table_comment = "定义的版本：发布后不可更改"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "definition", "in_force_from"],
                condition=models.Q(published_at=None),
                nulls_distinct=False,
                name="definitions_edition_one_draft",
            ),
            models.CheckConstraint(
                condition=models.Q(published_at=None) | ~models.Q(published_by=models.F("drafted_by")),
                name="definitions_edition_two_persons",
            ),
        ]
