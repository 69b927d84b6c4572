"""The portal as people use it: a receipt's secret, where a case stands, units with their hours, items in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from qinzheng.access import rules
from qinzheng.cases import receipts
from qinzheng.cases.models import Case, LookUp, Receipt
from qinzheng.ledger import queries as ledger
from qinzheng.notifications import follow
from tests import townhall
from tests.townhall import BY, NAMES, PHONES, Townhall

pytestmark = pytest.mark.django_db
BACKEND = "qinzheng.access.login.AccountBackend"
SECRET = re.compile(r'class="secret">([0-9A-Z-]+)<')


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


def receipt(city: Townhall, case: Case, by: str = "clerk") -> str:
    """The secret, as the window prints it."""
    window = Client()
    window.force_login(city.accounts[by], backend=BACKEND)
    page = window.post(f"/cases/{case.number}/receipt/").content.decode()
    found = SECRET.search(page)
    assert found is not None
    assert case.number in page
    return found[1]


def look_up(number: str, secret: str, **more: Any) -> Any:
    return Client().post("/progress/", {"number": number, "secret": secret}, **more)


def test_a_receipt_opens_where_the_case_stands_and_nothing_inner(city: Townhall) -> None:
    case = townhall.opened(city)
    secret = receipt(city, case)
    page = look_up(case.number.lower(), secret.replace("-", " ").lower()).content.decode()
    assert case.number in page
    assert "已收件" in page
    assert "受理" in page
    for hidden in (NAMES["citizen"], PHONES["citizen"], "clerk岗", "clerk甲", city.posts["clerk"], case.pk):
        assert hidden not in page


def test_the_secret_is_long_kept_as_a_digest_and_replaced_by_the_next(city: Townhall) -> None:
    case = townhall.opened(city)
    first = receipt(city, case)
    assert len(first.replace("-", "")) * 5 >= 80
    assert first.encode() not in bytes(Receipt.objects.get(case=case).digest)
    second = receipt(city, case)
    assert look_up(case.number, first).status_code == 422
    assert look_up(case.number, second).status_code == 200
    (one, other) = ledger.history(f"receipt:{case.pk.removeprefix('case:')}")
    assert {one.type, other.type} == {receipts.ISSUED}
    assert first not in str(one.body)
    assert one.actor == city.posts["clerk"]


def test_an_unknown_number_and_a_wrong_secret_are_one_answer(city: Townhall) -> None:
    case = townhall.opened(city)
    secret = receipt(city, case)
    answers = []
    for number, code in ((case.number, "0" * 20), ("FW2026999999", secret)):
        answer = look_up(number, code)
        page = re.sub(r'value="[^"]*"', "", answer.content.decode())
        answers.append((answer.status_code, page))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422


def test_a_case_without_a_receipt_is_opened_by_no_secret(city: Townhall) -> None:
    case = townhall.opened(city)
    for code in ("", "-", "0" * 20):
        assert receipts.find(case.number, code) is None
    assert receipts.find("\0", "\0") is None


def test_the_eleventh_try_in_a_minute_waits_and_another_address_does_not(city: Townhall) -> None:
    case = townhall.opened(city)
    secret = receipt(city, case)
    tried = [look_up(case.number, "0" * 20, REMOTE_ADDR="203.0.113.7") for _ in range(receipts.TRIES)]
    assert {answer.status_code for answer in tried} == {422}
    held = look_up(case.number, secret, REMOTE_ADDR="203.0.113.7")
    assert held.status_code == 429
    assert 0 < int(held.headers["Retry-After"]) <= 61
    assert look_up(case.number, secret, REMOTE_ADDR="203.0.113.8").status_code == 200
    for n in range(receipts.TRIES):
        look_up(case.number, "0", REMOTE_ADDR=f"2001:db8:1:2::{n:x}")
    assert look_up(case.number, secret, REMOTE_ADDR="2001:db8:1:2:ffff::1").status_code == 429, (
        "one network, one guesser"
    )
    LookUp.objects.update(at=LookUp.objects.first().at - receipts.WINDOW)  # type: ignore[union-attr]
    assert look_up(case.number, secret, REMOTE_ADDR="203.0.113.7").status_code == 200
    assert LookUp.objects.count() == 1, "only the last minute is kept"


def test_a_sealed_case_does_not_name_who_handles_it(city: Townhall) -> None:
    case = townhall.opened(city, concerns=("water",), item=townhall.an_item("water", "services.matter"))
    page = look_up(case.number, receipt(city, case)).content.decode()
    assert case.number in page
    assert "水务局" not in page


def test_only_the_counter_that_received_it_and_the_applicant_issue_a_receipt(city: Townhall) -> None:
    case = townhall.opened(city)
    for name in ("handler", "head", "mayor", "town-clerk", "agent", "sibling", "supervisor", "other"):
        client = Client()
        client.force_login(city.accounts[name], backend=BACKEND)
        assert client.post(f"/cases/{case.number}/receipt/").status_code == 404, name
        if name in ("handler", "head"):
            assert "出具回执" not in client.get(f"/cases/{case.number}/").content.decode(), name
    assert not Receipt.objects.exists()
    for name in ("clerk", "citizen"):
        client = Client()
        client.force_login(city.accounts[name], backend=BACKEND)
        assert "出具回执" in client.get(f"/cases/{case.number}/").content.decode(), name
        assert look_up(case.number, receipt(city, case, name)).status_code == 200


def test_a_clerk_who_also_handles_issues_none(city: Townhall) -> None:
    case = townhall.opened(city)
    clerk = city.user("clerk")
    (seat,) = clerk.seats
    both = replace(clerk, seats=(replace(seat, roles=seat.roles | {"handler"}),))
    assert rules.can(clerk, "issue_receipt", case)
    assert rules.can(both, "perform", case)
    assert not rules.can(both, "issue_receipt", case)


def test_a_receipt_issued_again_is_told_and_stands_on_both_pages(city: Townhall) -> None:
    case = townhall.opened(city)
    receipt(city, case)
    assert receipts.reissues(case) == []
    receipts.issue(case, BY, "")
    secret = receipt(city, case)
    reissued = receipts.reissues(case)
    assert [each.unit for each in reissued] == ["", "point-civic-centre"]
    applicant, handler = Client(), Client()
    applicant.force_login(city.accounts["citizen"], backend=BACKEND)
    handler.force_login(city.accounts["handler"], backend=BACKEND)
    pages = [
        look_up(case.number, secret),
        *(each.get(f"/cases/{case.number}/") for each in (applicant, handler)),
    ]
    for page in pages:
        said = re.sub(r"<[^>]+>|\s+", "", page.content.decode())
        assert "由当事人本人重新出具" in said
        assert "由政务中心重新出具" in said
        assert "clerk甲" not in said
    events = ledger.history(f"receipt:{case.pk.removeprefix('case:')}")
    told = follow.Batch(timezone.now()).told(events)
    assert [(each.notice.id, each.recipient, each.event) for each in told] == [
        ("cases.receipt-again", city.parties["citizen"], event.id) for event in events[1:]
    ]
    assert told[-1].facts["issuer"][0] == "政务中心"


def test_units_show_hours_points_villages_and_items_but_no_officer(city: Townhall, client: Client) -> None:
    item = townhall.an_item("housing", "services.matter")
    page = client.get("/organizations/housing/").content.decode()
    assert item.name.zh in page
    assert "09:00–12:00" in page
    town = client.get("/organizations/town-01/").content.decode()
    assert "望江便民中心" in town
    for hidden in ("甲</", "handler岗", "clerk岗"):
        assert hidden not in page + town
    assert "政务中心" in client.get("/organizations/").content.decode()
    assert client.get("/organizations/nowhere/").status_code == 404


def test_an_item_says_how_long_where_by_which_law_and_that_it_is_a_sample(
    city: Townhall, client: Client
) -> None:
    item = townhall.an_item("housing", "approvals.standard")
    page = client.get(f"/items/{item.id}/").content.decode()
    assert item.name.zh in page
    assert f"{item.committed['decision']}个工作日" in page.replace(" 个", "个")
    assert "20个工作日" in page.replace(" 个", "个")
    assert "中华人民共和国行政许可法" in page or "行政许可法" in page
    assert "示例：" in page
    assert "Sample:" in client.get(f"/items/{item.id}/?lang=en").content.decode()
    assert client.get("/items/no.such/").status_code == 404
    found = Client().get("/items/", {"q": "开一家小吃店"}).content.decode()
    assert found.index("食品经营许可") < found.index("全部")


def test_how_to_report_leads_to_what_exists(city: Townhall, client: Client) -> None:
    page = client.get("/report/").content.decode()
    for address in re.findall(r'href="(/[^"?#]*)', page):
        assert client.get(address).status_code in (200, 302), address
    assert "/cases/new/hotline.work-order/" not in page
    client.force_login(city.accounts["citizen"], backend=BACKEND)
    assert "/cases/new/hotline.work-order/" in client.get("/report/").content.decode()
