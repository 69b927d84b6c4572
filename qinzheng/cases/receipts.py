"""Receipts (回执): the number and a secret that open where a case stands, to whoever holds the paper.

The secret has 100 bits of chance and is shown once; only its digest is kept. Issuing another makes the former one
worthless. An unknown number and a wrong secret are one answer, and tries are counted by address. 许可法 32 asks for the
written receipt; that it carries a secret is our choice.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from qinzheng.cases.models import Case, LookUp, Receipt
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries
from qinzheng.ledger.envelope import NewEvent

HOLDER = "receipt-holder"
"""As whom the ledger names whoever reads or acts by receipt: nobody is signed in."""
ISSUED = "receipts.issued"
"""No event of the case: nothing that is measured or judged follows from it."""
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter is taken for another when read aloud or copied by hand."""
LENGTH, GROUP = 20, 5
MEANT = str.maketrans("OIL", "011")
TRIES = 10
WINDOW = dt.timedelta(minutes=1)
_NOTHING = hashlib.sha256(b"").digest()


@dataclass(frozen=True)
class Reissue:
    """Another receipt in place of the former: when (UTC microseconds), and by which unit; "" where by the applicant."""

    at: int
    unit: str


def issue(case: Case, actor: str, organization: str) -> str:
    """The secret of a new receipt, in groups of five letters; the case's former one opens nothing from now on.

    ``organization``: the unit that issues it; "" where the applicant does. The event says whether there was one before.
    """
    secret = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    now = dt.datetime.now(dt.UTC)
    with transaction.atomic():
        made = Receipt.objects.update_or_create(
            case=case, defaults={"digest": _digest(secret), "issued_at": now}
        )
        event = NewEvent(
            type=ISSUED, subject=_subject(case), actor=actor, organization=organization,
            body={"number": case.number, "case": case.pk, "again": not made[1]},
        )  # fmt: skip
        ledger.append([event])
    return "-".join(secret[n : n + GROUP] for n in range(0, LENGTH, GROUP))


def reissues(case: Case) -> list[Reissue]:
    """Every receipt after the first, oldest first."""
    issued = [event for event in queries.history(_subject(case)) if event.type == ISSUED]
    return [Reissue(event.recorded_at, event.organization) for event in issued[1:]]


def _subject(case: Case) -> str:
    return f"receipt:{case.pk.removeprefix('case:')}"


def find(number: str, secret: str) -> Case | None:
    """The case of that number, where the secret is its receipt's. Both are compared whatever was given."""
    held = (
        Receipt.objects.select_related("case")
        .filter(case__number=number.replace("\0", "").strip().upper())
        .first()
    )
    kept = bytes(held.digest) if held is not None else _NOTHING
    fits = hmac.compare_digest(kept, _digest(secret))
    return held.case if held is not None and fits else None


def wait_s(address: str) -> int:
    """Count one try from an address; how many seconds it must wait, 0 where it may go on. Ten tries in any minute."""
    place = hmac.digest(settings.SECRET_KEY.encode(), address.encode(), "sha256")
    now = dt.datetime.now(dt.UTC)
    with transaction.atomic():
        with connection.cursor() as cursor:  # two tries at once are counted one after the other
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(place[:8], signed=True)])
        LookUp.objects.filter(at__lte=now - WINDOW).delete()
        tries = list(LookUp.objects.filter(place=place).order_by("at").values_list("at", flat=True))
        if len(tries) >= TRIES:
            return int((tries[0] + WINDOW - now).total_seconds()) + 1
        LookUp.objects.create(place=place, at=now)
    return 0


def _digest(secret: str) -> bytes:
    meant = re.sub(r"[^0-9A-Z]", "", secret.upper().translate(MEANT))
    return hashlib.sha256(meant.encode()).digest()
