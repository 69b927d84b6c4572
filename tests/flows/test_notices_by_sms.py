"""From an act to the applicant's telephone and back: notice, template, gateway, receipt; held at night."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from qinzheng.notifications import quiet, receipts, telling, text_messages
from qinzheng.notifications.models import Delivery
from tests.flows import told
from tests.flows.receivers import due
from tests.gateways import FakeGateway, number, running
from tests.townhall import PHONES, Townhall

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gateway(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGateway]:
    settings.PUBLIC_URL = "https://qinghe.example"
    settings.QUIET_HOURS = settings.QUIET_HOURS_REST = "00:00-00:00"
    with running() as found:
        found.settings(settings)
        monkeypatch.setattr(telling, "CHANNELS", {"sms": text_messages.channel()})
        monkeypatch.setattr(telling, "QUIET", [quiet.until])
        yield found


@pytest.fixture
def city(clock: Any, gateway: FakeGateway) -> Townhall:
    return told.city()


def accepted(city: Townhall, clock: Any) -> Delivery:
    told.licence(city, clock)
    told.up_to_now()
    due()
    return Delivery.objects.get(channel="sms", notice__definition="cases.accepted")


def now(one: Delivery) -> tuple[str, str]:
    one.refresh_from_db()
    return one.state, one.error


def push(id: str, state: str) -> int:
    body = f'{{"receipts": [{{"id": "{id}", "state": "{state}"}}]}}'.encode()
    stamp = str(int(time.time()))
    headers = {"X-Timestamp": stamp, "X-Signature": receipts.signed("push", stamp, body)}
    return Client().post("/sms/receipts/", body, content_type="application/json", headers=headers).status_code


def test_the_applicant_is_told_and_the_receipt_comes_back(
    city: Townhall, clock: Any, gateway: FakeGateway, settings: Any
) -> None:
    settings.SMS_RECEIPT_SECRET = "push"
    one = accepted(city, clock)
    assert push(number(str(one.pk)), "delivered") == 409  # a receipt that outran us is pushed again
    telling.send()
    (sent,) = gateway.taken
    assert (sent["to"], sent["template"], sent["id"]) == (PHONES["citizen"], "SMS-ACCEPTED", str(one.pk))
    assert sent["signature"] == "清和市政务服务"
    assert set(sent["arguments"]) == {"code", "unit"}
    assert now(one) == ("sent", "")
    assert push(number(str(one.pk)), "failed") == 200
    assert push(number(str(one.pk)), "delivered") == 200
    assert now(one) == ("delivered", "")
    assert telling.send() == 0 or len(gateway.taken) == 1


def test_a_gateway_that_is_busy_is_asked_again_and_one_that_refuses_is_not(
    city: Townhall, clock: Any, gateway: FakeGateway
) -> None:
    gateway.answer = lambda told: (503, {})
    one = accepted(city, clock)
    telling.send()
    assert now(one) == ("queued", "gateway-503")
    gateway.answer = lambda told: (200, {"result": "refused", "reason": "template"})
    due()
    telling.send()
    assert now(one) == ("refused", "gateway-template")
    assert {each["id"] for each in gateway.taken} == {str(one.pk)}


def test_nobody_is_rung_at_night(city: Townhall, clock: Any, gateway: FakeGateway, settings: Any) -> None:
    settings.QUIET_HOURS = settings.QUIET_HOURS_REST = "00:00-23:59"
    one = accepted(city, clock)
    telling.send()
    assert (now(one), gateway.taken) == (("held", "quiet-hours"), [])
    settings.QUIET_HOURS = settings.QUIET_HOURS_REST = "00:00-00:00"
    due()
    telling.send()
    assert now(one) == ("sent", "")
