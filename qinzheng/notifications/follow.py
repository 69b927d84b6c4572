"""The follower: reads the log from its cursor and writes down who is told what, under the notices in force that day.

Everything is worked out by reading; then one short transaction moves the cursor from where it was read to where it
now stands and writes the rows. A second worker that worked out the same finds the cursor moved and writes nothing; a
killed one leaves nothing. An edition counts from its day: publishing changes what is told of later events alone.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice

from django.db import connection, transaction
from django.utils import timezone

from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act, Procedure
from qinzheng.definitions import shelf
from qinzheng.ledger import queries
from qinzheng.ledger.queries import StoredEvent
from qinzheng.notifications import recipients, schema, telling, writing
from qinzheng.notifications.models import Cursor, Delivery, Notice
from qinzheng.notifications.writing import Happened

NAME = "notices"
AT_ONCE = 500
"""Events read in one go (ours): about as long as one batch of the sequencer takes."""
ROWS = 200
"""Notices a statement."""
DAY_US = 86_400_000_000


def follow(limit: int = AT_ONCE) -> int:
    """Tell what the log has gained since the cursor; returns how many events were read. 0 too where another was first."""
    begin = position()
    with closing(_read(begin)) as log:
        events = list(islice(log, limit))
    if not events:
        return 0
    told = Batch(timezone.now()).told([event for _, _, event in events])
    return len(events) if _keep(begin, events[-1][0] + 1, told) else 0


def position() -> int:
    """The next position to read. The first time it is the end of the log: what lies behind is history, and no news."""
    found = Cursor.objects.filter(name=NAME).values_list("position", flat=True).first()
    if found is None:
        Cursor.objects.bulk_create([Cursor(name=NAME, position=queries.head()[1])], ignore_conflicts=True)
        found = Cursor.objects.values_list("position", flat=True).get(name=NAME)
    return found


def _read(begin: int) -> Generator[tuple[int, bytes, StoredEvent], None, None]:
    yield from queries.sequenced(begin)


def _keep(begin: int, end: int, told: Sequence[Told]) -> bool:
    """Move the cursor and write the rows, both or neither; False where the cursor was moved meanwhile."""
    with transaction.atomic():
        if not Cursor.objects.filter(name=NAME, position=begin).update(position=end):
            return False
        write(told, timezone.now())
    return True


def write(told: Sequence[Told], now: dt.datetime) -> None:
    """The rows of notices that do not stand yet, and a delivery for each way of theirs."""
    for begin in range(0, len(told), ROWS):
        part = told[begin : begin + ROWS]
        ids = _insert(part, now)
        Delivery.objects.bulk_create(
            [
                Delivery(notice_id=id, channel=way, target=target, next_at=now, updated_at=now)
                for each in part
                if (id := ids.get((each.notice.id, each.event, each.recipient))) is not None
                for way, target in each.ways
            ]
        )


_INSERT = "INSERT INTO notifications_notice (definition, edition, recipient, subject, about, event, facts, made_at) VALUES "
_ONCE = " ON CONFLICT (definition, event, recipient) DO NOTHING RETURNING definition, event, recipient, id"


def _insert(told: Sequence[Told], now: dt.datetime) -> dict[tuple[str, str, str], int]:
    """(definition, event, recipient) → the row's id, of those that did not stand yet."""
    kept = Notice._meta.get_field("facts").get_db_prep_save
    values = [
        (
            each.notice.id,
            each.edition,
            each.recipient,
            each.subject,
            each.about,
            each.event,
            kept(each.facts, connection),
            now,
        )
        for each in told
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT + ", ".join(["(%s, %s, %s, %s, %s, %s::uuid, %s, %s)"] * len(values)) + _ONCE,
            [value for row in values for value in row],
        )
        return {(row[0], str(row[1]), row[2]): int(row[3]) for row in cursor.fetchall()}


