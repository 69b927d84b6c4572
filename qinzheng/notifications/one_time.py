"""Codes sent by SMS that prove who holds a number: six digits, once, for five minutes. Nothing here knows an account.

Neither number nor code is kept: the number as its blind index, the code as a keyed hash, which without the master key
cannot be tried out. Whether somebody is registered under a number is not asked, so a known and an unknown number are
answered alike because the work for them is the same.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
import uuid
from dataclasses import dataclass
from typing import Literal

from django.db import connection, models, transaction
from django.utils import timezone

from qinzheng.ledger import envelope
from qinzheng.parties import keys
from qinzheng.parties.vault import Vault

DIGITS = 6
GOOD_FOR = dt.timedelta(minutes=5)
TRIES = 5
"""Wrong entries after which a code is worth nothing (ours)."""
KEPT = dt.timedelta(days=2)
"""For how long rows are kept to count by (ours)."""

Kind = Literal["number", "address", "all"]
LIMITS: tuple[tuple[Kind, dt.timedelta, int], ...] = (
    ("number", dt.timedelta(seconds=60), 1),
    ("number", dt.timedelta(hours=1), 5),
    ("number", dt.timedelta(days=1), 10),
    ("address", dt.timedelta(hours=1), 30),
    ("all", dt.timedelta(minutes=1), 600),
)
"""Codes to one number, asked from one network address, and in all: so many in so long (ours)."""
LOCKS = {"number": 0x71_7A_31, "address": 0x71_7A_32}


class OneTimeCode(models.Model):
    """A code that was sent. ``number`` and ``address`` are blind indexes; ``digest`` is a keyed hash."""

    id = models.UUIDField(primary_key=True, default=envelope.uuid7, db_comment="编号")
    number = models.BinaryField(max_length=32, db_comment="手机号码的盲索引")
    address = models.BinaryField(max_length=32, db_comment="网络地址的盲索引")
    digest = models.BinaryField(max_length=32, db_comment="验证码的带密钥散列")
    made_at = models.DateTimeField(db_comment="发出时间")
    tries = models.SmallIntegerField(default=0, db_comment="输错次数")
    used_at = models.DateTimeField(null=True, db_comment="使用时间")

    class Meta:
        db_table = "notifications_one_time_code"
        db_table_comment = "短信验证码：只存盲索引与散列"
        indexes = [
            models.Index(fields=["number", "made_at"], name="notifications_code_number"),
            models.Index(fields=["address", "made_at"], name="notifications_code_address"),
            models.Index(fields=["made_at"], name="notifications_code_made"),
        ]


@dataclass(frozen=True)
class Made:
    """A new code: its number, by which it is asked again, and the digits, which are sent and forgotten."""

    id: str
    digits: str


@dataclass(frozen=True)
class Wait:
    """No code now: too many were asked for; seconds until the next can be."""

    seconds: int


def make(number: str, address: str) -> Made | Wait:
    """A code for a number (as ``parties.fields.phone`` gives it), asked from a network address; or how long to wait."""
    with transaction.atomic():
        vault = keys.current()
        mine = {"number": index(vault, number), "address": vault.index("network-address", address)}
        with connection.cursor() as cursor:
            for kind, lock in LOCKS.items():  # two who ask at one moment are counted one after the other
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(%s, %s)",
                    [lock, int.from_bytes(mine[kind][:4], "big", signed=True)],
                )
        now = timezone.now()
        wait = max(_wait(kind, mine.get(kind), now - span, most, now, span) for kind, span, most in LIMITS)
        if wait:
            return Wait(wait)
        OneTimeCode.objects.filter(pk__in=_old(now)).delete()
        digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        made = OneTimeCode(made_at=now, **mine)
        made.digest = _digest(vault, str(made.pk), digits)
        made.save(force_insert=True)
    return Made(str(made.pk), digits)


def check(id: str, number: str, digits: str) -> bool:
    """Whether these are the digits of that code and it was sent to that number; then it is used up. Each try counts."""
    with transaction.atomic():
        vault = keys.current()
        row = OneTimeCode.objects.select_for_update().filter(pk=id).first()
        stored = b"\0" * 32 if row is None else bytes(row.digest)
        meant = b"\0" * 32 if row is None else bytes(row.number)
        now = timezone.now()
        right = hmac.compare_digest(stored, _digest(vault, id, digits))
        same = hmac.compare_digest(meant, index(vault, number))
        if row is None or row.used_at is not None or row.tries >= TRIES or now - row.made_at > GOOD_FOR:
            return False
        if right and same:
            row.used_at = now
        else:
            row.tries += 1
        row.save(update_fields=["used_at", "tries"])
        return right and same


def index(vault: Vault, number: str) -> bytes:
    """The blind index of a number: the same that ``parties`` keep, so that one key guards both."""
    return vault.index("phone", number)


def _digest(vault: Vault, id: str, digits: str) -> bytes:
    return vault.index("one-time-code", f"{id}:{digits}")


def _wait(
    kind: Kind, mine: bytes | None, since: dt.datetime, most: int, now: dt.datetime, span: dt.timedelta
) -> int:
    """Seconds until fewer than ``most`` codes lie within the span."""
    rows = OneTimeCode.objects.filter(made_at__gt=since)
    if mine is not None:
        rows = rows.filter(**{kind: mine})
    times = list(rows.order_by("-made_at").values_list("made_at", flat=True)[:most])
    if len(times) < most:
        return 0
    return max(1, round((times[-1] + span - now).total_seconds() + 0.5))


def _old(now: dt.datetime) -> list[uuid.UUID]:
    rows = OneTimeCode.objects.filter(made_at__lt=now - KEPT).order_by("made_at")
    return list(rows.values_list("pk", flat=True)[:500])
