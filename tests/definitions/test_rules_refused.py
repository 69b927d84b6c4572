"""Rules that do not pass: they claim more than they show, never wake, or cannot be said."""

from typing import Any

import pytest

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


def test_a_clock_that_ends_in_the_afternoon_cannot_show_that_the_law_was_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = library().get("procedure", "letters.reply")
    reply = held.clocks["reply"]
    afternoon = reply.counting.model_copy(update={"ends": "same_time"})
    limits = reply.limits.model_copy(update={"statutory": reply.limits.own, "own": None})
    clock = reply.model_copy(update={"counting": afternoon, "limits": limits})
    monkeypatch.setitem(held.clocks, "reply", clock)
    found = rule_complaints(LAW, ("supervises", ["letters.reply"]))
    assert where(found) == {"when"}
    monkeypatch.setitem(held.clocks, "reply", clock.model_copy(update={"counting": reply.counting}))
    assert rule_complaints(LAW, ("supervises", ["letters.reply"])) == []


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
    ("standard.law-bounced", "supervises", ["approvals.standard"], "supervises.0"),
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