@dataclass(frozen=True)
class Told:
    """One notice to be written: what, to whom, and by which ways besides the page."""

    notice: schema.Notice
    edition: str
    recipient: str
    subject: str
    about: str
    event: str
    facts: writing.Facts

    hooks: tuple[str, ...] = ()
    """subscriptions of applications that act in the post"""

    @property
    def ways(self) -> list[tuple[str, str]]:
        """(way, target) of those that are set up. Posts and parties have an address, applications their webhooks."""
        listed = [way for way in self.notice.channels if way in telling.CHANNELS]
        reached = self.recipient.startswith(("p-", "party:"))
        plain = [(way, "") for way in listed if way in ("mail", "sms") and reached]
        return plain + [("webhook", hook) for hook in self.hooks if "webhook" in listed]


Active = tuple[schema.Notice, str, schema.Occasion]


@dataclass
class Batch:
    """Some events told together, as of one moment."""

    at: dt.datetime
    circle: recipients.Circle = field(init=False)
    made: list[Told] = field(default_factory=list)
    _active: dict[dt.date, dict[str, list[Active]]] = field(default_factory=dict)
    _cases: dict[str, Case] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.circle = recipients.Circle(self.at)

    def told(self, events: Sequence[StoredEvent]) -> list[Told]:
        """Every notice of these events that its recipient may know of."""
        wanted = [event for event in events if event.type in schema.EVENTS]
        self._cases = Case.objects.in_bulk({case_of(event) for event in wanted} - {""})
        for event in wanted:
            self._tell(event)
        allowed = recipients.may_learn({(each.recipient, each.subject) for each in self.made}, self.at)
        kept = [each for each in self.made if (each.recipient, each.subject) in allowed]
        pushed = {each.recipient for each in kept if "webhook" in each.notice.channels}
        hooks = recipients.hooks(pushed, self.at) if pushed else {}
        return [replace(each, hooks=tuple(hooks.get(each.recipient, ()))) for each in kept]

    def _tell(self, event: StoredEvent) -> None:
        active = self._of_day(shelf.day(event.recorded_at)).get(event.type, [])
        if not active:
            return
        happened = Happened(
            event,
            event.body,
            self._cases.get(case_of(event)),
            recipients.procedure_of(event),
            self.circle.name,
        )
        seen: set[str] = set()
        for notice, edition, occasion in active:
            if notice.id not in seen and fits(occasion, happened) and not _stale(notice, happened):
                seen.add(notice.id)
                self._write(notice, edition, happened)

    def _of_day(self, day: dt.date) -> dict[str, list[Active]]:
        """The notices in force on a day, by the event that they follow."""
        if day not in self._active:
            library = shelf.library()
            found: dict[str, list[Active]] = defaultdict(list)
            for notice in library.standing("notice", day):
                for occasion in notice.on:
                    found[occasion.event].append((notice, library.hash(notice), occasion))
            self._active[day] = found
        return self._active[day]

    def _write(self, notice: schema.Notice, edition: str, happened: Happened) -> None:
        event, about = happened.event, about_of(happened)
        facts = writing.facts(notice, happened)
        for recipient in self._recipients(notice, happened, about):
            subject = "" if recipient.startswith("power:") else subject_of(event)
            if not (event.type in schema.CLOCKS and self._known(notice.id, subject, about, recipient)):
                self.made.append(Told(notice, edition, recipient, subject, about, event.id, facts))

    def _recipients(self, notice: schema.Notice, happened: Happened, about: str) -> list[str]:
        """Each once; never the post that did it itself."""
        event = happened.event
        found: list[str] = []
        for role in notice.roles(shelf.library()):
            if role == "told":
                listed = self._told_before(event, about)
            elif happened.case is not None or case_of(event):
                listed = self.circle.about_case(
                    role, case_of(event), happened.unit, happened.procedure, happened.state
                )
            else:
                listed = self.circle.about_other(role, event)
            found += [each for each in listed if each and each not in found]
        return [each for each in found if each != event.actor]

    def _told_before(self, event: StoredEvent, about: str) -> list[str]:
        """Whoever was told of the same card when it was issued."""
        rows = Notice.objects.filter(subject=case_of(event), about=about).order_by("id")
        listed = list(rows.values_list("recipient", flat=True))
        return listed + [
            each.recipient for each in self.made if (each.subject, each.about) == (case_of(event), about)
        ]

    def _known(self, notice: str, subject: str, about: str, recipient: str) -> bool:
        """Whether the recipient was told so of this very clock before: a clock that is overdue moves on being overdue."""
        if any(
            (e.notice.id, e.subject, e.about, e.recipient) == (notice, subject, about, recipient)
            for e in self.made
        ):
            return True
        return Notice.objects.filter(
            definition=notice, subject=subject, about=about, recipient=recipient
        ).exists()


