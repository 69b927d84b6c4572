"""What was rated, for whoever holds the receipt and, without any name or number, for the rated unit."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from qinzheng.cases.actions import procedure_of
from qinzheng.cases.acts import OPENED, PERFORMED
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries
from qinzheng.ledger.queries import StoredEvent
from qinzheng.mechanisms.ratings.schema import Scheme
from qinzheng.parties import keys

GIVEN = "ratings.given"
"""Its subject is the rating's own id: which case it rates can be reckoned only with the key of the blind indexes."""
WHOLE = "whole"
"""The service that a receipt rates: the matter as a whole (一事一评)."""
WINDOW = "clerk"
"""The role of those whose service at a window a pad rates (一次一评)."""


@dataclass(frozen=True)
class Rating:
    """A rating as it was given. ``call_back`` is the number of the case that it opened, "" where it opened none."""

    id: str
    grade: str
    answer: str
    reasons: tuple[str, ...]
    unit: str
    item: str
    day: dt.date
    channel: str
    call_back: str


@dataclass(frozen=True)
class Service:
    """What is rated: its key within the case, the unit that served, and the moment from which it may be rated."""

    key: str
    unit: str
    since: int


def scheme(day: dt.date) -> Scheme | None:
    """The scheme in force on a day; None where the city publishes none."""
    found: list[Scheme] = shelf.library().standing("rating", day)
    return found[0] if found else None


def id_of(case: Case, service: str) -> uuid.UUID:
    """The id of the one rating that a case's service can have; it says nothing of the case to whoever lacks the key."""
    return derived("rating", f"{case.pk} {service}")


def derived(what: str, value: str) -> uuid.UUID:
    """An id that follows from a value and the key of the blind indexes alone. No version 5: those are outside numbers'."""
    return uuid.UUID(bytes=keys.current().index(f"ratings {what}", value)[:16], version=4)


def whole(case: Case) -> Service | None:
    """The whole matter, once it ended, or while it is past a limit; None while it may not be rated yet."""
    if case.concerns.exists():
        return None
    if case.closed_at is not None:
        if procedure_of(case).states[case.state].final == "withdrawn":
            return None
        return Service(WHOLE, case.organization, ledger.microseconds(case.closed_at) or 0)
    now = dt.datetime.now(dt.UTC)
    late = case.next_due is not None and case.next_due < now
    return Service(WHOLE, case.organization, ledger.microseconds(now) or 0) if late else None


def at_window(case: Case, units: Collection[str]) -> Service | None:
    """The last thing that somebody at a window of these units did on the case; None where nobody did."""
    if case.concerns.exists():
        return None
    for event in reversed(queries.history(case.pk)):
        if (
            event.type in (OPENED, PERFORMED)
            and event.body.get("role") == WINDOW
            and event.organization in units
        ):
            return Service(f"{event.subject_seq}", event.organization, event.recorded_at)
    return None


def given(case: Case, service: str = WHOLE) -> Rating | None:
    """The rating that a service of the case has, or None."""
    event = queries.event(str(id_of(case, service)))
    return None if event is None or event.type != GIVEN else read(event)


def read(event: StoredEvent) -> Rating:
    """The rating of an event."""
    body = event.body
    return Rating(
        event.id, body["grade"], body["answer"], tuple(body.get("reasons", ())), body["unit"], body.get("item", ""),
        shelf.day(event.recorded_at), body["channel"], body.get("call_back", ""),
    )  # fmt: skip


def of_units(units: Collection[str], since: dt.datetime) -> list[Rating]:
    """The newest ratings of some units since a moment."""
    found = queries.recorded_within(since, dt.datetime.now(dt.UTC) + dt.timedelta(days=1), [GIVEN], MOST_READ)
    made = (read(event) for event in found)
    return [each for each in made if each.unit in units]


MOST_READ = 5_000
"""Ratings that one page looks at; the figures come from the archive of measures."""


def replied(rating: Rating) -> str:
    """The reference of the last reply to a rating that was called back; "" where there is none yet."""
    case = Case.objects.filter(number=rating.call_back).first() if rating.call_back else None
    told = [
        event.body["form"].get("reply", "")
        for event in (queries.history(case.pk) if case is not None else ())
        if event.type == PERFORMED and event.body["act"] == "answer"
    ]
    return told[-1] if told else ""
