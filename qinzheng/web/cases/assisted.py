"""What stands beside a case: the errand that it was done by, the check of its promise, the point where its papers were put in."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.calendars import queries as calendars
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.cases.actions import item_of
from qinzheng.cases.models import Case
from qinzheng.clocks import explain
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.errands import taking
from qinzheng.mechanisms.points import receiving
from qinzheng.mechanisms.promises import checking
from qinzheng.organizations import queries as organizations
from qinzheng.web.components import Link


@dataclass(frozen=True)
class Beside:
    """One thing beside the case, said, with the way to it where the reader may go."""

    name: Text
    said: Text | None = None
    link: Link | None = None


ERRAND = Text(zh="帮办代办", en="Help and proxy")
APPLIED = Text(zh="所办的件", en="The case it is for")
CHECK = Text(zh="承诺的事后核查", en="Check of the promise")
CHECKED = Text(zh="所核查的件", en="The case that is checked")
PROMISED = Text(zh="以承诺代替的材料", en="Papers that were promised")
PUT_IN = Text(zh="放入服务点", en="Put in at a point")


def beside(reader: User, case: Case) -> list[Beside]:
    """All of it, for the page of a case; another case only where the reader may see it."""
    found = [*_promised(case), *_put_in(case)]
    wanted = {
        f"case:{taking.key(case.pk)}": ERRAND, taking.applied(case): APPLIED,
        f"case:{checking.key(case.pk)}": CHECK, checking.checked(case): CHECKED,
    }  # fmt: skip
    for row in rules.scope(reader, "see", Case.objects.filter(pk__in=wanted)):
        found.append(Beside(wanted[row.pk], None, Link(row.number, reverse("case", args=[row.number]))))
    return found


def _promised(case: Case) -> list[Beside]:
    item = item_of(case)
    if item is None or not any(each.promise for each in item.guide.materials.values()):
        return []
    listed = [
        item.guide.materials[key].name for key in checking.promised(case) if key in item.guide.materials
    ]
    said = Text(zh="、".join(each.zh for each in listed), en=", ".join(each.en for each in listed))
    return [Beside(PROMISED, said)] if listed else []


def _put_in(case: Case) -> list[Beside]:
    papers = receiving.of(case)
    if papers is None:
        return []
    unit = organizations.organizations({papers.point}).get(papers.point)
    name = organizations.names([papers.point])[papers.point]
    try:
        hours = calendars.calendar(
            shelf.library(), organizations.calendar(unit) if unit else organizations.ALWAYS
        )
        at, received = explain.moment(hours, papers.at), explain.moment(hours, papers.received)
    except (IncompleteCalendar, BeyondCalendar):
        return [Beside(PUT_IN, name)]
    return [
        Beside(
            PUT_IN,
            Text(zh=f"{name.zh}，{at.zh} 放入，按开放时间 {received.zh} 收件", en=f"{name.en}, put in {at.en}, received by its hours {received.en}"),
        )
    ]  # fmt: skip
