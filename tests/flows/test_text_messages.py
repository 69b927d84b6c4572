"""SMS by a real gateway on a socket: what is handed over, what is refused, receipts in any order, quiet hours."""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
import uuid
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.notifications import quiet, receipts, simulated, text_messages
from qinzheng.notifications.channels import Message
from qinzheng.notifications.models import Delivery, Notice, Paced, ShownMessage, Tally
from qinzheng.notifications.outgoing import Limits
from qinzheng.notifications.receipts import Receipt
from tests.gateways import FakeGateway, number, running
from tests.receivers import closed_port, talking

pytestmark = pytest.mark.django_db
NUMBER = "13912345678"
CITY = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def gateway(settings: Any) -> Iterator[FakeGateway]:
    with running() as found:
        found.settings(settings)
        yield found


def message(**more: Any) -> Message:
    given = {
        "id": str(uuid.uuid4()), "title": "题", "text": "文", "address": NUMBER, "template": "SMS_1",
        "arguments": {"matter": "住房公积金提取"}, **more,
    }  # fmt: skip
    return Message(**given)


def sent(**more: Any) -> Any:
    channel = text_messages.channel()
    assert channel is not None
    return channel.send(message(**more))


# -- handing over -------------------------------------------------------------------------------------


def test_a_message_is_its_template_number_and_arguments_under_our_signature(gateway: FakeGateway) -> None:
    one = message(address="+86 139-1234-5678", urgent=True)
    channel = text_messages.channel()
    assert channel is not None
    outcome = channel.send(one)
    assert (outcome.state, outcome.provider_id) == ("sent", number(one.id))
    told = gateway.taken[0]
    assert abs(told.pop("time") - time.time()) < 60
    assert told == {
        "account": "qinghe", "id": one.id, "to": NUMBER, "signature": "清和政务", "template": "SMS_1",
        "arguments": {"matter": "住房公积金提取"},
    }  # fmt: skip
    assert channel.send(one).provider_id == outcome.provider_id
    assert channel.send(message(signature="清和人社")).state == "sent"
    assert gateway.taken[-1]["signature"] == "清和人社"


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (200, {"result": "refused", "reason": "template"}, ("refused", "gateway-template")),
        (400, {"result": "refused", "reason": "13912345678 is wrong"}, ("refused", "gateway-other")),
        (200, {"result": "busy", "retry_after": 90}, ("later", "gateway-busy")),
        (429, {}, ("later", "gateway-429")), (500, {"result": "refused"}, ("later", "gateway-500")),
        (401, {}, ("later", "gateway-401")), (200, {"result": "accepted"}, ("later", "gateway-200")),
        (200, {"result": "accepted", "id": 7}, ("later", "gateway-200")), (200, {}, ("later", "gateway-200")),
    ],
)  # fmt: skip
def test_what_a_gateway_says_is_understood(
    gateway: FakeGateway, status: int, said: dict[str, Any], expected: tuple[str, str]
) -> None:
    gateway.answer = lambda told: (status, said)
    outcome = sent()
    assert (outcome.state, outcome.error) == expected
    assert outcome.retry_after_s == (90.0 if said.get("retry_after") else None)
    assert not Paced.objects.exists()


def test_one_that_hangs_is_away_or_speaks_something_else_is_asked_later(
    settings: Any, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_messages, "LIMITS", Limits(read_s=0.2, total_s=0.2))
    with talking(lambda met, over: over.wait() and None) as port:  # type: ignore[arg-type]
        settings.SMS_GATEWAY = f"http://127.0.0.1:{port}/"
        assert (sent().state, sent().error) == ("later", "timeout")
    settings.SMS_GATEWAY = f"http://127.0.0.1:{closed_port()}/"
    assert sent().error == "connect"
    settings.SMS_GATEWAY, settings.OUTGOING_ALLOW = gateway.url, ""
    assert sent().error == "gateway-address"
    assert gateway.taken == []


def test_a_wrong_secret_reaches_nobody(gateway: FakeGateway, settings: Any) -> None:
    settings.SMS_SECRET = "another"
    assert (sent().error, gateway.taken) == ("gateway-401", [])


def test_what_is_no_number_is_not_sent(gateway: FakeGateway) -> None:
    assert (sent(address="not a number").error, gateway.taken) == ("number", [])


def test_no_number_is_rung_all_day(gateway: FakeGateway) -> None:
    assert {sent().state for _ in range(text_messages.IN_AN_HOUR)} == {"sent"}
    waits = sent()
    assert (waits.state, waits.error) == ("later", "pace")
    assert 3_000 < waits.retry_after_s <= 3_600
    assert sent(urgent=True).state == "sent"
    assert sent(address="13800000000").state == "sent"
    Paced.objects.update(at=timezone.now() - text_messages.HOUR)
    assert sent().state == "sent"
    assert Paced.objects.count() == 1


