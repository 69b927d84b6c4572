"""A service item in full holds together, says only what fits the applicant, and its codes are checked."""

import copy
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.cases import item_codes
from qinzheng.cases.items import Item, check_item
from qinzheng.parties import codes
from qinzheng.parties.codes import WrongCode
from tests import library

FOOD = "market.food-business-licence"
UNITS = st.integers(0, 10**7).map(lambda n: codes.make_enterprise_code("320999", n))


def told() -> dict[str, Any]:
    """The sample as it stands, to be spoilt."""
    return food().model_dump(mode="json", by_alias=True)


def changed(changes: dict[str, Any]) -> Item:
    return Item.model_validate_json(json.dumps({**told(), **changes}))


def complaints(changes: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [each.path for each in check_item(changed(changes), library.library())]


def food() -> Item:
    found = library.library().get("item", FOOD)
    assert isinstance(found, Item)
    return found


class TestGuide:
    def test_only_what_applies_is_asked_for(self) -> None:
        alone = food().guide.materials_for({"business": ["retail"], "who": ["self"]})
        sent = food().guide.materials_for({"business": ["restaurant"], "who": ["agent"]})
        assert set(alone) == {"application", "business_licence", "rules"}
        assert set(sent) == {*alone, "layout", "health", "mandate", "agent_identity"}

    def test_what_another_organization_has_is_not_brought(self) -> None:
        to_bring = food().guide.to_bring({"business": ["restaurant"], "who": ["self"]})
        assert set(to_bring) == {"application", "layout", "rules"}

    def test_a_condition_on_an_answer_that_nobody_can_give_is_refused(self) -> None:
        spoilt = copy.deepcopy(told()["guide"])
        spoilt["materials"]["layout"]["when"] = {"business": ["bakery"]}
        assert complaints({"guide": spoilt}) == [("guide", "materials", "layout", "when", "business")]

    def test_the_form_does_not_take_a_name_of_the_procedure(self) -> None:
        spoilt = copy.deepcopy(told()["guide"])
        spoilt["form"]["unit"] = spoilt["form"]["shop"]
        assert complaints({"guide": spoilt}) == [("guide", "form", "unit")]


class TestLife:
    def test_it_can_be_asked_for_from_its_admission_to_its_end(self) -> None:
        ended = {"turn": "abolished", "on": "2026-06-01", "reason": {"zh": "取消", "en": "abolished"}}
        item = changed({"life": [*told()["life"], ended]})
        days = (dt.date(2009, 2, 28), dt.date(2009, 3, 1), dt.date(2026, 5, 31), dt.date(2026, 6, 1))
        assert [item.alive(day) for day in days] == [False, True, True, False]

    @pytest.mark.parametrize(
        ("turn", "place"),
        [
            ({"turn": "delegated", "on": "2020-01-01", "to": "moon"}, ("life", 2, "to")),
            ({"turn": "merged", "on": "2020-01-01", "to": "market.nothing"}, ("life", 2, "to")),
            ({"turn": "suspended", "on": "2001-01-01"}, ("life", 2, "on")),
        ],
    )
    def test_a_turn_that_cannot_be_is_refused(self, turn: dict[str, str], place: tuple[Any, ...]) -> None:
        turn = {**turn, "reason": {"zh": "理由", "en": "reason"}}  # type: ignore[dict-item]
        assert place in complaints({"life": [*told()["life"], turn]})


class TestSpecial:
    def test_only_a_special_procedure_that_the_procedure_knows(self) -> None:
        known = {"procedure": "testing", "source": ["食品安全法"]}
        assert complaints({"special": [known]}) == []
        assert complaints({"special": [{**known, "procedure": "prayer"}]}) == [("special", 0, "procedure")]


class TestCodes:
    @given(UNITS, st.sampled_from(sorted(item_codes.LEVELS)), st.sampled_from(sorted(item_codes.TYPES)),
           st.integers(1, 999), st.integers(0, 999), st.integers(1, 99))  # fmt: skip
    def test_parts_come_back(
        self, unit: str, level: str, type: str, main: int, sub: int, serial: int
    ) -> None:
        item = f"{unit}{level}00{type}31{main:03}{sub:03}"
        business = f"{item}{serial:02}"
        found = item_codes.read(business)
        assert (found.unit, found.level, found.type, str(found)) == (unit, level, type, business)
        assert str(item_codes.read(item)) == item
        assert found.basic == item_codes.read(item).basic
        assert item_codes.belongs(business, item)

    @given(UNITS, st.integers(0, 17), st.sampled_from(codes.ENTERPRISE_ALPHABET))
    def test_a_wrong_character_of_the_unit_is_found(self, unit: str, place: int, wrong: str) -> None:
        spoilt = unit[:place] + wrong + unit[place + 1 :]
        if spoilt != unit:
            with pytest.raises(WrongCode):
                item_codes.read(f"{spoilt}40001310010000")

    @pytest.mark.parametrize(
        "rest", ["7000131001000", "4990131001000", "4009931001000", "4000131000000", "400013100100x", "400013100100000"]
    )  # fmt: skip
    def test_a_part_that_means_nothing_is_refused(self, rest: str) -> None:
        with pytest.raises(WrongCode):
            item_codes.read(codes.make_enterprise_code("320999", 7) + rest)

    def test_a_business_item_of_another_item_is_refused(self) -> None:
        unit = codes.make_enterprise_code("320999", 7)
        item, other = f"{unit}4000131001000", f"{unit}4000131002000"
        assert complaints({"code": item, "businesses": {f"{item}01": "新办"}}) == []
        assert complaints({"code": item, "businesses": {f"{other}01": "新办"}}) == [
            ("businesses", f"{other}01")
        ]
