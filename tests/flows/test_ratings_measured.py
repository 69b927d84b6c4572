"""Figures of ratings: of what was said, never of silence."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, get_args

import pytest

from qinzheng.measures import queries as measures
from qinzheng.measures import schema as questions
from qinzheng.measures.period import Period
from qinzheng.mechanisms.ratings import schema
from qinzheng.web.calendars import today
from tests import townhall
from tests.flows import small_city
from tests.flows.test_ratings import ended, rated


def test_measures_know_the_same_grades() -> None:
    assert get_args(questions.Grade) == schema.GRADES
    assert get_args(questions.Said) == schema.ANSWERS


@pytest.mark.django_db(transaction=True)
def test_the_measures_count_what_was_said_and_never_silence(
    published: Any, settings: Any, tmp_path: Path
) -> None:
    settings.HOME = tmp_path
    city = townhall.build()
    said = [
        ("very_satisfied", "done"),
        ("satisfied", "not_done"),
        ("dissatisfied", "done"),
        ("fairly_satisfied", "unsaid"),
    ]
    for grade, answer in said:
        rated(ended(city), grade, answer=answer)
    ended(city)
    small_city.archived()
    period = Period(today() - dt.timedelta(days=1), today())
    figures = {
        name: measures.answer(name, "organization", period)
        for name in ("ratings", "rated-satisfied", "rated-done")
    }
    found = {name: {one.key["organization"]: one for one in answers} for name, answers in figures.items()}
    assert found["ratings"]["housing"].value == 4
    rates = {
        name: (found[name]["housing"].numerator, found[name]["housing"].denominator)
        for name in ("rated-satisfied", "rated-done")
    }
    assert rates == {"rated-satisfied": (3, 4), "rated-done": (2, 3)}
    assert measures.holds(found["rated-done"]["housing"].evidence)
