"""How many notices a reader has not read: the number at the bell of every page."""

from __future__ import annotations

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.notifications import queries
from qinzheng.web.notices import paging


def unread(reader: User) -> str:
    """``3``, ``99+``, or nothing; what may no longer be seen does not count."""
    told = rules.recipients_of(reader)
    if not told or not rules.can(reader, "notices"):
        return ""
    number = len(paging.visible(reader, queries.newest(told, unread=True, most=queries.MOST + 1)))
    return f"{queries.MOST}+" if number > queries.MOST else str(number or "")
