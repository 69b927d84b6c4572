"""Bodies of ``qinzheng accounts …`` (see ``qinzheng.operations.account_parser``)."""

from __future__ import annotations

import argparse
import sys

from django.db.models import Count

from qinzheng.access import accounts
from qinzheng.access.models import POWERS, Account
from qinzheng.cases.engine import NotAllowed


def found(arguments: argparse.Namespace) -> int:
    """Open the first three administrators and print their one-time passwords, this once."""
    logins = {power: getattr(arguments, power) for power in POWERS}
    try:
        made = accounts.found_administrators(logins, arguments.by)
    except NotAllowed as why:
        print(why, file=sys.stderr)
        return 1
    for power, password in made.items():
        print(f"{POWERS[power]} {logins[power]} {password}")
    print(
        "一次性密码只显示这一次，请分别交给三个人；首次登录须更换并设置第二重验证 / "
        "shown this once: hand them to three persons; each is changed at the first login, where a second factor is set up",
        file=sys.stderr,
    )
    return 0


def list_(arguments: argparse.Namespace) -> int:
    """Accounts by kind and state; administrators one a line."""
    for kind, active, n in (
        Account.objects.values_list("kind", "is_active").annotate(Count("pk")).order_by("kind", "-is_active")
    ):
        print(f"{kind:<14} {'启用 on ' if active else '停用 off'} {n:>8}")
    rows = Account.objects.filter(administration__isnull=False).select_related("administration")
    for row in rows.order_by("administration__power", "pk"):
        factor = "两重验证 two factors" if accounts.has_factor(row) else "未设第二重验证 no second factor"
        print(f"{POWERS[row.administration.power]} {row.login} {row.pseudonym} {factor}")
    return 0
