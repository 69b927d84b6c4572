"""Giving and ending a green channel. Each is an event of ``channel:PARTY``: what stands is read from the ledger alone.

A channel is given before a case is opened, by an authority that decides none of its items: nobody who handles a case
can put it on the fast way. Mechanism 86; who may give one, and for how long, are our own choices (``ours/channels``).
With each a *watch* is opened, a case of the shepherd's unit: looked at every working day, with a clock, until the channel
ends or its last day has passed (:mod:`qinzheng.mechanisms.channels.watching`).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import QuerySet

from qinzheng.cases import actions as cases
from qinzheng.cases import itemized
from qinzheng.cases.about import About
from qinzheng.cases.acts import Change
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries
from qinzheng.ledger.envelope import NewEvent
from qinzheng.ledger.queries import StoredEvent
from qinzheng.mechanisms.channels import watching
from qinzheng.organizations import queries as organizations
from qinzheng.parties import queries as parties
from qinzheng.parties.subjects import PartyRefused

GIVEN, ENDED = "channels.given", "channels.ended"
AUTHORITIES = ("government_head", "head_of_organ")
LONGEST_DAYS = 366
LONGEST_REASON = 200


@dataclass(frozen=True)
class Channel:
    """A green channel as it was given. ``until`` is its last day; ``shepherd`` and ``by`` are posts."""

    party: str
    items: tuple[str, ...]
    reason: str
    shepherd: str
    since: dt.date
    until: dt.date
    by: str
    organization: str


def subject(party: str) -> str:
    """The ledger's name of all that was given to a party."""
    return f"channel:{party}"


def give(
    party: str, items: Collection[str], reason: str, shepherd: str, until: dt.date, who: Who, *, key: uuid.UUID | None = None
) -> Channel:  # fmt: skip
    """Give a party the green channel for some items, from now until the end of a day.

    ``reason`` names the project and holds nothing personal. ``key`` makes a repeated call find what it did. Raises
    :class:`NotAllowed` naming the field.
    """
    listed = tuple(sorted(set(items)))
    with transaction.atomic():
        now = _hold(party)
        today = shelf.day(now)
        events = queries.history(subject(party))
        told_before = next((event for event in events if key is not None and event.id == str(key)), None)
        if told_before is None:
            _check(party, listed, reason, shepherd, until, who, today)
            if (found := _last(party)) is not None and found.until >= today:
                raise NotAllowed(
                    f"已有绿色通道，至 {found.until}；请先终止",
                    f"there is a channel until {found.until}: end it first",
                    "party",
                )
        body = {
            "items": list(listed),
            "reason": reason.strip(),
            "shepherd": shepherd,
            "until": until.isoformat(),
            "role": who.role,
        }
        (given,) = ledger.append([_event(GIVEN, party, body, who, now, key)])
        found = _last(party)
        assert found is not None
        watching.begin(uuid.UUID(str(given.id)), party, found.reason, shepherd, until, who, found.since)
    return found


def end(party: str, reason: str, who: Who) -> None:
    """End a party's channel now; cases already opened keep their promise. Raises :class:`NotAllowed`."""
    with transaction.atomic():
        now = _hold(party)
        if standing(party, now) is None:
            raise NotAllowed("没有在用的绿色通道", "there is no channel to end", "party")
        if not reason.strip():
            raise NotAllowed("请写明理由", "say why", "reason")
        _check_authority(who, shelf.day(now))
        watch = watch_of(party)
        if watch is not None and watch.closed_at is None:
            cases.perform(
                watch.pk, watching.END, who, {"reason": reason.strip()}
            )  # which ends the channel too
            return
        ledger.append([_event(ENDED, party, {"reason": reason.strip(), "role": who.role}, who, now, None)])


def ended(change: Change) -> None:
    """Follows a case: a watch that is ended by an authority ends the channel, wherever that was done."""
    last = change.acts[-1] if change.acts else None
    if change.case.procedure != watching.PROCEDURE or last is None or last.name != watching.END:
        return
    party = change.case.parties.filter(relation="applicant").values_list("party", flat=True).first()
    if party is None:  # a watch of nobody, which no channel begins
        return
    now = _hold(party)
    body = {"reason": last.form["reason"], "role": last.who.role}
    ledger.append([_event(ENDED, party, body, last.who, now, None)])


def watch_of(party: str) -> Case | None:
    """The watch of what was given to a party last; None where none was ever given, or before watches were kept."""
    given = [event for event in queries.history(subject(party)) if event.type == GIVEN]
    return Case.objects.filter(pk=watching.id_of(given[-1].id)).first() if given else None


def watched(watch: Case) -> Channel | None:
    """The channel that a watch is about, as it was given."""
    party = watch.parties.filter(relation="applicant").values_list("party", flat=True).first() or ""
    events = queries.history(subject(party))
    return next(
        (_channel(party, e) for e in events if e.type == GIVEN and watching.id_of(e.id) == watch.pk), None
    )


