"""The demonstration's year holds one favour, put there on purpose; it is found, and nobody else is accused of one."""

from __future__ import annotations

from typing import Any

from qinzheng.calendars import queries as calendars
from qinzheng.measures.handled import Handled
from qinzheng.simulation.qinghe import stories
from qinzheng.supervision.patterns import looking
from tests.library import library

YEAR = 365 * 86_400_000_000
BEGIN = 1_767_229_200_000_000
"""1 January 2026, 09:00 in China."""
PARTIES = 11_000


def test_the_favour_of_the_demonstration_is_found_and_no_other() -> None:
    calendar = calendars.calendar(library(), "cn")
    teller = stories.Teller(calendar, library().all("item"), PARTIES, 2026)
    rows, sides = [], {}
    for story in teller.stories(12_000, BEGIN, BEGIN + YEAR * 9 // 10):
        row = handled(calendar, story)
        if row is not None:
            rows.append(row)
            sides[row.subject] = {f"party:{story.party}": "applicant"}
            if story.agent is not None:
                sides[row.subject][f"agent:{story.agent}"] = "agent"
    pattern: Any = library().get("pattern", "conduct.favour")
    tested, found = looking.favours(rows, sides, pattern.compare)
    assert tested > 10
    assert [(each.officer, each.party) for each in found] == [(f"{stories.FAVOURS}/deputy", "agent:0")]
    (favoured,) = found
    assert favoured.own < favoured.usual


def handled(calendar: Any, story: stories.Story) -> Handled | None:
    """A licence of the year as supervision compares it; None where it was not decided or ever waited for a test."""
    when = {step.act: step for step in story.steps}
    decided = when.get("grant") or when.get("refuse")
    if story.procedure != "approvals.standard" or decided is None or "accept" not in when:
        return None
    begin, end = calendar.day(when["accept"].at), calendar.day(decided.at)
    used = calendar.working_days_between(begin, end)
    return Handled(
        f"case:{story.serial}", story.procedure, story.item, "", "unit", "decision", calendar.upto[begin], decided.at, used,
        "notify_special" in when, decided.seat, True,
    )  # fmt: skip
