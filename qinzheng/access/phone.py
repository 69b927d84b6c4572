"""Citizens log in by a code sent to their mobile number: asked for, entered, and whose account it opens.

Asking looks at nothing but the number's form and how often codes were asked for: whether somebody is registered under it
is a question of the second step alone, which only the holder of the number gets to. The ledger learns of each step by a
blind reference; the number itself stands in no row, log or address.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from qinzheng.access import accounts, events
from qinzheng.access.models import Account
from qinzheng.notifications import one_time, text_messages
from qinzheng.notifications.channels import Message
from qinzheng.notifications.one_time import GOOD_FOR
from qinzheng.parties import actions as parties
from qinzheng.parties import fields, keys
from qinzheng.parties import queries as register
from qinzheng.parties.codes import WrongCode
from qinzheng.parties.models import Party

MOBILE = re.compile(r"1[3-9]\d{9}")
BY = "phone-code"
"""Who acts in the ledger where a number that nobody had is registered."""
LOCK = 0x71_7A_34


class NotSent(Exception):
    """No code went out: why and what to do, in two languages; ``wait_s`` where waiting helps."""

    def __init__(self, zh: str, en: str, wait_s: int = 0) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en, self.wait_s = zh, en, wait_s


@dataclass(frozen=True)
class Sent:
    """A code is on its way: its number, which the browser's session keeps, and the mobile number in its normal form."""

    code: str
    number: str


def offered() -> bool:
    """Whether this city sends codes: a gateway and a template are set, or it is the demonstration."""
    return settings.DEMO or bool(settings.SMS_GATEWAY and settings.SMS_LOGIN_TEMPLATE)


def mobile(given: str) -> str:
    """A mobile number in its normal form. Raises ``WrongCode``."""
    number = fields.phone(given)
    if not MOBILE.fullmatch(number):
        raise WrongCode(
            "不是手机号码：应为 11 位，以 1 开头", "is no mobile number: 11 digits that begin with 1"
        )
    return number


def ask(given: str, address: str) -> Sent:
    """Send a code to a number, asked from a network address. Raises ``WrongCode``, :class:`NotSent`."""
    number = mobile(given)
    made = one_time.make(number, address)
    if isinstance(made, one_time.Wait):
        raise NotSent(
            f"验证码发得太频繁，请 {made.seconds} 秒后再试；上一个验证码五分钟内仍可使用",
            f"codes were asked for too often: wait {made.seconds} seconds. The last one still serves for five minutes",
            made.seconds,
        )
    channel = text_messages.channel()
    minutes = str(int(GOOD_FOR.total_seconds()) // 60)
    message = Message(
        id=made.id, title="登录验证码", address=number, template=settings.SMS_LOGIN_TEMPLATE, urgent=True,
        text=f"登录验证码 {made.digits}，{minutes} 分钟内有效。请勿告诉他人，工作人员不会向您索要。",
        arguments={"code": made.digits, "minutes": minutes},
    )  # fmt: skip
    sent = channel is not None and channel.send(message).state == "sent"
    events.noted("code_sent" if sent else "code_not_sent", _reference(number), BY)
    if not sent:
        raise NotSent(
            "短信暂时发不出去，请稍后再试，或到任一服务点办理",
            "the message cannot be sent just now: try again later, or go to any service point",
        )
    return Sent(made.id, number)


def enter(code: str, given: str, digits: str) -> Account | None:
    """Whose account these digits open; None where they are wrong, used, outlived or of another number."""
    try:
        number, id = mobile(given), str(uuid.UUID(code))
    except ValueError:
        return None
    if not one_time.check(id, number, digits.strip()):
        events.noted("code_refused", _reference(number), BY)
        return None
    with transaction.atomic():
        _alone(number)
        return account_of(number)


def account_of(number: str) -> Account | None:
    """The account of the citizen with that main number, made where there is none; None where it is switched off.

    Where several citizens gave the same number, nobody is guessed: whoever comes by code is a citizen of its own, the
    same each time, until a window or an identity provider has proven who it is and joined them.
    """
    citizens = [
        party
        for party in register.find_by_phone(number)
        if party.kind == fields.CITIZEN and party.erased_at is None and party.restricted_at is None
    ]
    held = {
        row.party: row
        for row in Account.objects.filter(
            kind__in=("citizen", "handler"), demo=False, party__in=[party.pk for party in citizens]
        ).order_by("-pk")
    }
    if len(citizens) == 1:
        party: Party | None = citizens[0]
    else:
        party = next((each for each in citizens if each.pk in held and _came_by_code(held[each.pk])), None)
    if party is None:
        party = parties.register(fields.CITIZEN, {"name": f"手机尾号{number[-4:]}", "phone": number}, by=BY)
    account = held.get(party.pk) or accounts.make_account(
        f"{PREFIX}{party.pk.removeprefix('party:')}", "citizen", BY, party=party.pk
    )
    return account if account.is_active else None


PREFIX = "phone-"
"""Logins of accounts that were made by a code; they have no password."""


def _came_by_code(account: Account) -> bool:
    return account.login.startswith(PREFIX)


def _alone(number: str) -> None:
    """Two who enter at one moment are one citizen, not two."""
    key = int.from_bytes(one_time.index(keys.current(), number)[:4], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, key])


def _reference(number: str) -> str:
    """The number as the ledger may name it."""
    return f"number:{events.veiled('phone', number)}"
