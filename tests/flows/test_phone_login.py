"""Citizens log in by a code: over the real pages and a gateway on a socket. Nothing tells who is registered."""

from __future__ import annotations

import datetime as dt
import logging
import re
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from qinzheng.access import accounts, phone
from qinzheng.access.models import Account
from qinzheng.ledger import queries as ledger
from qinzheng.notifications import one_time
from qinzheng.notifications.models import OneTimeCode
from qinzheng.parties import actions as parties
from qinzheng.parties import codes
from qinzheng.parties import queries as register
from tests.gateways import FakeGateway, running

pytestmark = pytest.mark.django_db
KNOWN, UNKNOWN = "13912345678", "13800000000"
WHERE = "/login/phone/"
BY = "tests"


@pytest.fixture
def gateway(settings: Any) -> Iterator[FakeGateway]:
    with running() as found:
        found.settings(settings)
        yield found


@pytest.fixture
def citizen() -> str:
    return registered("张三", 1, KNOWN)


def registered(name: str, sequence: int, number: str) -> str:
    identity = codes.make_identity_number("320999", dt.date(1980, 1, 1), sequence)
    return parties.register("citizen", {"name": name, "identity_number": identity, "phone": number}, by=BY).pk


def asked(client: Client, number: str) -> Any:
    return client.post(WHERE, {"number": number})


def entered(client: Client, number: str, digits: str) -> Any:
    return client.post(WHERE, {"number": number, "digits": digits})


def digits(gateway: FakeGateway) -> str:
    return str(gateway.taken[-1]["arguments"]["code"])


def patience() -> None:
    """Whatever was asked for was asked for long ago, and is still good."""
    OneTimeCode.objects.update(made_at=timezone.now() - dt.timedelta(seconds=61))


def who(client: Client) -> Account | None:
    id = client.session.get("_auth_user_id")
    return None if id is None else Account.objects.get(pk=id)


def logged_in(client: Client, gateway: FakeGateway, number: str) -> Account:
    assert asked(client, number).status_code == 200
    answer = entered(client, number, digits(gateway))
    assert answer.status_code == 302, answer.content.decode()
    account = who(client)
    assert account is not None
    return account


# -- in and out ---------------------------------------------------------------------------------------


def test_the_party_with_that_number_is_logged_in(gateway: FakeGateway, citizen: str, client: Client) -> None:
    page = client.get(WHERE)
    assert 'autocomplete="tel-national"' in page.content.decode()
    anonymous = client.session.session_key
    account = logged_in(client, gateway, "139-1234-5678")
    assert (account.party, account.kind, account.has_usable_password()) == (citizen, "citizen", False)
    assert client.session.session_key != anonymous
    told = gateway.taken[0]
    assert (told["to"], told["template"]) == (KNOWN, "SMS_100001")
    assert (re.fullmatch(r"\d{6}", told["arguments"]["code"]) is not None, told["arguments"]["minutes"]) == (
        True,
        "5",
    )
    again = Client()
    patience()
    assert logged_in(again, gateway, KNOWN).pk == account.pk
    assert client.get("/cases/").status_code == 200


def test_a_number_that_nobody_gave_becomes_a_citizen_with_only_a_number(
    gateway: FakeGateway, client: Client
) -> None:
    account = logged_in(client, gateway, UNKNOWN)
    (party,) = register.find_by_phone(UNKNOWN)
    assert (account.party, party.kind, party.identity_index) == (party.pk, "citizen", None)
    held = register.open_(party.pk, "p-1", "handling")
    assert held == {"name": "手机尾号0000", "phone": UNKNOWN}
    patience()
    assert logged_in(Client(), gateway, UNKNOWN).pk == account.pk
    assert len(register.find_by_phone(UNKNOWN)) == 1


def test_of_several_with_one_number_nobody_is_guessed(
    gateway: FakeGateway, citizen: str, client: Client
) -> None:
    other = registered("李四", 2, KNOWN)
    account = logged_in(client, gateway, KNOWN)
    assert account.party not in (citizen, other)
    patience()
    assert logged_in(Client(), gateway, KNOWN).party == account.party
    assert len(register.find_by_phone(KNOWN)) == 3


