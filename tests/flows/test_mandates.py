"""A firm's handler: given a mandate at the window, logged in by a code, applies for the firm, and loses the mandate."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from qinzheng.access import acting, mandates, phone
from qinzheng.access.login import BACKEND
from qinzheng.access.models import Mandate
from qinzheng.access.users import User, user_of
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import queries as ledger
from qinzheng.parties import actions as parties
from qinzheng.parties import codes
from tests import townhall
from tests.gateways import FakeGateway, running
from tests.townhall import Townhall

pytestmark = pytest.mark.django_db
NUMBER = "13700001111"
CODE = codes.make_enterprise_code("320999", 7)
TODAY = dt.datetime.now(shelf.ZONE).date()
LATER = TODAY + dt.timedelta(days=90)


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as found:
        yield found


@pytest.fixture
def city(standing: Townhall) -> Townhall:
    return standing


@pytest.fixture
def gateway(settings: Any) -> Iterator[FakeGateway]:
    with running() as found:
        found.settings(settings)
        yield found


@pytest.fixture
def firm(city: Townhall) -> str:
    return parties.register(
        "enterprise", {"name": "清和精工有限公司", "enterprise_code": CODE}, by="tests"
    ).pk


@pytest.fixture
def clerk(city: Townhall) -> Client:
    client = Client()
    client.force_login(city.accounts["clerk"], backend=BACKEND)
    return client


def sheet(**more: Any) -> dict[str, Any]:
    return {"firm": CODE, "number": NUMBER, "begins": TODAY, "ends": LATER, "items": "", **more}


def letter_of_procedure(user: User, firm: str) -> Case:
    item = townhall.an_item("housing", "services.matter")
    procedure = shelf.library().get("procedure", item.procedure)
    name = next(name for name, _, who in acting.opening_acts(user, procedure) if who.role == "applicant")
    done = acting.open_case(
        user,
        procedure,
        name,
        {},
        About(item=item.id, town="town-01", parties={"applicant": firm}),
        key=uuid.uuid4(),
    )
    return Case.objects.get(pk=done.case)


def test_a_handler_is_given_a_mandate_acts_and_loses_it(
    city: Townhall, firm: str, clerk: Client, gateway: FakeGateway
) -> None:
    # the handler is nobody yet: a citizen with only a number
    browser = Client()
    assert browser.post("/login/phone/", {"number": NUMBER}).status_code == 200
    told = gateway.taken[-1]["arguments"]["code"]
    assert browser.post("/login/phone/", {"number": NUMBER, "digits": told}).status_code == 302
    account = phone.account_of(NUMBER)
    assert account is not None
    with pytest.raises(NotAllowed):
        letter_of_procedure(user_of(account, dt.datetime.now(dt.UTC)), firm)

    # the firm's paper, at the window
    answer = clerk.post("/mandates/", sheet())
    assert (answer.status_code, answer["Location"]) == (302, f"/mandates/?firm={CODE}")
    page = clerk.get(answer["Location"]).content.decode()
    assert "清和精工有限公司" in page
    assert "137****1111" in page
    assert NUMBER not in page
    assert clerk.post("/mandates/", sheet()).status_code == 302  # the same paper once more
    made = Mandate.objects.get()
    assert (made.account_id, made.party, made.items, made.ends) == (account.pk, firm, [], LATER)

    # in its browser, without logging in anew
    case = letter_of_procedure(user_of(account, dt.datetime.now(dt.UTC)), firm)
    assert browser.get(f"/cases/{case.number}/").status_code == 200
    assert case.number in browser.get("/cases/").content.decode()

    # the firm takes it back: at the next request it is over
    assert clerk.post(f"/mandates/{made.pk}/").status_code == 302
    assert browser.get(f"/cases/{case.number}/").status_code == 404
    assert case.number not in browser.get("/cases/").content.decode()
    with pytest.raises(NotAllowed):
        letter_of_procedure(user_of(account, dt.datetime.now(dt.UTC)), firm)
    assert clerk.post(f"/mandates/{made.pk}/", follow=True).status_code == 200
    types = [event.type for event in ledger.events() if event.type.startswith("access.mandate")]
    assert types == ["access.mandate_given", "access.mandate_revoked"]
    by = {event.actor for event in ledger.events() if event.type.startswith("access.mandate")}
    assert by == {city.posts["clerk"]}


def test_a_mandate_for_items_opens_these_only_and_begins_on_its_day(city: Townhall, firm: str) -> None:
    clerk, item = city.user("clerk"), townhall.an_item("housing", "services.matter")
    found = mandates.firm_of(CODE)
    tomorrow = TODAY + dt.timedelta(days=1)
    mandates.give(clerk, found, NUMBER, begins=tomorrow, ends=LATER)
    account = phone.account_of(NUMBER)
    assert account is not None
    assert firm not in user_of(account, dt.datetime.now(dt.UTC)).parties
    mandates.give(clerk, found, NUMBER, begins=TODAY, ends=LATER, items=[item.id])
    user = user_of(account, dt.datetime.now(dt.UTC))
    assert (user.may_act_for(firm, item.id), user.may_act_for(firm, "another")) == (True, False)
    assert user.limited == {(firm, item.id)}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"firm": "91320999000000000X"}, "firm"), ({"firm": codes.make_enterprise_code("320999", 8)}, "firm"),
        ({"number": "0513-88888888"}, "number"), ({"ends": TODAY - dt.timedelta(days=1)}, "ends"),
        ({"ends": TODAY + dt.timedelta(days=4_000)}, "ends"), ({"items": "no.such.item"}, "items"),
        ({"begins": "x"}, "begins"), ({"number": ""}, "number"),
    ],
)  # fmt: skip
def test_a_paper_that_does_not_fit_is_said_at_its_field(
    city: Townhall, firm: str, clerk: Client, wrong: dict[str, Any], field: str
) -> None:
    answer = clerk.post("/mandates/", sheet(**wrong))
    assert answer.status_code == 422
    assert re.search(f'href="#mandate-{field}"', answer.content.decode())
    assert not Mandate.objects.exists()


def test_only_windows_register_mandates(city: Townhall, firm: str) -> None:
    found = mandates.firm_of(CODE)
    made = mandates.give(city.user("clerk"), found, NUMBER, begins=TODAY, ends=LATER)
    for name in ("citizen", "handler", "supervisor", "mayor", "system", "security", "auditor"):
        with pytest.raises(NotAllowed):
            mandates.give(city.user(name), found, NUMBER, begins=TODAY, ends=LATER)
        with pytest.raises(NotAllowed):
            mandates.take_back(city.user(name), made)
    assert mandates.running(firm).count() == 1
