"""Every limit that a law sets, on both sides of its last moment: one microsecond over is over.

The last moments were counted by hand from the articles and the notices on holidays, not by our code.
"""

import pytest

from tests.histories import Row, compiled, event, judged
from tests.library import at, library, procedure

LICENCE, JOINT, REVIEW = "approvals.standard", "approvals.joint", "review.reconsideration"
PETITION, INFORMATION, HOTLINE = "petitions.matter", "information.request", "hotline.work-order"
RECEIVED = [event("receive", "2026-09-28 10:00")]
"""A Monday before the National Day holiday: 10-01 to 10-07 off, Saturday 10-10 worked."""
ACCEPTED = [*RECEIVED, event("accept", "2026-09-29 10:00")]

LIMITS: list[tuple[str, str, list[Row], str, str]] = [
    # procedure, clock, what was done before, the act that completes it, the last moment
    (LICENCE, "correction", RECEIVED, "request_correction", "2026-10-10 24:00"),
    (LICENCE, "decision", ACCEPTED, "grant", "2026-11-02 24:00"),
    (LICENCE, "certificate", [*ACCEPTED, event("grant", "2026-09-30 09:00")], "issue", "2026-10-20 24:00"),
    (LICENCE, "hearing-request", [*ACCEPTED, event("tell_hearing", "2026-09-30 09:00")], "ask_hearing", "2026-10-13 24:00"),
    (LICENCE, "hearing", [*ACCEPTED, event("ask_hearing", "2026-09-30 09:00")], "hold_hearing", "2026-11-03 24:00"),
    (LICENCE, "hearing-notice", [*ACCEPTED, event("fix_hearing", "2026-09-29 11:00", due=at("2026-10-16 09:00"))],
     "notify_hearing", "2026-09-30 24:00"),
    (JOINT, "correction", RECEIVED, "not_ours", "2026-10-10 24:00"),
    (JOINT, "decision", ACCEPTED, "grant", "2026-12-07 24:00"),
    (JOINT, "certificate", [*ACCEPTED, event("grant", "2026-09-30 09:00")], "issue", "2026-10-20 24:00"),
    (REVIEW, "acceptance", RECEIVED, "refuse_acceptance", "2026-10-10 24:00"),
    (REVIEW, "supply", [*RECEIVED, event("request_correction", "2026-09-29 10:00")], "supply_correction", "2026-10-19 24:00"),
    (REVIEW, "decision", ACCEPTED, "decide", "2026-11-30 24:00"),  # 11-28 is a Saturday
    (REVIEW, "decision-simplified", [*RECEIVED, event("accept_simplified", "2026-09-29 10:00")], "decide", "2026-10-29 24:00"),
    (PETITION, "forwarding", [event("register", "2026-09-28 10:00")], "forward", "2026-10-13 24:00"),
    (PETITION, "telling", [event("register", "2026-09-18 10:00"), event("forward", "2026-09-21 10:00", value=7)],
     "refuse_acceptance", "2026-10-08 24:00"),  # 10-06 is in the holiday, 10-08 the first working day
    (PETITION, "handling", [event("register", "2026-09-18 10:00"), event("forward", "2026-09-21 10:00", value=7),
                            event("accept_claim", "2026-09-22 10:00")], "conclude", "2026-11-23 24:00"),  # 11-21 is a Saturday
    ("petitions.review", "opinion", RECEIVED, "give_opinion", "2026-10-28 24:00"),
    ("petitions.re-examination", "opinion", RECEIVED, "give_opinion", "2026-10-28 24:00"),
    (INFORMATION, "answer", RECEIVED, "answer", "2026-10-30 24:00"),
    (INFORMATION, "third-party", [*RECEIVED, event("ask_third_party", "2026-09-29 10:00", value=15)],
     "third_party_answered", "2026-10-26 24:00"),
    (INFORMATION, "co-author", [*RECEIVED, event("ask_co_author", "2026-09-29 10:00", value=15)],
     "co_author_answered", "2026-10-26 24:00"),
    (HOTLINE, "reply", [event("call", "2026-09-28 09:00"), event("dispatch", "2026-09-28 09:10", value=7)],
     "reply", "2026-10-10 24:00"),
]  # fmt: skip


def test_no_limit_of_a_law_is_left_out() -> None:
    law = {
        (one.id, name)
        for one in library().all("procedure")
        for name, clock in one.clocks.items()
        if clock.limits.statutory and one.id != "approvals.demo-permit"
    }
    assert {(id, clock) for id, clock, *_ in LIMITS} == {
        pair for pair in law if not pair[0].startswith("services.")
    }


@pytest.mark.parametrize(
    ("id", "clock", "before", "act", "last"), LIMITS, ids=[f"{row[0]}:{row[1]}" for row in LIMITS]
)
def test_both_sides_of_the_last_moment(id: str, clock: str, before: list[Row], act: str, last: str) -> None:
    program = compiled(id)
    in_time = judged(program, [*before, event(act, last)], at(last) + 1)
    (found,) = in_time.clocks(clock)
    assert (found.due, found.ending) == (last, "completed_on_time")
    late = judged(program, [*before, event(act, at(last) + 1)], at(last) + 2)
    deems = bool(procedure(id).clocks[clock].deems)
    assert late.clocks(clock)[0].ending in (
        {"completed_late"} if not deems else {"completed_late", "completed_on_time"}
    )
    assert bool(late.deemed()) == deems


EXTENDED: list[tuple[str, str, list[Row], int, str, str]] = [
    (LICENCE, "decision", ACCEPTED, 10, "grant", "2026-11-16 24:00"),
    (JOINT, "decision", ACCEPTED, 15, "grant", "2026-12-28 24:00"),
    (REVIEW, "decision", ACCEPTED, 30, "decide", "2026-12-28 24:00"),
    (PETITION, "handling", LIMITS[15][2], 30, "conclude", "2026-12-21 24:00"),
    (INFORMATION, "answer", RECEIVED, 20, "answer", "2026-11-27 24:00"),
]  # fmt: skip


@pytest.mark.parametrize(("id", "clock", "before", "most", "act", "last"), EXTENDED)
def test_both_sides_of_the_longest_extension(
    id: str, clock: str, before: list[Row], most: int, act: str, last: str
) -> None:
    """Asking for more than the law allows gives what it allows."""
    for asked in (most, most + 50):
        rows = [*before, event("extend", "2026-10-12 09:00", value=asked)]
        assert (
            judged(compiled(id), [*rows, event(act, last)], at(last) + 1).clocks(clock)[0].ending
            == "completed_on_time"
        )
        late = judged(compiled(id), [*rows, event(act, at(last) + 1)], at(last) + 2).clocks(clock)[0]
        assert (late.due, late.ending) == (last, "completed_late")
