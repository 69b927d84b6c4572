"""What could not be done, and what goes between cities: every state, whose clock runs, and what becomes a card."""

import datetime as dt
from typing import Any

import pytest

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.clocks.models import Clock
from qinzheng.operations import judging_commands
from qinzheng.organizations import actions as organizations
from tests.flows.licences import CLERK, HANDLER, row, valid_cards

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]
SAID = {"what": "两个单位都说归对方管", "trips": 3}
OUT = {"to_place": "江南省临水市", "to_organ": "临水市公安局", "service": "户口迁移证明", "copies": 3}
IN = {
    "from_place": "江北省望城县",
    "from_organ": "望城县政务服务中心",
    "service": "参保证明",
    "their_number": "WC-1",
}
CITIZEN = Who("a-1", "", "applicant")


@pytest.fixture
def units(clock):
    founded: dict[str, Any] = {"begins": dt.date(2020, 1, 1), "by": "installer"}
    organizations.found_organization("qinghe", "city", "清和市", parent=None, **founded)
    for id in ("administrative-approval", "housing"):
        organizations.found_organization(id, "department", id, parent="qinghe", **founded)
    organizations.found_organization("point-civic-centre", "service_point", "政务中心", parent="administrative-approval", **founded)  # fmt: skip


def undone(who=CITIZEN):
    about = About(item="administrative-approval.what-could-not-be-done", town="town-01")
    return cases.open_case("services.undone", "register", who, SAID, about=about).case


def late(clock, case, day):
    clock.on(day)
    judging_commands.tick_once()
    return valid_cards(case)


def test_its_cause_is_found_and_it_is_done_and_told(units, clock):
    case = undone()
    assert row(case).organization == "administrative-approval"
    with pytest.raises(NotAllowed):
        cases.perform(case, "solve", CLERK, {"result": "已办成", "told": False})
    assert cases.perform(case, "cause_pushed", CLERK, {"unit": "housing"}).state == "handling"
    assert row(case).organization == "housing"
    assert cases.perform(case, "solve", HANDLER, {"result": "两家会商后办成", "told": True}).state == "solved"
    assert valid_cards(case) == []


@pytest.mark.parametrize(
    ("act", "form", "state"),
    [
        ("explain", {"reasons": "法律不允许，可以改办备案", "told": True}, "explained"),
        ("send_on", {"way": "review", "told": True}, "sent_on"),
    ],
)
def test_the_other_ends(units, clock, act, form, state):
    case = undone(CLERK)
    assert cases.perform(case, act, HANDLER, form).state == state


def test_left_lying_it_is_a_yellow_and_then_a_red_card(units, clock):
    case = undone()
    assert late(clock, case, "2026-03-03 23:59") == []
    assert late(clock, case, "2026-03-04 00:01") == ["standard.undone-triage-late"]
    assert "standard.undone-late" in late(clock, case, "2026-03-10 00:01")


def test_a_packet_goes_and_its_result_is_handed_back(units, clock):
    case = cases.open_case("services.crossing-out", "receive", CLERK, OUT).case
    cases.perform(case, "send", CLERK, {"packet": "YZ-1"})
    cases.perform(case, "returned", CLERK, {"reason": "缺一页"})
    cases.perform(case, "send", CLERK, {"packet": "YZ-2"})
    cases.perform(case, "acknowledge", CLERK, {"their_number": "LS-9", "acknowledged_on": "2026-03-02"})
    assert Clock.objects.get(case=case, clock="there").ended_at is None
    cases.perform(case, "result", CLERK, {"outcome": "granted"})
    back = {"method": "direct", "proof": "JH-1", "served_on": "2026-03-02"}
    assert cases.perform(case, "hand_back", CLERK, back).state == "handed"
    assert valid_cards(case) == []


def test_where_the_other_side_is_late_it_is_seen_and_nobody_here_is_carded(units, clock):
    case = cases.open_case("services.crossing-out", "receive", CLERK, OUT).case
    cases.perform(case, "send", CLERK, {"packet": "YZ-1"})
    assert late(clock, case, "2026-03-05 00:01") == []
    assert Clock.objects.get(case=case, clock="acknowledgement").ending == "overdue"
    clock.on("2026-03-05 09:00")
    case = cases.open_case("services.crossing-out", "receive", CLERK, OUT).case
    assert late(clock, case, "2026-03-07 00:01") == ["standard.crossing-late"]


def test_a_packet_comes_and_is_answered(units, clock):
    case = cases.open_case("services.crossing-in", "arrive", CLERK, IN).case
    assert late(clock, case, "2026-03-05 00:01") == ["standard.crossing-in-acknowledged-late"]
    cases.perform(case, "acknowledge", CLERK, {"our_case": "FW2026000001"})
    assert cases.perform(case, "answer", CLERK, {"outcome": "refused", "packet": "YZ-3"}).state == "answered"
    other = cases.open_case("services.crossing-in", "arrive", CLERK, IN).case
    assert cases.perform(other, "return_packet", CLERK, {"reason": "不归本市"}).state == "returned"
