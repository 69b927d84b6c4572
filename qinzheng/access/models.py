"""Accounts and what they were given: mandates, tokens, administration, break-glass openings, and who saw what."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.auth import hashers
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from qinzheng.organizations.models import Person

KINDS = {
    "officer": "工作人员",
    "citizen": "群众",
    "handler": "企业经办人",
    "administrator": "管理员",
    "service": "应用",
}
POWERS = {"system": "系统管理员", "security": "安全管理员", "audit": "审计管理员"}


def pseudonym() -> str:
    """The name by which the ledger knows an account: random, derived from nothing."""
    return f"a-{secrets.token_hex(6)}"


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts; there is no superuser who may do everything."""

    def create_user(self, login: str, password: str | None = None, **fields: Any) -> Account:
        """An account; without a password it can only log in another way (single sign-on, token)."""
        account = self.model(login=login, **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """One way in for one person, firm's handler or application."""

    login = models.CharField(max_length=150, unique=True, db_comment="登录名")
    pseudonym = models.CharField(max_length=20, unique=True, default=pseudonym, db_comment="账本中的化名")
    kind = models.CharField(max_length=16, choices=list(KINDS.items()), db_comment="种类")
    person = models.ForeignKey(
        Person,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="accounts",
        db_comment="工作人员",
    )
    party = models.CharField(
        max_length=60, default="", blank=True, db_comment="当事人编号（群众、经办人本人）"
    )
    is_active = models.BooleanField(default=True, db_comment="可登录")
    must_change = models.BooleanField(default=False, db_comment="须先改密码")
    demo = models.BooleanField(default=False, db_comment="演示账号，仅演示模式可用")
    password_at = models.DateTimeField(null=True, db_comment="密码设置时间")
    epoch = models.IntegerField(default=0, db_comment="加一则此前的会话全部失效")
    created_at = models.DateTimeField(db_comment="建立时间")

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = AccountManager()

    class Meta:
        db_table = "access_account"
        db_table_comment = "账号"
        constraints = [
            models.CheckConstraint(
                name="access_account_known_kind", condition=models.Q(kind__in=list(KINDS))
            ),
            models.CheckConstraint(
                name="access_account_administers_only",
                condition=~models.Q(kind="administrator") | models.Q(person=None, party=""),
            ),
        ]

    def check_password(self, raw_password: str | None) -> bool:
        """Whether it is the password. It is not hashed anew in passing: each change of it stands in the ledger."""
        return hashers.check_password(raw_password, self.password)

    def get_session_auth_hash(self) -> str:
        """What a session must carry: another password or a raised ``epoch`` ends every session begun before."""
        return salted_hmac(
            "qinzheng.access.session", f"{self.epoch}:{self.password}", algorithm="sha256"
        ).hexdigest()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """None: one key signs sessions."""
        yield from ()


class Administration(models.Model):
    """One of the three separate powers; an account holds one at most, and no post beside it (等保三级)."""

    account = models.OneToOneField(
        Account, on_delete=models.PROTECT, related_name="administration", db_comment="账号"
    )
    power = models.CharField(max_length=16, choices=list(POWERS.items()), db_comment="权限")
    granted_by = models.CharField(max_length=20, db_comment="授予人化名")
    granted_at = models.DateTimeField(db_comment="授予时间")

    class Meta:
        db_table = "access_administration"
        db_table_comment = "三员：系统、安全、审计管理员"
        constraints = [
            models.CheckConstraint(
                name="access_administration_known", condition=models.Q(power__in=list(POWERS))
            )
        ]


class Identity(models.Model):
    """An account is opened by this subject of an identity provider. Bound by the security administrator, never by an
    e-mail address or a name that a provider tells."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="identities", db_comment="账号"
    )
    provider = models.CharField(max_length=20, db_comment="身份提供方")
    subject = models.CharField(max_length=64, db_comment="其中的稳定编号，以盲索引保存")
    bound_by = models.CharField(max_length=20, db_comment="绑定人化名")
    bound_at = models.DateTimeField(db_comment="绑定时间")
    ended_at = models.DateTimeField(null=True, db_comment="解除时间")

    class Meta:
        db_table = "access_identity"
        db_table_comment = "统一身份与账号的绑定"
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "subject"],
                condition=models.Q(ended_at=None),
                name="access_identity_opens_one",
            ),
            models.UniqueConstraint(
                fields=["provider", "account"],
                condition=models.Q(ended_at=None),
                name="access_identity_one_each",
            ),
        ]


class FactorReset(models.Model):
    """A lost second factor is taken away: asked by one administrator, approved by another."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="factor_resets", db_comment="账号"
    )
    asked_by = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="asked_resets", db_comment="申请人"
    )
    asked_at = models.DateTimeField(db_comment="申请时间")
    approved_by = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="approved_resets", db_comment="批准人"
    )
    approved_at = models.DateTimeField(null=True, db_comment="批准时间")

    class Meta:
        db_table = "access_factor_reset"
        db_table_comment = "重置第二重验证"
        constraints = [
            models.CheckConstraint(
                name="access_factor_reset_two_persons",
                condition=~models.Q(asked_by=models.F("account"))
                & (
                    models.Q(approved_by=None)
                    | (
                        ~models.Q(approved_by=models.F("asked_by"))
                        & ~models.Q(approved_by=models.F("account"))
                    )
                ),
            )
        ]


