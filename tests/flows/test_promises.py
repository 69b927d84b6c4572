"""Promise in place of proof: decided within a day, checked afterwards, an untrue one noted and never taken again."""

import pytest

from qinzheng.cases import actions as cases
from qinzheng.cases import variants
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.ledger import queries
from qinzheng.mechanisms.promises import checking
from qinzheng.operations import judging_commands
from qinzheng.parties import actions as parties
from tests.flows.licences import APPROVER, CLERK, HANDLER, HEAD, row, valid_cards

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]
ITEM, REPORT = "health.hygiene-permit-of-a-public-place", "report"
ASKED = {"place": "清风旅店", "area": 300}
SERVED = {"method": "direct", "proof": "HZ-1", "served_on": "2026-03-02"}


@pytest.fixture
def firm(clock):
    return parties.register("enterprise", {"name": "清和清风旅店有限公司"}).pk


def opened(firm, promised=(REPORT,), **more):
    about = About(item=ITEM, town="town-01", parties={"applicant": firm} if firm else {}, promised=promised)
    return cases.open_case("approvals.standard", "receive", CLERK, ASKED, about=about, **more).case


def granted(firm, **more):
    case = opened(firm, **more)
    cases.perform(case, "accept", CLERK, {})
    cases.perform(case, "grant", APPROVER, {})
    cases.perform(case, "issue", CLERK, SERVED)
    return row(case)


def check_of(case: Case) -> Case:
    """The check that has begun."""
    found = checking.check_of(case)
    assert found is not None
    return found


def test_a_promised_case_promises_its_decision_in_one_working_day(firm):
    case = row(opened(firm))
    assert case.variant == "promise"
    assert queries.history(case.pk)[0].body["promised"] == [REPORT]
    assert row(opened(firm, ())).variant == ""
    limits = cases.procedure_of(case).clocks["decision"].limits
    assert limits.committed is not None
    assert limits.statutory is not None
    assert (limits.committed.amount, limits.statutory.amount) == (1, 20)
    cases.perform(case.pk, "accept", CLERK, {})


def test_a_decision_that_comes_late_after_a_promise_is_a_card(firm, clock):
    case = opened(firm)
    cases.perform(case, "accept", CLERK, {})
    clock.on("2026-03-03 23:59")
    judging_commands.tick_once()
    assert valid_cards(case) == []
    clock.on("2026-03-04 00:01")
    judging_commands.tick_once()
    assert "standard.law-past-promise" in valid_cards(case)


@pytest.mark.parametrize("named", [("layout",), ("nothing",), (REPORT, "health")])
def test_only_what_the_item_names_can_be_promised(firm, named):
    with pytest.raises(NotAllowed) as why:
        opened(firm, named)
    assert why.value.field == "promised"
    assert not Case.objects.exists()


def test_a_promise_needs_who_promises_and_nobody_chooses_the_way_alone(firm):
    with pytest.raises(NotAllowed, match="name the applicant"):
        opened("")
    with pytest.raises(NotAllowed, match="cannot be chosen"):
        opened(firm, (), variant="promise")


def test_the_check_begins_when_the_case_ends_with_success_only(firm, clock):
    refused = opened(firm)
    cases.perform(refused, "withdraw", CLERK, {})
    assert checking.check_of(row(refused)) is None
    case = granted(firm)
    check = check_of(case)
    assert (check.state, check.organization, checking.checked(check)) == ("due", "health", case.pk)
    assert queries.history(check.pk)[0].body["form"]["promised"] == "卫生检测或评价报告"
    assert checking.check_of(granted(firm, promised=())) is None
    assert cases.perform(check.pk, "find_true", HANDLER, {"found": "现场核查，报告在档"}).state == "kept"
    assert checking.broken(firm) == []


def test_forty_working_days_without_a_check_are_a_red_card(firm, clock):
    check = check_of(granted(firm))
    due = Clock.objects.get(case=check.pk, clock="check").due_at
    clock.on("2026-05-20 00:00")
    judging_commands.tick_once()
    assert due < row(check.pk).opened_at.replace(month=5, day=20)
    assert valid_cards(check.pk) == ["standard.promise-unchecked"]


def test_an_untrue_promise_is_noted_once_and_no_other_is_taken(firm, clock):
    check = check_of(granted(firm))
    with pytest.raises(NotAllowed):
        cases.perform(check.pk, "find_false", HANDLER, {"found": "没有检测", "told": False})
    cases.perform(check.pk, "find_false", HANDLER, {"found": "没有检测", "told": True})
    with pytest.raises(NotAllowed, match="is not for"):
        cases.perform(check.pk, "revoke", HANDLER, {"reasons": "不实", "remedies": True})
    cases.perform(check.pk, "revoke", HEAD, {"reasons": "逾期未整改", "remedies": True})
    (noted,) = checking.broken(firm)
    assert noted.body == {"case": check.pk, "act": "find_false"}
    with pytest.raises(NotAllowed, match="untrue before"):
        opened(firm)
    assert row(opened(firm, ())).variant == ""


def test_nobody_begins_a_check_and_a_variant_only_tightens(firm):
    for who in (CLERK, HANDLER, Who("c", "", "applicant")):
        with pytest.raises(NotAllowed, match="is not for"):
            cases.open_case(checking.PROCEDURE, "begin", who, {"case": "x", "promised": "x"})
    case = row(opened(firm))
    plain = variants.apply(cases.procedure_of(row(opened(firm, ()))), "")
    assert cases.procedure_of(case).clocks["certificate"] == plain.clocks["certificate"]
