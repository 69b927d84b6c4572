"""Every condition of the closed vocabulary: a history in which it fires, and a near miss where not."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from qinzheng.supervision import bulk, schema
from tests.histories import Row, compiled, event, judged, rule
from tests.library import at, calendar

LICENCE, REVIEW, HOTLINE, PERMIT = (
    "approvals.standard",
    "review.reconsideration",
    "hotline.work-order",
    "logs.building-permit",
)
DAY = 86_400_000_000
AS_OF = "2026-06-01"


def licence(*rows: Row) -> list[Row]:
    """Accepted on 2026-03-02: the promise ends on 03-16, the law's limit on 03-30."""
    return [event("receive", "2026-03-02 09:00"), event("accept", "2026-03-02 10:00"), *rows]


def grant(when: str | int, **columns: int) -> list[Row]:
    return licence(
        event("grant", when, **columns), event("issue", (at(when) if isinstance(when, str) else when) + 1)
    )


def order(*rows: Row) -> list[Row]:
    """A work order handed to unit 7 on 2026-03-02."""
    return [event("call", "2026-03-02 09:00"), event("dispatch", "2026-03-02 09:10", value=7), *rows]


def closed(*rows: Row) -> list[Row]:
    done = [("sign", "10:00"), ("reply", "11:00"), ("review", "14:00"), ("call_back", "15:00")]
    return order(*(event(act, f"2026-03-02 {time}", organization=7) for act, time in done), *rows)


def returned(times: int) -> list[Row]:
    rows = [event("call", "2026-03-02 09:00")]
    for turn in range(times):
        rows.append(event("dispatch", f"2026-03-02 1{turn}:00", value=7))
        rows.append(event("return_order", f"2026-03-02 1{turn}:30", organization=7))
    return rows


def corrections(*already_there: dict[str, int]) -> list[Row]:
    rows = [event("receive", "2026-03-02 09:00")]
    for day, columns in enumerate(already_there, start=3):
        rows.append(event("request_correction", f"2026-03-0{day} 09:00", **columns))
        rows.append(event("supply_correction", f"2026-03-0{day} 15:00"))
    return [*rows, event("withdraw", "2026-03-09 09:00")]


def permit(*rows: Row) -> list[Row]:
    return [event("receive", "2014-03-03 09:00"), *rows]


def pause(when: str, days: int = 5) -> Row:
    return event("notify_special", when, value=days)


def withdraw(when: str, role: int = 0) -> Row:
    return event("withdraw", when, role=role)


def resume(when: str) -> Row:
    return event("special_done", when)


WARNING = {"condition": "pre_warning", "limit": "statutory", "before": 2, "clocks": ["decision"]}
SHARE = {"condition": "pre_warning", "limit": "committed", "share": 90}
PROMISE = {"condition": "past_limit", "limit": "committed"}
TWO_AFTER = {"condition": "past_limit", "limit": "committed", "after": 2}
STATUTORY = {"condition": "past_limit", "limit": "statutory"}
CERTIFICATE = {"condition": "step_late", "limit": "statutory", "clocks": ["certificate"]}
STATED = {"condition": "step_late", "limit": "event"}
SKIPPED = {"condition": "skipped_step", "required": ["check_site"], "at": ["grant"]}
ORDER = {"condition": "out_of_order", "first": "check_site", "then": "grant"}
ROLE = {"condition": "wrong_actor", "what": "role"}
UNIT = {"condition": "wrong_actor", "what": "organization", "acts": ["sign"]}
LATE = {"condition": "recorded_late", "stamp": "reported", "behind": "occurred", "more_than_days": 3}
SENT_LATE = {"condition": "recorded_late", "stamp": "recorded", "behind": "reported", "more_than_days": 3}
EARLY = {"condition": "recorded_early", "more_than_days": 1}
BACK_DATED = {"condition": "back_dated"}
AGAIN = {"condition": "repeated_correction", "more_than": 1, "unknown": "passes"}
AGAIN_UNKNOWN = {"condition": "repeated_correction", "more_than": 1, "unknown": "counts"}
OFTEN = {"condition": "paused_too_often", "more_than": 1}
TOLD = {"condition": "paused_too_long"}
LONG = {"condition": "paused_too_long", "more_than": 2}
NEAR = {"condition": "paused_near_limit", "within": 2}
ENDED = {"condition": "ended_near_limit", "within": 2, "by": ["clerk"]}
NOTED = {"condition": "act_done", "acts": ["check_site"]}
RETURNS = {"condition": "bounced", "more_than": 1, "count": "returns"}
HANDED = {"condition": "bounced", "more_than": 1, "count": "hand_overs"}
REOPENED = {"condition": "reopened"}
FAST = {"condition": "too_fast", "less_than_minutes": 30, "at": ["grant"]}
SILENT = {"condition": "silent", "working_days": 5}

START = at("2026-03-02 09:00")
MID = at("2026-03-10 09:00")

