"""Every item in full can be asked through: whatever the answers, the papers and charges that follow make sense."""

import datetime as dt
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from qinzheng.cases.items import Item
from qinzheng.definitions.library import Held, default_root
from qinzheng.simulation.qinghe import places
from tests.definitions.test_shipped import CHINESE, LATIN, references, texts
from tests.library import library, procedure

Answers = dict[str, list[str]]
FULL = [entry for entry in library() if entry.definition.kind == "item" and entry.definition.guide.materials]
IDS = [entry.definition.id for entry in FULL]
UNITS = {unit.id for unit in places.units()}
CHINESE_SIGNS = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
"""Chinese letters and marks, which an English text has none of."""

every_full_item = pytest.mark.parametrize("entry", FULL, ids=IDS)


def combinations(item: Item) -> Iterator[Answers]:
    """Every way of answering, one answer a question."""
    questions = item.guide.situations
    for chosen in itertools.product(*(question.answers for question in questions.values())):
        yield {name: [answer] for name, answer in zip(questions, chosen, strict=True)}


def follows(item: Item, answers: Mapping[str, list[str]]) -> tuple[frozenset[str], frozenset[int]]:
    """The materials and the charges (by their places) that these answers make."""
    fees = (n for n, fee in enumerate(item.guide.fees) if fee.applies(answers))
    return frozenset(item.guide.materials_for(answers)), frozenset(fees)


def test_the_items_of_city_life_stand_in_full() -> None:
    assert len(FULL) >= 25
    assert "market.food-business-licence" in IDS


@every_full_item
def test_something_is_to_be_handed_in_whatever_the_answers(entry: Held) -> None:
    for answers in combinations(entry.definition):
        assert follows(entry.definition, answers)[0], answers


@every_full_item
def test_every_answer_of_every_question_can_change_what_follows(entry: Held) -> None:
    item: Item = entry.definition
    for name, question in item.guide.situations.items():
        others = {
            answer: [each for each in question.answers if each != answer] for answer in question.answers
        }
        for answer, rest in others.items():
            assert any(
                follows(item, answers) != follows(item, {**answers, name: [other]})
                for answers in combinations(item)
                if answers[name] == [answer]
                for other in rest
            ), f"{name}: {answer} changes nothing"


@every_full_item
def test_every_material_and_charge_is_asked_for_in_some_situation(entry: Held) -> None:
    item: Item = entry.definition
    reached = [follows(item, answers) for answers in combinations(item)]
    assert frozenset().union(*(materials for materials, _ in reached)) == set(item.guide.materials)
    assert frozenset().union(*(fees for _, fees in reached)) == set(range(len(item.guide.fees)))


@every_full_item
def test_every_text_is_in_both_languages_and_each_in_its_own_letters(entry: Held) -> None:
    for text in texts(entry.document.value):
        assert CHINESE.search(text["zh"]), text
        assert LATIN.search(text["en"]), text
        assert not CHINESE_SIGNS.search(text["en"]), text
    assert entry.definition.guide.plain is not None
    assert entry.definition.guide.said
    assert len(set(entry.definition.guide.said)) == len(entry.definition.guide.said)


@every_full_item
def test_papers_come_from_units_that_exist(entry: Held) -> None:
    item: Item = entry.definition
    named = {each.shared_from for each in item.guide.materials.values() if each.shared_from is not None}
    assert named | {item.organization} | set(item.decided_by.values()) <= UNITS


@every_full_item
def test_the_promise_is_not_longer_than_the_law_allows(entry: Held) -> None:
    item: Item = entry.definition
    for clock, amount in item.committed.items():
        limits = procedure(item.procedure).clocks[clock].limits
        assert amount <= min(
            limit.amount for limit in (limits.statutory, limits.committed, limits.own) if limit
        )


@every_full_item
def test_it_says_that_it_is_a_sample(entry: Held) -> None:
    note = entry.definition.note
    assert note is not None
    assert "示例" in note.zh
    assert "sample" in note.en


@every_full_item
def test_every_law_named_is_marked_as_memory_unless_an_article_was_read(entry: Held) -> None:
    for reference in references(entry.document.value):
        source, _, article = reference.partition("/")
        found = library().get("source", source)
        if article:
            assert found.mark != "memory", reference


def spelt(value: Any) -> Any:
    """The same document with days as text: readers differ in whether they make dates of them."""
    if isinstance(value, dict):
        return {key: spelt(part) for key, part in value.items()}
    if isinstance(value, list):
        return [spelt(part) for part in value]
    return value.isoformat() if isinstance(value, dt.date) else value


@every_full_item
def test_other_readers_of_yaml_read_the_same(entry: Held) -> None:
    file = default_root() / "items" / "full" / f"{entry.definition.id.partition('.')[2]}.yaml"
    assert spelt(yaml.safe_load(file.read_text(encoding="utf-8"))) == spelt(entry.document.value)
