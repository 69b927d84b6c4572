"""Webhooks against real receivers over sockets: every event at least once and in order, whatever the receiver does."""

from __future__ import annotations

import base64
import datetime as dt
import json
import threading
import uuid
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from qinzheng.access import actions as access
from qinzheng.access.models import Token
from qinzheng.ledger import queries as ledger
from qinzheng.ledger import sequencer
from qinzheng.notifications import outgoing, subscriptions, webhooks
from qinzheng.notifications.subscriptions import Attempt, Subscription
from tests.flows import applications
from tests.flows.applications import Application, application, opened
from tests.flows.pushing import due, feed, served, subscribed, told, verified
from tests.receivers import Asked, Receiver, Reply, closed_port, receiving, talking, well

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loopback")]


@pytest.fixture
def window(published: object) -> Application:
    return applications.window()


# -- what is sent -------------------------------------------------------------------------------------


def test_the_feed_is_pushed_in_order_signed_and_as_cloud_events(
    window: Application, receiver: Receiver
) -> None:
    made = subscribed(window, receiver.url)
    for _ in range(12):
        opened(window)
    served()
    events = feed(window)
    assert len(events) > webhooks.IN_A_ROW
    assert told(receiver) == [event["id"] for event in events]
    for asked, event in zip(receiver.asked, events, strict=True):
        said = verified(asked, made["secret"])
        assert said["data"] == event
        assert (said["specversion"], said["id"], said["type"]) == (
            "1.0",
            event["id"],
            "qinzheng." + event["type"],
        )
        assert (said["subject"], said["time"]) == (event["subject"], event["recorded_at"])
        assert (said["sequence"], said["datacontenttype"]) == (str(event["position"]), "application/json")
        assert asked.headers["content-type"] == "application/cloudevents+json"
    assert served() == 0
    with pytest.raises(WebhookVerificationError):
        Webhook(subscriptions.PREFIX + base64.b64encode(b"x" * 32).decode()).verify(
            receiver.asked[0].body.decode(), receiver.asked[0].headers
        )


def test_a_subscription_begins_with_what_is_new_and_takes_the_types_it_names(
    window: Application, receiver: Receiver
) -> None:
    opened(window)
    served()
    subscribed(window, receiver.url, after=None, types=["cases.opened"])
    opened(window)
    served()
    cases = [event for event in feed(window) if event["type"] == "cases.opened"]
    assert told(receiver) == [cases[-1]["id"]]
    assert Subscription.objects.get().position == ledger.head()[1]


def test_only_what_the_token_may_read_is_pushed(window: Application, receiver: Receiver) -> None:
    water = applications.other()
    subscribed(water, receiver.url)
    opened(window)
    theirs = opened(water)
    served()
    assert {json.loads(asked.body)["data"]["number"] for asked in receiver.asked} == {theirs}


def test_a_token_without_the_feed_and_a_stranger_have_no_subscriptions(
    window: Application, receiver: Receiver
) -> None:
    made = subscribed(window, receiver.url)
    reader = application("reader", "housing", ["clerk"], ["read"])
    assert reader.post_("/webhooks", {"url": receiver.url}).status_code == 403
    stranger = applications.other()
    assert stranger.get("/webhooks").json() == []
    for path in ("", "/deliveries"):
        assert stranger.get(f"/webhooks/{made['id']}{path}").status_code == 404
    for path, body in (("/ping", {}), ("/secret", {}), ("/replay", {"after": 0})):
        assert stranger.post_(f"/webhooks/{made['id']}{path}", body).status_code == 404
    assert stranger.put(f"/webhooks/{made['id']}", {"url": receiver.url}).status_code == 404
    assert "secret" not in window.get(f"/webhooks/{made['id']}").json()


def test_a_revoked_token_is_pushed_nothing_more_and_a_newer_one_takes_over(
    window: Application, receiver: Receiver
) -> None:
    made = subscribed(window, receiver.url)
    access.revoke_token(Token.objects.get(account=window.account), applications.BY)
    _, secret = access.issue_token(window.account, "newer", ["read", "act", "feed"], 30, applications.BY)
    newer = Application(window.account, window.post, secret)
    opened(newer)
    served()
    assert receiver.asked == []
    held = newer.get(f"/webhooks/{made['id']}").json()
    assert (held["active"], held["reason"]) == (False, "token")
    assert newer.put(f"/webhooks/{made['id']}", {"url": receiver.url}).json()["active"]
    served()
    assert told(receiver) == [event["id"] for event in feed(newer)]