CASES: list[tuple[str, dict[str, Any], list[Row], list[Row]]] = [
    (LICENCE, WARNING, grant("2026-03-27 00:00:01"), grant("2026-03-26 24:00")),
    (LICENCE, SHARE, grant("2026-03-14 00:00:01"), grant("2026-03-13 24:00")),
    (LICENCE, PROMISE, grant("2026-03-17 00:00:01"), grant("2026-03-16 24:00")),
    (LICENCE, TWO_AFTER, grant("2026-03-19 00:00:01"), grant("2026-03-18 24:00")),
    (LICENCE, STATUTORY, grant("2026-03-31 00:00:01"), grant("2026-03-30 24:00")),
    (LICENCE, STATUTORY, licence(), licence(event("withdraw", "2026-03-30 24:00"))),
    (
        LICENCE,
        CERTIFICATE,
        licence(event("grant", MID)),
        licence(event("grant", MID), event("issue", "2026-03-24 24:00")),
    ),
    (PERMIT, STATED, permit(event("assess", MID, due=MID - 1)), permit(event("assess", MID, due=MID))),
    (PERMIT, STATED, permit(event("assess", MID, due=0)), permit(event("assess", MID))),
    (LICENCE, SKIPPED, grant(MID), licence(event("check_site", MID - DAY), event("grant", MID))),
    (
        LICENCE,
        ORDER,
        licence(event("grant", MID), event("check_site", MID + 1)),
        licence(event("check_site", MID - 1), event("grant", MID), event("check_site", MID + 1)),
    ),
    (LICENCE, ROLE, grant(MID, role=2), grant(MID)),
    (LICENCE, ROLE, licence(event("check_site", MID, role=0)), licence(event("check_site", MID, role=1))),
    (
        HOTLINE,
        UNIT,
        order(event("sign", MID, organization=8)),
        order(event("sign", MID, organization=7)),
    ),
    (
        LICENCE,
        LATE,
        grant(MID, reported=MID + 3 * DAY + 1),
        grant(MID, reported=MID + 3 * DAY, recorded=MID + 9 * DAY),
    ),
    (
        LICENCE,
        SENT_LATE,
        grant(MID, reported=MID, recorded=MID + 3 * DAY + 1),
        grant(MID, reported=MID, recorded=MID + 3 * DAY),
    ),
    (LICENCE, EARLY, grant(MID, reported=MID - DAY - 1), grant(MID, reported=MID - DAY)),
    (
        LICENCE,
        BACK_DATED,
        grant("2026-03-30 10:00", recorded=at("2026-03-31 00:00:01")),
        grant("2026-03-30 10:00", recorded=at("2026-03-30 24:00")),
    ),
    (
        LICENCE,
        BACK_DATED,
        grant("2026-03-30 24:00", reported=at("2026-04-02")),
        grant(
            "2026-03-31 00:00:01", reported=at("2026-04-02")
        ),  # late by its own word: another rule's matter
    ),
    (LICENCE, AGAIN, corrections({}, {"value": 1}), corrections({}, {"value": 0})),
    (LICENCE, AGAIN, corrections({"value": 0}, {"value": 1}), corrections({"value": 1}, {})),
    (LICENCE, AGAIN_UNKNOWN, corrections({}, {}), corrections({}, {"value": 0})),
    (
        LICENCE,
        OFTEN,
        licence(
            pause("2026-03-04"),
            resume("2026-03-05"),
            pause("2026-03-06"),
            resume("2026-03-07"),
            event("grant", MID),
        ),
        licence(pause("2026-03-04"), resume("2026-03-05"), event("grant", MID)),
    ),
    (
        LICENCE,
        TOLD,
        licence(pause("2026-03-04", 2), resume("2026-03-07"), event("grant", MID)),
        licence(pause("2026-03-04", 2), resume("2026-03-06 24:00"), event("grant", MID)),
    ),
    (
        LICENCE,
        LONG,
        licence(pause("2026-03-04", 9), resume("2026-03-07"), event("grant", MID)),
        licence(pause("2026-03-04", 9), resume("2026-03-06 24:00"), event("grant", MID)),
    ),
    (LICENCE, NEAR, licence(pause("2026-03-27 00:00:01")), licence(pause("2026-03-26 24:00"))),
    (LICENCE, NEAR, licence(pause("2026-03-30 24:00", 1)), licence(event("notify_special", "2026-03-30"))),
    (LICENCE, ENDED, licence(withdraw("2026-03-27 00:00:01")), licence(withdraw("2026-03-26 24:00"))),
    (LICENCE, ENDED, licence(withdraw("2026-04-20")), licence(withdraw("2026-03-30", role=2))),
    (LICENCE, ENDED, licence(withdraw("2026-03-30")), licence(event("withdraw", "2026-03-30"))),
    (
        LICENCE,
        ENDED,
        licence(withdraw("2026-03-30")),
        licence(pause("2026-03-26", 9), withdraw("2026-03-30")),
    ),
    (LICENCE, NOTED, licence(event("check_site", MID)), licence(event("grant", MID))),
    (HOTLINE, RETURNS, returned(2), returned(1)),
    (HOTLINE, HANDED, returned(2), returned(1)),
    (
        HOTLINE,
        REOPENED,
        closed(event("reopen", "2026-03-03 09:00"), event("withdraw", MID)),
        order(event("reopen", "2026-03-03 09:00"), event("withdraw", MID)),
    ),
    (
        LICENCE,
        FAST,
        licence(event("grant", START + 30 * 60_000_000 - 1)),
        licence(event("grant", START + 30 * 60_000_000)),
    ),
    (
        REVIEW,
        SILENT,
        [event("receive", "2026-03-02 09:00"), event("withdraw", "2026-03-10 00:00:01")],
        [
            event("receive", "2026-03-02 09:00"),
            event("supplement", "2026-03-06"),
            event("withdraw", "2026-03-13 24:00"),
        ],
    ),
]


