"""Fees: by the list alone; what is not listed is refused, entered, and gives a red card; receipts, waivers, refunds."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.items import Item
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act
from qinzheng.definitions import shelf
from qinzheng.ledger import queries as ledger
from qinzheng.mechanisms.fees import booking, queries
from qinzheng.supervision.models import Card
from tests import townhall
from tests.flows.city import form as filled
from tests.townhall import Townhall

BACKEND = "qinzheng.access.login.AccountBackend"


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


def charged() -> Any:
    """An item in full whose list has a fee that is charged once."""
    return next(
        item for item in shelf.library().standing("item")
        if item.procedure == "services.matter" and any(fee.per is None and fee.fen > 0 for fee in item.guide.fees)
    )  # fmt: skip


def place(item: Item) -> int:
    return next(n for n, fee in enumerate(item.guide.fees, start=1) if fee.per is None and fee.fen > 0)


def free() -> Any:
    return next(
        item for item in shelf.library().standing("item")
        if item.procedure == "services.matter" and item.guide.materials and not item.guide.fees
    )  # fmt: skip


def opened(city: Townhall, item: Item) -> Case:
    """A case of the item that the housing department holds."""
    asked = Act(name=item.name, form=item.guide.form)
    form = {**filled(random.Random(1), asked, time.time_ns() // 1_000), "unit": "housing"}
    about = About(item.id, town="town-01", parties={"applicant": city.parties["citizen"]})
    done = cases.open_case(item.procedure, "receive", city.who("clerk", "clerk"), form, about=about)
    return Case.objects.get(pk=done.case)


@pytest.mark.django_db
def test_a_listed_fee_is_booked_once_and_given_back(city: Townhall) -> None:
    item = charged()
    case, fee = opened(city, item), place(item)
    price = item.guide.fees[fee - 1].fen
    clerk, head = city.who("clerk", "clerk"), city.who("head", "head_of_organ")
    key = uuid.uuid4()
    line = booking.book(case, fee, 1, clerk, key=key)
    assert (line.entry.fen, line.serial, queries.account(case).standing) == (price, 1, price)
    assert booking.book(case, fee, 1, clerk, key=key) == line, "a double click is one booking"
    with pytest.raises(NotAllowed, match="已经收过"):
        booking.book(case, fee, 1, clerk)
    with pytest.raises(NotAllowed) as refused:
        booking.refund(case, line.entry.id, 1, "withdrawn", clerk)
    assert "head_of_organ" in str(refused.value)
    booking.refund(case, line.entry.id, price, "withdrawn", head)
    assert queries.account(case).standing == 0
    (told,) = [event for event in ledger.history(queries.subject(case)) if event.type == queries.BOOKED]
    assert told.body["rests_on"]
    assert not Card.objects.filter(case=case.pk).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("ask", ["unknown", "more", "free"])
def test_what_is_not_listed_is_refused_entered_and_carded(city: Townhall, ask: str) -> None:
    item = free() if ask == "free" else charged()
    case, clerk = opened(city, item), city.who("clerk", "clerk")
    fee = 1 if ask == "free" else len(item.guide.fees) + 1 if ask == "unknown" else place(item)
    with pytest.raises(NotAllowed, match="监察会看到"):
        booking.book(case, fee, 1, clerk, stated=99_999, called="资料费")
    assert queries.account(case).lines == []
    (asked,) = [event for event in ledger.history(case.pk) if event.body.get("act") == "ask_off_list"]
    assert (asked.actor, asked.body["form"]) == (clerk.actor, {"called": "资料费", "fen": 99_999})
    card = Card.objects.get(case=case.pk)
    assert (card.rule, card.level, card.organization) == ("standard.fee-off-list", "red", "housing")
    assert Case.objects.get(pk=case.pk).state == case.state, "it moves nothing"


@pytest.mark.django_db
def test_after_the_end_nothing_is_charged_and_what_is_asked_is_still_entered(city: Townhall) -> None:
    item = charged()
    case, clerk = opened(city, item), city.who("clerk", "clerk")
    cases.perform(case.pk, "withdraw", clerk, {})
    case.refresh_from_db()
    with pytest.raises(NotAllowed, match="办件已结束"):
        booking.book(case, place(item), 1, clerk)
    with pytest.raises(NotAllowed, match="监察会看到"):
        booking.book(case, 77, 1, clerk)
    assert queries.account(case).lines == []
    (asked,) = ledger.history(queries.subject(case))
    assert (asked.type, asked.actor) == (booking.ASKED, clerk.actor)


@pytest.mark.django_db
def test_an_item_that_does_not_say_what_it_costs_costs_nothing(city: Townhall) -> None:
    case = townhall.opened(city)
    with pytest.raises(NotAllowed, match="没有载明"):
        booking.book(case, 1, 1, city.who("clerk", "clerk"))


@pytest.mark.django_db
def test_a_waiver_has_a_ground_and_somebody_who_may(city: Townhall) -> None:
    item = charged()
    case, fee = opened(city, item), place(item)
    head = city.who("head", "head_of_organ")
    with pytest.raises(NotAllowed) as refused:
        booking.waive(case, fee, 1, "friendship", head)
    assert refused.value.field == "ground"
    with pytest.raises(NotAllowed):
        booking.waive(case, fee, 1, "low_income", city.who("clerk", "clerk"))
    price = item.guide.fees[fee - 1].fen
    booking.waive(case, fee, price, "low_income", head)
    with pytest.raises(NotAllowed, match="已全部免收"):
        booking.book(case, fee, 1, city.who("clerk", "clerk"))


@pytest.mark.django_db
def test_the_page_books_by_the_list_and_a_tampered_form_is_carded(city: Townhall) -> None:
    item = charged()
    case = opened(city, item)
    address = reverse("case-fees", args=[case.number])
    browser = Client()
    browser.force_login(city.accounts["clerk"], backend=BACKEND)
    page = browser.get(address).content.decode()
    assert item.guide.fees[0].name.zh in page
    assert browser.post(address, {"do": "waive", "fee": "1"}).status_code == 404, "a clerk does not waive"
    sent = {"do": "book", "fee": str(place(item)), "units": "1", "key": str(uuid.uuid4())}
    assert browser.post(address, {**sent, "units": "0"}).status_code == 422
    assert browser.post(address, {**sent, "fee": "77"}).status_code == 422
    assert Card.objects.filter(case=case.pk, rule="standard.fee-off-list").count() == 1
    for forged in ("0" + sent["fee"], "+" + sent["fee"], "\uff10" + sent["fee"]):
        assert browser.post(address, {**sent, "fee": forged}).status_code == 422
        assert queries.account(case).lines == [], "what is not the form's is never booked"
    assert browser.post(address, sent).status_code == 302
    assert browser.post(address, sent).status_code == 302, "sent twice"
    assert len(queries.account(case).lines) == 1
    receipt = browser.get(reverse("fee-receipt", args=[case.number, 1])).content.decode()
    assert case.number in receipt
    assert townhall.NAMES["citizen"] not in receipt
    stranger = Client()
    stranger.force_login(city.accounts["sibling"], backend=BACKEND)
    assert stranger.get(address).status_code == 404


@pytest.mark.django_db
def test_the_page_names_the_situation_of_each_fee(city: Townhall) -> None:
    item = next(
        item for item in shelf.library().standing("item")
        if item.procedure == "services.matter" and any(fee.when for fee in item.guide.fees)
    )  # fmt: skip
    case = opened(city, item)
    browser = Client()
    browser.force_login(city.accounts["clerk"], backend=BACKEND)
    page = browser.get(reverse("case-fees", args=[case.number])).content.decode()
    assert "先问清情形" in page
    for fee in item.guide.fees:
        for question, answers in fee.when.items():
            asked = item.guide.situations[question]
            assert f"{asked.name.zh}：{' 或 '.join(asked.answers[each].zh for each in answers)}" in page
    plain = opened(city, next(
        each for each in shelf.library().standing("item")
        if each.procedure == "services.matter" and each.guide.fees and not any(fee.when for fee in each.guide.fees)
    ))  # fmt: skip
    assert "先问清情形" not in browser.get(reverse("case-fees", args=[plain.number])).content.decode()