# -- receivers that do not take it --------------------------------------------------------------------


def test_a_receiver_that_fails_for_a_while_gets_everything_in_order(window: Application) -> None:
    answers = iter([500, 503, 204, 302, 404, 204, 429])

    def moody(asked: Asked) -> Reply:
        return next(answers, 204), {"Location": "http://127.0.0.1:1/"}, b""

    with receiving(moody) as receiver:
        subscribed(window, receiver.url)
        for _ in range(3):
            opened(window)
        served()
        assert Subscription.objects.get().failures == 1
        rounds = 0
        while Subscription.objects.get().position < ledger.head()[1]:
            before = Subscription.objects.get().next_at
            assert served() == 0 or Subscription.objects.get().next_at >= before
            due()
            served()
            rounds += 1
            assert rounds < 20
        seen = list(dict.fromkeys(told(receiver)))
        assert seen == [event["id"] for event in feed(window)]
        held = Subscription.objects.get()
        assert (held.failures, held.failing_since, held.active) == (0, None, True)
        assert Attempt.objects.filter(status__gte=300).count() == 5
        assert Attempt.objects.filter(status=500, number=1).exists()
        assert Attempt.objects.filter(status=503, number=2).exists()


def test_one_that_hangs_or_is_away_holds_up_nobody_else(
    window: Application, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "LIMITS", outgoing.Limits(read_s=0.2, total_s=0.2))
    with talking(lambda met, over: over.wait() and None) as port:  # type: ignore[arg-type]
        subscribed(window, f"http://127.0.0.1:{port}/")
        subscribed(window, f"http://127.0.0.1:{closed_port()}/")
        subscribed(window, receiver.url)
        opened(window)
        served()
    assert told(receiver) == [event["id"] for event in feed(window)]
    errors = set(Attempt.objects.exclude(error="").values_list("error", flat=True))
    assert errors == {"timeout", "connect"}
    assert sorted(Subscription.objects.values_list("failures", flat=True)) == [0, 1, 1]


def test_a_receiver_that_is_gone_is_switched_off_at_once(window: Application) -> None:
    with receiving(lambda asked: (410, {}, b"")) as receiver:
        made = subscribed(window, receiver.url)
        opened(window)
        served()
        assert len(receiver.asked) == 1
        held = window.get(f"/webhooks/{made['id']}").json()
        assert (held["active"], held["reason"], held["position"]) == (False, "gone", 0)
        assert [event.body["reason"] for event in ledger.events(types=(subscriptions.DISABLED,))] == ["gone"]
        receiver.answers = well
        window.put(f"/webhooks/{made['id']}", {"url": receiver.url})
        served()
        assert told(receiver)[1:] == [event["id"] for event in feed(window)]


def test_after_days_of_failure_it_is_switched_off_with_an_event(window: Application) -> None:
    with receiving(lambda asked: (500, {}, b"")) as receiver:
        subscribed(window, receiver.url)
        opened(window)
        served()
        held = Subscription.objects.get()
        early = timezone.now() - webhooks.PATIENCE + dt.timedelta(minutes=1)
        Subscription.objects.update(failing_since=early, next_at=timezone.now())
        served()
        assert Subscription.objects.get().active
        Subscription.objects.update(
            failing_since=timezone.now() - webhooks.PATIENCE, next_at=timezone.now(), failures=90
        )
        served()
        held = Subscription.objects.get()
        assert (held.active, held.reason, held.failures) == (False, "failing", 91)
        assert len(list(ledger.events(types=(subscriptions.DISABLED,)))) == 1


