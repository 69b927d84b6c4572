"""Pages of notices by their number. A window of what is addressed to the reader is read by an index, then the rules are asked of it.

Asked of everything at once the rules would look at every case that the reader was ever told of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qinzheng.access import guard, rules
from qinzheng.access.users import User
from qinzheng.notifications import queries
from qinzheng.notifications.models import Notice

SIZE, WINDOW = 20, 200


class WrongCursor(ValueError):
    """The cursor in the address is no number of a notice: start again from the first page."""


@dataclass(frozen=True)
class Page:
    """One page; a cursor is empty where there is nothing on that side."""

    rows: list[Notice]
    following: str
    preceding: str


def page(who: User, cursors: Mapping[str, str], *, unread: bool) -> Page:
    """The page after or before a cursor of ``cursors``. Raises :class:`WrongCursor`."""
    after, before = _number(cursors.get("after", "")), _number(cursors.get("before", ""))
    backward = before is not None
    told = rules.recipients_of(who)
    found: list[int] = []
    edge = before if backward else after
    while len(found) <= SIZE:
        window = queries.newest(
            told,
            unread=unread,
            after=None if backward else edge,
            before=edge if backward else None,
            most=WINDOW,
        )
        found += visible(who, window)
        if len(window) < WINDOW:
            break
        edge = window[-1][0]
    more, found = len(found) > SIZE, sorted(found[:SIZE], reverse=True)
    if not found:
        return Page([], "", "")
    rows = list(Notice.objects.filter(pk__in=found).order_by("-pk"))
    following = str(found[-1]) if more or backward else ""
    preceding = str(found[0]) if after is not None or (backward and more) else ""
    return Page(rows, following, preceding)


def visible(who: User, window: Sequence[tuple[int, str]]) -> list[int]:
    """Of (notice, subject) addressed to the reader those whose subject it may see: what the rules' clause of notices says,
    asked of the cases by their keys."""
    seen = guard.seen(who, {subject for _, subject in window})
    return [pk for pk, subject in window if subject in seen]


def _number(cursor: str) -> int | None:
    if not cursor:
        return None
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise WrongCursor(cursor[:40])
    return int(cursor)
