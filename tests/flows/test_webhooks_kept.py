"""Webhooks, what is kept of them: secrets sealed and changed, trials, the log, switching off, notices, the console."""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from standardwebhooks.webhooks import WebhookVerificationError

from qinzheng.access import actions as access
from qinzheng.ledger import queries as ledger
from qinzheng.notifications import follow, subscriptions, webhooks
from qinzheng.notifications.channels import Message
from qinzheng.notifications.models import Notice
from qinzheng.notifications.subscriptions import Attempt, Secret, Subscription
from qinzheng.operations import webhook_parser
from qinzheng.parties import keys
from qinzheng.wiring import build_parser
from tests.flows import applications
from tests.flows.applications import Application, opened
from tests.flows.pushing import feed, served, subscribed, told, verified
from tests.receivers import Receiver, receiving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loopback")]


@pytest.fixture
def window(published: object) -> Application:
    return applications.window()


# -- secrets, trial, log, commands --------------------------------------------------------------------


def test_two_secrets_sign_for_a_day_and_rest_sealed(window: Application, receiver: Receiver) -> None:
    made = subscribed(window, receiver.url)
    newer = window.post_(f"/webhooks/{made['id']}/secret", {}).json()["secret"]
    assert window.post_(f"/webhooks/{made['id']}/ping", {}).json()["status"] == 204
    for secret in (made["secret"], newer):
        assert verified(receiver.asked[0], secret)["type"] == webhooks.PING
    newest = window.post_(f"/webhooks/{made['id']}/secret", {}).json()["secret"]
    assert Secret.objects.count() == 2
    Secret.objects.exclude(ends_at=None).update(ends_at=timezone.now())
    Subscription.objects.update(pinged_at=None)
    window.post_(f"/webhooks/{made['id']}/ping", {})
    assert verified(receiver.asked[1], newest)
    with pytest.raises(WebhookVerificationError):
        verified(receiver.asked[1], newer)
    plain = [
        base64.b64decode(secret.removeprefix(subscriptions.PREFIX))
        for secret in (made["secret"], newer, newest)
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed, key_wrapped FROM notifications_secret")
        assert not any(key in bytes(held) for row in cursor.fetchall() for held in row for key in plain)
    assert "notifications_secret" in keys.SEALED


def test_a_trial_tells_what_the_receiver_said_and_is_not_a_hammer(
    window: Application, receiver: Receiver
) -> None:
    made = subscribed(window, receiver.url)
    receiver.answers = lambda asked: (418, {}, b"no")
    said = window.post_(f"/webhooks/{made['id']}/ping", {}).json()
    assert (said["status"], said["position"]) == (418, None)
    again = window.post_(f"/webhooks/{made['id']}/ping", {})
    assert (again.status_code, again["Retry-After"]) == (429, "5")
    page = window.get(f"/webhooks/{made['id']}/deliveries").json()
    assert [row["status"] for row in page["deliveries"]] == [418]


def test_the_log_is_read_in_pages_and_forgotten_in_time(window: Application, receiver: Receiver) -> None:
    made = subscribed(window, receiver.url)
    opened(window)
    served()
    seen: list[str] = []
    after = ""
    while True:
        page = window.get(f"/webhooks/{made['id']}/deliveries", size=1, after=after).json()
        seen += [row["event"] for row in page["deliveries"]]
        after = page["following"]
        if not after:
            break
    assert seen == told(receiver)[::-1]
    Attempt.objects.update(at=timezone.now() - subscriptions.KEPT - dt.timedelta(seconds=1))
    webhooks.deliver()
    assert not Attempt.objects.exists()


def test_it_can_be_switched_off_removed_and_not_multiplied(
    window: Application, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = subscribed(window, receiver.url, label="甲")
    off = window.put(f"/webhooks/{made['id']}", {"url": receiver.url, "active": False}).json()
    assert (off["active"], off["reason"]) == (False, "owner")
    opened(window)
    served()
    assert receiver.asked == []
    assert [row["id"] for row in window.get("/webhooks").json()] == [made["id"]]
    monkeypatch.setattr(subscriptions, "MOST", 1)
    assert window.post_("/webhooks", {"url": receiver.url}).status_code == 422
    headers = {"Authorization": f"Bearer {window.secret}"}
    assert window.client.delete(f"/api/v1/webhooks/{made['id']}", headers=headers).status_code == 204
    assert window.get(f"/webhooks/{made['id']}").status_code == 404
    types = [event.type for event in ledger.events() if event.type.startswith("notifications.")]
    assert sorted(types) == sorted([subscriptions.MADE, subscriptions.CHANGED, subscriptions.REMOVED])


def test_notices_go_by_webhook_too(window: Application, receiver: Receiver) -> None:
    made = subscribed(window, receiver.url)
    hook = webhooks.Hook()
    message = Message(str(uuid.uuid4()), "题", "文", made["id"])
    assert hook.send(message).state == "sent"
    said = verified(receiver.asked[0], made["secret"])
    assert (said["type"], said["id"], said["data"]) == (
        webhooks.NOTICE,
        message.id,
        {"title": "题", "text": "文"},
    )
    receiver.answers = lambda asked: (503, {"Retry-After": "60"}, b"")
    assert (hook.send(message).state, hook.send(message).retry_after_s) == ("later", 60.0)
    receiver.answers = lambda asked: (410, {}, b"")
    assert hook.send(message).state == "refused"
    assert hook.send(Message(message.id, "", "", "hook-none")).error == "no-subscription"


def run(*words: str) -> int:
    bodies: Any = import_module(webhook_parser.BODIES)
    verb = {"list": "list_"}.get(words[0], words[0])
    code: int = getattr(bodies, verb)(build_parser().parse_args(["webhooks", *words]))
    return code


def test_the_operator_lists_tries_and_switches_off(
    window: Application, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    made = subscribed(window, receiver.url + "?key=verysecret")
    assert run("list") == 0
    listed = capsys.readouterr().out
    assert (made["id"] in listed, "window" in listed, "verysecret" in listed) == (True, True, False)
    assert run("ping", made["id"]) == 0
    assert run("disable", made["id"], "--by", "a-1") == 0
    opened(window)
    served()
    assert len(receiver.asked) == 1
    assert run("enable", made["id"], "--by", "a-1") == 0
    served()
    assert told(receiver)[1:] == [event["id"] for event in feed(window)]
    assert run("deliveries", made["id"], "--limit", "3") == 0
    assert capsys.readouterr().out.count("HTTP 204") == 4
    assert run("list", "--json") == 0
    assert json.loads(capsys.readouterr().out)["behind"] == 0
    assert run("disable", "hook-none", "--by", "a-1") == 1


def test_administrators_are_told_that_one_was_switched_off(window: Application) -> None:
    for power in ("system", "security"):
        access.grant(access.make_account(power, "administrator", applications.BY), power, applications.BY)
    follow.follow()  # what lies behind is no news
    with receiving(lambda asked: (410, {}, b"")) as gone:
        subscribed(window, gone.url)
        opened(window)
        served()
    served()
    while follow.follow():
        pass
    told_of = Notice.objects.filter(definition="security.webhook-disabled")
    assert {row.recipient for row in told_of} == {"power:system", "power:security"}


def test_secrets_go_along_when_the_master_key_is_changed(
    window: Application, receiver: Receiver, settings: Any
) -> None:
    made = subscribed(window, receiver.url)
    former = settings.MASTER_KEY
    newer = base64.b64encode(b"N" * 32).decode()
    settings.MASTER_KEY = f"{newer},{former}"
    keys.rotate("a-1")
    settings.MASTER_KEY = newer
    assert window.post_(f"/webhooks/{made['id']}/ping", {}).json()["status"] == 204
    assert verified(receiver.asked[0], made["secret"])["type"] == webhooks.PING
