"""What the window found of each paper when it took a case in: an event beside the case, so that the check can be shown later."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries as events
from qinzheng.ledger.envelope import NewEvent

CHECKED = "windows.checked"
"""No event of the case: nothing that is measured or judged follows from it."""
FINE, MISSING, WRONG, LATER, SHARED = "fine", "missing", "wrong", "later", "shared"
MARKS = (FINE, MISSING, WRONG, LATER, SHARED)


def note(case: Case, marks: Mapping[str, str], who: Who, *, key: uuid.UUID) -> None:
    """Note material → what was found. The same ``key`` notes it once."""
    if events.event(str(key)) is not None:
        return
    ledger.append([noted(case.pk, marks, who, key=key)])


def noted(case: str, marks: Mapping[str, str], who: Who, *, key: uuid.UUID) -> NewEvent:
    """The event. A list: a material may be called what no key of a body may be (``identity``)."""
    found = [{"material": material, "mark": mark} for material, mark in marks.items()]
    return NewEvent(
        type=CHECKED, subject=f"checked:{case.removeprefix('case:')}", body={"case": case, "marks": found},
        organization=who.organization, actor=who.actor, id=key,
    )  # fmt: skip
