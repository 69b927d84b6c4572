"""What a citizen opens is held by a desk from its first moment: somebody sees it, and somebody is late."""

import datetime as dt

import pytest

from qinzheng.access import rules
from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf
from qinzheng.ledger import projections
from qinzheng.organizations import actions as organizations
from tests import library, townhall
from tests.townhall import BY, FOUNDED, Townhall

pytestmark = pytest.mark.django_db(transaction=True)
CITIZEN, APPLICANT = Who("a-0123456789ab", "", "citizen"), Who("a-0123456789ab", "", "applicant")


@pytest.fixture
def city(published: None) -> Townhall:
    return townhall.build()


def test_an_order_from_the_web_lies_on_the_hotlines_desk(city: Townhall) -> None:
    done = cases.open_case("hotline.work-order", "call", APPLICANT, {"content": "路灯不亮"})
    assert Case.objects.get(pk=done.case).organization == "hotline-centre"
    for name, sees in (("agent", True), ("handler", False), ("accused", False)):
        seen = rules.scope(city.user(name), "see", Case.objects.filter(pk=done.case)).exists()
        assert seen is sees, name
    assert list(projections.check()) == []


def test_a_letter_is_answered_for_by_the_unit_that_receives_letters(city: Townhall) -> None:
    organizations.found_organization(
        "petitions", "department", "市信访局", parent="qinghe", begins=FOUNDED, by=BY
    )
    month = int((dt.datetime.now(dt.UTC) - dt.timedelta(days=40)).timestamp() * 1_000_000)
    done = cases.open_case("letters.reply", "submit", CITIZEN, {}, occurred_at=month)
    assert Case.objects.get(pk=done.case).organization == "petitions"
    assert set(Clock.objects.filter(case=done.case).values_list("organization", flat=True)) == {"petitions"}


def test_a_city_without_that_unit_leaves_it_open(city: Townhall) -> None:
    done = cases.open_case("letters.reply", "submit", CITIZEN, {})
    assert Case.objects.get(pk=done.case).organization == ""


def test_what_a_window_takes_in_stays_where_it_was_taken_in(city: Townhall) -> None:
    clerk = city.who("clerk", "clerk")
    done = cases.open_case("letters.reply", "submit", clerk, {})
    assert Case.objects.get(pk=done.case).organization == clerk.organization


@pytest.mark.parametrize(
    "procedure", ["approvals.joint", "information.request", "review.reconsideration", "services.matter"]
)
def test_an_item_asked_for_by_a_citizen_goes_to_the_unit_that_decides_it(
    city: Townhall, procedure: str
) -> None:
    items = [
        item
        for item in shelf.library().standing("item")
        if item.procedure == procedure and not item.guide.form
    ]
    item = next(iter(items), None)
    if item is None:
        item = next(each for each in shelf.library().standing("item") if each.procedure == procedure)
        form = {name: {"integer": 1, "boolean": True, "day": "2026-12-01"}.get(field.type, next(iter(field.choices), "x"))
                for name, field in item.guide.form.items()}  # fmt: skip
    else:
        form = {}
    done = cases.open_case(procedure, "receive", APPLICANT, form, about=About(item=item.id))
    assert Case.objects.get(pk=done.case).organization == item.organization


def test_every_procedure_that_a_citizen_may_open_says_who_receives_it() -> None:
    """Through an item, or by a desk: otherwise nobody would hold what was asked for."""

    with_items = {item.procedure for item in library.library().all("item")}
    for procedure in library.library().all("procedure"):
        for name, act in procedure.acts.items():
            if act.opens and {"applicant", "citizen"} & set(act.by) and not procedure.id.startswith("logs."):
                assert act.assigns is not None, f"{procedure.id} {name}"
                assert act.desk is not None or procedure.id in with_items, f"{procedure.id} {name}"
