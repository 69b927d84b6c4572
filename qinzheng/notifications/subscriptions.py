"""Webhooks that applications ask for: where events go, from which position on, under which secrets, and what came of it.

A subscription belongs to an application's account and reads with one of its tokens, which stands above this package:
its number is kept, never followed. The position is the feed's own: setting it back sends again what was sent.
"""

from __future__ import annotations

import base64
import datetime as dt
import secrets as chance
from collections.abc import Sequence

from django.db import models, transaction
from django.utils import timezone

from qinzheng.cases.engine import NotAllowed
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import envelope
from qinzheng.ledger import queries as log
from qinzheng.ledger.envelope import NewEvent
from qinzheng.notifications import outgoing
from qinzheng.parties import keys
from qinzheng.parties.vault import Sealed

MADE, CHANGED, REMOVED = (
    "notifications.webhook_made",
    "notifications.webhook_changed",
    "notifications.webhook_removed",
)
DISABLED, REPLAYED, SECRET_CHANGED = (
    "notifications.webhook_disabled",
    "notifications.webhook_replayed",
    "notifications.webhook_secret_changed",
)
MOST = 20
"""Subscriptions of one account (ours)."""
PREFIX = "whsec_"
SECRET_BYTES = 32
OVERLAP = dt.timedelta(hours=24)
"""For how long the former secret signs too after a change (ours)."""
KEPT = dt.timedelta(days=30)
"""For how long what came of each attempt can be read (ours)."""
REASONS = {
    "failing": ("连续多日投递失败", "it failed for days on end"),
    "gone": ("接收方答复 410，不再接收", "the receiver answered 410: it takes no more"),
    "token": ("令牌已到期、吊销或停用", "its token ended, was revoked or switched off"),
    "operator": ("由管理员停用", "switched off by an administrator"),
    "owner": ("由应用自行停用", "switched off by the application"),
}
"""Why a subscription is off."""


def new_id() -> str:
    """The number of a subscription."""
    return f"hook-{envelope.uuid7().hex}"


class Subscription(models.Model):
    """Where the events that a token may read are sent. ``position``: the next of the log to look at."""

    id = models.CharField(primary_key=True, max_length=40, default=new_id, db_comment="订阅编号")
    account = models.BigIntegerField(db_index=True, db_comment="应用账号（行号）")
    token = models.BigIntegerField(db_comment="以哪个令牌的权限读取（行号）")
    owner = models.CharField(max_length=20, db_comment="应用账号的化名")
    label = models.CharField(max_length=80, default="", db_comment="名称")
    url = models.CharField(max_length=outgoing.LONGEST_URL, db_comment="接收网址")
    types = models.JSONField(default=list, db_comment="只要这些事件类型；空为全部")
    position = models.BigIntegerField(db_comment="下一条要看的账本序号")
    active = models.BooleanField(default=True, db_comment="启用")
    reason = models.CharField(max_length=10, default="", db_comment="停用原因")
    failures = models.IntegerField(default=0, db_comment="连续失败次数")
    failing_since = models.DateTimeField(null=True, db_comment="自何时起连续失败")
    next_at = models.DateTimeField(db_comment="下一次投递的时刻")
    lease = models.UUIDField(null=True, db_comment="正在投递者")
    leased_until = models.DateTimeField(null=True, db_comment="投递者最迟何时交还")
    pinged_at = models.DateTimeField(null=True, db_comment="上次试投")
    made_at = models.DateTimeField(db_comment="订阅时间")

    class Meta:
        db_table = "notifications_subscription"
        db_table_comment = "应用订阅的事件推送"
        indexes = [
            models.Index(
                fields=["next_at"],
                name="notifications_subscription_due",
                condition=models.Q(active=True),
            )
        ]


class Secret(models.Model):
    """What signs a subscription's deliveries: sealed. ``ends_at``: a former secret signs beside the new one until then."""

    id = models.CharField(primary_key=True, max_length=60, db_comment="密钥编号")
    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="secrets", db_comment="订阅"
    )
    sealed = models.BinaryField(db_comment="密钥的密文")
    key_wrapped = models.BinaryField(db_comment="数据密钥，由主密钥加密")
    commitment = models.CharField(max_length=64, db_comment="加盐承诺")
    made_at = models.DateTimeField(db_comment="生成时间")
    ends_at = models.DateTimeField(null=True, db_comment="失效时间")

    class Meta:
        db_table = "notifications_secret"
        db_table_comment = "推送的签名密钥：密文"


