"""How acts move a clock: pauses capped by the time told, extensions, restarts, releases, reopening."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.histories import Clock, Judged, Row, compiled, event, judged
from tests.library import at

DAY = 86_400_000_000
OPENED = [event("receive", "2026-03-02 09:00"), event("accept", "2026-03-02 10:00")]
"""The law's twenty working days from here end on 2026-03-30."""


def licence(*rows: Row, as_of: str = "2026-03-20") -> Judged:
    return judged(compiled("approvals.standard"), [*OPENED, *rows], as_of)


def due(case: Judged, name: str = "decision") -> str:
    return case.clocks(name)[-1].due


def test_without_a_pause_the_law_gives_twenty_days() -> None:
    assert licence().clocks("decision") == [Clock("2026-03-02 10:00", "2026-03-30 24:00", "running")]


def test_a_pause_takes_its_working_days_and_no_more() -> None:
    pause = [event("notify_special", "2026-03-04 09:00", value=10), event("special_done", "2026-03-11 09:00")]
    assert due(licence(*pause)) == "2026-04-07 24:00"  # five days later, over Tomb-Sweeping Day
    assert due(licence(pause[0], event("special_done", "2026-03-04 17:00"))) == "2026-03-30 24:00"


def test_the_time_told_is_the_cap() -> None:
    notice = event("notify_special", "2026-03-04 09:00", value=2)
    assert due(licence(notice, as_of="2026-03-06 12:00")) == "2026-04-01 24:00"
    assert due(licence(notice, event("special_done", "2026-03-16 09:00"))) == "2026-04-01 24:00"


def test_a_second_notice_raises_the_cap_and_is_counted() -> None:
    notices = [
        event("notify_special", "2026-03-04 09:00", value=2),
        event("notify_special", "2026-03-05 09:00", value=3),
    ]
    assert due(licence(*notices)) == "2026-04-03 24:00"  # capped at the end of 03-10
    shorter = [
        event("notify_special", "2026-03-04 09:00", value=5),
        event("notify_special", "2026-03-05 09:00", value=1),
    ]
    assert due(licence(*shorter)) == "2026-04-07 24:00"  # a shorter notice takes nothing back


def test_several_pauses_add_up() -> None:
    rows = [
        event("notify_special", "2026-03-04 09:00", value=5),
        event("special_done", "2026-03-05 09:00"),
        event("notify_special", "2026-03-09 09:00", value=5),
        event("special_done", "2026-03-11 09:00"),
    ]
    assert due(licence(*rows)) == "2026-04-02 24:00"


def test_a_notice_that_tells_no_time_is_no_notice() -> None:
    case = licence(event("notify_special", "2026-03-04 09:00"), as_of="2026-04-10")
    assert case.clocks("decision") == [Clock("2026-03-02 10:00", "2026-03-30 24:00", "overdue")]


def test_an_open_pause_is_reckoned_as_if_it_ended_now() -> None:
    notice = event("notify_special", "2026-03-04 09:00", value=20)
    assert due(licence(notice, as_of="2026-03-06 12:00")) == "2026-04-01 24:00"
    assert due(licence(notice, as_of="2026-03-09 12:00")) == "2026-04-02 24:00"


def test_past_the_limit_nothing_is_left_to_pause_or_to_extend() -> None:
    late = [
        event("notify_special", "2026-03-31 09:00", value=9),
        event("extend", "2026-04-01 09:00", value=10),
    ]
    case = licence(*late, as_of="2026-04-10")
    assert case.clocks("decision") == [Clock("2026-03-02 10:00", "2026-03-30 24:00", "overdue")]
    last = licence(event("extend", "2026-03-30 23:59", value=1), as_of="2026-03-31 12:00")
    assert last.clocks("decision") == [Clock("2026-03-02 10:00", "2026-03-31 24:00", "running")]


def test_an_extension_gives_what_the_law_allows_once() -> None:
    assert due(licence(event("extend", "2026-03-10 09:00", value=4))) == "2026-04-03 24:00"
    most = due(licence(event("extend", "2026-03-10 09:00", value=10)))
    assert most == "2026-04-14 24:00"
    assert due(licence(event("extend", "2026-03-10 09:00", value=99))) == most
    twice = [event("extend", "2026-03-10 09:00", value=4), event("extend", "2026-03-11 09:00", value=4)]
    assert due(licence(*twice)) == "2026-04-03 24:00"
    assert due(licence(event("extend", "2026-03-10 09:00"))) == "2026-03-30 24:00"


