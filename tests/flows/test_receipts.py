"""Receipts beside everything else: guesses from many connections are all counted, and no figure moves."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from qinzheng.cases import receipts
from qinzheng.cases.models import Case
from qinzheng.ledger import projections
from qinzheng.measures import queries as measures
from qinzheng.measures.period import Period
from qinzheng.web.calendars import today
from tests.flows import small_city


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


@pytest.mark.django_db(transaction=True)
def test_a_receipt_moves_no_figure(published: object, settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    small_city.found()
    case = Case.objects.get(pk=small_city.letter("water", 3).case)
    day = today()
    small_city.archived()
    before = figures(day)
    receipts.issue(case, "p-000000000001", "water")
    small_city.archived()
    assert figures(day) == before == {"open": 1, "completed": 0}
    assert list(projections.check()) == []


def figures(day: dt.date) -> dict[str, float | None]:
    period = Period(day - dt.timedelta(days=9), day)
    return {name: measures.answer(name, (), period)[0].value for name in ("open", "completed")}