def test_waits_double_spread_by_chance_and_respect_the_receiver() -> None:
    for failures in range(1, 60):
        whole = min(webhooks.LONGEST_S, webhooks.FIRST_S * 2 ** (failures - 1))
        waits = [webhooks.backoff(failures) for _ in range(50)]
        assert all(whole / 2 <= wait <= whole for wait in waits)
        assert len(set(waits)) > 40
    assert webhooks.backoff(1, 900) == 900
    assert webhooks.backoff(1, 10**9) == 86_400


def test_the_receivers_wish_to_be_left_alone_is_kept(window: Application) -> None:
    with receiving(lambda asked: (429, {"Retry-After": "7200"}, b"")) as receiver:
        subscribed(window, receiver.url)
        opened(window)
        served()
    assert Subscription.objects.get().next_at > timezone.now() + dt.timedelta(seconds=7_000)


def test_an_address_that_turned_inward_is_not_called(
    window: Application, receiver: Receiver, settings: Any
) -> None:
    subscribed(window, receiver.url)
    settings.OUTGOING_ALLOW = ""
    opened(window)
    served()
    assert receiver.asked == []
    assert Attempt.objects.get().error == "refused"
    for body in ({"url": receiver.url}, {"url": "https://169.254.169.254/"}, {"url": "https://localhost/"}):
        answer = window.post_("/webhooks", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "url")
        held = Subscription.objects.get()
        assert window.put(f"/webhooks/{held.pk}", body).status_code == 422
    assert window.post_(f"/webhooks/{Subscription.objects.get().pk}/ping", {}).json()["error"] == "refused"


# -- workers that die or double -----------------------------------------------------------------------


def test_two_workers_do_not_serve_one_subscription_at_once(window: Application) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(asked: Asked) -> Reply:
        begun.set()
        go_on.wait()
        return well(asked)

    with receiving(slow) as receiver:
        subscribed(window, receiver.url)
        opened(window)
        while sequencer.sequence_once():
            pass

        def work() -> None:
            webhooks.deliver()
            connection.close()

        first = threading.Thread(target=work)
        first.start()
        begun.wait()
        assert webhooks.deliver() == 0  # the other worker's
        go_on.set()
        first.join()
        served()
        assert told(receiver) == [event["id"] for event in feed(window)]


def test_what_a_killed_worker_had_in_hand_comes_again_with_the_same_id(
    window: Application, receiver: Receiver
) -> None:
    subscribed(window, receiver.url)
    opened(window)
    while sequencer.sequence_once():
        pass
    (held,) = webhooks._leased(uuid.uuid4(), ledger.head()[1])
    fed = webhooks.FEEDS[0](held.token, held.position, 20, ())
    assert fed is not None
    assert held.lease is not None
    dead = webhooks.Round(held, held.lease, subscriptions.secrets_of(held, timezone.now()), fed)
    done = dead.run()  # delivered, and killed before it wrote that down
    assert webhooks.deliver() == 0
    Subscription.objects.update(leased_until=timezone.now() - dt.timedelta(seconds=1))
    served()
    ids = [event["id"] for event in feed(window)]
    assert told(receiver) == ids + ids
    position = Subscription.objects.get().position
    assert webhooks._settle(dead, done) == 0  # it comes back late, and changes nothing
    assert Subscription.objects.get().position == position


def test_a_replay_beats_a_delivery_that_is_under_way(window: Application, receiver: Receiver) -> None:
    made = subscribed(window, receiver.url)
    opened(window)
    served()
    first = told(receiver)
    opened(window)
    while sequencer.sequence_once():
        pass
    (held,) = webhooks._leased(uuid.uuid4(), ledger.head()[1])
    fed = webhooks.FEEDS[0](held.token, held.position, 20, ())
    assert fed is not None
    assert held.lease is not None
    under_way = webhooks.Round(held, held.lease, subscriptions.secrets_of(held, timezone.now()), fed)
    assert window.post_(f"/webhooks/{made['id']}/replay", {"after": 0}).json()["position"] == 0
    webhooks._settle(under_way, under_way.run())
    assert Subscription.objects.get().position == 0
    receiver.asked.clear()
    served()
    assert told(receiver) == [event["id"] for event in feed(window)]
    assert told(receiver)[: len(first)] == first
    assert window.post_(f"/webhooks/{made['id']}/replay", {"after": 10**9}).status_code == 422