class Mandate(models.Model):
    """A firm's handler acts for the firm: for these items, from this day, until it is revoked."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="mandates", db_comment="经办人账号"
    )
    party = models.CharField(max_length=60, db_index=True, db_comment="企业")
    items = models.JSONField(default=list, db_comment="事项编号；空为全部")
    begins = models.DateField(db_comment="自")
    ends = models.DateField(null=True, db_comment="至")
    revoked_at = models.DateTimeField(null=True, db_comment="撤销时间")

    class Meta:
        db_table = "access_mandate"
        db_table_comment = "企业对经办人的委托"


class Token(models.Model):
    """An application's key: only its hash is kept. ``scopes`` name what it may do at all."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="tokens", db_comment="应用账号"
    )
    digest = models.BinaryField(unique=True, max_length=32, db_comment="令牌的 SHA-256")
    label = models.CharField(max_length=80, db_comment="名称")
    scopes = models.JSONField(default=list, db_comment="权限范围")
    organizations = models.JSONField(default=list, db_comment="可代表的单位；空为账号所在单位")
    created_by = models.CharField(max_length=20, db_comment="签发人化名")
    created_at = models.DateTimeField(db_comment="签发时间")
    expires_at = models.DateTimeField(db_comment="到期")
    revoked_at = models.DateTimeField(null=True, db_comment="吊销时间")

    class Meta:
        db_table = "access_token"
        db_table_comment = "应用令牌"


class BreakGlass(models.Model):
    """Emergency opening of one case's hidden part: asked by one, approved by another, thirty minutes at most."""

    case = models.CharField(max_length=80, db_index=True, db_comment="办件")
    asked_by = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="asked_openings", db_comment="申请人"
    )
    reason = models.CharField(max_length=40, db_comment="事由代码")
    asked_at = models.DateTimeField(db_comment="申请时间")
    approved_by = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="approved_openings", db_comment="批准人"
    )
    approved_at = models.DateTimeField(null=True, db_comment="批准时间")
    ends_at = models.DateTimeField(null=True, db_comment="失效时间")

    class Meta:
        db_table = "access_break_glass"
        db_table_comment = "破窗查阅"
        constraints = [
            models.CheckConstraint(
                name="access_break_glass_two_persons",
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("asked_by")),
            )
        ]


class Seen(models.Model):
    """Who looked at a case: once a day and reader, with how often."""

    case = models.CharField(max_length=80, db_comment="办件")
    reader = models.CharField(max_length=40, db_comment="岗位或账号化名")
    day = models.DateField(db_comment="日期")
    first_at = models.DateTimeField(db_comment="当日首次")
    times = models.IntegerField(default=1, db_comment="次数")

    class Meta:
        db_table = "access_seen"
        db_table_comment = "谁看过办件"
        constraints = [models.UniqueConstraint(fields=["case", "reader", "day"], name="access_seen_once")]


class SavedView(models.Model):
    """A list's filters that somebody keeps by name."""

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="saved_views", db_comment="账号"
    )
    page = models.CharField(max_length=40, db_comment="页面")
    label = models.CharField(max_length=60, db_comment="名称")
    query = models.CharField(max_length=600, db_comment="筛选条件")

    class Meta:
        db_table = "access_saved_view"
        db_table_comment = "保存的筛选"
        constraints = [
            models.UniqueConstraint(fields=["account", "page", "label"], name="access_saved_view_once")
        ]
