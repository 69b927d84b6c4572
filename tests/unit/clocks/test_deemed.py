"""Silence that the law reads as an act: the worked example of domain facts B4.1, through the real kernel."""

from tests.histories import Clock, compiled, event, judged

MONDAY = "2026-09-28 10:00"


def test_a_silent_organ_has_accepted_as_of_receipt() -> None:
    # 行政许可法 32(4): the five days 09-29, 09-30, 10-08, 10-09 and Sat 10-10 pass; accepted as of 09-28.
    case = judged(compiled("approvals.standard"), [event("receive", MONDAY)], "2026-10-20")
    assert case.deemed() == [("deem_accept", MONDAY, "2026-10-10 24:00")]
    assert case.clocks("decision") == [Clock(MONDAY, "2026-10-30 24:00", "running")]


def test_on_the_last_day_nothing_is_deemed_yet() -> None:
    case = judged(compiled("approvals.standard"), [event("receive", MONDAY)], "2026-10-10 24:00")
    assert case.deemed() == []
    assert case.clocks("decision") == []


def test_an_acceptance_on_the_last_day_counts_from_that_day() -> None:
    rows = [event("receive", MONDAY), event("accept", "2026-10-10 23:00")]
    case = judged(compiled("approvals.standard"), rows, "2026-10-20")
    assert case.deemed() == []
    assert case.clocks("decision") == [Clock("2026-10-10 23:00", "2026-11-06 24:00", "running")]


def test_the_deemed_acceptance_makes_the_decision_late_a_week_earlier() -> None:
    rows = [event("receive", MONDAY), event("grant", "2026-11-02 09:00")]
    case = judged(compiled("approvals.standard"), rows, "2026-11-10")
    assert case.clocks("decision") == [Clock(MONDAY, "2026-10-30 24:00", "completed_late")]
    in_time = [event("receive", MONDAY), event("grant", "2026-10-30 23:59")]
    case = judged(compiled("approvals.standard"), in_time, "2026-11-10")
    assert case.clocks("decision") == [Clock(MONDAY, "2026-10-30 24:00", "completed_on_time")]


def test_the_same_silence_on_reconsideration_accepts_when_the_days_end() -> None:
    # 行政复议法 30: accepted on 10-10 itself, 60 calendar days end 2026-12-09.
    case = judged(compiled("review.reconsideration"), [event("receive", MONDAY)], "2026-11-01")
    assert case.deemed() == [("deem_accept", "2026-10-10 24:00", "2026-10-10 24:00")]
    assert case.clocks("decision") == [Clock("2026-10-10 24:00", "2026-12-09 24:00", "running")]


def test_a_correction_that_never_comes_is_given_up() -> None:
    # 行政复议法 31: ten working days to supply.
    rows = [event("receive", "2026-03-02 10:00"), event("request_correction", "2026-03-03 10:00")]
    case = judged(compiled("review.reconsideration"), rows, "2026-06-01")
    assert case.deemed() == [("deem_given_up", "2026-03-17 24:00", "2026-03-17 24:00")]
    assert case.clocks("decision") == []


def test_after_a_correction_the_days_run_again_from_its_receipt() -> None:
    rows = [
        event("receive", "2026-03-02 10:00"),
        event("request_correction", "2026-03-03 10:00"),
        event("supply_correction", "2026-03-10 10:00"),
    ]
    case = judged(compiled("approvals.standard"), rows, "2026-04-01")
    assert case.deemed() == [("deem_accept", "2026-03-10 10:00", "2026-03-17 24:00")]


def test_deemed_time_is_counted_once_and_never_backwards() -> None:
    case = judged(compiled("approvals.standard"), [event("receive", MONDAY)], "2026-10-20 10:00")
    assert case.state.spent[0] == 22 * 86_400_000_000
    assert min(case.state.spent[:4]) >= 0
