"""Items are found in people's own words."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.cases.vocabulary import Finder, Vocabulary, Words, check_vocabulary, finder, tokens
from tests.library import library


@cache
def shipped() -> Finder:
    return finder(library())


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("开一家小吃店", "食品经营许可"), ("孩子上户口", "出生登记"), ("我想结婚", "结婚登记"), ("驾照换证", "机动车驾驶证换证"),
        ("身份证丢了怎么办", "居民身份证挂失补领"), ("房子过户", "不动产转移登记（二手房）"), ("老板拖欠工资怎么办", "劳动人事争议仲裁申请"),
        ("open a snack bar", "食品经营许可"), ("Register a newborn", "出生登记"), ("lost my job", "失业登记"),
    ],
)  # fmt: skip
def test_what_people_say_leads_to_the_item(asked: str, name: str) -> None:
    assert name in [item.name.zh for item in shipped().find(asked, 5)]


@pytest.mark.parametrize("asked", ["路灯", "飞上月球", "", "的", "???", "how do I"])
def test_what_no_item_is_about_finds_nothing(asked: str) -> None:
    assert shipped().find(asked, 5) == []


def test_every_item_is_found_first_by_its_own_name_in_both_languages() -> None:
    for item in shipped().items:
        assert shipped().find(item.name.zh, 1)[0].name.zh == item.name.zh
        assert item in shipped().find(item.name.en.upper(), 20)


@given(st.text(max_size=80))
def test_any_question_is_answered(asked: str) -> None:
    found = shipped().find(asked, 7)
    assert len(found) <= 7
    assert len(set(tokens(asked))) == len(tokens(asked))


def test_words_that_mean_nothing_in_the_catalogue_are_a_slip() -> None:
    (kept,) = library().all("vocabulary")
    wrong: Vocabulary = kept.model_copy(update={"words": [Words(said=["飞船"], means=["登月许可"])]})
    assert [each.en for each in check_vocabulary(wrong, library())] == ["no item's name holds “登月许可”"]
    assert list(check_vocabulary(kept, library())) == []


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("路灯坏了", "路灯不亮"), ("我家门口路灯坏了怎么办", "路灯不亮"), ("楼下广场舞太吵", "噪声扰民"), ("小区停水了", "停水、漏水"),
        ("the street lamp is out", "路灯不亮"), ("There is NO  WATER", "停水、漏水"), ("开一家小吃店", None), ("", None), ("孩子上户口", None),
    ],
)  # fmt: skip
def test_a_trouble_is_known_as_one_and_an_item_is_none(asked: str, name: str | None) -> None:
    found = shipped().trouble(asked)
    assert (found.name.zh if found else None) == name


def test_no_trouble_takes_a_question_away_from_an_item() -> None:
    for item in shipped().items:
        assert shipped().trouble(item.name.zh) is None, item.name.zh


@given(st.text(max_size=80))
def test_any_question_may_be_a_trouble(asked: str) -> None:
    found = shipped().trouble(asked)
    assert found is None or any(said.casefold() in " ".join(asked.casefold().split()) for said in found.said)
