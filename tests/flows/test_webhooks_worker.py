"""Webhooks by real worker processes: two at once, one of them killed; everything arrives, in order, signed."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from qinzheng.notifications import webhooks
from qinzheng.notifications.subscriptions import Attempt, Subscription
from tests.flows import applications
from tests.flows.applications import opened
from tests.flows.pushing import feed, subscribed, told, verified
from tests.flows.test_worker import until, url_of_the_test, with_key, worker
from tests.receivers import Receiver

CASES = 12


@pytest.mark.django_db(transaction=True)
def test_two_workers_one_of_them_killed(
    published: Any, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_key(tmp_path)
    monkeypatch.setenv("QINZHENG_OUTGOING_ALLOW", "http://127.0.0.1")
    window = applications.window()
    made = subscribed(window, receiver.url)

    def arrived() -> bool:
        ids = {event["id"] for event in feed(window)}
        return len(ids) >= 4 * CASES and ids <= set(told(receiver))

    with worker(tmp_path, url_of_the_test()) as killed, worker(tmp_path, url_of_the_test()) as other:
        for _ in range(CASES):
            opened(window)
        until(lambda: len(receiver.asked) >= 3, "the first events")
        killed.kill()
        assert killed.wait() == -signal.SIGKILL
        for _ in range(CASES):
            opened(window)
        # What the killed one held is lent for two minutes; they are over.
        Subscription.objects.filter(lease__isnull=False).update(leased_until=timezone.now())
        until(arrived, "every event")
        other.terminate()
        assert other.wait(240) == 0
    ids = [event["id"] for event in feed(window)]
    assert list(dict.fromkeys(told(receiver))) == ids
    assert len(receiver.asked) - len(ids) <= webhooks.IN_A_ROW
    assert all(
        verified(asked, made["secret"])["id"] == asked.headers["webhook-id"] for asked in receiver.asked
    )
    assert set(Attempt.objects.values_list("status", flat=True)) == {204}