def fired(procedure: str, when: dict[str, Any], rows: list[Row]) -> int:
    return len(judged(compiled(procedure, [rule(procedure, when)]), rows, AS_OF).cards())


@pytest.mark.parametrize(
    ("procedure", "when", "rows", "miss"), CASES, ids=[str(case[1]["condition"]) for case in CASES]
)
def test_a_condition_fires_and_its_near_miss_does_not(
    procedure: str, when: dict[str, Any], rows: list[Row], miss: list[Row]
) -> None:
    assert fired(procedure, when, rows) == 1
    assert fired(procedure, when, miss) == 0


def test_no_condition_is_left_untried() -> None:
    union = get_args(schema.Condition)[0]
    known = {get_args(part.model_fields["condition"].annotation)[0] for part in get_args(union)}
    assert known - {str(case[1]["condition"]) for case in CASES} == {
        "closed_in_bulk"
    }  # keyed by officer-day, below


def test_a_rule_fires_once_for_each_round_of_a_clock() -> None:
    late = [event("reply", "2026-03-20 09:00", organization=7), event("send_back", "2026-03-20 10:00")]
    rows = order(
        event("sign", "2026-03-03", organization=7), *late, event("reply", "2026-04-20", organization=7)
    )
    case = judged(compiled(HOTLINE, [rule(HOTLINE, STATUTORY)]), rows, AS_OF)
    assert len({finding[2] for finding in case.book.findings}) == 2
    assert {finding[6] for finding in case.book.findings} == {7}


def test_time_passed_before_a_silent_acceptance_is_judged_too() -> None:
    # Accepted as of receipt, the promise of ten days is over before anybody looked.
    case = judged(
        compiled(LICENCE, [rule(LICENCE, PROMISE)]), [event("receive", "2026-03-02 09:00")], "2026-03-20"
    )
    assert [finding[3] for finding in case.book.findings] == [at("2026-03-16 24:00")]


def test_the_applicants_time_makes_no_card_unless_it_is_named() -> None:
    # 行政复议法 31: the applicant has ten working days to correct; that they pass is no fault of the organ.
    rows = [event("receive", "2026-03-02 09:00"), event("request_correction", "2026-03-03 09:00")]
    all_steps = {"condition": "step_late", "limit": "statutory"}
    assert fired(REVIEW, all_steps, rows) == 0
    assert fired(REVIEW, {**all_steps, "clocks": ["supply"]}, rows) == 1


# -- keyed by officer-day ------------------------------------------------------------------------------

BULK = schema.ClosedInBulk(
    condition="closed_in_bulk", more_than=3, within_minutes=10, at=["grant"], stamp="recorded"
)
MINUTE = 60_000_000


def officer_days(*moments: int, officer: int = 0) -> list[str]:
    found = [(officer, moment, f"case-{k}", k, 1) for k, moment in enumerate(moments)]
    return [key for key, _ in bulk.judge_officer_days(0, BULK, found, ["甲", "乙"], calendar())]


def test_four_closings_within_ten_minutes_are_too_many() -> None:
    assert officer_days(*(MID + k * 3 * MINUTE for k in range(4))) == ["甲@2026-03-10"]
    assert officer_days(MID, MID + 1, MID + 2, MID + 10 * MINUTE) == ["甲@2026-03-10"]


def test_three_are_not_nor_four_in_a_longer_time() -> None:
    assert officer_days(*(MID + k for k in range(3))) == []
    assert officer_days(MID, MID + 1, MID + 2, MID + 10 * MINUTE + 1) == []


def test_two_officers_or_two_days_are_two_keys() -> None:
    midnight = at("2026-03-11")
    assert officer_days(midnight - 2, midnight - 1, midnight, midnight + 1) == []
    both = [(k % 2, MID + k, f"case-{k}", k, 1) for k in range(8)]
    keys = [key for key, _ in bulk.judge_officer_days(0, BULK, both, ["甲", "乙"], calendar())]
    assert keys == ["甲@2026-03-10", "乙@2026-03-10"]