def case_of(event: StoredEvent) -> str:
    """The case that an event is about; of a card on an officer's day the case that it names."""
    if event.type in (*schema.ACTS, *schema.CLOCKS, *schema.CARDS, *schema.RECEIPTS):
        return event.subject if event.subject.startswith("case:") else str(event.body.get("case", ""))
    return ""


def subject_of(event: StoredEvent) -> str:
    """What the reader must be allowed to see."""
    return event.subject if event.type in schema.OPENINGS else case_of(event)


def about_of(happened: Happened) -> str:
    """The card or clock that is told of."""
    body = happened.body
    if happened.event.type in schema.CARDS:
        return f"card:{body['card']}"
    return f"clock:{body['clock']}:{body['ordinal']}" if happened.event.type in schema.CLOCKS else ""


def fits(occasion: schema.Occasion, happened: Happened) -> bool:
    """Whether every filter lets the event pass."""
    event, body = happened.event, happened.body
    if occasion.procedures and event.procedure not in occasion.procedures:
        return False
    if event.type in schema.ACTS:
        return _fits_act(occasion, happened)
    if event.type in schema.CARDS:
        condition = getattr(getattr(happened.rule, "when", None), "condition", "")
        return (
            (not occasion.levels or writing.level_of(happened) in occasion.levels)
            and (not occasion.conditions or condition in occasion.conditions)
            and condition not in occasion.other_conditions
        )
    if event.type in schema.CLOCKS:
        return not occasion.endings or body["ending"] in occasion.endings
    if event.type in schema.RECEIPTS:
        return occasion.again is None or body.get("again", False) == occasion.again
    return not occasion.kinds or body.get("kind") in occasion.kinds


def _fits_act(occasion: schema.Occasion, happened: Happened) -> bool:
    name, procedure = str(happened.body["act"]), happened.procedure
    act = procedure.acts.get(name) if procedure else None
    if occasion.acts and name not in occasion.acts:
        return False
    if act is None:
        return not (occasion.traits or occasion.finals) and not occasion.assigns
    assigned = bool(act.assigns and happened.body.get("form", {}).get(act.assigns))
    return (
        (not occasion.traits or bool(set(act.traits) & set(occasion.traits)))
        and (not occasion.finals or _ends(procedure, act, happened.state) in occasion.finals)
        and (occasion.assigns is None or assigned == occasion.assigns)
    )


def _ends(procedure: Procedure | None, act: Act, state: str) -> str | None:
    """How the act ended the case; None where it did not, or where the case had ended before."""
    if procedure is None or any(procedure.states[each].final for each in act.from_):
        return None
    return procedure.states[state].final


def _stale(notice: schema.Notice, happened: Happened) -> bool:
    """Whether it had happened so long before it was entered that it is no news: cases that are taken over whole."""
    event, body = happened.event, happened.body
    moment = body.get("due") if event.type in schema.CLOCKS else body.get("at", event.occurred_at)
    moment = body.get("passed_at", moment)  # what was deemed takes effect earlier than it came about
    return isinstance(moment, int) and event.recorded_at - moment > (notice.stale_after_days + 1) * DAY_US
