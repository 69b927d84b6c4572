"""The only reads of notices that others may call. Who may see which is decided by the rules of access, not here."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from qinzheng.notifications.models import Contact, Notice

MOST = 99
"""More unread notices than this are told as this and a plus sign."""


def addressed(recipients: frozenset[str]) -> QuerySet[Notice]:
    """The notices addressed to some recipients, by an index; to be narrowed by the rules."""
    return Notice.objects.filter(recipient__in=recipients)


def newest(
    recipients: frozenset[str],
    *,
    unread: bool = False,
    after: int | None = None,
    before: int | None = None,
    most: int = 200,
) -> list[tuple[int, str]]:
    """(notice, subject) of some recipients' notices, the newest first, older than ``after``; or newer than ``before``,
    the nearest first."""
    rows = addressed(recipients)
    if unread:
        rows = rows.filter(read_at=None)
    if before is not None:
        rows = rows.filter(pk__gt=before)
    elif after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows.order_by("-pk" if before is None else "pk").values_list("pk", "subject")[:most])


def contact(person: str, way: str) -> str:
    """The reference of an officer's address for a way, "" where it gave none."""
    return Contact.objects.filter(person=person, way=way).values_list("text", flat=True).first() or ""


@dataclass(frozen=True)
class Figures:
    """What the sender has before it and behind it; ages in seconds."""

    waiting: dict[str, int]
    oldest_s: float
    ended: dict[tuple[str, str], int]
    behind: int


_WAITING = (
    "SELECT channel, count(*) FROM notifications_delivery WHERE state IN ('queued', 'held') GROUP BY channel"
)
_OLDEST = (
    "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(n.made_at)), 0) FROM notifications_delivery d "
    "JOIN notifications_notice n ON n.id = d.notice_id WHERE d.state IN ('queued', 'held')"
)
_ENDED = "SELECT channel, state, number FROM notifications_tally"
_BEHIND = "SELECT greatest(0, h.size - c.position) FROM notifications_cursor c, ledger_head h WHERE c.name = 'notices'"


def figures() -> Figures:
    """The figures, each by an index over what waits or by a single row."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        waiting = dict(cursor.fetchall())
        cursor.execute(_OLDEST)
        oldest = float(cursor.fetchone()[0])
        cursor.execute(_ENDED)
        ended = {(channel, state): number for channel, state, number in cursor.fetchall()}
        cursor.execute(_BEHIND)
        behind = cursor.fetchone()
    return Figures(waiting, max(oldest, 0.0), ended, behind[0] if behind else 0)
