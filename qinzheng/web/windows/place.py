"""Where a window clerk sits: its post at a service point, the rules there, the counter that it opened."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import Http404

from qinzheng.access.users import User
from qinzheng.cases.engine import Who
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.mechanisms.windows import queries
from qinzheng.mechanisms.windows.models import Counter
from qinzheng.mechanisms.windows.schema import Window
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization
from qinzheng.web.calendars import today

CLERK = "clerk"


@dataclass(frozen=True)
class Place:
    """A post of the reader at a point."""

    point: str
    name: Text
    who: Who
    rules: Window
    counter: Counter | None
    day: dt.date


def places(reader: User) -> list[Place]:
    """Where the reader sits as a clerk; the place of an open counter first."""
    seats = [seat for seat in reader.seats if CLERK in seat.roles]
    units = organizations.organizations({seat.organization for seat in seats})
    day, found = today(), []
    for seat in seats:
        unit = units.get(seat.organization)
        rules = queries.rules_of(seat.organization, day) if unit is not None else None
        if unit is None or unit.kind != "service_point" or rules is None:
            continue
        counter = queries.counter_of(seat.post, day)
        mine = counter if counter is not None and counter.point == unit.pk else None
        found.append(
            Place(unit.pk, organizations.text(unit), Who(seat.post, seat.unit, CLERK), rules, mine, day)
        )
    return sorted(found, key=lambda each: each.counter is None)


def sits(reader: User) -> bool:
    """Whether the reader sits at a window: the link to the desk leads nowhere else."""
    return CLERK in reader.roles and bool(places(reader))


def place(reader: User, point: str = "") -> Place | None:
    """The place at a point, or the first one; None where the reader sits at no window."""
    return next((each for each in places(reader) if point in ("", each.point)), None)


def point_of(id: str) -> tuple[Organization, Window]:
    """A service point that stands and has rules for its windows; else there is no such page."""
    day = today()
    unit = organizations.organizations([id]).get(id)
    stands = unit is not None and unit.begins <= day and (unit.ends is None or day <= unit.ends)
    rules = queries.rules_of(id, day) if stands else None
    if unit is None or unit.kind != "service_point" or rules is None:
        raise Http404
    return unit, rules


def now() -> int:
    """This moment, UTC microseconds."""
    return ledger.microseconds(dt.datetime.now(dt.UTC)) or 0
