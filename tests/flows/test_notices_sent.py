"""What is sent: by a real SMTP server over a socket, tried again where that helps, held in quiet hours, never twice."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from qinzheng.cases import actions as cases
from qinzheng.cases.models import Case
from qinzheng.notifications import actions, mail, queries, telling
from qinzheng.notifications.models import Contact, Delivery, Notice
from qinzheng.organizations import actions as organizations
from qinzheng.parties import actions as parties
from tests.flows import told
from tests.flows.receivers import OnAnyPort, Post, Recorder, due
from tests.townhall import NAMES, PHONES, Townhall

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "handler@housing.example"


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    """A server on a port of its own, and the settings that name it."""
    handler = Post()
    controller = OnAnyPort(handler, hostname="127.0.0.1", port=0)
    controller.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.PUBLIC_URL = "https://qinghe.example"
    yield handler
    controller.stop()


@pytest.fixture
def ways(monkeypatch: Any) -> dict[str, Any]:
    """The ways that are set up in the test: mail only, until it adds some; nothing is quiet."""
    found: dict[str, Any] = {"mail": mail.Mail()}
    monkeypatch.setattr(telling, "CHANNELS", found)
    monkeypatch.setattr(telling, "QUIET", [])
    return found


@pytest.fixture
def city(clock: Any, ways: dict[str, Any]) -> Townhall:
    made = told.city()
    person = made.accounts["handler"].person_id
    assert person is not None
    actions.keep_contact(person, "mail", ADDRESS, "p")
    return made


def mails(state: str = "") -> list[Delivery]:
    """The mails to the handler about a case handed over."""
    rows = Delivery.objects.filter(channel="mail", notice__definition="cases.handed-over")
    return list(rows.filter(state=state) if state else rows)


def the_mail() -> Delivery:
    (found,) = mails()
    return found


def test_a_mail_goes_out_with_words_and_a_link_and_nothing_personal(
    city: Townhall, clock: Any, post: Post
) -> None:
    told.licence(city, clock, accepted=False)
    told.up_to_now()
    due()
    assert telling.send() == 1
    (found,) = post.taken
    notice = Notice.objects.get(definition="cases.handed-over")
    assert found["X-To"] == ADDRESS
    assert found["Subject"] == f"转来办件 {notice.facts['number'][0]}"
    body = found.get_content()
    assert f"https://qinghe.example/notices/{notice.pk}/" in body
    assert not any(secret in f"{found['Subject']}{body}" for secret in (*NAMES.values(), *PHONES.values()))
    row = the_mail()
    assert (row.state, row.attempts, row.provider_id) == ("sent", 1, found["Message-ID"])
    assert str(row.pk) in found["Message-ID"]
    assert telling.send() == 0
    assert queries.figures().ended == {("mail", "sent"): 1}


@pytest.mark.parametrize(
    ("at_recipient", "at_message", "state", "error"),
    [
        (["550 no such user"], [], "refused", "smtp-550"), (["450 mailbox is busy"], [], "queued", "smtp-450"),
        ([], ["554 looks like spam"], "refused", "smtp-554"), ([], ["452 the disk is full"], "queued", "smtp-452"),
    ],
)  # fmt: skip
def test_final_refusals_and_later(
    city: Townhall,
    clock: Any,
    post: Post,
    at_recipient: list[str],
    at_message: list[str],
    state: str,
    error: str,
) -> None:
    told.licence(city, clock, accepted=False)
    told.up_to_now()
    due()
    post.at_recipient, post.at_message = at_recipient, at_message
    telling.send()
    row = the_mail()
    assert (row.state, row.error, row.attempts, post.taken) == (state, error, 1, [])
    due()
    telling.send()
    assert len(post.taken) == (1 if state == "queued" else 0)


def test_a_server_that_is_away_is_asked_again_and_at_last_given_up(
    city: Townhall, clock: Any, post: Post, settings: Any
) -> None:
    told.licence(city, clock, accepted=False)
    told.up_to_now()
    settings.EMAIL_PORT = 1  # nobody listens there
    waits = []
    for _ in range(telling.MOST_ATTEMPTS):
        due()
        begun = timezone.now()
        telling.send()
        waits.append((the_mail().next_at - begun).total_seconds())
    row = the_mail()
    assert (row.state, row.error, row.attempts) == ("failed", "no-connection", telling.MOST_ATTEMPTS)
    assert all(a < b for a, b in zip(waits[:8], waits[1:8], strict=False))
    assert max(waits) < telling.LONGEST_WAIT_S + 60
    due()
    assert telling.send() == 0


def test_two_workers_send_each_once(city: Townhall, clock: Any, ways: dict[str, Any]) -> None:
    ways["mail"] = recorder = Recorder()
    for _ in range(6):
        told.licence(city, clock, accepted=False)
    told.up_to_now()
    due()
    waiting = Delivery.objects.filter(state="queued").count()

    def work() -> None:
        while telling.send(limit=1):
            pass
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [message.id for message in recorder.messages]
    assert len(ids) == len(set(ids)) == 6 <= waiting
    assert {row.attempts for row in mails()} == {1}


def test_killed_after_the_other_side_took_it_the_same_number_goes_out_again(
    city: Townhall, clock: Any, ways: dict[str, Any], monkeypatch: Any
) -> None:
    """At least once is all that two machines can promise; the number tells the receiver that it is the same."""
    ways["mail"] = recorder = Recorder()
    told.licence(city, clock, accepted=False)
    told.up_to_now()
    due()

    def dies(*given: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(telling, "_note", dies)
    with pytest.raises(KeyboardInterrupt):
        telling.send()
    monkeypatch.setattr(telling, "_note", _note)
    assert telling.send() == 0, "lent to the worker that died, until its time is over"
    due()
    telling.send()
    first, second = recorder.messages
    assert first.id == second.id
    assert the_mail().state == "sent"


_note = telling._note


def test_what_is_not_urgent_waits_for_the_end_of_quiet_hours(
    city: Townhall, clock: Any, ways: dict[str, Any], monkeypatch: Any
) -> None:
    ways["sms"] = recorder = Recorder()
    ends = timezone.now() + dt.timedelta(hours=9)
    monkeypatch.setattr(telling, "QUIET", [lambda now: ends])
    person = city.accounts["supervisor"].person_id
    assert person is not None
    actions.keep_contact(person, "sms", "139 0000 1111", "p")
    case = told.licence(city, clock)
    clock.on("2026-04-10 09:00")
    cases.pass_time(case)
    told.up_to_now()
    due()
    while telling.send():
        pass
    assert {message.template for message in recorder.messages} == {"SMS-CARD"}, "the red card is urgent"
    assert {message.address for message in recorder.messages} == {"13900001111"}
    assert recorder.messages[0].arguments["level"] == "红牌"
    assert recorder.messages[0].signature == "清和市效能监察"
    held = Delivery.objects.filter(channel="sms", state="held")
    assert {row.notice.definition for row in held} >= {"cases.accepted"}
    assert {(row.error, row.attempts, row.next_at) for row in held} == {("quiet-hours", 0, ends)}
    monkeypatch.setattr(telling, "QUIET", [])
    due()
    while telling.send():
        pass
    accepted = [message for message in recorder.messages if message.template == "SMS-ACCEPTED"]
    assert [message.address for message in accepted] == [PHONES["citizen"]]


def test_an_applicant_who_is_erased_or_restricted_is_not_reached(
    city: Townhall, clock: Any, ways: dict[str, Any]
) -> None:
    ways["sms"] = recorder = Recorder()
    told.licence(city, clock)
    told.up_to_now()
    parties.restrict(city.parties["citizen"], "核实中", by="p")
    due()
    while telling.send():
        pass
    assert recorder.messages == []
    (row,) = Delivery.objects.filter(channel="sms", notice__definition="cases.accepted")
    assert (row.state, row.error) == ("refused", "no-address")


def test_who_acts_in_the_post_at_the_moment_of_sending_gets_it(
    city: Townhall, clock: Any, ways: dict[str, Any]
) -> None:
    ways["mail"] = recorder = Recorder()
    told.licence(city, clock, accepted=False)
    told.up_to_now()
    due()
    now = timezone.now()
    organizations.set_stand_in(
        city.posts["handler"], city.posts["head"], by="p", at=now - dt.timedelta(days=2)
    )
    organizations.record_absence(city.posts["handler"], now - dt.timedelta(days=1), None, "leave", by="p")
    person = city.accounts["head"].person_id
    assert person is not None
    actions.keep_contact(person, "mail", "head@housing.example", "p")
    telling.send()
    assert [message.address for message in recorder.messages] == ["head@housing.example"]


def test_what_may_no_longer_be_known_is_not_sent(city: Townhall, clock: Any, ways: dict[str, Any]) -> None:
    ways["mail"] = recorder = Recorder()
    case = told.licence(city, clock, accepted=False)
    told.up_to_now()
    Case.objects.filter(pk=case).update(organization="market")
    due()
    while telling.send():
        pass
    assert recorder.messages == []
    assert [(row.state, row.error) for row in mails()] == [("refused", "not-permitted")]


def test_what_is_too_old_is_no_news(city: Townhall, clock: Any, ways: dict[str, Any]) -> None:
    ways["mail"] = recorder = Recorder()
    told.licence(city, clock, accepted=False)
    told.up_to_now()
    Notice.objects.update(made_at=timezone.now() - telling.EXPIRES - dt.timedelta(minutes=1))
    due()
    telling.send()
    assert (the_mail().state, the_mail().error, recorder.messages) == ("failed", "expired", [])


def test_an_address_is_sealed_replaced_and_destroyed(city: Townhall) -> None:
    person = city.accounts["handler"].person_id
    assert person is not None
    former = Contact.objects.get(person=person, way="mail").text
    actions.keep_contact(person, "mail", "Other@Housing.example", "p")
    kept = Contact.objects.get(person=person, way="mail").text
    assert kept != former
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT octet_length(sealed), erased_at FROM parties_sealed_text WHERE id = %s", [former]
        )
        size, erased = cursor.fetchone()
        assert (size, erased is not None) == (0, True)
        cursor.execute(
            "SELECT count(*) FROM ledger_event WHERE convert_from(body, 'UTF8') ILIKE '%%housing.example%%'"
        )
        assert cursor.fetchone() == (0,)
    actions.keep_contact(person, "mail", "", "p")
    assert not Contact.objects.filter(person=person).exists()
