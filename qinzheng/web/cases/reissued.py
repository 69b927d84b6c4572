"""What is told of receipts issued anew: when, and by which unit. Nobody is named."""

from __future__ import annotations

from qinzheng.cases import receipts
from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.organizations import queries as organizations

THEMSELVES = Text(zh="当事人本人", en="the applicant")


def shown(case: Case) -> list[tuple[int, Text]]:
    """(moment in UTC microseconds, by whom) of every receipt after the first, oldest first."""
    found = receipts.reissues(case)
    names = organizations.names({each.unit for each in found if each.unit})
    return [(each.at, names[each.unit] if each.unit else THEMSELVES) for each in found]
