"""Rating with a receipt, at a window's pad, and what officials see of it: never who rated, nor which case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qinzheng.access import actions as access
from qinzheng.cases import actions as cases
from qinzheng.cases import receipts
from qinzheng.cases.models import Case
from qinzheng.mechanisms.ratings import queries
from qinzheng.organizations import actions as organizations
from tests import townhall
from tests.flows.applications import Application
from tests.flows.test_ratings import ended, rated
from tests.townhall import BY, FOUNDED, Townhall

BACKEND = "qinzheng.access.login.AccountBackend"
WORD = re.compile(r'name="word" value="([^"]+)"')


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


def standing(case: Case, secret: str, client: Client | None = None) -> str:
    answer: Any = (client or Client()).post(reverse("progress"), {"number": case.number, "secret": secret})
    assert answer.status_code == 200
    found: str = answer.content.decode()
    return found


def word(page: str) -> str:
    found = WORD.search(page)
    assert found is not None
    return found[1]


@pytest.mark.django_db
def test_whoever_holds_the_receipt_rates_once_and_reads_the_reply(city: Townhall) -> None:
    case = ended(city)
    secret = receipts.issue(case, BY, "")
    page = standing(case, secret)
    given = {
        "word": word(page),
        "grade": "dissatisfied",
        "answer": "not_done",
        "reasons": ["extra_materials"],
        "words": "多要一份",
    }
    first: Any = Client().post(reverse("rate"), given)
    assert first.status_code == 200
    assert "评价已收到" in first.content.decode()
    again: Any = Client().post(reverse("rate"), given)
    assert again.status_code == 422
    assert "只能评一次" in again.content.decode()
    made = queries.given(case)
    assert made is not None
    opened = Case.objects.get(number=made.call_back)
    reply = {"outcome": "mended", "reply": "以后不再要这一份"}
    cases.perform(opened.pk, "answer", city.who("handler", "handler"), reply)
    giver = Client()
    giver.force_login(city.accounts["citizen"], backend=BACKEND)
    page = standing(case, secret, giver)
    assert "以后不再要这一份" in page
    assert reverse("rate") not in page


@pytest.mark.django_db
def test_a_receipt_issued_again_does_not_read_the_rating(city: Townhall) -> None:
    case = ended(city)
    rated(case, "dissatisfied", answer="not_done", reasons=("manners",), words="不可外传")
    made = queries.given(case)
    assert made is not None
    opened = Case.objects.get(number=made.call_back)
    reply = {"outcome": "mended", "reply": "以后不再要这一份"}
    cases.perform(opened.pk, "answer", city.who("handler", "handler"), reply)
    secret = receipts.issue(case, BY, "")
    other = Client()
    other.force_login(city.accounts["other"], backend=BACKEND)
    for client in (Client(), other):
        page = standing(case, secret, client)
        assert "这件已经评过" in page
        assert "回访，现为" in page
        for hidden in ("不满意", "没办成", made.call_back, "以后不再要这一份"):
            assert hidden not in page


@pytest.mark.django_db
def test_a_form_that_says_too_little_comes_back_with_what_is_wrong(city: Townhall) -> None:
    case = ended(city)
    page = standing(case, receipts.issue(case, BY, ""))
    answer: Any = Client().post(reverse("rate"), {"word": word(page), "answer": "done"})
    assert answer.status_code == 422
    assert "请选一项" in answer.content.decode()
    assert queries.given(case) is None
    english = Client().post(
        reverse("rate") + "?lang=en", {"word": word(page), "grade": "x", "answer": "done"}
    )
    assert english.status_code == 422


@pytest.mark.django_db
def test_an_officer_who_is_logged_in_cannot_rate(city: Townhall) -> None:
    case = ended(city)
    page = standing(case, receipts.issue(case, BY, ""))
    officer = Client()
    officer.force_login(city.accounts["handler"], backend=BACKEND)
    answer: Any = officer.post(
        reverse("rate"), {"word": word(page), "grade": "very_satisfied", "answer": "done"}
    )
    assert answer.status_code == 422
    assert queries.given(case) is None


@pytest.mark.django_db
@pytest.mark.parametrize("said", ["", "x", "eyJhIjoxfQ:1abc:zzzz"])
def test_without_the_word_of_a_page_there_is_no_rating(city: Townhall, said: str) -> None:
    answer: Any = Client().post(reverse("rate"), {"word": said, "grade": "satisfied", "answer": "done"})
    assert (answer.status_code, answer["Location"]) == (302, reverse("progress"))


@pytest.mark.django_db
def test_officials_see_their_units_ratings_and_nobody(city: Townhall) -> None:
    case = ended(city)
    rated(case, "dissatisfied", answer="done", reasons=("manners",), words="不可外传")
    seen = {}
    for name in ("handler", "sibling", "supervisor"):
        client = Client()
        client.force_login(city.accounts[name], backend=BACKEND)
        seen[name] = client.get(reverse("ratings")).content.decode()
    made = queries.given(case)
    assert made is not None
    for name in ("handler", "supervisor"):
        assert "态度不好" in seen[name]
        assert made.call_back in seen[name]
    assert "态度不好" not in seen["sibling"]
    for page in seen.values():
        for who in (case.number, "device:", "不可外传", townhall.NAMES["citizen"]):
            assert who not in page


@pytest.mark.django_db
def test_ratings_come_by_fifty(city: Townhall) -> None:
    for n in range(52):
        rated(ended(city), "satisfied", answer="done", words=f"第{n}条")
    client = Client()
    client.force_login(city.accounts["supervisor"], backend=BACKEND)
    url = reverse("ratings")
    first = client.get(url).content.decode()
    assert first.count('<tr role="row" data-row>') == 50
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    assert client.get(f"{url}{following[1]}").content.decode().count('<tr role="row" data-row>') == 2
    assert client.get(url, {"after": "x"}).status_code == 302


def pad(unit: str) -> Application:
    """A rating pad of a unit's window: an application with a post there, and a token for rating alone."""
    post = organizations.create_post(unit, "评价器", roles=["agent"], begins=FOUNDED, by=BY)
    person = organizations.register_person("评价器", by=BY)
    organizations.appoint(person, post, FOUNDED, by=BY)
    account = access.make_account(f"pad-{unit}", "service", BY, person_id=person)
    return Application(account, post, access.issue_token(account, "试", ["rate"], 30, BY)[1])


@pytest.mark.django_db
def test_a_pad_rates_the_service_of_its_own_window(city: Townhall) -> None:
    case = townhall.opened(city)
    here, elsewhere = pad("point-civic-centre"), pad("point-town-01")
    body = {"case": case.number, "grade": "satisfied", "answer": "not_yet"}
    assert elsewhere.post_("/ratings", body).status_code == 404
    made = here.post_("/ratings", body)
    assert (made.status_code, made.json()["unit"], made.json()["call_back"]) == (
        201,
        case.opened_by,
        "",
    )
    assert here.post_("/ratings", body).status_code == 409
    assert here.post_("/ratings", {**body, "grade": "splendid"}).status_code in (409, 422)
    assert here.post_("/ratings", {**body, "case": "XX2026999999"}).status_code == 404
    assert here.post_("/ratings", {**body, "by": "me"}).status_code == 422
    assert here.get("/cases").status_code == 403, "it can do nothing else"
