"""The periods that the laws set, through the real kernel, on both sides of each date."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinzheng.cases.schema import Procedure
from qinzheng.clocks import counting, explain
from qinzheng.clocks.machine import OVER
from tests import library
from tests.definitions.changed import changed
from tests.generated import history
from tests.histories import Clock, Row, compiled, event, judged
from tests.library import at, calendar

LICENCE, JOINT = "approvals.standard", "approvals.joint"
PETITION, REVIEW, REQUEST = "petitions.matter", "review.reconsideration", "information.request"
SECOND = 1_000_000


def licence(*rows: Row) -> list[Row]:
    return [event("receive", "2026-03-02 09:00"), event("accept", "2026-03-02 10:00"), *rows]


def joint(*rows: Row) -> list[Row]:
    return [*licence(), event("ask_organs", "2026-03-03 10:00"), *rows]


def petition(*rows: Row) -> list[Row]:
    return [
        event("register", "2026-03-02 09:00"), event("forward", "2026-03-05 09:00", value=7),
        event("accept_claim", "2026-03-10 09:00"), *rows,
    ]  # fmt: skip


def review(*rows: Row, accept: str = "accept") -> list[Row]:
    return [event("receive", "2026-03-02 09:00"), event(accept, "2026-03-04 09:00"), *rows]


def request(*rows: Row) -> list[Row]:
    return [event("receive", "2026-03-02 09:00"), *rows]


PERIODS: list[tuple[str, str, str, str, list[Row], str]] = [
    # 行政许可法 42: 20 working days, 10 more approved by the head; 45 and 15 for joint handling.
    ("42", LICENCE, "decision", "grant", licence(), "2026-03-30"),
    ("42 延长", LICENCE, "decision", "grant", licence(event("extend", "2026-03-20 09:00", value=10)), "2026-04-14"),
    ("42(2)", JOINT, "decision", "grant", joint(), "2026-05-08"),
    ("42(2) 延长", JOINT, "decision", "grant", joint(event("extend", "2026-03-20 09:00", value=15)), "2026-05-28"),
    # 44: certificate within ten days of the decision. 47: hearing within twenty days of its being asked for.
    ("44", LICENCE, "certificate", "issue", licence(event("grant", "2026-03-16 09:00")), "2026-03-30"),
    ("47", LICENCE, "hearing", "hold_hearing", licence(event("ask_hearing", "2026-03-16 09:00")), "2026-04-14"),
    # 45: the time told is not counted, here 03-05 to 03-11.
    ("45", LICENCE, "decision", "grant",
     licence(event("notify_special", "2026-03-04 09:00", value=5), event("special_done", "2026-03-20 09:00")), "2026-04-07"),
    # 信访工作条例 22, 23, 34: 15 days to forward, 15 to tell, 60 from acceptance and 30 more.
    ("22", PETITION, "forwarding", "forward", [event("register", "2026-03-02 09:00")], "2026-03-17"),
    ("23", PETITION, "telling", "accept_claim",
     [event("register", "2026-03-02 09:00"), event("forward", "2026-03-05 09:00", value=7)], "2026-03-20"),
    ("34", PETITION, "handling", "conclude", petition(), "2026-05-09"),
    ("34 延长", PETITION, "handling", "conclude", petition(event("extend", "2026-04-20 09:00", value=30)), "2026-06-08"),
    # 行政复议法 62: 60 days and 30 more; 30 in the simplified procedure; 39: a stay stops the time, without a cap.
    ("62", REVIEW, "decision", "decide", review(), "2026-05-06"),
    ("62 延长", REVIEW, "decision", "decide", review(event("extend", "2026-04-20 09:00", value=30)), "2026-06-02"),
    ("62 简易", REVIEW, "decision-simplified", "decide", review(accept="accept_simplified"), "2026-04-03"),
    ("39", REVIEW, "decision", "decide",
     review(event("stay", "2026-03-10 09:00"), event("resume", "2026-04-10 09:00")), "2026-06-03"),
    # 政府信息公开条例 30, 32, 33: 20 working days and 20 more; anew after a correction; a third party's answer is waited for.
    ("33", REQUEST, "answer", "answer", request(), "2026-03-30"),
    ("33 延长", REQUEST, "answer", "answer", request(event("extend", "2026-03-20 09:00", value=20)), "2026-04-28"),
    ("30", REQUEST, "answer", "answer",
     request(event("request_correction", "2026-03-04 09:00"), event("supply_correction", "2026-03-20 09:00")), "2026-04-20"),
    ("32", REQUEST, "answer", "answer",
     request(event("ask_third_party", "2026-03-03 09:00", value=15), event("third_party_answered", "2026-03-10 09:00")),
     "2026-04-07"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("procedure", "clock", "act", "rows", "last"),
    [period[1:] for period in PERIODS],
    ids=[p[0] for p in PERIODS],
)
def test_the_last_day_is_in_time_and_the_first_microsecond_of_the_next_is_not(
    procedure: str, clock: str, act: str, rows: list[Row], last: str
) -> None:
    end = at(f"{last} 24:00")
    for moment, ending in ((end, "completed_on_time"), (end + 1, "completed_late")):
        case = judged(compiled(procedure), [*rows, event(act, moment)], "2026-12-01")
        assert [(row.due, row.ending) for row in case.clocks(clock)][-1:] == [(f"{last} 24:00", ending)]


# -- minutes to years ----------------------------------------------------------------------------------

UNITS = [
    ("minutes", 90, "same_time", "2026-03-02 11:30"),
    ("hours", 36, "same_time", "2026-03-03 22:00"),
    ("working_hours", 9, "same_time", "2026-03-03 14:00"),
    ("working_days", 3, "end_of_day", "2026-03-05 24:00"),
    ("calendar_days", 5, "end_of_day", "2026-03-09 24:00"),
    ("months", 2, "end_of_day", "2026-05-06 24:00"),
    ("years", 1, "end_of_day", "2027-03-02 24:00"),
]


@pytest.mark.parametrize(("unit", "amount", "ends", "due"), UNITS)
def test_a_clock_of_any_unit_runs_in_the_kernel(unit: str, amount: int, ends: str, due: str) -> None:
    # 民法典 201-203; the last day off moves to the next working day.
    document = changed(
        "procedure", LICENCE,
        ("clocks.decision.counting.unit", unit), ("clocks.decision.counting.ends", ends),
        ("clocks.decision.counting.last_day_off", "next_working_day"),
        ("clocks.decision.limits", {"statutory": {"amount": amount, "source": ["行政许可法/42"]}}),
        ("clocks.decision.extends", []),
    )  # fmt: skip
    program = compiled(Procedure.model_validate(document))
    last = at(due)
    for moment, ending in ((last, "completed_on_time"), (last + 1, "completed_late")):
        case = judged(program, licence(event("grant", moment)), "2027-12-01")
        assert case.clocks("decision") == [Clock("2026-03-02 10:00", due, ending)]


# -- whose time ----------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@pytest.mark.parametrize("name", [LICENCE, JOINT, PETITION, REVIEW, REQUEST, "hotline.work-order"])
@given(seed=st.integers(0, 2**32))
def test_the_parts_sum_to_the_whole_to_the_microsecond(name: str, seed: int) -> None:
    random = Random(seed)
    rows = history(random, library.procedure(name), at("2024-03-04 09:00"))
    end = rows[-1][1] + random.randrange(40) * 86_400 * SECOND
    case = judged(compiled(name), rows, end)
    # The fifth figure is the time before the case and while it is over; every other belongs to somebody or nobody.
    assert min(case.state.spent) >= 0
    assert sum(case.state.spent) == case.state.since
    assert case.state.turn == OVER or case.state.since == end


def test_hand_over_to_sign_for_is_nobodys_to_the_second() -> None:
    rows = [
        event("call", "2026-03-02 09:00:00"), event("dispatch", "2026-03-02 09:10:01", value=7),
        event("sign", "2026-03-02 10:15:43"), event("return_order", "2026-03-02 11:00:00"),
        event("dispatch", "2026-03-02 11:30:00", value=8), event("sign", "2026-03-03 08:00:09"),
    ]  # fmt: skip
    case = judged(compiled("hotline.work-order"), rows, "2026-03-03 09:00:00")
    nobody = (at("2026-03-02 10:15:43") - at("2026-03-02 09:10:01")) + (
        at("2026-03-03 08:00:09") - at("2026-03-02 11:30:00")
    )
    assert case.state.spent[3] == nobody == (3942 + 73_809) * SECOND
    assert sum(case.state.spent[:4]) == at("2026-03-03 09:00") - at("2026-03-02 09:00")


# -- every due moment explains itself ------------------------------------------------------------------

FAMILIES = [
    (unit, start, ends, off)
    for unit in ("working_days", "calendar_days", "months", "years")
    for start in ("counted", "not_counted")
    for ends in ("end_of_day", "close_of_business")
    for off in ("stands", "next_working_day")
] + [
    (unit, "not_counted", "same_time", "stands")
    for unit in ("minutes", "hours", "working_hours", "working_days")
]


@settings(deadline=None, max_examples=30)
@pytest.mark.parametrize(("unit", "start", "ends", "off"), FAMILIES)
@given(
    begin=st.integers(at("2020-01-01"), at("2023-06-01")), whole=st.integers(1, 3), paused=st.integers(0, 40),
    extra=st.integers(0, 2),
)  # fmt: skip
def test_the_explanation_ends_where_the_clock_does(
    unit: str, start: str, ends: str, off: str, begin: int, whole: int, paused: int, extra: int
) -> None:
    count = counting.family(calendar(), unit, start, ends, off)
    shift = count.span(begin, begin + paused * 86_400 * SECOND)
    end = explain.moment(calendar(), count.due(begin, shift, whole + extra, 0))
    said = explain.due(count, begin, shift, whole, 0, extra)
    assert end.zh in said.zh
    assert end.en in said.en
    assert ("延长" in said.zh) == ("extended by" in said.en) == (extra > 0)
    assert ("中止" in said.zh) == ("of pause" in said.en) == (shift > 0)
    if unit not in ("minutes", "hours", "working_hours"):
        assert ("当日计入" in said.zh) == ("that day counted" in said.en) == (start == "counted")


@settings(deadline=None, max_examples=60)
@given(fixed=st.integers(at("2020-01-01"), at("2025-06-01")), whole=st.integers(1, 9), working=st.booleans(),
       clear=st.booleans())  # fmt: skip
def test_a_backward_count_says_from_where_and_by_when(
    fixed: int, whole: int, working: bool, clear: bool
) -> None:
    count = counting.Backward(calendar(), "working_days" if working else "calendar_days", clear)
    said = explain.due(count, fixed, 0, whole, 0)
    last, day = explain.moment(calendar(), count.due(fixed, 0, whole, 0)), explain.moment(calendar(), fixed)
    assert said.zh.startswith(f"自所定之日 {day.zh} 倒计")
    assert said.zh.endswith(f"最迟 {last.zh}")
    assert said.en.startswith(f"counted back from {day.en}")
    assert said.en.endswith(f"at the latest {last.en}")
    assert ("办理之日亦不计" in said.zh) == ("nor the day of the act" in said.en) == clear
