"""Several people press the same button at the same moment: one rating."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections

from qinzheng.cases.engine import NotAllowed
from tests import townhall
from tests.flows.test_ratings import ended, rated


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_are_one_rating(published: Any) -> None:
    city = townhall.build()
    case = ended(city)
    came: list[str] = []

    def one(device: str) -> None:
        try:
            came.append(rated(case, rater=device).id)
        except NotAllowed:
            came.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=[f"device:{n}"]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came.count("refused") == 3
