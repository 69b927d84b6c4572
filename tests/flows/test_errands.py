"""Help and proxy: taken with consent beside an application, handed back where it was taken, watched by a clock."""

import pytest

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.ledger import queries
from qinzheng.mechanisms.errands import taking
from qinzheng.operations import judging_commands
from tests import townhall
from tests.flows.licences import HANDLER, row, valid_cards

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]
VILLAGE = Who("v", "village-01-01", "clerk")
CONSENT = {"how": "proxy", "consent": "signed", "consent_proof": "WT-1", "collects": True}
BACK = {"method": "home", "proof": "JH-1", "served_on": "2026-03-02"}


def applied(**more):
    item = townhall.an_item("housing", "services.matter")
    about = About(item=item.id, town="town-01", **more)
    case = row(cases.open_case(item.procedure, "receive", VILLAGE, {}, about=about).case)
    return case, item


def taken(**more):
    case, item = applied()
    return case, taking.take(case, item.name.zh, VILLAGE, {**CONSENT, **more})


def finished(case):
    cases.perform(case.pk, "accept", HANDLER, {})
    cases.perform(case.pk, "finish", HANDLER, {})


def test_an_errand_runs_beside_the_application_and_is_handed_back_at_the_same_point(clock):
    case, done = taken()
    errand = row(done.case)
    assert (errand.state, errand.organization, errand.opened_by) == (
        "running",
        "village-01-01",
        "village-01-01",
    )
    assert (taking.of(case), taking.applied(errand), taking.applied(case)) == (errand, case.pk, "")
    body = queries.history(errand.pk)[0].body
    assert (body["form"]["consent"], body["role"]) == ("signed", "errand")
    with pytest.raises(NotAllowed, match="running|being handled"):
        cases.perform(errand.pk, "hand_back", VILLAGE, BACK)
    finished(case)
    assert row(errand.pk).state == "back"
    due = Clock.objects.get(case=errand.pk, clock="hand-back")
    assert due.due_at is not None
    assert (due.ended_at, str(due.due_at.date())) == (None, "2026-03-05")
    assert cases.perform(errand.pk, "hand_back", VILLAGE, BACK).state == "handed"
    assert valid_cards(errand.pk) == []


@pytest.mark.parametrize("act", ["withdraw", "refuse"])
def test_whatever_became_of_the_application_it_is_told(clock, act):
    case, done = taken()
    who = VILLAGE if act == "withdraw" else HANDLER
    cases.perform(case.pk, act, who, {} if act == "withdraw" else {"reasons": "不符合条件"})
    (result,) = [each.body for each in queries.history(done.case) if each.body.get("act") == "result"]
    assert result["form"] == {"ending": {"withdraw": "withdrawn", "refuse": "refused"}[act]}


def test_a_result_that_lies_for_more_than_three_days_is_a_card_of_the_point(clock):
    case, done = taken()
    finished(case)
    clock.on("2026-03-05 23:59")
    judging_commands.tick_once()
    assert valid_cards(done.case) == []
    clock.on("2026-03-06 00:01")
    judging_commands.tick_once()
    assert valid_cards(done.case) == ["standard.errand-late"]


def test_taken_once_with_consent_and_by_nobody_alone(clock):
    case, done = taken()
    again = taking.take(case, townhall.an_item("housing", "services.matter").name.zh, VILLAGE, CONSENT)
    assert (again.case, again.new) == (done.case, False)
    other, item = applied()
    for form, at in (
        ({}, {"how", "consent", "consent_proof", "collects"}),
        ({**CONSENT, "how": "bribe"}, {"how"}),
    ):
        with pytest.raises(BadForm) as why:
            taking.take(other, item.name.zh, VILLAGE, form)
        assert set(why.value.faults) == at
    assert taking.of(other) is None
    for name, who in (("take", VILLAGE), ("take", Who("c", "", "applicant"))):
        with pytest.raises(NotAllowed, match="is not for"):
            cases.open_case(taking.PROCEDURE, name, who, CONSENT)
    with pytest.raises(NotAllowed, match="is not for"):
        cases.perform(done.case, "result", VILLAGE, {"ending": "completed"})


def test_a_mandate_taken_back_ends_the_errand_and_the_application_goes_on(clock):
    case, done = taken()
    cases.perform(done.case, "withdraw", VILLAGE, {})
    finished(case)
    assert (row(done.case).state, row(case.pk).state) == ("withdrawn", "done")
    assert Case.objects.count() == 2
