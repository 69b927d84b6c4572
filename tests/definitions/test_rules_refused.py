"""Rules that do not pass: they claim more than they show, never wake, or cannot be said."""

from dataclasses import replace
from typing import Any

import pytest

from qinzheng.definitions.library import Library
from qinzheng.supervision.checks import check_rule
from tests.definitions.changed import rule_complaints, where
from tests.library import library, rules

LAW = "standard.law-past-limit"


@pytest.mark.parametrize("id", [rule.id for rule in rules()])
def test_the_shipped_rules_pass(id: str) -> None:
    assert rule_complaints(id) == []


EARLY: list[dict[str, Any]] = [
    {"condition": "pre_warning", "limit": "statutory", "before": 1},
    {"condition": "pre_warning", "limit": "statutory", "share": 90},
    {"condition": "past_limit", "limit": "committed"},
    {"condition": "too_fast", "less_than_minutes": 5, "at": ["withdraw"]},
]


@pytest.mark.parametrize("when", EARLY)
def test_no_rule_claims_the_law_before_its_last_day_has_closed(when: dict[str, Any]) -> None:
    assert "claims" in where(rule_complaints(LAW, ("when", when)))


def test_days_after_the_laws_limit_may_claim_the_law() -> None:
    assert rule_complaints(LAW, ("when", {"condition": "past_limit", "limit": "statutory", "after": 1})) == []


def permit(monkeypatch: pytest.MonkeyPatch, **counting: str) -> set[str]:
    """Where the law's rule fails once the demo permit's decision is counted in another way."""
    held = library().get("procedure", "approvals.demo-permit")
    clock = held.clocks["decision"]
    changed_clock = clock.model_copy(update={"counting": clock.counting.model_copy(update=counting)})
    monkeypatch.setitem(held.clocks, "decision", changed_clock)
    return where(rule_complaints("standard.demo-past-law"))


@pytest.mark.parametrize(
    "counting",
    [
        {"ends": "same_time"},
        {"ends": "close_of_business"},
        {"ends": "close_of_business", "calendar": "cn.town-hall"},
    ],
)
def test_a_clock_that_ends_before_midnight_cannot_show_that_the_law_was_broken(
    monkeypatch: pytest.MonkeyPatch, counting: dict[str, str]
) -> None:
    assert permit(monkeypatch) == set()
    assert permit(monkeypatch, **counting) == {"when"}


def test_a_points_own_hours_shorten_no_period_in_days(monkeypatch: pytest.MonkeyPatch) -> None:
    assert permit(monkeypatch, calendar="cn.town-hall") == set()


def test_a_point_that_opens_on_saturdays_does_not_count_them_against_the_law(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_days = library().get("calendar", "cn.town-hall").model_copy(update={"working_days": "open"})
    other = Library([*(h for h in library() if h.definition.id != "cn.town-hall")])
    other._held["calendar"]["cn.town-hall"] = [replace(next(iter(library())), definition=open_days)]
    held = library().get("procedure", "approvals.demo-permit")
    clock = held.clocks["decision"]
    counting = clock.counting.model_copy(update={"calendar": "cn.town-hall"})
    monkeypatch.setitem(held.clocks, "decision", clock.model_copy(update={"counting": counting}))
    rule = library().get("rule", "standard.demo-past-law")
    assert where(list(check_rule(rule, other))) == {"when"}


def test_a_card_for_a_department_names_no_clock_of_an_applicant() -> None:
    found = rule_complaints("standard.law-step-late-review", ("when.clocks", ["acceptance", "supply"]))
    assert "when.clocks" in where(found)


def test_a_rule_that_claims_the_law_cites_the_article_of_the_limit_it_watches() -> None:
    found = rule_complaints(LAW, ("source", ["行政许可法/42"]))
    assert where(found) == {"source"}
    assert "petitions.matter" in " ".join(complaint.en for complaint in found)


@pytest.mark.parametrize(
    ("id", "claims"),
    [
        ("standard.law-past-promise", "law"),
        ("standard.past-own-limit", "promise"),
        ("standard.past-given", "own_limit"),
        ("standard.law-bounced", "law"),
        ("ninety.red", "law"),
    ],
)
def test_a_card_claims_the_limit_that_was_passed(id: str, claims: str) -> None:
    assert "claims" in where(rule_complaints(id, ("claims", claims)))


def test_a_red_card_for_the_promise_needs_a_city_that_says_so() -> None:
    assert where(rule_complaints("ninety.red", ("source", ["ours/thresholds"]))) == {"source"}
    assert rule_complaints("ninety.red", ("source", ["ours/thresholds"]), ("level", "yellow")) == []


def test_a_rule_that_claims_the_law_cites_it() -> None:
    assert where(rule_complaints(LAW, ("source", ["ours/thresholds"]))) == {"source"}


ASLEEP: list[tuple[str, str, Any, str]] = [
    (LAW, "supervises", ["no.such"], "supervises.0"),
    (LAW, "supervises", ["letters.reply"], "supervises.0"),
    (LAW, "when.clocks", ["dream"], "when.clocks"),
    ("standard.law-reopened", "supervises", ["letters.reply"], "supervises.0"),
    ("standard.law-bounced", "supervises", ["services.matter"], "supervises.0"),
    ("standard.law-paused-too-long", "supervises", ["letters.reply"], "supervises.0"),
    ("standard.law-wrong-organization", "when.acts", ["dream"], "supervises.0"),
    ("standard.law-pre-warning", "when.before", 366, "supervises.1"),
]


@pytest.mark.parametrize(("id", "path", "value", "at"), ASLEEP)
def test_a_rule_that_can_never_wake_is_refused(id: str, path: str, value: Any, at: str) -> None:
    assert at in where(rule_complaints(id, (path, value)))


@pytest.mark.parametrize("sentence", ["{who}已超期", "{clock", "{}"])
def test_a_sentence_says_only_what_is_known(sentence: str) -> None:
    assert "sentence.zh" in where(rule_complaints(LAW, ("sentence.zh", sentence)))