def test_no_number_and_no_argument_stands_in_a_log(
    gateway: FakeGateway, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        sent(urgent=True)
        gateway.answer = lambda told: (400, {"result": "refused", "reason": NUMBER})
        sent(urgent=True)
    said = "\n".join(str(record.msg) + str(record.args) for record in caplog.records)
    assert "139****5678" in said
    assert NUMBER not in said
    assert "住房公积金" not in said


def test_without_a_gateway_there_is_no_channel(settings: Any) -> None:
    settings.SMS_GATEWAY = ""
    assert text_messages.channel() is None


# -- the demonstration --------------------------------------------------------------------------------


def test_the_simulated_gateway_shows_messages_in_the_demonstration_only(
    settings: Any, client: Client
) -> None:
    settings.SMS_GATEWAY, settings.DEMO = "", True
    for place in range(simulated.KEPT + 3):
        assert sent(text=f"第 {place} 条").state == "sent"
    assert ShownMessage.objects.count() == simulated.KEPT
    page = client.get("/demo/messages/").content.decode()
    assert f"【清和政务】第 {simulated.KEPT + 2} 条" in page
    assert "139****5678" in page
    assert NUMBER not in page
    settings.DEMO = False
    assert client.get("/demo/messages/").status_code == 404
    before = ShownMessage.objects.count()
    assert simulated.Gateway("清和政务").send(message()).state == "refused"
    assert ShownMessage.objects.count() == before


# -- receipts -----------------------------------------------------------------------------------------


def delivery(provider_id: str, state: str = "sent", channel: str = "sms") -> Delivery:
    now = timezone.now()
    notice = Notice.objects.create(
        definition="d", edition="e", recipient="p-1", event=uuid.uuid4(), facts={}, made_at=now
    )
    return Delivery.objects.create(
        notice=notice, channel=channel, state=state, next_at=now, provider_id=provider_id, updated_at=now
    )


def push(client: Client, body: Any, *, secret: str = "push", at: float | None = None, sign: str = "") -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int(time.time() if at is None else at))
    headers = {"X-Timestamp": stamp, "X-Signature": sign or receipts.signed(secret, stamp, raw)}
    return client.post("/sms/receipts/", raw, content_type="application/json", headers=headers)


def state(one: Delivery) -> tuple[str, str]:
    one.refresh_from_db()
    return one.state, one.error


def test_receipts_are_taken_once_however_often_they_come(settings: Any) -> None:
    settings.SMS_RECEIPT_SECRET = "push"
    client = Client(enforce_csrf_checks=True)
    good, bad = delivery("g-1"), delivery("g-2")
    body = {
        "receipts": [
            {"id": "g-1", "state": "delivered"},
            {"id": "g-2", "state": "failed", "error": "MK:0013912345678"},
        ]
    }
    assert push(client, body).json() == {"known": 2, "changed": 2, "unknown": []}
    assert push(client, body).json() == {"known": 2, "changed": 0, "unknown": []}
    assert (state(good), state(bad)) == (("delivered", ""), ("failed", "MK:"))
    assert dict(Tally.objects.values_list("state", "number")) == {"delivered": 1, "failed": 1}


@given(st.permutations(["delivered", "failed", "failed", "delivered"]))
def test_whatever_the_order_delivered_is_the_last_word(order: list[Any]) -> None:
    one = delivery(f"g-{uuid.uuid4()}")
    for each in order:
        receipts.take([Receipt(one.provider_id, each)])
    assert state(one) == ("delivered", "")


def test_numbers_that_are_not_ours_are_refused_so_that_they_come_again(settings: Any, client: Client) -> None:
    settings.SMS_RECEIPT_SECRET = "push"
    one, mail = delivery("g-1"), delivery("g-3", channel="mail")
    answer = push(client, {"receipts": [{"id": id, "state": "delivered"} for id in ("g-1", "g-2", "g-3")]})
    assert (answer.status_code, answer.json()["unknown"]) == (409, ["g-2", "g-3"])
    assert (state(one)[0], state(mail)[0]) == ("delivered", "sent")
    early = delivery("g-2")
    assert push(client, {"receipts": [{"id": "g-2", "state": "delivered"}]}).status_code == 200
    assert state(early)[0] == "delivered"


def test_what_was_never_sent_is_not_delivered() -> None:
    waiting = delivery("g-1", state="queued")
    assert receipts.take([Receipt("g-1", "delivered")]).changed == 0
    assert state(waiting)[0] == "queued"


