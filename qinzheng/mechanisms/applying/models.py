"""Drafts, sealed; and of a sent application what the window checks: each material and how it comes."""

from __future__ import annotations

from django.db import models

from qinzheng.cases.models import Case


class Draft(models.Model):
    """An application that is being written. ``version`` grows with each save: two devices notice one another."""

    id = models.CharField(primary_key=True, max_length=60, db_comment="草稿编号，随机")
    owner = models.CharField(max_length=20, db_index=True, db_comment="填写人账号的化名")
    post = models.CharField(max_length=40, default="", db_comment="代办时填写人的岗位；本人申请为空")
    party = models.CharField(max_length=60, db_index=True, db_comment="申请人")
    item = models.CharField(max_length=80, db_comment="事项")
    sealed = models.BinaryField(default=b"", db_comment="所填内容的密文；提交后为空")
    key_wrapped = models.BinaryField(default=b"", db_comment="数据密钥，由主密钥加密；提交或删除即销毁")
    commitment = models.CharField(max_length=64, default="", db_comment="加盐承诺")
    version = models.IntegerField(default=1, db_comment="保存次数")
    saved_at = models.DateTimeField(db_comment="最后保存")
    expires_at = models.DateTimeField(db_index=True, db_comment="到期删除")
    case = models.ForeignKey(
        Case, null=True, on_delete=models.CASCADE, related_name="+", db_comment="提交后的办件"
    )

    class Meta:
        db_table = "applying_draft"
        db_table_comment = "申请草稿"


class Application(models.Model):
    """How each material of a sent application comes: with it, later, or from the department that has it."""

    case = models.OneToOneField(
        Case, primary_key=True, on_delete=models.CASCADE, related_name="application", db_comment="办件"
    )
    event = models.CharField(max_length=36, db_comment="提交事件，可验证")
    ways = models.JSONField(default=dict, db_comment="材料 → 随申请提交、容缺后补、部门已有")
    on_behalf = models.CharField(max_length=40, default="", db_comment="代办岗位；本人申请为空")

    class Meta:
        db_table = "applying_application"
        db_table_comment = "已提交申请的材料情况"
