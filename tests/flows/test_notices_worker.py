"""Notices by real worker processes and a real mail server: two at once, one of them killed, nothing told twice."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from qinzheng.notifications import actions
from qinzheng.notifications.models import Delivery, Notice
from tests import townhall
from tests.flows import told
from tests.flows.receivers import Post
from tests.flows.test_notices_sent import post
from tests.flows.test_worker import until, url_of_the_test, with_key, worker

__all__ = ["post"]
CASES = 12


@pytest.mark.django_db(transaction=True)
def test_two_workers_one_of_them_killed(
    published: Any, tmp_path: Path, post: Post, settings: Any, monkeypatch: Any
) -> None:
    with_key(tmp_path)
    monkeypatch.setenv("SMTP_URL", f"smtp+plain://127.0.0.1:{settings.EMAIL_PORT}")
    city = townhall.build()
    person = city.accounts["handler"].person_id
    assert person is not None
    actions.keep_contact(person, "mail", "handler@housing.example", "p")
    told.up_to_now()

    def sent() -> int:
        return Delivery.objects.filter(channel="mail", state="sent").count()

    def come_in() -> None:
        for _ in range(CASES):
            townhall.opened(city)

    with worker(tmp_path, url_of_the_test()) as killed, worker(tmp_path, url_of_the_test()) as other:
        come_in()
        until(lambda: sent() >= 3, "the first mails")
        killed.kill()
        assert killed.wait() == -signal.SIGKILL
        come_in()
        until(
            lambda: Notice.objects.filter(recipient=city.posts["handler"]).count() == 2 * CASES,
            "every notice",
        )
        # One mail may be lent to the worker that was killed: it comes back by itself after three minutes.
        until(lambda: sent() >= 2 * CASES - 1, "the mails")
        other.terminate()
        assert other.wait(240) == 0
    told_of = Counter(Notice.objects.values_list("definition", "event", "recipient"))
    assert set(told_of.values()) == {1}
    assert Notice.objects.filter(recipient=city.posts["handler"]).count() == 2 * CASES
    numbers = {str(mail["Message-ID"]) for mail in post.taken}
    noted = set(Delivery.objects.filter(state="sent").values_list("provider_id", flat=True))
    assert noted <= numbers
    assert len(numbers) <= 2 * CASES
    assert len(post.taken) <= len(noted) + 1, (
        "only what was on its way when the worker was killed can come twice"
    )