def test_only_the_gateway_may_push(settings: Any, client: Client) -> None:
    body = {"receipts": [{"id": "g-1", "state": "delivered"}]}
    one = delivery("g-1")
    settings.SMS_RECEIPT_SECRET = ""
    assert push(client, body, secret="").status_code == 404
    settings.SMS_RECEIPT_SECRET = "push"
    assert push(client, body, secret="other").status_code == 401
    assert push(client, body, sign="sha256=").status_code == 401
    assert push(client, body, sign="签名").status_code == 401
    assert push(client, body, at=time.time() - receipts.FRESH_S - 5).status_code == 401
    assert push(client, body, at=time.time() + receipts.FRESH_S + 5).status_code == 401
    assert client.post("/sms/receipts/", "{}", content_type="application/json").status_code == 401
    assert client.get("/sms/receipts/").status_code == 405
    assert state(one)[0] == "sent"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b'{"receipts": {}}', b'{"receipts": [1]}', b'{"receipts": [{"id": "", "state": "delivered"}]}',
        b'{"receipts": [{"id": "a", "state": "read"}]}', b'{"receipts": [{"id": "a", "state": ["x"]}]}', b"[" * 100_000,
        b'{"receipts": [{"id": "a", "state": "delivered", "error": 1}]}',
        json.dumps({"receipts": [{"id": "a", "state": "failed"}] * (receipts.MOST + 1)}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_receipt_is_named(settings: Any, client: Client, body: bytes) -> None:
    settings.SMS_RECEIPT_SECRET = "push"
    assert push(client, body).status_code == 422


def test_too_much_at_once_is_not_read(settings: Any, client: Client) -> None:
    settings.SMS_RECEIPT_SECRET = "push"
    assert push(client, b" " * (256 * 1024 + 1)).status_code == 413


def test_receipts_are_fetched_where_none_are_pushed(gateway: FakeGateway, settings: Any) -> None:
    assert receipts.fetch() == 0
    settings.SMS_RECEIPTS = gateway.url
    one = delivery("g-1")
    gateway.held = [{"id": "g-1", "state": "delivered"}, {"id": "g-9", "state": "failed"}]
    assert (receipts.fetch(), state(one)[0]) == (1, "delivered")
    assert receipts.fetch() == 0
    settings.SMS_RECEIPTS = f"http://127.0.0.1:{closed_port()}/"
    assert receipts.fetch() == 0


# -- quiet hours --------------------------------------------------------------------------------------

WORK, REST = quiet.read("21:00-08:00"), quiet.read("21:00-09:00")


def ended(text: str) -> str | None:
    """On a Thursday before a Friday off and a Saturday that is worked."""
    off = {dt.date(2026, 5, 1)}
    local = dt.datetime.fromisoformat(text).replace(tzinfo=CITY)
    found = quiet.end(local, lambda day: day not in off, WORK, REST)
    return None if found is None else found.strftime("%m-%d %H:%M")


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-04-30 07:59:59", "04-30 08:00"), ("2026-04-30 08:00:00", None), ("2026-04-30 20:59:59", None),
        ("2026-04-30 21:00:00", "05-01 09:00"), ("2026-05-01 00:00:00", "05-01 09:00"), ("2026-05-01 08:30:00", "05-01 09:00"),
        ("2026-05-01 09:00:00", None), ("2026-05-01 23:00:00", "05-02 08:00"), ("2026-05-02 08:30:00", None),
    ],
)  # fmt: skip
def test_nobody_is_rung_at_night_and_later_on_a_day_off(at: str, until: str | None) -> None:
    assert ended(at) == until


EVENINGS = st.times(dt.time(18), dt.time(23, 59))
MORNINGS = st.times(dt.time(4), dt.time(11, 59))
HOURS = st.builds(quiet.Hours, EVENINGS, MORNINGS)


@given(
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 30)), HOURS, HOURS, st.sets(st.integers(0, 6))
)
def test_quiet_lasts_until_its_end_and_not_longer(
    local: dt.datetime, on_work: quiet.Hours, on_rest: quiet.Hours, rest: set[int]
) -> None:
    def at(moment: dt.datetime) -> dt.datetime | None:
        return quiet.end(moment, lambda day: day.weekday() not in rest, on_work, on_rest)

    found = at(local)
    if found is None:
        assert dt.time(4) <= local.time() <= dt.time(23, 59)
        return
    assert local < found
    assert at(found) is None
    assert at(found - dt.timedelta(microseconds=1)) == found
    assert at(local + (found - local) / 2) == found


def test_the_calendar_says_what_is_a_day_off(settings: Any) -> None:
    settings.QUIET_HOURS, settings.QUIET_HOURS_REST = "21:00-08:00", "21:00-09:00"
    sunday = dt.datetime(2026, 11, 22, 8, 30, tzinfo=CITY)
    assert quiet.until(sunday) == sunday.replace(hour=9, minute=0)
    assert quiet.until(sunday + dt.timedelta(days=1)) is None
    for wrong in ("21-8", "24:00-08:00", "21:00", ""):
        with pytest.raises(quiet.WrongHours):
            quiet.read(wrong)
