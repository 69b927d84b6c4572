"""The sender: takes what is due, opens the address, tries once, and notes what became of it.

No transaction is open while the other side is asked: a delivery is lent to one worker for ``LENT`` by moving its next
attempt, so a second worker passes it by, and one that is killed leaves it to be tried again. Killed between the other
side's yes and our note, the same message goes out once more, under the same number: receivers tell doubles by it.
Whether the recipient may still learn of it, and who it is, is asked anew at each attempt.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from qinzheng.cases.models import CaseConcern
from qinzheng.notifications import recipients, writing
from qinzheng.notifications.channels import Channel, Message, Outcome
from qinzheng.notifications.models import Contact, Delivery, Notice
from qinzheng.notifications.subscriptions import Subscription
from qinzheng.parties import queries as parties
from qinzheng.parties.subjects import PartyRefused

log = structlog.get_logger("qinzheng.notifications")

CHANNELS: dict[str, Channel] = {}
"""Way → channel; filled by ``qinzheng.plugged``. A way without one is held until there is one."""
QUIET: list[Callable[[dt.datetime], dt.datetime | None]] = []
"""Moment → until when what is not urgent must not ring anybody; None: it may go out. Filled by ``qinzheng.plugged``."""
RINGS = frozenset({"sms"})
"""Ways that quiet hours hold; mail rings nobody."""

READER = "notices"
"""Who opens an address: the sender itself; the ledger says so each time."""
AT_ONCE = 20
LENT = dt.timedelta(minutes=3)
"""How long a worker may take over one delivery: several times the longest limit of any channel (ours)."""
MOST_ATTEMPTS = 10
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 4 * 3600.0
"""Doubling from the first to the longest: ten attempts take about nine hours (ours)."""
EXPIRES = dt.timedelta(days=2)
"""What could not be sent in so long is no longer news (ours); it stands on the page all the same."""
NO_CHANNEL_WAIT = dt.timedelta(minutes=10)
MOBILE = re.compile(r"1[3-9]\d{9}")
GOOD = frozenset({"sent", "delivered"})


@dataclass(frozen=True)
class Verdict:
    """What is written into the row: its state, when it is tried next, and why."""

    state: str
    next_at: dt.datetime
    error: str = ""
    provider_id: str = ""
    tried: bool = True
    """whether the other side was asked: only that counts as an attempt"""


def send(limit: int = AT_ONCE) -> int:
    """Try what is due, one after another; returns how many deliveries were looked at."""
    for done in range(limit):
        delivery = _lend()
        if delivery is None:
            return done
        now = timezone.now()
        verdict = _judge(delivery, now)
        if verdict.state not in GOOD:
            log.info("notice_not_sent", way=delivery.channel, state=verdict.state, error=verdict.error)
        _note(delivery, verdict, now)
    return limit


_LEND = (
    "UPDATE notifications_delivery SET next_at = clock_timestamp() + %s WHERE id IN ("
    "SELECT id FROM notifications_delivery WHERE state IN ('queued', 'held') AND next_at <= clock_timestamp() "
    "ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"
)


def _lend() -> Delivery | None:
    """What is due first, lent to us alone; one at a time, so that a slow one cannot outlast the loan of the next."""
    lent: list[Any] = [LENT]
    with connection.cursor() as cursor:
        cursor.execute(_LEND, lent)
        row = cursor.fetchone()
    return Delivery.objects.select_related("notice").get(pk=row[0]) if row else None


def _judge(delivery: Delivery, now: dt.datetime) -> Verdict:
    """One attempt, or why there is none."""
    notice, way = delivery.notice, delivery.channel
    if now - notice.made_at > EXPIRES:
        return Verdict("failed", now, "expired", tried=False)
    channel = CHANNELS.get(way)
    if channel is None:
        return Verdict("held", now + NO_CHANNEL_WAIT, "no-channel", tried=False)
    said = writing.written(notice)
    if not said.definition.urgent and (until := quiet_until(way, now)) is not None:
        return Verdict("held", until, "quiet-hours", tried=False)
    pair = (notice.recipient, notice.subject)
    if pair not in recipients.may_learn({pair}, now):
        return Verdict("refused", now, "not-permitted", tried=False)
    address = address_of(delivery, said.definition.purpose, now)
    if not address:
        return Verdict("refused", now, "no-address", tried=False)
    return verdict(channel.send(message(delivery, said, address)), delivery.attempts + 1, now)


def quiet_until(way: str, now: dt.datetime) -> dt.datetime | None:
    """The end of the quiet hours that hold this way now; None where none does."""
    if way not in RINGS:
        return None
    return max((end for ask in QUIET if (end := ask(now)) is not None), default=None)


def verdict(outcome: Outcome, attempts: int, now: dt.datetime) -> Verdict:
    """What an outcome makes of the delivery, after so many attempts."""
    if outcome.state == "sent":
        return Verdict("sent", now, "", outcome.provider_id[:120])
    error = outcome.error[:60]
    if outcome.state == "refused":
        return Verdict("refused", now, error)
    if attempts >= MOST_ATTEMPTS:
        return Verdict("failed", now, error)
    wait = min(FIRST_WAIT_S * 2 ** (attempts - 1), LONGEST_WAIT_S)
    return Verdict("queued", now + dt.timedelta(seconds=max(wait, outcome.retry_after_s or 0.0)), error)


def message(delivery: Delivery, said: writing.Written, address: str) -> Message:
    """What a channel is given: Chinese words and a link that opens only to whoever may read it.

    Nobody's language is known here; the page has both. The link names a notice, never a case or a person.
    """
    link = f"{settings.PUBLIC_URL}/notices/{delivery.notice_id}/"
    short = said.definition.sms
    known = delivery.notice.facts
    arguments = {ours: known.get(name, [""])[0] for ours, name in (short.arguments.items() if short else ())}
    return Message(
        id=str(delivery.pk), title=said.title.zh, text=f"{said.text.zh}\n\n{link}", address=address,
        template=short.template if short else "", arguments=arguments, urgent=said.definition.urgent,
        signature=short.signature if short else "",
    )  # fmt: skip


# -- addresses -----------------------------------------------------------------------------------------


def address_of(delivery: Delivery, purpose: str, now: dt.datetime) -> str:
    """Where the recipient is reached; "" where it gave nothing, did not consent, or nobody acts in the post."""
    notice, way = delivery.notice, delivery.channel
    try:
        if way == "webhook":
            return _of_application(notice, delivery.target, now)
        if notice.recipient.startswith("party:"):
            return _of_party(notice.recipient, way, purpose)
        return _of_post(notice.recipient, way, now)
    except PartyRefused:
        return ""


def _of_application(notice: Notice, hook: str, now: dt.datetime) -> str:
    """The webhook while its application still acts in the post and may itself see what is told.

    What leaves by a webhook is copied on, out of our rules' reach: a case that is kept from somebody goes by none.
    """
    owner = Subscription.objects.filter(pk=hook, active=True).values_list("owner", flat=True).first()
    if owner is None or CaseConcern.objects.filter(case=notice.subject).exists():
        return ""
    pair = (owner, notice.subject)
    acts = hook in recipients.hooks([notice.recipient], now).get(notice.recipient, [])
    return hook if acts and pair in recipients.may_learn({pair}, now) else ""


def _of_party(party: str, way: str, purpose: str) -> str:
    found = parties.contacts([party], purpose, READER).get(party, [])
    wanted = "email" if way == "mail" else "phone"
    values = [each.value for each in found if each.way == wanted]
    return next((each for each in values if way == "mail" or MOBILE.fullmatch(each)), "")


def _of_post(post: str, way: str, now: dt.datetime) -> str:
    person = recipients.acting_persons([post], now).get(post)
    kept = Contact.objects.filter(person=person, way=way).first() if person else None
    return parties.text(kept.text, READER, "handling") if kept else ""


# -- what became of it ---------------------------------------------------------------------------------

_COUNT = (
    "INSERT INTO notifications_tally (channel, state, number) VALUES (%s, %s, 1) "
    "ON CONFLICT (channel, state) DO UPDATE SET number = notifications_tally.number + 1"
)


def _note(delivery: Delivery, found: Verdict, now: dt.datetime) -> None:
    """Write the verdict unless somebody wrote another meanwhile (a receipt may be faster than we are)."""
    rows = Delivery.objects.filter(pk=delivery.pk, state__in=["queued", "held"])
    changed = rows.update(
        state=found.state, next_at=found.next_at, error=found.error, provider_id=found.provider_id,
        attempts=delivery.attempts + (1 if found.tried else 0), updated_at=now,
    )  # fmt: skip
    if changed and found.state in ("sent", "failed", "refused"):
        count(delivery.channel, found.state)


def count(way: str, state: str) -> None:
    """One more delivery that ended so."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [way, state])
