"""Procedures that do not pass: each with one fault, found at its key."""

from typing import Any

import pytest

from tests.definitions.changed import GONE, changed, procedure_complaints, where
from tests.library import library

LICENCE = "approvals.standard"


@pytest.mark.parametrize("id", [found.id for found in library().all("procedure")])
def test_the_shipped_procedures_pass(id: str) -> None:
    assert procedure_complaints(id) == []


FAULTS: list[tuple[str, Any, str]] = [
    ("acts.receive.opens", False, "acts"),
    ("acts.receive.to", GONE, "acts.receive"),
    ("acts.accept.to", "nowhere", "acts.accept.to"),
    ("acts.accept.from", ["nowhere"], "acts.accept.from"),
    ("acts.accept.from", [], "acts.accept"),
    ("acts.special_done.joint", "nobody", "acts.special_done.joint"),
    ("acts.accept.assigns", "next", "acts.accept.form"),
    ("acts.accept.guards", [{"guard": "by_magic"}], "acts.accept.guards.0"),
    ("acts.accept.guards", [{"guard": "not_done", "acts": ["dance"]}], "acts.accept.guards.0"),
    ("states.lost", {"name": {"zh": "失", "en": "lost"}}, "states.lost"),
    ("clocks.decision.completes", ["dance"], "clocks.decision"),
    ("clocks.decision.counting.calendar", "moon", "clocks.decision.counting.calendar"),
    ("clocks.correction.deems.0.mark", "committed", "clocks.correction.deems.0.mark"),
    ("acts.deem_accept.system", False, "clocks.correction.deems.0.act"),
    ("clocks.correction.deems", [], "acts.deem_accept"),
    ("clocks.decision.marks", {"half": {"on": "own", "share": 50}}, "clocks.decision.marks.half"),
    ("clocks.decision.pauses.0.source", ["ours/thresholds"], "clocks.decision.pauses.0.source"),
    ("clocks.decision.limits.committed.amount", 21, "clocks.decision.limits.committed"),
    ("clocks.decision.limits.statutory.amount", 12, "clocks.decision.limits.statutory.source"),
    ("clocks.decision.limits.statutory.source", ["行政许可法/38"], "clocks.decision.limits.statutory.source"),
    ("clocks.decision.limits.statutory.source", ["ours/counting"], "clocks.decision.limits.statutory.source"),
    ("clocks.decision.extends.0.at_most", 16, "clocks.decision.extends.0.source"),
    ("clocks.decision.extends.0.approver", "mayor", "clocks.decision.extends.0.approver"),
    ("clocks.decision.marks", {"statutory": {"on": "committed", "share": 50}}, "clocks.decision.marks.statutory"),
    ("clocks.decision.marks", {"own": {"on": "committed", "share": 50}}, "clocks.decision.marks.own"),
    ("clocks.decision.marks", {"statutory-2": {"on": "statutory", "after": 9}}, "clocks.decision.marks.statutory-2"),
    ("acts.extend.form", {}, "acts.extend.form"),
    ("acts.notify_special.form", {}, "acts.notify_special.form"),
    ("acts.fix_hearing.form", {}, "acts.fix_hearing.form"),
    ("clocks.correction.starts", ["receive", "supply_correction", "deem_accept"], "clocks.correction.deems"),
    ("clocks.correction.restarts", ["deem_accept"], "clocks.correction.deems"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "at"), FAULTS)
def test_a_fault_is_found_at_its_key(path: str, value: Any, at: str) -> None:
    complaints = procedure_complaints(LICENCE, (path, value))
    assert at in where(complaints)
    assert all(complaint.zh and complaint.en for complaint in complaints)


def test_a_procedure_that_never_ends_is_refused() -> None:
    ends = ("issued", "refused", "no_permit_needed", "not_taken", "withdrawn")
    complaints = procedure_complaints(LICENCE, *((f"states.{name}.final", GONE) for name in ends))
    assert where(complaints) == {"states"}


@pytest.mark.parametrize(
    "shorter", [{"start_day": "counted"}, {"unit": "calendar_days", "last_day_off": "stands"}]
)
def test_what_shortens_the_laws_period_rests_on_a_text(shorter: dict[str, str]) -> None:
    rule = changed("procedure", LICENCE)["clocks"]["decision"]["counting"] | shorter
    by_our_word = procedure_complaints(
        LICENCE, ("clocks.decision.counting", rule | {"source": ["ours/counting"]})
    )
    assert "clocks.decision.counting.source" in where(by_our_word)
    by_a_text = procedure_complaints(
        LICENCE, ("clocks.decision.counting", rule | {"source": ["行政许可法/82"]})
    )
    assert "clocks.decision.counting.source" not in where(by_a_text)


