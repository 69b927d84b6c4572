"""The kinds of no apart, and the way of a certificate to whom it is for, on the real database."""

import pytest

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.fields import BadForm
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf
from tests.flows import applications
from tests.flows.licences import (
    APPROVER,
    CLERK,
    HANDLER,
    JOINT,
    LICENCE,
    accepted,
    at,
    received,
    row,
    valid_cards,
)
from tests.flows.test_itemized import ASKED, FOOD, stands

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]
SERVED = {"method": "post", "proof": "EMS-1"}
AT_ONCE = {"method": "direct", "proof": "HZ-1", "served_on": "2026-03-02"}


@pytest.mark.parametrize("procedure", [LICENCE, JOINT])
def test_not_needed_and_not_ours_are_two_ends(clock, procedure):
    applications.city()
    case = received(clock, procedure)
    with pytest.raises(BadForm, match="ground"):
        cases.perform(case, "not_needed", CLERK, {})
    assert cases.perform(case, "not_needed", CLERK, {"ground": "不在目录内"}).state == "no_permit_needed"
    case = received(clock, procedure)
    ground = {"ground": "属水务部门职权"}
    for named in ({}, {"right_organ": "water", "outside_organ": "省厅"}):
        with pytest.raises(NotAllowed, match="only one"):
            cases.perform(case, "not_ours", CLERK, {**ground, **named})
    with pytest.raises(BadForm, match="no unit atlantis"):
        cases.perform(case, "not_ours", CLERK, {**ground, "right_organ": "atlantis"})
    assert cases.perform(case, "not_ours", CLERK, {**ground, "right_organ": "water"}).state == "not_taken"
    other = received(clock, procedure)
    assert cases.perform(other, "not_ours", CLERK, {**ground, "outside_organ": "省某厅"}).state == "not_taken"
    assert not Clock.objects.filter(case=case, clock="decision").exists()
    assert row(case).closed_at is not None


def test_corrected_on_the_spot_stops_nothing_and_is_no_notice(clock):
    case = received(clock)
    due = Clock.objects.get(case=case, clock="correction").due_at
    for _ in range(3):
        assert cases.perform(case, "correct_on_spot", CLERK, {"corrected": "补签名"}).state == "received"
    assert Clock.objects.get(case=case, clock="correction").due_at == due
    for again in (False, True):
        cases.perform(case, "request_correction", CLERK, {"defects": "缺图", "already_there": again})
        cases.perform(case, "supply_correction", CLERK, {})
    assert valid_cards(case) == ["standard.law-repeated-correction"]


def test_a_refusal_names_reasons_and_remedies(clock):
    case = accepted(clock)
    with pytest.raises(NotAllowed, match="say yes here") as why:
        cases.perform(case, "refuse", APPROVER, {"reasons": "不符合条件", "remedies": False})
    assert why.value.field == "remedies"
    assert (
        cases.perform(case, "refuse", APPROVER, {"reasons": "不符合条件", "remedies": True}).state
        == "refusing"
    )


@pytest.mark.parametrize("procedure", [LICENCE, JOINT])
def test_a_refusal_ends_the_case_when_it_is_served_and_is_late_after_ten_working_days(clock, procedure):
    for served, cards in (("2026-03-16", []), ("2026-03-17", ["standard.refusal-served-late"])):
        case = received(clock, procedure)
        cases.perform(case, "accept", CLERK, {})
        cases.perform(case, "refuse", APPROVER, {"reasons": "不符合条件", "remedies": True})
        assert row(case).closed_at is None
        clock.on(f"{served} 15:00")
        with pytest.raises(NotAllowed, match="has been done already"):
            cases.perform(case, "withdraw", CLERK, {})
        done = cases.perform(case, "serve_refusal", CLERK, {**SERVED, "served_on": served})
        assert (done.state, row(case).closed_at is None) == ("refused", False)
        assert [each for each in valid_cards(case) if "refusal" in each] == cards


def granted(clock):
    case = accepted(clock)
    clock.on("2026-03-03 09:00")
    cases.perform(case, "grant", APPROVER, {})
    return case


def test_decision_certificate_service_and_the_clock_ends_on_the_day_served(clock):
    applications.city()
    case = granted(clock)
    clock.on("2026-03-04 09:00")
    assert cases.perform(case, "certify", HANDLER, {"certificate": "XK-1"}).state == "certified"
    cases.perform(case, "hand_on", HANDLER, {"next": "town-01", "reason": "送镇便民中心"})
    assert row(case).organization == "town-01"
    clock.on("2026-03-20 15:00")
    for day, why in (("2026-03-21", "later than today"), ("2026-03-03", "at the time stated")):
        with pytest.raises(NotAllowed, match=why):
            cases.perform(case, "issue", CLERK, {**SERVED, "served_on": day})
    with pytest.raises(NotAllowed, match="two days"):
        cases.perform(
            case, "issue", CLERK, {**SERVED, "served_on": "2026-03-12"}, occurred_at=at("2026-03-13 09:00")
        )
    with pytest.raises(BadForm, match="no unit nowhere"):
        cases.perform(case, "issue", CLERK, {**SERVED, "served_on": "2026-03-12", "point": "nowhere"})
    done = cases.perform(case, "issue", CLERK, {**SERVED, "served_on": "2026-03-12", "point": "town-01"})
    assert done.state == "issued"
    ended = Clock.objects.get(case=case, clock="certificate").ended_at
    assert ended is not None
    assert ended.astimezone(shelf.ZONE).date().isoformat() == "2026-03-12"
    assert "standard.law-step-late-approvals" not in valid_cards(case)


def test_served_late_is_late_though_made_in_time(clock):
    case = granted(clock)
    cases.perform(case, "certify", HANDLER, {"certificate": "XK-1"})
    clock.on("2026-03-20 15:00")
    cases.perform(case, "issue", CLERK, {**SERVED, "served_on": "2026-03-20"})
    assert "standard.law-step-late-approvals" in valid_cards(case)


def test_sent_back_between_tiers_with_its_reason(clock):
    applications.city()
    case = accepted(clock)
    with pytest.raises(BadForm, match="reason"):
        cases.perform(case, "send_back", HANDLER, {"next": "town-01"})
    cases.perform(case, "send_back", HANDLER, {"next": "town-01", "reason": "缺实地核查"})
    assert (row(case).organization, row(case).state) == ("town-01", "accepted")


@pytest.mark.parametrize(
    ("said", "who", "why"),
    [
        ({}, HANDLER, "done on the spot only"),
        ({"at_once": True, "at_window": False}, CLERK, "not decided at the window"),
    ],
)
def test_at_once_only_where_the_item_says_so(clock, said, who, why):
    stands(**said)
    case = cases.open_case(LICENCE, "receive", CLERK, ASKED, about=About(item=FOOD)).case
    with pytest.raises(NotAllowed, match=why):
        cases.perform(case, "decide_at_once", who, AT_ONCE)


def test_an_immediate_item_is_accepted_decided_and_served_in_one_act(clock):
    stands(at_once=True, at_window=True)
    case = cases.open_case(LICENCE, "receive", CLERK, ASKED, about=About(item=FOOD)).case
    assert cases.perform(case, "decide_at_once", CLERK, AT_ONCE).state == "issued"
    assert row(case).closed_at is not None
    assert Clock.objects.get(case=case, clock="correction").ended_at is not None
    assert not Clock.objects.filter(case=case, clock="decision").exists()
