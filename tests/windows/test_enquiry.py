"""First asked, first answerable: its clock runs on until it has answered, or another has signed for it; then the other's runs."""

from __future__ import annotations

import pytest

from qinzheng.access import acting
from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.supervision.models import Card
from tests import townhall
from tests.flows import told

pytestmark = pytest.mark.django_db(transaction=True)
ENQUIRY = "windows.enquiry"
HANDED = {"next": "housing", "told": True, "reason": "由住建局答复"}


@pytest.fixture
def city(clock, consistent):
    return townhall.build()


@pytest.fixture
def asked(city):
    made = cases.open_case(
        ENQUIRY,
        "ask",
        city.who("clerk", "clerk"),
        {"question": "二手房过户要带什么"},
        about=About(title="二手房过户"),
    )
    return made.case


def clocks(case):
    return {
        row.clock: (row.organization, row.ending)
        for row in Clock.objects.filter(case=case).order_by("started_at")
    }


def cards(case):
    return {(card.rule, card.organization) for card in Card.objects.filter(case=case, withdrawn_at=None)}


def test_an_answer_ends_it(city, asked, clock):
    cases.perform(asked, "answer", city.who("clerk", "clerk"), {"reply": "已当面说明"})
    assert Case.objects.get(pk=asked).state == "answered"
    assert {ending for _, ending in clocks(asked).values()} == {"completed_on_time"}
    assert cards(asked) == set()


def test_handed_over_it_is_the_first_askeds_still_until_the_other_signs(city, asked, clock):
    clerk, handler = city.who("clerk", "clerk"), told.by(city, "handler", "housing", "handler")
    with pytest.raises(NotAllowed):
        cases.perform(asked, "hand_over", clerk, {**HANDED, "told": False})
    cases.perform(asked, "hand_over", clerk, HANDED)
    assert Case.objects.get(pk=asked).organization == "housing"
    clock.on("2026-03-02 15:00")
    cases.pass_time(asked)
    assert ("standard.first-asked", "point-civic-centre") in cards(asked), (
        "nobody signed within four working hours"
    )
    assert clocks(asked)["first"] == ("point-civic-centre", "overdue")
    cases.perform(asked, "sign", handler, {})
    assert clocks(asked)["first"] == ("point-civic-centre", "completed_late")
    assert clocks(asked)["answer"] == ("housing", "running")
    cases.perform(asked, "answer", handler, {"reply": "已电话答复"})
    assert clocks(asked)["answer"] == ("housing", "completed_on_time")


def test_signed_for_in_time_nobody_is_carded_and_the_other_answers_in_its_own_time(city, asked, clock):
    handler = told.by(city, "handler", "housing", "handler")
    cases.perform(asked, "hand_over", city.who("clerk", "clerk"), HANDED)
    cases.perform(asked, "sign", handler, {})
    clock.on("2026-03-12 09:00")
    cases.pass_time(asked)
    assert {organization for _, organization in cards(asked)} == {"housing"}
    assert "standard.past-own-limit" in {rule for rule, _ in cards(asked)}


def test_declined_it_is_back_with_the_first_asked_and_sent_to_and_fro_it_is_a_warning(city, asked, clock):
    clerk, handler = city.who("clerk", "clerk"), told.by(city, "handler", "housing", "handler")
    for _ in range(2):
        cases.perform(asked, "hand_over", clerk, HANDED)
        cases.perform(asked, "decline", handler, {"next": "point-civic-centre", "reason": "不属本局"})
        assert Case.objects.get(pk=asked).organization == "point-civic-centre"
    assert clocks(asked)["first"] == ("point-civic-centre", "running")
    assert ("standard.enquiry-bounced", "housing") in cards(asked) or (
        "standard.enquiry-bounced",
        "point-civic-centre",
    ) in cards(asked)


def test_the_first_asked_does_not_sign_for_its_own_hand_over(city, asked):
    """Otherwise its clock would end by its own word. Nor is the act shown to it."""
    clerk = city.who("clerk", "clerk")
    cases.perform(asked, "hand_over", clerk, HANDED)
    for act, form in (("sign", {}), ("decline", {"next": "housing", "reason": "推"})):
        with pytest.raises(NotAllowed, match="承办单位"):
            cases.perform(asked, act, clerk, form)
    case = Case.objects.get(pk=asked)
    shown = dict(acting.open_acts(city.user("clerk"), case, cases.procedure_of(case)))
    assert "sign" not in shown
    assert "answer" in shown, "it may still answer, and is answerable"
    assert "sign" in dict(acting.open_acts(city.user("handler"), case, cases.procedure_of(case)))
