"""Silence, moves of the clock, cards that come and go, joint handling: put right by event, never in silence."""

import datetime as dt

import pytest
from django.db import connection

from qinzheng.cases import actions as cases
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case, OutsideNumber
from qinzheng.clocks.models import Clock
from qinzheng.ledger import projections, queries
from qinzheng.operations import judging_commands
from qinzheng.supervision.models import Card
from tests.flows.licences import (
    APPROVER,
    CLERK,
    HANDLER,
    HEAD,
    JOINT,
    LICENCE,
    accepted,
    at,
    received,
    row,
    types,
    valid_cards,
)  # fmt: skip
from tests.flows.test_judging import judged

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]


# -- silence -------------------------------------------------------------------------------------------


def test_who_acts_after_the_silence_finds_the_case_accepted_though_no_tick_came(clock):
    case = received(clock)
    clock.on("2026-03-10 09:00")
    with pytest.raises(NotAllowed, match="the case is under review"):
        cases.perform(case, "accept", CLERK, {})
    assert cases.perform(case, "check_site", HANDLER, {}).state == "accepted"
    assert "cases.deemed" in types(case)


def test_an_acceptance_entered_late_withdraws_the_silence_by_event(clock):
    case = received(clock)
    clock.on("2026-03-20 09:00")
    assert judging_commands.tick_once() == 1
    assert row(case).state == "accepted"
    assert valid_cards(case) == [
        "standard.law-past-promise", "standard.law-pre-warning", "standard.law-step-late-approvals",
    ]  # fmt: skip
    clock.on("2026-03-20 10:00")
    told = cases.perform(case, "accept", CLERK, {}, occurred_at=at("2026-03-09 16:00"))
    gone = [event for event in queries.history(case) if event.type == "cases.undeemed"]
    assert [(event.body["act"], event.caused_by) for event in gone] == [("deem_accept", str(told.event))]
    assert (row(case).state, row(case).situation["done"]) == ("accepted", {"receive": 1, "accept": 1})
    # In time by its own word, entered after the limit: that is another card, and its own.
    assert valid_cards(case) == ["standard.law-back-dated", "standard.law-pre-warning"]
    assert Clock.objects.get(case=case, clock="decision").started_at == dt.datetime(
        2026, 3, 9, 8, tzinfo=dt.UTC
    )


def test_silence_that_closed_a_case_is_unmade_by_a_late_fact(clock):
    case = received(clock, "review.reconsideration")
    clock.on("2026-03-03 09:00")
    cases.perform(case, "request_correction", HANDLER, {"defects": "缺委托书"})
    clock.on("2026-03-20 09:00")
    judging_commands.tick_once()
    assert (row(case).state, row(case).closed_at) == (
        "given_up",
        dt.datetime(2026, 3, 17, 15, 59, 59, 999999, tzinfo=dt.UTC),
    )
    done = cases.perform(case, "supply_correction", CLERK, {}, occurred_at=at("2026-03-17 23:00"))
    assert (done.state, row(case).closed_at) == ("received", None)
    clock.on("2026-03-24 23:30")
    judging_commands.tick_once()
    assert row(case).state == "received"
    clock.on("2026-03-25 00:00")
    judging_commands.tick_once()
    assert row(case).state == "accepted"


def test_many_marks_pass_at_once_in_their_order(clock):
    clock.on("2026-11-20 09:00")
    done = cases.open_case(LICENCE, "receive", CLERK, {}, occurred_at=at("2026-03-02 09:00"))
    assert done.state == "accepted"
    assert [e.body["act"] for e in queries.history(done.case) if e.type == "cases.deemed"] == ["deem_accept"]
    assert set(valid_cards(done.case)) == {
        "standard.law-past-limit", "standard.law-past-promise", "standard.law-pre-warning", "standard.law-step-late-approvals",
    }  # fmt: skip
    assert judging_commands.tick_once() == 0


# -- moves of the clock --------------------------------------------------------------------------------

TOLD = {"amount": 5, "reason": "案情复杂"}


def test_an_extension_has_its_approver_its_limit_and_its_reason(clock):
    case = accepted(clock)
    for who, form, said in (
        (HANDLER, TOLD, "is not for handler"),
        (HEAD, TOLD | {"amount": 11}, "不大于 10"),
        (HEAD, {"amount": 5}, "reason"),
    ):
        with pytest.raises((NotAllowed, BadForm), match=said):
            cases.perform(case, "extend", who, form)
    with pytest.raises(BadForm, match="days"):
        cases.perform(case, "notify_special", HANDLER, {"procedure": "hearing"})


def test_an_extension_comes_once_and_before_the_limit(clock):
    case = accepted(clock)
    clock.on("2026-03-30 23:59")
    cases.perform(case, "extend", HEAD, TOLD)
    with pytest.raises(NotAllowed, match="no more"):
        cases.perform(case, "extend", HEAD, TOLD)
    other = accepted(clock)
    clock.on("2026-03-31 00:00")
    with pytest.raises(NotAllowed, match="cannot be extended any more"):
        cases.perform(other, "extend", HEAD, TOLD)
    cases.perform(other, "extend", HEAD, TOLD, occurred_at=at("2026-03-30 12:00"))
    assert Clock.objects.get(case=other, clock="decision").ending == "running"


# -- cards ---------------------------------------------------------------------------------------------


