"""Figures of fees: what was taken less what was given back, entry by entry and case by case."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from qinzheng.measures import queries as measures
from qinzheng.measures.period import Period
from qinzheng.mechanisms.fees import booking
from qinzheng.web.calendars import today
from tests import townhall
from tests.flows import small_city
from tests.flows.test_fees import charged, opened, place


@pytest.mark.django_db(transaction=True)
def test_what_is_given_back_is_taken_off(published: Any, settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    city = townhall.build()
    item = charged()
    case, other = opened(city, item), opened(city, item)
    booking.book(case, place(item), 1, city.who("clerk", "clerk"))
    price = item.guide.fees[place(item) - 1].fen
    line = booking.book(other, place(item), 1, city.who("clerk", "clerk"))
    booking.refund(other, line.entry.id, 1, "mistaken", city.who("head", "head_of_organ"))
    small_city.archived()
    period = Period(today() - dt.timedelta(days=1), today())
    (taken,), (mean,) = (measures.answer(name, (), period) for name in ("fees-taken", "fees-per-case"))
    assert (taken.value, taken.n) == ((2 * price - 1) / 100, 3)
    assert (mean.value, mean.n) == ((2 * price - 1) / 200, 2)
    assert measures.holds(taken.evidence)
    assert measures.holds(mean.evidence)
