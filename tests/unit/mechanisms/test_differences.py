"""Two editions of an item in words: what differs is said, what is the same is not, and better for people is not worse."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinzheng.cases.guide import Before, Fee, Guide, Life, Material, Paper, Question, Special
from qinzheng.cases.items import Item
from qinzheng.cases.schema import Field_, Procedure
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.catalogue import differences, guide_differences
from qinzheng.mechanisms.catalogue.telling import Difference
from tests.library import library

ITEMS: list[Item] = library().standing("item")
FULL = [item for item in ITEMS if item.guide.materials and item.guide.fees]
PLAIN = next(
    item for item in ITEMS if item.procedure == "services.matter" and item.committed and not item.life
)
DAY = dt.date(2026, 12, 1)
WORDS = Text(zh="新的", en="new")


def way(item: Item) -> Procedure:
    found: Procedure = library().get("procedure", item.procedure)
    return found


def told(before: Item, after: Item) -> list[Difference]:
    return differences.between((before, way(before)), (after, way(after)))


def changed(item: Item, **update: Any) -> Item:
    return item.model_copy(update=update)


def guided(item: Item, **update: Any) -> Item:
    return changed(item, guide=item.guide.model_copy(update=update))


MATERIAL = Material(name=Text(zh="新材料", en="a new paper"))
FEE = Fee(name=Text(zh="新收费", en="a new charge"), fen=1000, source=["ours"])
ITEM_CHANGES: dict[str, Any] = {
    "name": WORDS, "in_force_from": DAY, "in_force_to": DAY, "checked_on": DAY, "source": ["ours/x"], "basis": "law", "note": WORDS,
    "sort": "payment", "organization": "elsewhere", "procedure": "approvals.standard", "committed": {"handling": 2}, "towns": None,
    "code": "1" * 31, "businesses": {"2" * 33: "一种"}, "inherits": "another", "level": "town", "decided_by": {"town": "town-01"},
    "at_window": None, "at_once": None, "fast_track": None, "in_centre": None, "special": [Special(procedure="testing", source=["ours"])],
    "before": Before(days=20, as_of=DAY, source=["ours"]), "life": [Life(turn="admitted", on=DAY, reason=WORDS)],
}  # fmt: skip
"""A change of each key; None: the flag the other way."""
GUIDE_CHANGES: dict[str, Any] = {
    "plain": WORDS, "said": ["新叫法"], "audience": "firms", "conditions": [WORDS],
    "situations": {"q": Question(name=WORDS, answers={"a": WORDS, "b": WORDS})}, "materials": {"m": MATERIAL},
    "form": {"f": Field_(name=WORDS, type="text")}, "fees": [FEE], "papers": [Paper(name=WORDS, sort="record")],
    "channels": ["phone"], "points": ["point-x"], "a_year": 123456,
}  # fmt: skip


@pytest.mark.parametrize("key", [name for name in Item.model_fields if name not in ("kind", "id", "guide")])
def test_a_change_of_any_key_of_an_item_is_said_in_both_languages(key: str) -> None:
    value = ITEM_CHANGES[key]
    if key == "committed":
        value = {"handling": PLAIN.committed["handling"] + 1}
    after = changed(PLAIN, **{key: not getattr(PLAIN, key) if value is None else value})
    assert after != PLAIN
    found = told(PLAIN, after)
    assert key in {each.about for each in found}
    assert all(each.words.zh and each.words.en for each in found)


@pytest.mark.parametrize("key", list(Guide.model_fields))
def test_a_change_of_any_key_of_a_guide_is_said(key: str) -> None:
    after = guided(FULL[0], **{key: GUIDE_CHANGES[key]})
    assert after != FULL[0]
    assert key in {each.about for each in told(FULL[0], after)}


@pytest.mark.parametrize("key", list(Material.model_fields))
def test_a_change_of_any_key_of_a_paper_is_said(key: str) -> None:
    values: dict[str, Any] = {
        "name": WORDS, "form": "electronic", "copies": 7, "sample": WORDS, "blank": "papers.x", "shared_from": "market",
        "later": True, "source": ["ours"], "when": {"q": ["a"]},
    }  # fmt: skip
    value = values.get(key, WORDS)
    before = Guide(materials={"m": MATERIAL})
    after = Guide(materials={"m": MATERIAL.model_copy(update={key: value})})
    found = guide_differences.between(before, after)
    assert [each.about for each in found] == ["materials"]


@given(st.sampled_from(ITEMS), st.sampled_from(ITEMS))
@settings(max_examples=300)
def test_nothing_is_said_of_editions_that_say_the_same_and_only_of_those(one: Item, other: Item) -> None:
    found = told(one, other)
    assert (found == []) == (changed(one, id=other.id) == other)


@given(st.sampled_from(FULL), st.integers(1, 60), st.integers(1, 60))
def test_a_shorter_promise_is_easier_and_the_way_back_harder(item: Item, one: int, other: int) -> None:
    clock = next(
        name for name in (*item.committed, *way(item).clocks) if way(item).clocks[name].role == "case"
    )
    a, b = changed(item, committed={clock: one}), changed(item, committed={clock: other})
    there, back = told(a, b), told(b, a)
    if one == other:
        assert there == []
        return
    assert [each.way for each in there] == (["easier"] if other < one else ["harder"])
    assert {each.way for each in there} | {each.way for each in back} == {"easier", "harder"}
    assert str(one) in there[0].words.zh
    assert str(other) in there[0].words.en


def test_a_promise_cut_reads_as_people_say_it() -> None:
    before, after = changed(PLAIN, committed={"handling": 10}), changed(PLAIN, committed={"handling": 5})
    (found,) = told(before, after)
    assert found.words.zh == "“办理”承诺时限由10个工作日缩短为5个工作日"
    assert found.words.en == "the promise of handling is shortened from 10 working days to 5 working days"


def test_a_paper_that_another_office_has_need_not_be_brought_any_more() -> None:
    before = Guide(materials={"m": MATERIAL})
    after = Guide(materials={"m": MATERIAL.model_copy(update={"shared_from": "market"})})
    (found,) = guide_differences.between(before, after, lambda _: Text(zh="市场局", en="the market bureau"))
    assert (found.words.zh, found.way) == ("材料“新材料”改由“市场局”共享取得，不用带", "easier")


@given(st.lists(st.sampled_from(FULL), min_size=1, max_size=1), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_lower_charge_is_easier(items: list[Item], one: int, other: int) -> None:
    fee = items[0].guide.fees[0]
    a, b = (guided(items[0], fees=[fee.model_copy(update={"fen": fen})]) for fen in (one, other))
    assert [each.way for each in told(a, b)] == (
        [] if one == other else ["easier"] if other < one else ["harder"]
    )


def test_every_key_has_its_name() -> None:
    assert set(differences.LABELS) | {"kind", "id", "guide"} == set(Item.model_fields)
    assert set(guide_differences.LABELS) == set(Guide.model_fields)
