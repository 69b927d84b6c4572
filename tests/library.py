"""The shipped definitions, read once for all tests, and moments as people write them."""

import datetime as dt
from functools import cache

from qinzheng import wiring
from qinzheng.calendars import queries
from qinzheng.calendars.calendar import Calendar
from qinzheng.cases.schema import Procedure
from qinzheng.definitions.library import Library, default_root
from qinzheng.supervision.schema import Rule


@cache
def library() -> Library:
    return Library.read([default_root()], wiring.KINDS)


def calendar(id: str = "cn") -> Calendar:
    return queries.calendar(library(), id)


def procedure(id: str) -> Procedure:
    found = library().get("procedure", id)
    assert isinstance(found, Procedure)
    return found


def rules(set_name: str | None = None) -> list[Rule]:
    return [rule for rule in library().all("rule") if set_name is None or rule.set == set_name]


def at(text: str, id: str = "cn") -> int:
    """``2026-10-30``, ``2026-10-30 09:30`` or ``2026-10-30 24:00`` (the last microsecond) as an instant."""
    day, _, time = text.partition(" ")
    if time == "24:00":
        return calendar(id).end(calendar(id).index(dt.date.fromisoformat(day)))
    return calendar(id).instant(dt.datetime.fromisoformat(text))


def shown(instant: int, id: str = "cn") -> str:
    """The instant written the same way; a last microsecond before a full second is that second's end."""
    day = calendar(id).day(instant)
    if instant == calendar(id).end(day):
        return f"{calendar(id).date(day)} 24:00"
    local = calendar(id).local(instant)
    return f"{local:%Y-%m-%d %H:%M:%S.%f}" if local.microsecond or local.second else f"{local:%Y-%m-%d %H:%M}"