def test_firms_erased_and_restricted_records_and_demonstration_accounts_open_nothing(
    gateway: FakeGateway, citizen: str, client: Client
) -> None:
    firm = {"name": "某某公司", "enterprise_code": codes.make_enterprise_code("320999", 1), "phone": KNOWN}
    parties.register("enterprise", firm, by=BY)
    parties.restrict(citizen, "依法只存储", by=BY)
    account = logged_in(client, gateway, KNOWN)
    assert account.party != citizen
    patience()
    accounts.switch(account, False, BY)
    asked(client, KNOWN)
    switched = Client()
    asked(switched, KNOWN)
    patience()
    asked(switched, KNOWN)
    assert entered(switched, KNOWN, digits(gateway)).status_code == 422


# -- nothing tells who is registered ------------------------------------------------------------------


def bare(answer: Any) -> str:
    """An answer without what differs in every answer: the token against forged forms, and the number typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())
    return re.sub(f"{KNOWN}|{UNKNOWN}", "N", text)


def statements(ask: Any) -> list[str]:
    """The shape of the work: the questions put to the database."""
    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(re.sub(r"s\d+_x\d+", "savepoint", str(sql)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        ask()
    return seen


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_known_and_an_unknown_number_are_answered_alike_for_the_same_work(
    gateway: FakeGateway, citizen: str, language: str
) -> None:
    answers, work = [], []
    for number in (KNOWN, UNKNOWN):
        client = Client(headers={"Accept-Language": language})
        client.get(WHERE)
        found: list[Any] = []
        work.append(statements(lambda c=client, n=number, f=found: f.append(asked(c, n))))
        work.append(statements(lambda c=client, n=number, f=found: f.append(entered(c, n, "x"))))
        work.append(statements(lambda c=client, n=number, f=found: f.append(asked(c, n))))
        answers.append([(each.status_code, bare(each)) for each in found])
    assert [status for status, _ in answers[0]] == [200, 422, 429]
    assert answers[0] == answers[1]
    assert work[:3] == work[3:]
    assert not any("parties_party" in sql or "access_account" in sql for each in work for sql in each)


# -- codes --------------------------------------------------------------------------------------------


def test_a_code_serves_once_for_its_number_and_its_browser(gateway: FakeGateway, citizen: str) -> None:
    mine, thief = Client(), Client()
    asked(mine, KNOWN)
    code = digits(gateway)
    assert entered(thief, KNOWN, code).status_code == 422
    asked(thief, UNKNOWN)
    assert entered(thief, KNOWN, code).status_code == 422
    assert entered(thief, KNOWN, digits(gateway)).status_code == 422
    assert entered(mine, UNKNOWN, code).status_code == 422
    assert entered(mine, KNOWN, f" {code} ").status_code == 302
    held = OneTimeCode.objects.order_by("pk").first()
    assert held is not None
    assert not one_time.check(str(held.pk), KNOWN, code)
    assert not one_time.check(str(uuid.uuid4()), KNOWN, code)


def test_a_code_is_outlived_after_five_minutes_and_five_wrong_tries(
    gateway: FakeGateway, citizen: str
) -> None:
    client = Client()
    asked(client, KNOWN)
    OneTimeCode.objects.update(made_at=timezone.now() - one_time.GOOD_FOR - dt.timedelta(seconds=1))
    assert entered(client, KNOWN, digits(gateway)).status_code == 422
    asked(client, KNOWN)
    good = digits(gateway)
    wrong = f"{(int(good) + 1) % 10**6:06d}"
    for _ in range(one_time.TRIES):
        assert entered(client, KNOWN, wrong).status_code == 422
    assert entered(client, KNOWN, good).status_code == 422
    assert who(client) is None


def test_neither_number_nor_code_is_kept_said_or_logged(
    gateway: FakeGateway, citizen: str, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        asked(client, KNOWN)
        code = digits(gateway)
        kept = OneTimeCode.objects.get()
        session = Session.objects.get(pk=client.session.session_key).get_decoded()
        entered(client, KNOWN, code)
    raw = b"".join(bytes(part) for part in (kept.number, kept.address, kept.digest))
    assert KNOWN.encode() not in raw
    assert code.encode() not in raw
    assert KNOWN not in str(session)
    said = "\n".join(str(record.msg) + str(record.args) for record in caplog.records)
    assert KNOWN not in said
    assert code not in re.sub(r"[0-9a-f]{12,}|\d+\.\d+|\d{4}-\d\d-\d\d\S*", "", said)
    told = [event for event in ledger.events() if event.type.startswith("access.")]
    assert [event.type for event in told if event.subject.startswith("number:")] == ["access.code_sent"]
    assert "access.logged_in" in {event.type for event in told}
    assert not any(KNOWN in event.subject or KNOWN.encode() in event.raw for event in told)


# -- limits -------------------------------------------------------------------------------------------


def test_one_number_is_sent_few_codes(gateway: FakeGateway, client: Client) -> None:
    assert asked(client, KNOWN).status_code == 200
    soon = asked(client, KNOWN)
    assert (soon.status_code, 0 < int(soon["Retry-After"]) <= 61) == (429, True)
    for place in range(2, 6):
        OneTimeCode.objects.update(made_at=timezone.now() - dt.timedelta(seconds=60 * place))
        assert asked(client, KNOWN).status_code == 200
    patience()
    assert asked(client, KNOWN).status_code == 429
    assert asked(client, UNKNOWN).status_code == 200
    assert len(gateway.taken) == 6


def test_one_network_address_asks_for_few_codes(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = [("address", dt.timedelta(hours=1), 2), ("all", dt.timedelta(minutes=1), 3)]
    monkeypatch.setattr(one_time, "LIMITS", limits)
    numbers = [f"1380000000{place}" for place in range(5)]
    near = [
        Client(REMOTE_ADDR="2001:db8::1"),
        Client(REMOTE_ADDR="2001:db8::2"),
        Client(REMOTE_ADDR="2001:db8::3"),
    ]
    assert [asked(client, number).status_code for client, number in zip(near, numbers, strict=False)] == [
        200,
        200,
        429,
    ]
    assert asked(Client(REMOTE_ADDR="198.51.100.1"), numbers[3]).status_code == 200
    assert asked(Client(REMOTE_ADDR="198.51.100.2"), numbers[4]).status_code == 429


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_one_moment_get_one_code() -> None:
    gate = threading.Barrier(4)
    found: list[Any] = []

    def ask() -> None:
        gate.wait()
        found.append(one_time.make(KNOWN, "192.0.2.1"))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(each, one_time.Made) for each in found) == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_enter_at_one_moment_are_one_citizen() -> None:
    made = [one_time.make(UNKNOWN, f"192.0.2.{place}") for place in range(1)]
    patience()
    made.append(one_time.make(UNKNOWN, "192.0.2.9"))
    gate = threading.Barrier(2)
    found: list[Any] = []

    def enter(code: Any) -> None:
        gate.wait()
        found.append(phone.enter(code.id, UNKNOWN, code.digits))
        connection.close()

    threads = [threading.Thread(target=enter, args=(code,)) for code in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({account.pk for account in found}) == 1
    assert len(register.find_by_phone(UNKNOWN)) == 1


# -- what does not work out ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given", ["", "1", "0513-88888888", "+4915112345678", "13912345678901", "号码", "1" * 40]
)
def test_what_is_no_mobile_number_is_said_before_anything_is_sent(
    gateway: FakeGateway, client: Client, given: str
) -> None:
    answer = asked(client, given)
    assert (answer.status_code, gateway.taken) == (422, [])
    assert not OneTimeCode.objects.exists()


def test_a_gateway_that_takes_nothing_is_said_so(gateway: FakeGateway, client: Client) -> None:
    gateway.answer = lambda told: (500, {})
    answer = asked(client, KNOWN)
    assert (answer.status_code, "服务点" in answer.content.decode()) == (503, True)
    assert "phone_code" not in client.session


def test_forged_forms_are_refused(gateway: FakeGateway) -> None:
    assert Client(enforce_csrf_checks=True).post(WHERE, {"number": KNOWN}).status_code == 403
    assert gateway.taken == []


def test_it_works_without_a_script_and_names_its_field_for_the_telephone(
    gateway: FakeGateway, client: Client
) -> None:
    page = asked(client, KNOWN).content.decode()
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page
    hidden = re.search(r'<input type="hidden" name="number" value="(\d+)"', page)
    assert hidden is not None
    assert hidden[1] == KNOWN
    english = Client(headers={"Accept-Language": "en"}).get(WHERE).content.decode()
    assert "Mobile number" in english


def test_a_city_that_sends_no_codes_has_no_such_page(settings: Any, client: Client) -> None:
    settings.SMS_GATEWAY = ""
    assert (client.get(WHERE).status_code, asked(client, KNOWN).status_code) == (404, 404)
    settings.DEMO = True
    assert client.get(WHERE).status_code == 200
    assert asked(client, KNOWN).status_code == 200
    found = re.search(r"验证码 (\d{6})", client.get("/demo/messages/").content.decode())
    assert found is not None
    assert entered(client, KNOWN, found[1]).status_code == 302