def test_a_card_shown_by_other_facts_is_issued_again_under_its_own_name(clock):
    case = accepted(clock)
    clock.on("2026-04-20 09:00")
    judging_commands.tick_once()
    (before,) = Card.objects.filter(case=case, rule="standard.law-past-limit")
    told = cases.perform(
        case,
        "notify_special",
        HANDLER,
        {"procedure": "hearing", "days": 3},
        occurred_at=at("2026-03-03 09:00"),
    )
    (after,) = Card.objects.filter(case=case, rule="standard.law-past-limit")
    assert (after.id, after.withdrawn_at) == (before.id, None)
    assert after.at > before.at
    last = [e for e in queries.history(case) if e.body.get("card") == before.id]
    assert [e.type.rpartition("_")[2] for e in last] == ["issued", "withdrawn", "issued"]
    assert {e.caused_by for e in last[1:]} == {str(told.event)}


def test_a_card_withdrawn_and_earned_again_is_one_card(clock):
    case = accepted(clock)
    clock.on("2026-04-20 09:00")
    judging_commands.tick_once()
    (card,) = Card.objects.filter(case=case, rule="standard.law-past-limit")
    # The pause was told before the limit: the card goes, and comes back when the told time is over too.
    cases.perform(
        case,
        "notify_special",
        HANDLER,
        {"procedure": "hearing", "days": 20},
        occurred_at=at("2026-03-03 09:00"),
    )
    assert not Card.objects.filter(pk=card.id, withdrawn_at=None).exists()
    clock.on("2026-06-01 09:00")
    judging_commands.tick_once()
    assert Card.objects.filter(pk=card.id, withdrawn_at=None).exists()


def test_what_was_known_then_is_judged_as_it_stood_then(clock, capsys):
    case = accepted(clock)
    clock.on("2026-04-20 09:00")
    judging_commands.tick_once()
    clock.on("2026-04-21 09:00")
    cases.perform(case, "grant", APPROVER, {}, occurred_at=at("2026-03-16 10:00"))

    def figures(**asked):
        verdict = judged(capsys, **asked)
        return next(value for name, value in verdict.items() if name.startswith(LICENCE))

    now = figures(as_of="2026-04-21T10:00:00+08:00")
    assert (now["cards"], now["clocks"]) == (
        len(valid_cards(case)), {"completed_on_time": 2, "overdue": 1},
    )  # fmt: skip
    then = figures(known_at="2026-04-20T10:00:00+08:00")
    assert (then["cards"], then["clocks"]) == (3, {"completed_on_time": 1, "overdue": 1})
    assert "standard.law-past-limit" not in valid_cards(case)


def test_what_is_claimed_later_than_the_day_asked_for_has_not_happened(clock, capsys):
    case = accepted(clock)
    clock.on("2026-03-20 09:00")
    cases.perform(case, "grant", APPROVER, {})
    verdict = judged(capsys, as_of="2026-03-10T00:00:00+08:00")
    figures = next(value for name, value in verdict.items() if name.startswith(LICENCE))
    assert figures["clocks"] == {"completed_on_time": 1, "running": 1}


# -- joint handling, numbers ---------------------------------------------------------------------------


def organ(name):
    return Who(f"{name}-1", name, "handler")


def test_organs_answer_in_any_order_of_entry(clock):
    case = received(clock, JOINT)
    clock.on("2026-03-03 09:00")
    cases.perform(case, "accept", CLERK, {})
    cases.perform(case, "ask_organs", HANDLER, {"organs": ["水利局", "公安局", "水利局"]})
    assert row(case).situation["joints"]["organs"]["asked"] == ["公安局", "水利局"]
    clock.on("2026-03-06 09:00")
    cases.perform(case, "answer", organ("水利局"), {"opinion": "同意"})
    assert row(case).state == "asking"
    done = cases.perform(
        case, "answer", organ("公安局"), {"opinion": "同意"}, occurred_at=at("2026-03-04 09:00")
    )
    assert done.state == "agreed"
    with pytest.raises(NotAllowed):
        cases.perform(case, "answer", organ("公安局"), {"opinion": "同意"})
    assert cases.perform(case, "grant", APPROVER, {}).state == "granted"


def test_a_case_carries_the_numbers_of_other_systems(clock):
    case = received(clock, outside={"item_code": "SX-1", "national_platform": "GJ-9"})
    cases.add_number(case, "item_code", "SX-2", CLERK)
    cases.add_number(case, "item_code", "SX-2", CLERK)
    assert set(OutsideNumber.objects.values_list("kind", "number")) == {
        ("item_code", "SX-1"), ("item_code", "SX-2"), ("national_platform", "GJ-9"),
    }  # fmt: skip
    other = received(clock)
    for refused in (
        lambda: cases.add_number(other, "item_code", "SX-1", CLERK),
        lambda: received(clock, outside={"item_code": "SX-1"}),
    ):
        with pytest.raises(NotAllowed, match="belongs to another case"):
            refused()
    with pytest.raises(NotAllowed, match="no kind of outside number"):
        received(clock, outside={"licence": "1"})
    assert Case.objects.count() == 2
    assert types(case).count("cases.numbered") == 1


def test_a_number_edited_by_hand_is_named(clock):
    case = received(clock, outside={"item_code": "SX-1"})
    OutsideNumber.objects.filter(case=case).update(number="SX-9")
    assert {(d.table, d.key) for d in projections.check()} == {
        ("cases_outside_number", ("item_code", "SX-9")), ("cases_outside_number", ("item_code", "SX-1")),
    }  # fmt: skip
    OutsideNumber.objects.filter(case=case).update(number="SX-1")


def test_what_the_engine_goes_by_cannot_be_edited_unseen(clock):
    case = received(clock)
    saved = row(case)
    for change in ("closed_at = now()", "situation = jsonb_set(situation, '{done,receive}', '0')"):
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE cases_case SET {change} WHERE id = %s", [case])
        found = {(d.table, d.column) for d in projections.check()}
        saved.save()
        assert found == {("cases_case", change.partition(" ")[0])}
