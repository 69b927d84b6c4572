"""The only writers of fees: booking by the list, waiving on a ground, refunding. Each is an event with its receipt's number.

What is not on the list is refused and, before that, entered as an act of the case: the rule on it gives the card.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db import connection, transaction

from qinzheng.cases import actions as cases
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.definitions import citing, shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import envelope
from qinzheng.ledger.envelope import NewEvent
from qinzheng.mechanisms.fees import queries, reckoning
from qinzheng.mechanisms.fees.queries import BOOKED, REFUNDED, WAIVED, Account, Line
from qinzheng.mechanisms.fees.reckoning import Entry, OffList, Wrong
from qinzheng.mechanisms.fees.schema import OFF_LIST, OFF_LIST_ROLE, FeeRules, Ground

ASKED = "fees.asked_off_list"
"""Where the case can hold no act any more: that something was asked for that is not listed."""
LONGEST_NAME = 80
TYPES = {"booked": BOOKED, "waived": WAIVED, "refunded": REFUNDED}


def book(
    case: Case, fee: int, units: int, who: Who, *, stated: int | None = None, called: str = "", key: uuid.UUID | None = None
) -> Line:  # fmt: skip
    """Take a fee of the list: ``fee`` is its place, from 1. ``stated``: the amount asked for in fen, where somebody names one.

    Raises :class:`NotAllowed` naming the field. What is not listed is entered as asked for, then refused.
    """
    key = key or envelope.uuid7()
    try:
        return _enter(
            case, who, key, "book_by", "",
            lambda account: reckoning.book(_listed(account), account.entries, str(key), fee, units, stated),
        )  # fmt: skip
    except OffList as why:
        _asked(case, who, called, stated)
        raise _refused(why) from None


def refuse_off_list(case: Case, fee: int, who: Who) -> None:
    """Where ``fee`` is no place in the case's list, enter that it was asked for and refuse, as :func:`book` does. Books nothing."""
    account = queries.account(case)
    if not 1 <= fee <= len(_listed(account)):
        _allowed(case, who, "book_by", ledger.microseconds(dt.datetime.now(dt.UTC)) or 0)
        _asked(case, who, "", None)
        raise _refused(reckoning.unlisted(fee))


def _refused(why: OffList) -> NotAllowed:
    return NotAllowed(
        f"{why.zh}。不能收；这次要求已记入账本，监察会看到",
        f"{why.en}. It cannot be charged; that it was asked for is in the ledger, and supervision sees it", "fee",
    )  # fmt: skip


def waive(case: Case, fee: int, fen: int, ground: str, who: Who, *, key: uuid.UUID | None = None) -> Line:
    """Waive a part, or the whole, of a fee that is not taken yet. Raises as :func:`book`."""
    key = key or envelope.uuid7()
    return _enter(
        case, who, key, "waive_by", ground,
        lambda account: reckoning.waive(_listed(account), account.entries, str(key), fee, fen),
    )  # fmt: skip


def refund(
    case: Case, booking: str, fen: int, ground: str, who: Who, *, key: uuid.UUID | None = None
) -> Line:
    """Give back a part, or the whole, of a booking, also after the case has ended. Raises as :func:`book`."""
    key = key or envelope.uuid7()
    return _enter(
        case, who, key, "refund_by", ground, lambda account: reckoning.refund(account.entries, str(key), booking, fen)
    )  # fmt: skip


def _enter(
    case: Case, who: Who, key: uuid.UUID, right: str, ground: str, reckoned: Callable[[Account], Entry]
) -> Line:
    """Enter what is reckoned, one at a time for a case; a repeated key finds what it entered."""
    with transaction.atomic():
        now = _hold(case)
        rules = _allowed(case, who, right, now)
        account = queries.account(case)
        found = next((line for line in account.lines if line.entry.id == str(key)), None)
        if found is not None:
            return found
        grounds: Mapping[str, Ground] = {"waive_by": rules.waivers, "refund_by": rules.refunds}.get(right, {})
        if grounds and ground not in grounds:
            raise NotAllowed(
                f"请选理由：{'、'.join(grounds)}", f"choose a ground of {', '.join(grounds)}", "ground"
            )
        try:
            entry = reckoned(account)
        except Wrong as why:
            raise NotAllowed(why.zh, why.en, why.field) from None
        if right == "book_by" and case.closed_at is not None:
            raise NotAllowed("办件已结束，不能再收费", "the case has ended: nothing can be charged any more")
        ledger.append([_event(case, entry, account, who, key, ground, now, shelf.library().hash(rules))])
    return next(line for line in queries.account(case).lines if line.entry.id == str(key))


def _event(
    case: Case, entry: Entry, account: Account, who: Who, key: uuid.UUID, ground: str, now: int, under: str
) -> NewEvent:
    listed = (account.fees or ())[entry.fee - 1]
    body: dict[str, Any] = {
        "fee": entry.fee, "called": listed.name.zh, "fen": entry.fen, "units": entry.units, "waived": entry.waived,
        "of": entry.of, "ground": ground, "rests_on": citing.all_said(listed.source).zh, "role": who.role,
    }  # fmt: skip
    return NewEvent(
        type=TYPES[entry.kind], subject=queries.subject(case), body={k: v for k, v in body.items() if v != "" and v != 0},
        procedure=case.procedure, organization=who.organization, actor=who.actor, occurred_at=now, under=under, id=key,
    )  # fmt: skip


def _listed(account: Account) -> Any:
    """The list; an item that does not say what it costs has none, and nothing is booked on it."""
    if account.fees is None:
        raise NotAllowed(
            "目录没有载明这个事项收不收费：先把收费清单连同依据发布到目录，才能收",
            "the catalogue does not say what this item costs: publish its list with its ground first", "fee",
        )  # fmt: skip
    return account.fees


def _allowed(case: Case, who: Who, right: str, now: int) -> FeeRules:
    rules = queries.rules(shelf.day(now))
    if rules is None or case.procedure not in rules.procedures:
        raise NotAllowed("这类办件不收费", "nothing is charged for cases of this kind")
    by: Collection[str] = getattr(rules, right)
    if who.role not in by:
        raise NotAllowed(
            f"不由 {who.role} 办理，应为 {'、'.join(by)}", f"not for {who.role}, but for {', '.join(by)}"
        )
    return rules


def _asked(case: Case, who: Who, called: str, stated: int | None) -> None:
    """Enter that something was asked for that is not listed: an act of the case, or an event beside it once it has ended."""
    form: dict[str, Any] = {"called": called.strip()[:LONGEST_NAME], "fen": stated}
    form = {name: value for name, value in form.items() if value not in ("", None)}
    case.refresh_from_db()
    if case.closed_at is None and OFF_LIST in cases.procedure_of(case).acts:
        cases.perform(case.pk, OFF_LIST, Who(who.actor, who.organization, OFF_LIST_ROLE), form)
        return
    ledger.append([NewEvent(
        type=ASKED, subject=queries.subject(case), body={**form, "role": who.role}, procedure=case.procedure,
        organization=who.organization, actor=who.actor,
    )])  # fmt: skip


def _hold(case: Case) -> int:
    """Let one at a time enter fees of a case; the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0)), clock_timestamp()",
            [queries.subject(case)],
        )
        return ledger.microseconds(cursor.fetchone()[1]) or 0
