"""Fees as other pages show them: the sum on a case's page, what was taken where a receipt shows how it stands."""

from __future__ import annotations

from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.fees import queries
from qinzheng.mechanisms.fees.queries import Account
from qinzheng.mechanisms.fees.reckoning import yuan
from qinzheng.mechanisms.fees.schema import FeeRules
from qinzheng.web import calendars

KINDS = {
    "booked": Text(zh="已收", en="taken"), "waived": Text(zh="免收", en="waived"), "refunded": Text(zh="已退", en="given back"),
}  # fmt: skip


def shown(case: Case, account: Account, found: FeeRules | None) -> bool:
    """Whether the case has a page of fees: its kind is charged for, and its item says what, or something was entered."""
    return found is not None and case.procedure in found.procedures and bool(account.fees or account.lines)


def total(case: Case) -> str | None:
    """What was taken and stands, in yuan; None where the case has no fees."""
    account = queries.account(case)
    return yuan(account.standing) if shown(case, account, queries.rules(calendars.today())) else None


def entries(case: Case) -> list[tuple[str, Text, str, int]]:
    """For the holder of a receipt: what it was for, taken or waived or given back, yuan, and when; none of a sealed case."""
    if case.concerns.exists():
        return []
    return [
        (line.name, KINDS[line.entry.kind], yuan(line.entry.fen), line.at) for line in queries.account(case).lines
    ]  # fmt: skip
