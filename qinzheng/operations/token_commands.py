"""Bodies of ``qinzheng tokens …`` (see ``qinzheng.operations.token_parser``)."""

from __future__ import annotations

import argparse
import datetime as dt
import sys

from django.db import transaction

from qinzheng.access import actions as access
from qinzheng.access.models import Account, Token
from qinzheng.cases.engine import NotAllowed
from qinzheng.definitions import shelf
from qinzheng.organizations import actions as organizations
from qinzheng.organizations.rules import Refused


def issue(arguments: argparse.Namespace) -> int:
    """Issue a token; the application's account and post are made where it has none, all or nothing."""
    try:
        with transaction.atomic():
            account = account_of(arguments)
            token, secret = access.issue_token(
                account, arguments.login, arguments.scope, arguments.days, arguments.by, organizations=arguments.units
            )  # fmt: skip
    except (NotAllowed, Refused) as why:
        print(why, file=sys.stderr)
        return 1
    print(secret)
    print(
        f"令牌 {token.pk}，至 {_day(token.expires_at)}；密钥只显示这一次，请立即存好 / "
        f"token {token.pk} until {_day(token.expires_at)}; the secret is not shown again: keep it now",
        file=sys.stderr,
    )
    return 0


def account_of(arguments: argparse.Namespace) -> Account:
    """The application's account; a new one holds a post of the unit named, as a person would."""
    found = Account.objects.filter(login=arguments.login).first()
    if found is not None:
        return found
    if not arguments.unit or not arguments.role:
        raise NotAllowed(
            f"没有账号 {arguments.login}；新建请写明 --unit 与 --role",
            f"there is no account {arguments.login}; to make one name --unit and --role",
            "unit",
        )
    today, by = dt.datetime.now(shelf.ZONE).date(), arguments.by
    with organizations.together():
        post = organizations.create_post(
            arguments.unit, f"应用：{arguments.login}", arguments.role, begins=today, by=by,
            name_en=f"Application: {arguments.login}",
        )  # fmt: skip
        person = organizations.register_person(arguments.login, by=by)
        organizations.appoint(person, post, today, by=by)
    return access.make_account(arguments.login, "service", by, person_id=person)


def list_(arguments: argparse.Namespace) -> int:
    """One line a token that is neither revoked nor over."""
    now = dt.datetime.now(dt.UTC)
    for token in (
        Token.objects.filter(revoked_at=None, expires_at__gt=now).select_related("account").order_by("pk")
    ):
        units = "、".join(token.organizations) or "—"
        print(
            f"{token.pk:>5} {token.account.login:<24} {' '.join(token.scopes):<24} {units}  {_day(token.expires_at)}"
        )
    return 0


def revoke(arguments: argparse.Namespace) -> int:
    """Revoke one token."""
    token = Token.objects.filter(pk=arguments.token, revoked_at=None).first()
    if token is None:
        print(f"没有有效的令牌 {arguments.token} / no such token: {arguments.token}", file=sys.stderr)
        return 1
    access.revoke_token(token, arguments.by)
    print(f"令牌 {token.pk} 已吊销 / token {token.pk} is revoked")
    return 0


def _day(at: dt.datetime) -> str:
    return at.astimezone(shelf.ZONE).strftime("%Y-%m-%d")
