"""Several desks book the same fee at the same moment: one booking."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections

from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.mechanisms.fees import booking, queries
from tests import townhall
from tests.flows.test_fees import charged, opened, place


@pytest.mark.django_db(transaction=True)
def test_two_at_once_book_one_fee(published: Any) -> None:
    city = townhall.build()
    item = charged()
    case = opened(city, item)
    came: list[bool] = []

    def one() -> None:
        try:
            booking.book(case, place(item), 1, Who("p-1", "administrative-approval", "clerk"))
            came.append(True)
        except NotAllowed:
            came.append(False)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == [False, False, False, True]
    assert len(queries.account(case).lines) == 1
