"""How many notices a reader has not read: the number at the bell of every page."""

from __future__ import annotations

from qinzheng.access import guard, rules
from qinzheng.access.users import User
from qinzheng.notifications import queries


def unread(reader: User) -> str:
    """``3``, ``99+``, or nothing; what may no longer be seen does not count."""
    told = rules.recipients_of(reader)
    if not told or not rules.can(reader, "notices"):
        return ""
    about = queries.unread(told)
    seen = guard.seen(reader, set(about))
    number = sum(subject in seen for subject in about)
    return f"{queries.MOST}+" if number > queries.MOST else str(number or "")
