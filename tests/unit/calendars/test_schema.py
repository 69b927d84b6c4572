"""What a calendar definition may not say, and that the refusal names the place."""

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from qinzheng.calendars import schema
from tests.unit.calendars import shipped


def _document(path: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((shipped.FOLDER / path).read_text(encoding="utf-8"))
    return loaded


def _refusal(document: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as raised:
        schema.CalendarDefinition.model_validate(document)
    return str(raised.value)


def test_the_form_decides_the_model() -> None:
    assert isinstance(schema.CalendarDefinition.model_validate(_document("cn.yaml")), schema.CalendarHead)
    assert isinstance(
        schema.CalendarDefinition.model_validate(_document("cn/2015.yaml")), schema.CalendarYear
    )
    overlay = _document("points/town-hall.yaml")
    assert isinstance(schema.CalendarDefinition.model_validate(overlay), schema.CalendarOverlay)


@pytest.mark.parametrize("form", [None, "years", 3])
def test_an_unknown_form_is_refused_with_the_known_ones(form: object) -> None:
    document = _document("cn.yaml")
    document["form"] = form
    assert "form must be one of head, year, overlay" in _refusal(document)


def test_a_missing_part_is_named_by_its_place() -> None:
    document = _document("cn/2015.yaml")
    del document["notices"][1]["arrangements"][0]["last"]
    assert "notices.1.arrangements.0.last" in _refusal(document)


def test_an_unknown_key_is_refused() -> None:
    document = _document("cn/2015.yaml")
    document["notices"][0]["holiday"] = "x"
    assert "notices.0.holiday" in _refusal(document)


def test_notices_stand_in_order_of_announcement() -> None:
    document = _document("cn/2015.yaml")
    document["notices"].reverse()
    assert "in order of announcement" in _refusal(document)


def test_a_day_of_another_year_is_refused() -> None:
    document = _document("cn/2015.yaml")
    document["year"] = 2016
    assert "is not of 2016" in _refusal(document)


def test_a_worked_day_inside_its_days_off_is_refused() -> None:
    document = _document("cn/2015.yaml")
    arranged = document["notices"][0]["arrangements"][0]
    arranged["worked"] = [arranged["first"]]
    assert "a worked day lies inside the days off" in _refusal(document)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    document = _document("cn.yaml")
    covers = document["covers"]
    covers["first"], covers["last"] = covers["last"], covers["first"]
    assert "last is before first" in _refusal(document)


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        ([{"opens": "13:30", "closes": "09:00"}], "opens must come before closes"),
        ([{"opens": "22:00", "closes": "02:00"}], "write hours past midnight on both days"),
        ([{"opens": "09:00", "closes": "12:00"}, {"opens": "11:00", "closes": "17:00"}], "not overlap"),
        ([{"opens": 810, "closes": "17:00"}], "opening.0.opens"),  # 13:30 unquoted in YAML
        ([{"opens": "09:00", "closes": "24:01"}], "opening.0.closes"),
    ],
)
def test_hours_that_make_no_day_are_refused(spans: list[dict[str, Any]], told: str) -> None:
    document = _document("cn.yaml")
    document["opening"] = spans
    assert told in _refusal(document)


@pytest.mark.parametrize("key", ["weekly", "seasons", "dates"])
def test_overlapping_hours_are_refused_in_every_part_of_an_overlay(key: str) -> None:
    crossed = [{"opens": "09:00", "closes": "12:00"}, {"opens": "11:00", "closes": "17:00"}]
    document = _document("points/self-service.yaml")
    document[key] = {
        "weekly": {"wed": crossed},
        "seasons": [{"first": "06-01", "last": "09-30", "opening": crossed}],
        "dates": [{"date": document["in_force_from"], "name": {"zh": "日", "en": "day"}, "opening": crossed}],
    }[key]
    assert "not overlap" in _refusal(document)