def on_the_way(channel: Channel) -> QuerySet[Case]:
    """The cases of the project that go by the channel, the newest first."""
    mine = Case.objects.filter(
        parties__party=channel.party, parties__relation="applicant", item__in=channel.items
    )
    return mine.exclude(variant="").filter(opened_at__gte=_begin(channel.since)).order_by("-opened_at", "pk")


def _begin(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), shelf.ZONE)


def standing(party: str, at: int) -> Channel | None:
    """The channel that a party has at a moment (microseconds UTC); None where it has none."""
    found = _last(party, at)
    return found if found is not None and found.since <= shelf.day(at) <= found.until else None


def of(case: Case) -> Channel | None:
    """The channel by which a case goes: the one that stood when it was opened, with its shepherd; None where it goes by none."""
    party = case.parties.filter(relation="applicant").values_list("party", flat=True).first()
    if not case.variant or party is None:
        return None
    opening = queries.history(case.pk)[0]
    found = standing(party, opening.recorded_at)
    return found if found is not None and case.item in found.items else None


def flagged(about: About, at: int) -> bool:
    """Whether the case goes by a green channel: plugged into the opening of cases."""
    found = standing(about.parties["applicant"], at) if about.item and "applicant" in about.parties else None
    return found is not None and about.item in found.items


def _last(party: str, at: int | None = None) -> Channel | None:
    """What was given last, unless it was ended; ``at``: as it stood at that moment."""
    found: Channel | None = None
    for event in queries.history(subject(party)):
        if at is not None and event.recorded_at > at:
            break
        if event.type == ENDED:
            found = None
        elif event.type == GIVEN:
            found = _channel(party, event)
    return found


def _channel(party: str, event: StoredEvent) -> Channel:
    body = event.body
    return Channel(
        party, tuple(body["items"]), body["reason"], body["shepherd"], shelf.day(event.recorded_at),
        dt.date.fromisoformat(body["until"]), event.actor, event.organization,
    )  # fmt: skip


def _check(
    party: str, items: tuple[str, ...], reason: str, shepherd: str, until: dt.date, who: Who, today: dt.date
) -> None:
    try:
        parties.party(party)
    except PartyRefused:
        raise NotAllowed("没有这个当事人", "there is no such party", "party") from None
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        raise NotAllowed(
            f"请写明项目与理由，不超过 {LONGEST_REASON} 字，不写个人信息",
            f"name the project and the reason in {LONGEST_REASON} characters, nothing personal",
            "reason",
        )
    if not today <= until <= today + dt.timedelta(days=LONGEST_DAYS):
        raise NotAllowed("期限应自今日起一年之内", "it ends within a year from today", "until")
    if not items:
        raise NotAllowed("至少写明一个事项", "name one item at least", "items")
    _check_authority(who, today)
    for id in items:
        _check_item(id, who, today)
    watch = organizations.posts([shepherd]).get(shepherd)
    if watch is None or (watch.ends is not None and watch.ends < today):
        raise NotAllowed("没有这个岗位，请指定专人", "there is no such post: name a shepherd", "shepherd")


def _check_authority(who: Who, today: dt.date) -> None:
    post = organizations.posts([who.actor]).get(who.actor)
    holds = post is not None and who.role in post.roles and (post.ends is None or post.ends >= today)
    if who.role not in AUTHORITIES or not holds:
        raise NotAllowed(
            "绿色通道由政府负责人或机关负责人给予",
            "a channel is given by the head of the government or of an organ",
        )


def _check_item(id: str, who: Who, today: dt.date) -> None:
    """The item exists, has the channel, and is not decided by the unit of whoever gives it."""
    item = itemized.on(id, today)
    if item is None:
        raise NotAllowed(f"没有事项 {id}", f"there is no item {id}", "items")
    procedure = shelf.in_force("procedure", item.procedure, today).definition
    if not any(variant.given_by == "flag" for variant in procedure.variants.values()):
        raise NotAllowed(
            f"事项“{item.name.zh}”的程序没有绿色通道",
            f"the procedure of {item.name.en} has no channel",
            "items",
        )
    deciding = {item.organization, *item.decided_by.values()}
    above = {who.organization, *organizations.ancestors(who.organization, today)}
    below = {each for unit in deciding for each in (unit, *organizations.ancestors(unit, today))}
    if who.role == "head_of_organ" and (above & deciding or who.organization in below):
        raise NotAllowed(
            f"事项“{item.name.zh}”由本单位决定，不能自己给予绿色通道",
            f"{item.name.en} is decided by the unit itself: it gives itself no channel",
            "items",
        )


def _hold(party: str) -> int:
    """Let one at a time give or end a party's channel; the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0)), clock_timestamp()", [subject(party)]
        )
        return ledger.microseconds(cursor.fetchone()[1]) or 0


def _event(
    type: str, party: str, body: Mapping[str, object], who: Who, now: int, key: uuid.UUID | None
) -> NewEvent:
    return NewEvent(
        type=type, subject=subject(party), body=body, organization=who.organization, actor=who.actor, occurred_at=None, id=key
    )  # fmt: skip
