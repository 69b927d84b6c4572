"""Through whose eyes the wall is seen: which units' figures, and which cases do not exist for them."""

from __future__ import annotations

from dataclasses import dataclass

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.cases.models import Case
from qinzheng.organizations.models import Organization


@dataclass(frozen=True)
class Eyes:
    """What a reader may be counted for. Readers with the same eyes share one look at the tables."""

    organizations: frozenset[str] | None
    """units whose figures may be shown; None: every unit, those of old logs too"""
    concealed: frozenset[str]
    """cases that do not exist for the reader: in no row, no dot and no count"""


def of(reader: User) -> Eyes:
    """The eyes of a reader, as the rules are now."""
    allowed = frozenset(
        rules.scope(reader, "measure", Organization.objects.all()).values_list("pk", flat=True)
    )
    whole = len(allowed) == Organization.objects.count()
    return Eyes(None if whole else allowed, concealed(reader))


def concealed(reader: User) -> frozenset[str]:
    """The cases that do not exist for the reader (``rules.DENIALS``), for counts that are of units and not of cases."""
    found: set[str] = set()
    for denial in rules.DENIALS:
        if denial.thing is Case and denial.who(reader):
            found.update(Case.objects.filter(denial.which(reader)).values_list("pk", flat=True))
    return frozenset(found)
