"""Units, posts and people. All but the names of people are projections of the ledger (see ``register.py``)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from qinzheng.organizations import events


class Organization(models.Model):
    """A unit. Its ``id`` is a short stable code and is never renamed."""

    id = models.CharField(primary_key=True, max_length=40, db_comment="单位编号，稳定，永不更名")
    kind = models.CharField(max_length=13, db_comment="类别")
    name_zh = models.CharField(max_length=120, db_comment="中文名称")
    name_en = models.CharField(max_length=200, default="", db_comment="英文名称，可空")
    code = models.CharField(max_length=18, default="", db_comment="统一社会信用代码（GB 32100），可空")
    division_code = models.CharField(
        max_length=12, default="", db_comment="行政区划代码（GB/T 2260 及其延拓），可空"
    )
    calendar = models.CharField(max_length=80, default="", db_comment="开放时间日历的定义编号；空为 cn")
    mobile = models.BooleanField(default=False, db_comment="流动服务点")
    x = models.FloatField(null=True, db_comment="地图横坐标（本市坐标）")
    y = models.FloatField(null=True, db_comment="地图纵坐标（本市坐标）")
    begins = models.DateField(db_comment="设立日")
    ends = models.DateField(null=True, db_comment="最后一日（含）；空为存续")

    class Meta:
        db_table = "organizations_organization"
        db_table_comment = "单位（账本的投影）"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=list(events.KINDS)), name="organizations_organization_known_kind"
            ),
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gte=F("begins")), name="organizations_organization_span"
            ),
        ]


class Placement(models.Model):
    """Under which unit a unit stood from a day to a day: the tree over time. A move adds one, and changes none."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="placements", db_comment="单位"
    )
    parent = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="children", db_comment="上级单位"
    )
    begins = models.DateField(db_comment="自何日起隶属")
    ends = models.DateField(null=True, db_comment="最后一日（含）；空为至今")

    class Meta:
        db_table = "organizations_placement"
        db_table_comment = "隶属关系及其起止（账本的投影）"
        constraints = [
            models.UniqueConstraint(fields=["organization", "begins"], name="organizations_placement_once"),
            models.UniqueConstraint(
                fields=["organization"], condition=Q(ends=None), name="organizations_placement_one_now"
            ),
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gte=F("begins")), name="organizations_placement_span"
            ),
            models.CheckConstraint(
                condition=~Q(organization=F("parent")), name="organizations_placement_not_itself"
            ),
        ]


class Post(models.Model):
    """A post: the ledger's actor. It has at most one holder a day, and may name a post that stands in for it."""

    id = models.CharField(primary_key=True, max_length=14, db_comment="岗位编号 p-…，账本中的行为人")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="posts", db_comment="所在单位"
    )
    name_zh = models.CharField(max_length=120, db_comment="岗位名称")
    name_en = models.CharField(max_length=200, default="", db_comment="英文名称，可空")
    roles = models.JSONField(default=list, db_comment="角色")
    head = models.BooleanField(default=False, db_comment="是否单位负责人")
    stand_in = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_comment="现任 B 岗"
    )
    begins = models.DateField(db_comment="设岗日")
    ends = models.DateField(null=True, db_comment="最后一日（含）；空为存续")

    class Meta:
        db_table = "organizations_post"
        db_table_comment = "岗位（账本的投影）"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gte=F("begins")), name="organizations_post_span"
            ),
            models.CheckConstraint(
                condition=Q(stand_in=None) | ~Q(stand_in=F("id")), name="organizations_post_not_itself"
            ),
        ]


class StandIn(models.Model):
    """Which post stood in for a post from an instant to an instant (A/B roles over time)."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="stand_ins", db_comment="A 岗")
    stand_in = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="covers", db_comment="B 岗")
    begins = models.DateTimeField(db_comment="自何时起")
    ends = models.DateTimeField(null=True, db_comment="至何时止（不含）；空为至今")

    class Meta:
        db_table = "organizations_stand_in"
        db_table_comment = "AB 岗及其起止（账本的投影）"
        constraints = [
            models.UniqueConstraint(fields=["post", "begins"], name="organizations_stand_in_once"),
            models.UniqueConstraint(
                fields=["post"], condition=Q(ends=None), name="organizations_stand_in_one_now"
            ),
        ]


class Person(models.Model):
    """An officer. The name is duty data and stands here alone: the ledger knows only the id."""

    id = models.CharField(primary_key=True, max_length=14, db_comment="人员编号 h-…")
    name = models.CharField(max_length=60, db_comment="姓名（职务信息，不入账本）")
    number = models.CharField(max_length=20, default="", db_comment="工号（不得填身份证号），可空")

    class Meta:
        db_table = "organizations_person"
        db_table_comment = "公职人员"
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=~Q(number=""), name="organizations_person_number"
            )
        ]


class Tenure(models.Model):
    """Who held a post from a day to a day."""

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="tenures", db_comment="任职人员"
    )
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="tenures", db_comment="岗位")
    begins = models.DateField(db_comment="任职首日")
    ends = models.DateField(null=True, db_comment="任职末日（含）；空为在任")

    class Meta:
        db_table = "organizations_tenure"
        db_table_comment = "任职（账本的投影）"
        constraints = [
            models.UniqueConstraint(fields=["post", "begins"], name="organizations_tenure_once"),
            models.UniqueConstraint(
                fields=["post"], condition=Q(ends=None), name="organizations_tenure_one_now"
            ),
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gte=F("begins")), name="organizations_tenure_span"
            ),
        ]


class Absence(models.Model):
    """A post's holder is away. From ``begins`` until ``ends`` or ``handed_back_at``, whichever is first."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="absences", db_comment="岗位")
    begins = models.DateTimeField(db_comment="离岗时刻")
    ends = models.DateTimeField(null=True, db_comment="预定返岗时刻（不含）；空为未定")
    reason = models.CharField(max_length=14, db_comment="事由（限定词汇）")
    handed_back_at = models.DateTimeField(null=True, db_comment="交回时刻")

    class Meta:
        db_table = "organizations_absence"
        db_table_comment = "离岗（账本的投影）"
        constraints = [
            models.UniqueConstraint(fields=["post", "begins"], name="organizations_absence_once"),
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gt=F("begins")), name="organizations_absence_span"
            ),
            models.CheckConstraint(
                condition=Q(reason__in=list(events.REASONS)), name="organizations_absence_known_reason"
            ),
        ]


class Membership(models.Model):
    """A post's seat in a leading group; the post stays in its own unit."""

    group = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="memberships", db_comment="领导小组"
    )
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="memberships", db_comment="岗位")
    duty = models.CharField(max_length=6, db_comment="组内职务")
    begins = models.DateField(db_comment="首日")
    ends = models.DateField(null=True, db_comment="末日（含）；空为至今")

    class Meta:
        db_table = "organizations_membership"
        db_table_comment = "领导小组成员（账本的投影）"
        constraints = [
            models.UniqueConstraint(fields=["group", "post", "begins"], name="organizations_membership_once"),
            models.CheckConstraint(
                condition=Q(duty__in=list(events.DUTIES)), name="organizations_membership_known_duty"
            ),
        ]
