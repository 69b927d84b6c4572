"""The watch of a green channel: a case of the shepherd's unit that is looked at every working day until the channel ends.

A case like any other, so that worklist, clock, card, notice and page are those that exist. Nobody opens one by itself:
it is opened with the channel, and its id follows from the event that gave it.
"""

from __future__ import annotations

import datetime as dt
import uuid

from qinzheng.cases import actions as cases
from qinzheng.cases.about import LONGEST_TITLE, About
from qinzheng.cases.acts import Done
from qinzheng.cases.engine import Who
from qinzheng.organizations import queries as organizations

PROCEDURE, GIVE, WATCH, END = "channels.watch", "give", "watch", "end"
ROLE = "channel"
"""Held by no post: a watch is opened with its channel alone."""


def id_of(given: str | uuid.UUID) -> str:
    """The id of the watch of a channel, from the event that gave it."""
    return f"case:{_key(uuid.UUID(str(given)))}"


def begin(
    given: uuid.UUID, party: str, reason: str, shepherd: str, until: dt.date, who: Who, day: dt.date
) -> Done:
    """Open the watch in the shepherd's unit as of ``day``; called again for the same channel it finds it."""
    post = organizations.posts([shepherd])[shepherd]
    unit = organizations.units([post.organization_id], day)[post.organization_id]
    form = {"unit": unit, "shepherd": shepherd, "due_at": f"{until}T23:59:59+08:00"}
    about = About(title=reason[:LONGEST_TITLE], parties={"applicant": party})
    opener = Who(who.actor, who.organization, ROLE)
    return cases.open_case(PROCEDURE, GIVE, opener, form, key=_key(given), about=about)


def _key(given: uuid.UUID) -> uuid.UUID:
    return uuid.uuid5(given, WATCH)
