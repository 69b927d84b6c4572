"""A firm's mandate to its handler (经办人): given and taken back at a window, on the firm's paper.

Whoever brings the paper is known by the mobile number with which he logs in: the mandate goes to the account that a code
sent there opens (:mod:`qinzheng.access.phone`). It counts from its first day on and for its items; taken back, it ends at
the handler's next request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet

from qinzheng.access import actions, phone, rules
from qinzheng.access.models import Account, Mandate
from qinzheng.access.users import User
from qinzheng.cases.engine import NotAllowed
from qinzheng.definitions import shelf
from qinzheng.parties import fields
from qinzheng.parties import queries as register
from qinzheng.parties.codes import WrongCode
from qinzheng.parties.models import Party

PAGE = "mandates"
LONGEST = dt.timedelta(days=3 * 366)
"""For how long a mandate may be given (ours): papers without an end are asked for anew."""


def firm_of(code: str) -> Party:
    """The firm with a code. Raises :class:`NotAllowed` at ``firm``."""
    try:
        found = register.find_by_code(code)
    except WrongCode as why:
        raise NotAllowed(why.zh, why.en, "firm") from None
    if found is None or found.kind != fields.ENTERPRISE or found.erased_at is not None:
        raise NotAllowed(
            "没有登记这个统一社会信用代码，请先登记企业",
            "no firm is registered under this code: register it first",
            "firm",
        )
    return found


def running(party: str) -> QuerySet[Mandate]:
    """The mandates of a firm that were not taken back and are not over."""
    today = dt.datetime.now(shelf.ZONE).date()
    rows = Mandate.objects.filter(party=party, revoked_at=None).filter(Q(ends=None) | Q(ends__gte=today))
    return rows.select_related("account").order_by("pk")


@transaction.atomic
def give(
    user: User, firm: Party, number: str, *, begins: dt.date, ends: dt.date, items: Sequence[str] = ()
) -> Mandate:
    """The firm lets whoever logs in with a mobile number act for it: for some items, none named for all.

    Raises :class:`NotAllowed` with the field that is wrong.
    """
    by = _window(user)
    _check_days(begins, ends)
    wanted = sorted(set(items))
    _check_items(wanted)
    account = _account(number)
    for held in running(firm.pk).filter(account=account):
        if held.items == wanted and (held.ends is None or held.ends >= ends) and held.begins <= begins:
            return held  # the same paper once more
    return actions.mandate(account, firm.pk, begins, by, items=wanted, ends=ends)


@transaction.atomic
def take_back(user: User, mandate: Mandate) -> None:
    """The firm's word at the window: from now on the handler acts for it no more."""
    by = _window(user)
    held = Mandate.objects.select_for_update(of=("self",)).select_related("account").get(pk=mandate.pk)
    if held.revoked_at is not None:
        raise NotAllowed("这份委托已经撤销", "this mandate was taken back already")
    actions.revoke_mandate(held, by)


def _window(user: User) -> str:
    """The post in which somebody at a window acts."""
    if not rules.can(user, PAGE):
        raise NotAllowed("只有窗口人员可以登记委托", "mandates are registered at windows only")
    return next(seat.post for seat in user.seats if "clerk" in seat.roles)


def _account(number: str) -> Account:
    try:
        found = phone.account_of(phone.mobile(number))
    except WrongCode as why:
        raise NotAllowed(why.zh, why.en, "number") from None
    if found is None:
        raise NotAllowed("这个号码的账号已停用", "the account of this number is switched off", "number")
    return found


def _check_days(begins: dt.date, ends: dt.date) -> None:
    today = dt.datetime.now(shelf.ZONE).date()
    if ends < max(begins, today):
        raise NotAllowed("截止日不能早于起始日和今天", "the last day is before the first, or over", "ends")
    if ends - begins > LONGEST:
        raise NotAllowed("委托最长三年，请按委托书填写", "a mandate lasts three years at most", "ends")


def _check_items(items: Sequence[str]) -> None:
    known = {item.id for item in shelf.library().standing("item")}
    unknown = [item for item in items if item not in known]
    if unknown:
        raise NotAllowed(
            f"没有事项 {'、'.join(unknown)}，请核对编号",
            f"no such item: {', '.join(unknown)}; check the code",
            "items",
        )
