"""The ledger of convenience measures: each is a case of its unit, with a clock until it is in force and one for its review.

The engine, the clocks and the supervision are those of every case; here is only how one is announced and how they are listed.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.acts import Done
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case

PROCEDURE, ANNOUNCE = "conveniences.measure", "announce"
ROLES = ("head_of_organ", "approver", "handler")
LONGEST = 60


def announce(title: str, form: Mapping[str, object], who: Who, *, key: uuid.UUID | None = None) -> Done:
    """Announce a measure of the unit in whose name somebody acts. Raises as :func:`~qinzheng.cases.actions.open_case` does.

    ``title`` names the measure in a line and holds nothing personal.
    """
    title = title.strip()
    if not 1 <= len(title) <= LONGEST:
        raise NotAllowed(
            f"请用一句话写明措施，不超过 {LONGEST} 字",
            f"say the measure in one line of {LONGEST} characters",
            "title",
        )
    return cases.open_case(PROCEDURE, ANNOUNCE, who, form, key=key, about=About(title=title))


def of(unit: str) -> list[Case]:
    """Every measure of a unit, the oldest first."""
    return list(Case.objects.filter(procedure=PROCEDURE, organization=unit).order_by("opened_at", "number"))


def counted(units: Collection[str]) -> dict[str, Counter[str]]:
    """unit → state → how many measures, in one question."""
    found: dict[str, Counter[str]] = {unit: Counter() for unit in units}
    rows = Case.objects.filter(procedure=PROCEDURE, organization__in=list(units))
    for unit, state in rows.values_list("organization", "state"):
        found[unit][state] += 1
    return found
