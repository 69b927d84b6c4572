"""Clocks that count back from a day that an act fixes: notice of a hearing, through the real kernel."""

from __future__ import annotations

import pytest

from tests import library
from tests.definitions.changed import changed
from tests.histories import Clock, Judged, Row, compiled, event, judged
from tests.library import at

from qinzheng.cases.schema import Procedure  # isort: skip

OPENED = [event("receive", "2026-09-14 09:00"), event("accept", "2026-09-14 10:00")]
HEARD = at("2026-10-16 09:00")
"""Fri 2026-10-16: seven whole working days before it, 10-01 to 10-07 off and 10-10 worked, end 09-30."""


def licence(*rows: Row, as_of: str = "2026-10-20") -> Judged:
    rule = library.library().get("rule", "standard.law-step-late-hearings")
    return judged(compiled("approvals.standard", [rule]), [*OPENED, *rows], as_of)


def fixed(when: str = "2026-09-21 09:00", heard: int = HEARD) -> Row:
    return event("fix_hearing", when, due=heard)


def test_notice_on_the_last_day_is_in_time() -> None:
    # 行政许可法 48, 82.
    case = licence(fixed(), event("notify_hearing", "2026-09-30 24:00"))
    assert case.clocks("hearing-notice") == [
        Clock("2026-09-21 09:00", "2026-09-30 24:00", "completed_on_time")
    ]
    assert case.cards() == []


def test_notice_a_day_later_is_late_and_makes_a_card() -> None:
    case = licence(fixed(), event("notify_hearing", "2026-10-08 00:00"))
    assert case.clocks("hearing-notice") == [Clock("2026-09-21 09:00", "2026-09-30 24:00", "completed_late")]
    assert case.cards() == ["standard.law-step-late-hearings"]


def test_a_hearing_moved_later_leaves_more_time() -> None:
    moved = event("move_hearing", "2026-09-30 15:00", due=at("2026-10-19 09:00"))
    case = licence(fixed(), moved, event("notify_hearing", "2026-10-08 23:00"))
    assert case.clocks("hearing-notice") == [
        Clock("2026-09-21 09:00", "2026-09-30 24:00", "released"),
        Clock("2026-09-30 15:00", "2026-10-08 24:00", "completed_on_time", 1),
    ]


def test_a_hearing_fixed_too_soon_is_late_from_the_start() -> None:
    case = licence(fixed(heard=at("2026-09-25 09:00")), as_of="2026-09-21 10:00")
    assert [clock.ending for clock in case.clocks("hearing-notice")] == ["overdue"]


def test_an_act_that_states_no_day_starts_nothing() -> None:
    assert licence(event("fix_hearing", "2026-09-21 09:00")).clocks("hearing-notice") == []


def test_the_applicants_days_to_ask_make_nobody_late() -> None:
    # 行政许可法 47: five days to ask; the applicant's own clock makes no card.
    case = licence(event("tell_hearing", "2026-09-15 09:00"), as_of="2026-09-30")
    assert [clock.ending for clock in case.clocks("hearing-request")] == ["overdue"]
    assert case.cards() == []


def test_marks_of_a_backward_clock_come_before_its_limit() -> None:
    document = changed(
        "procedure", "approvals.standard", ("clocks.hearing-notice.marks", {"ahead": {"on": "statutory", "before": 2}})
    )  # fmt: skip
    program = compiled(Procedure.model_validate(document))
    (track,) = [track for track in program.tracks if program.clocks[track.clock] == "hearing-notice"]
    case = judged(program, [*OPENED, fixed()], "2026-09-22")
    lane = case.state.lanes[track.index]
    assert lane is not None
    assert [library.shown(track.moment(lane, n)) for n in range(2)] == [
        "2026-09-28 24:00",
        "2026-09-30 24:00",
    ]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("clocks.hearing-notice.counting.unit", "months"),
        ("clocks.hearing-notice.marks", {"most": {"on": "statutory", "share": 90}}),
        ("clocks.decision.clear_days", True),
    ],
)
def test_a_backward_count_that_makes_no_sense_is_refused(path: str, value: object) -> None:
    with pytest.raises(ValueError, match="倒计"):
        Procedure.model_validate(changed("procedure", "approvals.standard", (path, value)))
