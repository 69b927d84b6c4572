"""Guessing a receipt's secret from many connections at once is counted as one after the other."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from qinzheng.cases import receipts


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_moment_are_all_counted() -> None:
    waits: list[int] = []

    def one() -> None:
        waits.append(receipts.wait_s("198.51.100.1"))
        connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(receipts.TRIES + 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(wait == 0 for wait in waits) == receipts.TRIES
