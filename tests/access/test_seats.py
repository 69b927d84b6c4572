"""In whose post somebody acts now: own posts, stand-ins, absences, divisions, mandates; what is kept from whom on leave."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from qinzheng.access import acting, rules
from qinzheng.access import actions as access
from qinzheng.access.users import ANONYMOUS, user_of
from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.organizations import actions as organizations
from qinzheng.parties import actions as parties
from qinzheng.parties import codes
from tests import townhall
from tests.townhall import BY, Townhall

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def test_a_division_acts_in_the_name_of_its_department(city: Townhall) -> None:
    (seat,) = city.user("handler").seats
    assert (seat.organization, seat.unit) == ("housing-approval", "housing")
    assert "housing" in city.user("handler").desk
    assert "market" not in city.user("handler").desk
    case = townhall.opened(city)
    who = acting.who(city.user("handler"), procedure_of(case).acts["finish"], case)
    assert who is not None
    assert (who.actor, who.organization, who.role) == (city.posts["handler"], "housing", "handler")


def test_during_an_absence_the_stand_in_acts_and_the_absent_does_not(city: Townhall) -> None:
    other = organizations.create_post("housing-approval", "乙岗", ["handler"], begins=townhall.FOUNDED, by=BY)
    person = organizations.register_person("乙", by=BY)
    organizations.appoint(person, other, townhall.FOUNDED, by=BY)
    account = access.make_account("second", "officer", BY, person_id=person)
    organizations.set_stand_in(city.posts["handler"], other, by=BY)
    assert set(user_of(account, now()).posts) == {other}
    organizations.record_absence(city.posts["handler"], now() - dt.timedelta(minutes=1), None, "leave", by=BY)
    assert set(user_of(account, now()).posts) == {other, city.posts["handler"]}
    absent = city.user("handler")
    assert (absent.posts, absent.roles) == ((), frozenset())
    assert absent.held == {city.posts["handler"]}
    sealed = townhall.opened(city, concerns=(city.posts["handler"],))
    assert not rules.can(user_of(account, now()), "see", sealed), "nor whoever stands in"
    organizations.hand_back(city.posts["handler"], by=BY)
    assert city.user("handler").posts == (city.posts["handler"],)
    assert set(user_of(account, now()).posts) == {other}


def test_the_last_day_in_a_post_counts_and_the_next_does_not(city: Townhall) -> None:
    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()
    organizations.relieve(city.posts["sibling"], today, by=BY)
    assert city.user("sibling").posts
    assert user_of(city.accounts["sibling"], now() + dt.timedelta(days=1)).posts == ()


def test_on_leave_one_still_learns_nothing_of_what_concerns_one(city: Townhall) -> None:
    case = townhall.opened(city, concerns=("housing",))
    assert Case.objects.filter(pk=case.pk).exists()
    organizations.record_absence(city.posts["handler"], now() - dt.timedelta(minutes=1), None, "leave", by=BY)
    user = city.user("handler")
    assert "housing" in user.kin
    assert not rules.can(user, "see", case)


def test_a_handler_of_a_firm_acts_while_its_mandate_lasts(city: Townhall) -> None:
    firm = parties.register(
        "enterprise",
        {"name": "清和试验有限公司", "enterprise_code": codes.make_enterprise_code("320999", 5)},
        by=BY,
    )
    account = access.make_account("firm-handler", "handler", BY)
    today = dt.date.today()
    assert user_of(account, now()).parties == frozenset()
    made = access.mandate(account, firm.pk, today - dt.timedelta(days=1), BY)
    assert user_of(account, now()).parties == {firm.pk}
    access.revoke_mandate(made, BY)
    assert user_of(account, now()).parties == frozenset()
    access.mandate(account, firm.pk, today - dt.timedelta(days=9), BY, ends=today - dt.timedelta(days=3))
    assert user_of(account, now()).parties == frozenset()
    with pytest.raises(NotAllowed):
        access.mandate(city.accounts["clerk"], firm.pk, today, BY)


def test_a_mandate_for_one_item_opens_that_item_only(city: Townhall) -> None:
    given = {"name": "清和单项有限公司", "enterprise_code": codes.make_enterprise_code("320999", 6)}
    firm = parties.register("enterprise", given, by=BY).pk
    mine, other = [
        item
        for item in shelf.library().standing("item")
        if item.procedure == "services.matter" and not item.guide.form
    ][:2]
    account = access.make_account("one-item", "handler", BY)
    access.mandate(account, firm, dt.date(2020, 1, 1), BY, items=[mine.id])
    user = user_of(account, now())
    assert (user.parties, user.limited) == (frozenset(), frozenset({(firm, mine.id)}))
    who = city.who("clerk", "clerk")
    for item in (mine, other):
        procedure = shelf.library().get("procedure", item.procedure)
        about = About(item=item.id, parties={"applicant": firm})
        done = cases.open_case(procedure.id, "receive", who, {}, about=about)
        assert rules.can(user, "see", Case.objects.get(pk=done.case)) is (item is mine)
        name = next(name for name, _, _ in acting.opening_acts(user, procedure))
        if item is mine:
            acting.open_case(user, procedure, name, {}, about, key=uuid.uuid4())
        else:
            with pytest.raises(NotAllowed):
                acting.open_case(user, procedure, name, {}, about, key=uuid.uuid4())


def test_what_is_open_now_can_be_done_and_nothing_else(city: Townhall) -> None:
    case = townhall.opened(city)
    procedure = procedure_of(case)
    offered = {
        role: [name for name, _ in acting.open_acts(city.user(role), case, procedure)]
        for role in ("clerk", "handler", "auditor")
    }
    assert offered["clerk"] == ["request_correction", "accept", "supplement", "withdraw"]
    assert offered["handler"] == ["request_correction", "accept", "refuse"]
    assert offered["auditor"] == []
    for role, names in offered.items():
        for name in procedure.acts:
            if name not in names:
                form = {key: "x" for key, field in procedure.acts[name].form.items() if field.required}
                with pytest.raises(NotAllowed):
                    acting.perform(city.user(role), case, name, form)
    acting.perform(city.user("clerk"), case, "accept", {})


def test_powers_need_their_second_factor_and_stand_alone(city: Townhall) -> None:
    account = city.accounts["security"]
    assert user_of(account, now()).power == ""
    assert user_of(account, now(), second_factor=True).power == "security"
    with pytest.raises(NotAllowed):
        access.grant(account, "audit", BY)
    with pytest.raises(NotAllowed):
        access.grant(city.accounts["clerk"], "audit", BY)
    access.switch(account, False, BY)
    assert user_of(account, now(), second_factor=True) == ANONYMOUS


def test_an_opening_needs_two_persons_a_reason_and_ends(city: Townhall) -> None:
    case = townhall.opened(city)
    supervisor, leader = city.user("supervisor"), city.user("leader")
    with pytest.raises(NotAllowed):
        access.ask_opening(supervisor, case, "curiosity")
    with pytest.raises(NotAllowed):
        access.ask_opening(leader, case, "safety")
    asked = access.ask_opening(supervisor, case, "safety")
    assert not access.opened(supervisor, case)
    with pytest.raises(NotAllowed):
        access.approve_opening(supervisor, asked, 10)
    with pytest.raises(NotAllowed):
        access.approve_opening(leader, asked, 31)
    access.approve_opening(leader, asked, 10)
    assert access.opened(supervisor, case)
    assert not access.opened(city.user("clerk"), case)
    asked.ends_at = now()
    asked.save()
    assert not access.opened(supervisor, case)
