"""Fees and ratings through the API, also where what is sent is hostile: refused with a reason, never failed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from qinzheng.access import actions as access
from qinzheng.mechanisms.fees import queries
from qinzheng.organizations import actions as organizations
from qinzheng.supervision.models import Card
from tests import townhall
from tests.flows.applications import Application
from tests.flows.test_fees import charged, opened, place
from tests.flows.test_ratings_pages import pad
from tests.townhall import BY, FOUNDED, Townhall

pytestmark = pytest.mark.django_db
HOSTILE = ("\x00", "很\x00好", "\ud800", "‮", "'; DROP TABLE cases_case; --", "<script>", "长" * 5_000)


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


def desk(unit: str, *roles: str) -> Application:
    """An application that handles fees in a post of a unit."""
    name = f"fees-{unit}-{'-'.join(roles)}"
    post = organizations.create_post(unit, name, roles=list(roles), begins=FOUNDED, by=BY)
    person = organizations.register_person(name, by=BY)
    organizations.appoint(person, post, FOUNDED, by=BY)
    account = access.make_account(name, "service", BY, person_id=person)
    return Application(account, post, access.issue_token(account, "试", ["read", "act"], 30, BY)[1])


def test_a_fee_is_listed_booked_and_given_back(city: Townhall) -> None:
    item = charged()
    case, fee = opened(city, item), place(item)
    price = item.guide.fees[fee - 1].fen
    window, head = desk("housing", "handler"), desk("housing", "head_of_organ")
    address = f"/cases/{case.number}/fees"
    told = window.get(address).json()
    assert (told["listed"][fee - 1]["fen"], told["standing"], told["entries"]) == (price, 0, [])
    body = {"do": "book", "fee": fee, "fen": price}
    assert window.post_(address, body).status_code == 400, "without a key"
    key = uuid.uuid4()
    made = window.post_(address, body, key)
    assert (made.status_code, made.json()["fen"]) == (201, price)
    assert window.post_(address, body, key).json() == made.json()
    assert window.post_(address, body, uuid.uuid4()).status_code == 422
    back = {"do": "refund", "of": made.json()["id"], "fen": price, "ground": "mistaken"}
    assert window.post_(address, back, uuid.uuid4()).status_code == 403
    assert head.post_(address, back, uuid.uuid4()).status_code == 201
    assert window.get(address).json()["standing"] == 0
    assert desk("market", "handler").get(address).status_code == 404


def test_more_than_the_list_says_is_refused_and_carded(city: Townhall) -> None:
    item = charged()
    case, fee = opened(city, item), place(item)
    price = item.guide.fees[fee - 1].fen
    body = {"do": "book", "fee": fee, "fen": price + 1, "called": "加急费"}
    answer = desk("housing", "clerk").post_(f"/cases/{case.number}/fees", body, uuid.uuid4())
    assert answer.status_code == 422
    assert "监察" in answer.json()["zh"]
    assert Card.objects.get(case=case.pk).rule == "standard.fee-off-list"
    assert queries.account(case).lines == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_refused_or_kept_and_never_fail(city: Townhall, text: str) -> None:
    item = charged()
    case = opened(city, item)
    window, device = desk("housing", "clerk"), pad("point-civic-centre")
    sent = (
        (window, f"/cases/{case.number}/fees", {"do": "book", "fee": 99, "called": text}),
        (window, f"/cases/{case.number}/fees", {"do": "refund", "of": text, "fen": 1, "ground": text}),
        (device, "/ratings", {"case": text, "grade": "satisfied"}),
        (device, "/ratings", {"case": case.number, "grade": text, "answer": text, "reasons": [text]}),
        (device, "/ratings", {"case": case.number, "grade": "satisfied", "words": text}),
    )
    for application, address, body in sent:
        answer = application.post_(address, body, uuid.uuid4())
        assert answer.status_code in (201, 403, 404, 409, 422), (address, body, answer.content)