def test_no_law_counts_in_working_hours() -> None:
    rule = changed("procedure", LICENCE)["clocks"]["decision"]["counting"]
    hours = rule | {"unit": "working_hours", "ends": "same_time"}
    assert "clocks.decision.counting.unit" in where(
        procedure_complaints(LICENCE, ("clocks.decision.counting", hours))
    )


def test_clocks_that_wake_one_another_are_refused() -> None:
    """Two clocks, each entered by the other's silence: neither starts itself, the pair never rests."""
    silence = {"mark": "own", "effective": "mark", "source": ["ours/counting"]}
    call = changed("procedure", "hotline.work-order")["clocks"]["call-back"]
    echo = {"name": {"zh": "回声", "en": "echo"}, "system": True, "from": ["replied"], "to": "replied"}
    found = procedure_complaints(
        "hotline.work-order",
        ("acts.ping", echo),
        ("acts.pong", echo),
        ("clocks.a", call | {"starts": ["reply", "pong"], "deems": [silence | {"act": "ping"}]}),
        ("clocks.b", call | {"starts": ["ping"], "deems": [silence | {"act": "pong"}]}),
    )
    assert where(found) == {"clocks.a.deems", "clocks.b.deems"}


@pytest.mark.parametrize("amount", [29, 9_000, 90_000])
def test_a_promise_that_runs_past_the_calendar_is_longer_than_the_law(amount: int) -> None:
    path = "clocks.decision.limits.committed"
    assert where(procedure_complaints(LICENCE, (path, promised(amount, "calendar_days")))) == {path}


@pytest.mark.parametrize("amount", [0, -5])
def test_no_limit_and_no_tighter_promise_is_zero(amount: int) -> None:
    tight = {
        "name": {"zh": "快", "en": "fast"},
        "committed": {"decision": amount},
        "source": ["ours/sample-promises"],
    }
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        procedure_complaints(LICENCE, ("variants", {"fast": tight}))
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        procedure_complaints(LICENCE, ("clocks.decision.limits.statutory.amount", amount))


def test_no_statutory_limit_is_said_and_never_left_out() -> None:
    with pytest.raises(ValueError, match="statutory"):
        procedure_complaints("letters.reply", ("clocks.reply.limits.statutory", GONE))


def promised(amount: int, unit: str) -> dict[str, Any]:
    return {
        "amount": amount,
        "source": ["ours/sample-promises"],
        "counting": {
            "unit": unit, "calendar": "cn", "start_day": "not_counted", "ends": "end_of_day",
            "last_day_off": "stands", "source": ["民法典/201"],
        },
    }  # fmt: skip


def test_a_promise_as_long_as_the_law_is_no_fault() -> None:
    assert procedure_complaints(LICENCE, ("clocks.decision.limits.committed.amount", 20)) == []


def test_in_another_unit_the_worst_day_decides() -> None:
    # Twenty working days are never fewer than 26 days (a make-up weekend helps), mostly 28 and more.
    path = "clocks.decision.limits.committed"
    assert procedure_complaints(LICENCE, (path, promised(20, "calendar_days"))) == []
    (complaint,) = procedure_complaints(LICENCE, (path, promised(29, "calendar_days")))
    assert "逐日换算" in complaint.zh
    assert "day by day" in complaint.en


def test_a_variant_may_not_promise_more_than_the_law() -> None:
    variant = {
        "name": {"zh": "快", "en": "fast"},
        "committed": {"decision": 30},
        "source": ["ours/sample-promises"],
    }
    complaints = procedure_complaints(LICENCE, ("variants", {"fast": variant}))
    assert where(complaints) == {"variants.fast.committed.decision"}


def test_a_pause_of_a_limit_that_is_ours_may_rest_on_our_word() -> None:
    pause = {
        "by": "supplement", "until": ["sign"], "reason": "ours", "owner": "applicant", "cap": "none",
        "source": ["ours/sample-steps"],
    }  # fmt: skip
    assert procedure_complaints("hotline.work-order", ("clocks.call-back.pauses", [pause])) == []
    refused = procedure_complaints("hotline.work-order", ("clocks.reply.pauses", [pause]))
    assert where(refused) == {"clocks.reply.pauses.0.source"}
