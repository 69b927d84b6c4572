"""One matter: a parent and its children opened together, each on its own clocks, ended when all are, nothing hidden."""

import threading

import pytest
from django.db import connection

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.ledger import envelope, queries
from qinzheng.mechanisms.matters import handling
from tests.flows.licences import APPROVER, CLERK, HANDLER, at
from tests.flows.test_itemized import ASKED, FOOD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]
MATTER, SIGN = "open-a-restaurant", "urban-management.filing-of-a-shop-sign"
SERVED = {"method": "direct", "proof": "HZ-1", "served_on": "2026-03-02"}


def opened(form=ASKED, **more):
    return handling.open_matter(MATTER, CLERK, form, About(title="老街面馆", town="town-01"), **more)


def licensed(case):
    cases.perform(case, "accept", CLERK, {})
    cases.perform(case, "grant", APPROVER, {})
    return cases.perform(case, "issue", CLERK, SERVED)


def filed(case):
    cases.perform(case, "accept", CLERK, {})
    return cases.perform(case, "finish", HANDLER, {})


def test_one_form_opens_the_parent_and_its_children(clock):
    came = opened()
    assert list(came.children) == [FOOD, SIGN]
    parent = Case.objects.get(pk=came.parent.case)
    children = handling.children(parent)
    assert [(each.item, each.town) for each in children] == [(FOOD, "town-01"), (SIGN, "town-01")]
    assert queries.history(children[0].pk)[0].body["form"] == {**ASKED, "unit": "market"}
    assert queries.history(children[1].pk)[0].body["form"] == {"unit": "urban-management"}
    assert {handling.parent_of(each) for each in children} == {parent.pk}
    assert handling.children(children[0]) == []
    cases.perform(children[0].pk, "accept", CLERK, {})
    assert Clock.objects.filter(case=children[0].pk, clock="decision").exists()
    assert not Clock.objects.filter(case=children[1].pk).exists()


def test_all_or_none_and_once_for_one_key(clock):
    for form, named in (({}, {"shop", "area"}), ({**ASKED, "colour": "红"}, {"colour"})):
        with pytest.raises(BadForm) as why:
            opened(form)
        assert set(why.value.faults) == named
    assert not Case.objects.exists()
    key = envelope.uuid7()
    first, again = opened(key=key), opened(key=key)
    assert first.parent.case == again.parent.case
    assert (first.parent.new, again.parent.new) == (True, False)
    assert Case.objects.count() == 3


def test_the_parent_ends_with_its_last_child_and_is_delivered_once(clock):
    came = opened()
    food, sign = (done.case for done in came.children.values())
    licensed(food)
    assert Case.objects.get(pk=came.parent.case).state == "open"
    filed(sign)
    parent = Case.objects.get(pk=came.parent.case)
    assert parent.state == "ready"
    assert Clock.objects.get(case=parent.pk, clock="delivery").ended_at is None
    assert cases.perform(parent.pk, "deliver", CLERK, SERVED).state == "delivered"


def test_children_that_ended_otherwise_are_counted_in_the_parent(clock):
    came = opened()
    food, sign = (done.case for done in came.children.values())
    cases.perform(food, "not_needed", CLERK, {"ground": "只卖预包装"})
    filed(sign)
    (_, event) = [each for each in queries.history(came.parent.case) if each.type.startswith("cases.")]
    assert event.body["form"] == {"completed": 1, "refused": 0, "withdrawn": 0, "void": 1, "transferred": 0}
    came = opened()
    for done in came.children.values():
        cases.perform(done.case, "withdraw", CLERK, {})
    parent = Case.objects.get(pk=came.parent.case)
    assert (parent.state, parent.closed_at is not None) == ("nothing", True)
    assert handling.endings(handling.children(parent)) == {"withdrawn": 2}


def test_nobody_opens_or_ends_a_parent_by_itself(clock):
    for who in (CLERK, HANDLER, Who("a-1", "", "applicant")):
        with pytest.raises(NotAllowed, match="is not for"):
            cases.open_case(handling.PROCEDURE, "receive", who, {"matter": MATTER})
    came = opened()
    with pytest.raises(NotAllowed, match="is not for"):
        cases.perform(came.parent.case, "finish", CLERK, dict.fromkeys(handling.ENDS, 0))


def test_the_last_two_to_end_at_once_end_the_parent_once(clock):
    came = opened()
    ready, faults = threading.Barrier(2), []

    def withdraw(case):
        try:
            clock.rule()
            ready.wait()
            cases.perform(case, "withdraw", CLERK, {})
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=withdraw, args=(done.case,)) for done in came.children.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    acts = [each.body["act"] for each in queries.history(came.parent.case) if each.type == "cases.performed"]
    assert acts == ["finish_empty"]


def test_a_child_that_ends_by_an_act_that_came_late_ends_the_parent_too(clock):
    came = opened()
    food, sign = (done.case for done in came.children.values())
    cases.perform(sign, "withdraw", CLERK, {})
    clock.on("2026-03-12 09:00")
    assert cases.pass_time(food)
    assert Case.objects.get(pk=food).state == "accepted"  # by silence
    cases.perform(food, "withdraw", CLERK, {}, occurred_at=at("2026-03-04 09:00"))
    assert Case.objects.get(pk=food).state == "withdrawn"
    assert Case.objects.get(pk=came.parent.case).state == "nothing"


def test_a_child_that_is_refused_counts_when_its_refusal_was_served(clock):
    came = opened()
    food, sign = (done.case for done in came.children.values())
    filed(sign)
    cases.perform(food, "accept", CLERK, {})
    cases.perform(food, "refuse", APPROVER, {"reasons": "不符合条件", "remedies": True})
    assert Case.objects.get(pk=came.parent.case).state == "open"
    cases.perform(food, "serve_refusal", CLERK, SERVED)
    parent = Case.objects.get(pk=came.parent.case)
    assert (parent.state, handling.endings(handling.children(parent))) == (
        "ready",
        {"refused": 1, "completed": 1},
    )
