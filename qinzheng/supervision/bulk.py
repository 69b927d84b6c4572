"""Rules keyed by officer-day: the same kernel, folded over an officer's closings instead of a case.

The officer is a stable pseudonym. A key is ``<officer>@<day>``; a card on it changes nothing for a
person until a named human confirms it (个人信息保护法 24(3)).
"""

from __future__ import annotations

from collections.abc import Iterator

from qinzheng.calendars.calendar import Calendar
from qinzheng.clocks.machine import NONE, Book, Facts
from qinzheng.supervision import conditions, judge
from qinzheng.supervision.archive import Group
from qinzheng.supervision.program import Compiled
from qinzheng.supervision.schema import ClosedInBulk

CLOSING = 1
Closing = tuple[int, int, str, int, int]
"""(actor, moment, case, order, organization)"""
Finding = tuple[int, int, int, int, int, int, int, int]
"""A row of ``Book.findings``."""


def closings(compiled: Compiled, when: ClosedInBulk, group: Group) -> list[Closing]:
    """The closing acts in a group by known officers, at the stamp that the rule reads."""
    acts = {compiled.acts[act] for act in when.at}
    facts = group.facts
    stamps = {"occurred": facts.at, "reported": facts.reported, "recorded": facts.recorded}[when.stamp]
    found: list[Closing] = []
    for k, name in enumerate(group.names):
        for i in range(group.borders[k], group.borders[k + 1]):
            if facts.act[i] in acts and facts.actor[i] >= 0 and stamps[i] >= 0:
                found.append((facts.actor[i], stamps[i], name, facts.order[i], facts.organization[i]))
    return found


def judge_officer_days(
    rule: int, when: ClosedInBulk, found: list[Closing], officers: list[str], calendar: Calendar
) -> Iterator[tuple[str, Finding]]:
    """Yield (key, finding) for every officer-day with too many closings in the window."""
    listener = conditions.ClosedInBulk(rule, when.more_than, when.within_minutes * 60_000_000)
    program = judge.Program([], [[], [listener]], when.more_than + 1)
    rows = sorted(found)
    begin = 0
    while begin < len(rows):
        officer, day = rows[begin][0], calendar.day(rows[begin][1])
        end = begin
        while end < len(rows) and rows[end][0] == officer and calendar.day(rows[end][1]) == day:
            end += 1
        book = Book()
        state = program.begin(0, book)
        judge.fold(program, state, _facts(rows[begin:end]), 0, end - begin)
        for finding in book.findings:
            yield (
                f"{officers[officer]}@{calendar.date(day).isoformat()}",
                (*finding[:6], rows[begin][4], officer),
            )
        begin = end


def _facts(rows: list[Closing]) -> Facts:
    none = [NONE] * len(rows)
    return Facts(
        at=[row[1] for row in rows],
        act=[CLOSING] * len(rows),
        order=[row[3] for row in rows],
        organization=[row[4] for row in rows],
        actor=[row[0] for row in rows],
        role=none, reported=none, recorded=none, value=none, due=none,
    )  # fmt: skip
