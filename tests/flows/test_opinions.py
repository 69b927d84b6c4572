"""Joint handling: each organ that is asked has a case and a clock of its own; the late one is carded, the others are not."""

from __future__ import annotations

from typing import Any

import pytest

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.mechanisms.joining import opinions
from qinzheng.operations import ticking
from qinzheng.supervision.models import Card
from tests.flows.licences import APPROVER, CLERK, HANDLER, JOINT, at, received, row

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]
ASKED = ["housing", "urban", "water"]


def asking(clock: Any, **about: Any) -> str:
    case: str = received(clock, JOINT, about=About(title="开一家面馆", town="town-01", **about))
    cases.perform(case, "accept", CLERK, {})
    clock.on("2026-03-02 10:00")
    cases.perform(case, "ask_organs", HANDLER, {"organs": ASKED})
    return case


def answer(case: str, organ: str, **more: Any) -> None:
    cases.perform(case, "answer", Who("h", organ, "handler"), {"opinion": "同意"}, **more)


def standing(case: str) -> dict[str, str]:
    return {each.organization: each.state for each in opinions.of(row(case))}


def test_each_organ_has_its_own_clock_and_only_the_late_one_is_carded(clock: Any) -> None:
    case = asking(clock)
    assert standing(case) == dict.fromkeys(ASKED, "asked")
    for each in opinions.of(row(case)):
        assert (each.title, each.town, each.opened_by) == ("开一家面馆", "town-01", "住建局")
        (running,) = Clock.objects.filter(case=each.pk)
        assert running.organization == each.organization
        assert running.promised_at is not None
    clock.on("2026-03-04 09:00")
    answer(case, "housing")
    clock.on("2026-03-09 18:00")
    answer(case, "water")
    assert standing(case) == {"housing": "given", "urban": "asked", "water": "given"}
    clock.on("2026-03-10 09:00")
    ticking.tick_once()
    assert set(Card.objects.values_list("organization", "rule")) == {("urban", "standard.past-promise")}
    answer(case, "urban")
    assert row(case).state == "agreed"
    assert set(standing(case).values()) == {"given"}
    clock.on("2026-03-30 09:00")
    ticking.tick_once()
    assert [each.organization for each in Card.objects.filter(rule__startswith="standard.past-")] == ["urban"]


def test_the_whole_keeps_its_one_limit_and_silence_is_no_consent(clock: Any) -> None:
    case = asking(clock)
    due = Clock.objects.get(case=case, clock="decision").due_at
    clock.on("2026-03-30 09:00")
    ticking.tick_once()
    assert row(case).state == "asking"
    assert Clock.objects.get(case=case, clock="decision").due_at == due
    levels = Card.objects.exclude(case=case).values_list("organization", "level")
    assert sorted(levels) == sorted((organ, level) for organ in ASKED for level in ("red", "yellow"))


def test_an_answer_entered_late_counts_when_it_was_given(clock: Any) -> None:
    case = asking(clock)
    clock.on("2026-03-10 09:00")
    ticking.tick_once()
    assert Card.objects.filter(withdrawn_at=None).count() == 3
    answer(case, "water", occurred_at=at("2026-03-06 09:00"))
    assert {each.organization for each in Card.objects.filter(withdrawn_at=None, rule="standard.past-promise")} == {
        "housing", "urban",
    }  # fmt: skip


@pytest.mark.parametrize("end", ["withdraw", "nothing"])
def test_what_nobody_needs_any_more_lapses(clock: Any, end: str) -> None:
    case = asking(clock)
    answer(case, "water")
    if end == "withdraw":
        cases.perform(case, "withdraw", CLERK, {})
        assert standing(case) == {"housing": "lapsed", "urban": "lapsed", "water": "given"}
    else:
        answer(case, "urban")
        answer(case, "housing")
        cases.perform(case, "grant", APPROVER, {})
        assert set(standing(case).values()) == {"given"}


def test_nobody_opens_or_ends_an_opinion_by_itself_and_what_is_sealed_stays_sealed(clock: Any) -> None:
    case = asking(clock, concerns=["fire", "p-0123456789ab"])
    for each in opinions.of(row(case)):
        assert sorted(each.concerns.values_list("organization", "post")) == [
            ("", "p-0123456789ab"),
            ("fire", ""),
        ]
        with pytest.raises(NotAllowed):
            cases.perform(each.pk, "give", Who("h", each.organization, "handler"), {})
    with pytest.raises(NotAllowed):
        cases.open_case("approvals.opinion", "ask", CLERK, {"unit": "water"})
    assert Case.objects.filter(procedure="approvals.opinion").count() == 3
    assert opinions.of(row(received(clock))) == []