class Attempt(models.Model):
    """One attempt to deliver one event: what the receiver said, without what it wrote."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="attempts", db_comment="订阅"
    )
    event = models.UUIDField(db_comment="事件编号，即 webhook-id")
    position = models.BigIntegerField(null=True, db_comment="账本序号；试投为空")
    number = models.IntegerField(db_comment="该事件第几次")
    at = models.DateTimeField(db_comment="时间")
    status = models.SmallIntegerField(null=True, db_comment="对方的 HTTP 状态；没有答复为空")
    error = models.CharField(max_length=20, default="", db_comment="没有答复的原因代码")
    ms = models.IntegerField(db_comment="用时，毫秒")

    class Meta:
        db_table = "notifications_attempt"
        db_table_comment = "推送的投递记录"
        indexes = [models.Index(fields=["at"], name="notifications_attempt_old")]


# -- what an application does -------------------------------------------------------------------------


def make(
    url: str, *, account: int, token: int, owner: str, label: str = "", types: Sequence[str] = (), after: int | None = None
) -> tuple[Subscription, str]:  # fmt: skip
    """A subscription and its secret, which is shown this once. ``after``: the position to begin at; None: what is new.

    Raises :class:`NotAllowed` where the address may not be called.
    """
    _check_url(url)
    with transaction.atomic():
        if Subscription.objects.filter(account=account).count() >= MOST:
            raise NotAllowed(
                f"一个应用最多 {MOST} 个订阅，请先删去不用的",
                f"an application has {MOST} subscriptions at most: remove one first",
                "url",
            )
        now = timezone.now()
        made = Subscription.objects.create(
            account=account, token=token, owner=owner, label=label, url=url, types=sorted(set(types)),
            position=_begin(after), next_at=now, made_at=now,
        )  # fmt: skip
        secret = _new_secret(made, now)
        note(MADE, made, owner, position=made.position, types=made.types)
    return made, secret


def change(
    held: Subscription, *, token: int, url: str, label: str, types: Sequence[str], active: bool
) -> Subscription:
    """Replace what the application says of its subscription; from now on it reads with this token.

    Switched on again it goes on where it stopped. Raises :class:`NotAllowed`.
    """
    _check_url(url)
    with transaction.atomic():
        one = Subscription.objects.select_for_update().get(pk=held.pk)
        one.url, one.label, one.types, one.token = url, label, sorted(set(types)), token
        one.active, one.reason = active, "" if active else (one.reason or "owner")
        one.failures, one.failing_since, one.next_at = 0, None, timezone.now()
        one.lease = one.leased_until = None
        one.save()
        note(CHANGED, one, one.owner, active=active, types=one.types)
    return one


def remove(held: Subscription) -> None:
    """Nothing is sent any more; its secrets and what came of its deliveries are gone."""
    with transaction.atomic():
        note(REMOVED, held, held.owner)
        held.delete()


def replay(held: Subscription, after: int) -> None:
    """Send again from a position of the log on, whatever was sent already."""
    if after > log.head()[1]:
        raise NotAllowed(
            "账本还没有这么多事件，请核对位置",
            "the ledger has not so many events: check the position",
            "after",
        )
    with transaction.atomic():
        # Whoever delivers just now holds a lease that is gone then, and cannot set the position forward again.
        Subscription.objects.filter(pk=held.pk).update(
            position=after,
            failures=0,
            failing_since=None,
            next_at=timezone.now(),
            lease=None,
            leased_until=None,
        )
        note(REPLAYED, held, held.owner, position=after)


def change_secret(held: Subscription) -> str:
    """A new secret; the former one signs beside it for a day, so that a receiver can change over."""
    with transaction.atomic():
        one = Subscription.objects.select_for_update().get(pk=held.pk)
        now = timezone.now()
        one.secrets.filter(ends_at__isnull=False).delete()  # two are valid at most
        one.secrets.filter(ends_at=None).update(ends_at=now + OVERLAP)
        secret = _new_secret(one, now)
        note(SECRET_CHANGED, one, one.owner)
    return secret


def disable(held: Subscription, reason: str, by: str = "") -> bool:
    """Send nothing any more until somebody switches it on; False where it was off already."""
    with transaction.atomic():
        off = Subscription.objects.filter(pk=held.pk, active=True).update(
            active=False, reason=reason, lease=None, leased_until=None
        )
        if off:
            note(DISABLED, held, by, reason=reason, position=held.position, owner=held.owner)
    return bool(off)


def enable(held: Subscription, by: str) -> None:
    """Go on where it stopped."""
    with transaction.atomic():
        Subscription.objects.filter(pk=held.pk).update(
            active=True, reason="", failures=0, failing_since=None, next_at=timezone.now()
        )
        note(CHANGED, held, by, active=True, types=held.types)


def secrets_of(held: Subscription, at: dt.datetime) -> list[bytes]:
    """The secrets that sign now, the newest first. Raises ``VaultClosed`` without the master key."""
    vault = keys.current()
    valid = held.secrets.filter(models.Q(ends_at=None) | models.Q(ends_at__gt=at)).order_by("-made_at", "-pk")
    return [
        vault.open(row.pk, Sealed(bytes(row.sealed), bytes(row.key_wrapped), row.commitment)) for row in valid
    ]


def note(type: str, held: Subscription, by: str, **body: object) -> None:
    """One event: who did what to which subscription. Its address stays out, for it may hold a key."""
    ledger.append([NewEvent(type=type, subject=f"webhook:{held.pk}", body=body, actor=by)])


def _check_url(url: str) -> None:
    try:
        outgoing.client().check(url)
    except (outgoing.OutgoingRefused, outgoing.OutgoingFailed) as why:
        raise NotAllowed(why.zh, why.en, "url") from None


def _begin(after: int | None) -> int:
    head = log.head()[1]
    return head if after is None else min(after, head)


def _new_secret(held: Subscription, at: dt.datetime) -> str:
    plain = chance.token_bytes(SECRET_BYTES)
    made = Secret(id=f"secret:{envelope.uuid7()}", subscription=held, made_at=at)
    made.sealed, made.key_wrapped, made.commitment = keys.current(writing=True).seal(made.pk, plain)
    made.save(force_insert=True)
    return PREFIX + base64.b64encode(plain).decode("ascii")