def test_one_second_over_is_over() -> None:
    in_time = licence(event("grant", "2026-03-30 24:00"), as_of="2026-04-30")
    assert in_time.clocks("decision")[0].ending == "completed_on_time"
    late = licence(event("grant", at("2026-03-30 24:00") + 1), as_of="2026-04-30")
    assert late.clocks("decision")[0].ending == "completed_late"


def test_a_withdrawn_case_counts_for_nobody() -> None:
    case = licence(event("withdraw", "2026-04-20 09:00"), as_of="2026-05-20")
    assert [clock.ending for clock in case.clocks("decision")] == ["released"]


def test_a_request_for_information_begins_anew_with_the_correction() -> None:
    rows = [
        event("receive", "2026-03-02 09:00"),
        event("request_correction", "2026-03-04 09:00"),
        event("supply_correction", "2026-04-20 09:00"),
    ]
    case = judged(compiled("information.request"), rows, "2026-04-22")
    assert case.clocks("answer") == [
        Clock("2026-03-02 09:00", "2026-03-30 24:00", "released"),
        Clock("2026-04-20 09:00", "2026-05-20 24:00", "running", 1),
    ]


def test_a_silent_co_author_consents_and_the_clock_goes_on() -> None:
    rows = [event("receive", "2026-03-02 09:00"), event("ask_co_author", "2026-03-03 09:00", value=15)]
    case = judged(compiled("information.request"), rows, "2026-04-01")
    assert case.deemed() == [("deem_consent", "2026-03-24 24:00", "2026-03-24 24:00")]
    assert case.clocks("answer") == [Clock("2026-03-02 09:00", "2026-04-21 24:00", "running")]


def test_a_reopened_work_order_begins_a_new_round() -> None:
    rows = [
        event("call", "2026-03-02 09:00"),
        event("dispatch", "2026-03-02 09:10", value=7),
        event("sign", "2026-03-02 10:00", organization=7),
        event("reply", "2026-03-04 09:00", organization=7),
        event("review", "2026-03-04 10:00"),
        event("call_back", "2026-03-05 10:00"),
        event("reopen", "2026-03-16 10:00"),
    ]
    case = judged(compiled("hotline.work-order"), rows, "2026-03-17")
    assert case.clocks("reply") == [
        Clock("2026-03-02 09:10", "2026-03-09 24:00", "completed_on_time"),
        Clock("2026-03-16 10:00", "2026-03-23 24:00", "running", 1),
    ]
    assert {row[10] for row in case.book.clocks} == {7}  # not the dispatcher


def test_an_order_sent_back_starts_no_clock_for_the_unit_that_returned_it() -> None:
    rows = [
        event("call", "2026-03-02 09:00"),
        event("dispatch", "2026-03-02 09:10", value=7),
        event("return_order", "2026-03-02 16:00", organization=7),
    ]
    case = judged(compiled("hotline.work-order"), rows, "2026-06-01")
    assert {clock.ending for name in ("reply", "sign-for") for clock in case.clocks(name)} == {"released"}


# -- whose time it was -----------------------------------------------------------------------------

ACTS = (
    "accept",
    "notify_special",
    "special_done",
    "extend",
    "grant",
    "issue",
    "request_correction",
    "supply_correction",
)
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(1, 20 * DAY), st.integers(1, 12)), min_size=0, max_size=12
)


@settings(deadline=None)
@given(STEPS, st.integers(0, 90 * DAY))
def test_every_microsecond_belongs_to_somebody(steps: list[tuple[str, int, int]], rest: int) -> None:
    begin = now = at("2024-03-04 09:00")
    rows = [event("receive", begin)]
    closed = None
    for act, wait, value in steps:
        now += wait
        rows.append(event(act, now, value=value))
        if act == "issue":
            closed = now
            break
    end = now + rest
    case = judged(compiled("approvals.standard"), rows, end)
    assert min(case.state.spent[:4]) >= 0
    assert sum(case.state.spent[:4]) == (end if closed is None else closed) - begin


def test_a_special_procedure_is_a_third_partys_time() -> None:
    rows = [event("notify_special", "2026-03-04 09:00", value=10), event("special_done", "2026-03-06 09:00")]
    case = licence(*rows, event("grant", "2026-03-09 09:00"), event("issue", "2026-03-10 09:00"))
    assert case.state.spent[:4] == [6 * DAY, 0, 2 * DAY, 0]


def test_time_between_hand_over_and_sign_for_is_nobodys() -> None:
    rows = [
        event("call", "2026-03-02 09:00"),
        event("dispatch", "2026-03-02 10:00", value=7),
        event("sign", "2026-03-03 10:00"),
    ]
    case = judged(compiled("hotline.work-order"), rows, "2026-03-04 10:00")
    assert case.state.spent[:4] == [DAY + DAY // 24, 0, 0, DAY]
