"""The shipped definitions: complete, sourced, in two languages, told apart by one id."""

import re
from collections import Counter
from typing import Any

import pytest

from qinzheng.definitions.library import Held
from tests.histories import compiled
from tests.library import library, procedure, rules

HELD = list(library())
IDS = [f"{entry.definition.kind}:{entry.definition.id}" for entry in HELD]
CHINESE = re.compile("[\u4e00-\u9fff]")
LATIN = re.compile("[A-Za-z]")

LAW = [
    "approvals.joint",
    "approvals.standard",
    "hotline.work-order",
    "information.request",
    "petitions.matter",
    "petitions.re-examination",
    "petitions.review",
    "review.reconsideration",
]


def texts(value: Any) -> list[dict[str, str]]:
    """Every pair of a Chinese and an English text in a document."""
    if isinstance(value, dict):
        if set(value) == {"zh", "en"}:
            return [value]
        return [text for part in value.values() for text in texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in texts(part)]
    return []


def test_ids_are_unique_within_a_kind_and_day() -> None:
    seen = Counter(
        (e.definition.kind, e.definition.id, getattr(e.definition, "in_force_from", None)) for e in HELD
    )
    assert [key for key, times in seen.items() if times > 1] == []


@pytest.mark.parametrize("entry", HELD, ids=IDS)
def test_every_text_speaks_both_languages(entry: Held) -> None:
    found = texts(entry.document.value)
    assert found or entry.definition.kind == "calendar"
    for text in found:
        assert CHINESE.search(text["zh"]), text
        assert LATIN.search(text["en"]), text


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [str(r) for r in value["source"]] if isinstance(value.get("source"), list) else []
        return own + [r for key, part in value.items() if key != "source" for r in references(part)]
    if isinstance(value, list):
        return [r for part in value for r in references(part)]
    return []


def test_every_citation_names_an_article_that_stands_in_its_source() -> None:
    articles = {source.id: source.articles for source in library().all("source")}
    cited = {reference for entry in HELD for reference in references(entry.document.value)}
    assert len(cited) > 30
    missing = [r for r in cited if "/" in r and r.partition("/")[2] not in articles[r.partition("/")[0]]]
    assert missing == []


def test_every_article_says_something() -> None:
    silent = [
        f"{source.id}/{name}"
        for source in library().all("source")
        for name, article in source.articles.items()
        if article.gist is None and article.text is None
    ]
    assert silent == []


def test_the_procedures_of_the_law_are_there() -> None:
    assert set(LAW) <= {found.id for found in library().all("procedure")}


@pytest.mark.parametrize("id", LAW)
def test_people_may_withdraw_and_add_papers_at_any_time(id: str) -> None:
    acts = procedure(id).acts
    assert acts["withdraw"].any_time
    assert acts["supplement"].any_time
    assert all(act.by for act in acts.values() if not act.system)


APPROVERS = {
    "approvals.standard": ("decision", "head_of_organ", 10),
    "approvals.joint": ("decision", "government_head", 15),
    "review.reconsideration": ("decision", "head_of_review_body", 30),
    "petitions.matter": ("handling", "head_of_organ", 30),
    "information.request": ("answer", "head_of_information_unit", 20),
}


@pytest.mark.parametrize("id", APPROVERS)
def test_each_law_names_who_may_extend_and_by_how_much(id: str) -> None:
    clock, approver, most = APPROVERS[id]
    (extension,) = procedure(id).clocks[clock].extends
    assert (extension.approver, extension.at_most, extension.times) == (approver, most, 1)
    act = procedure(id).acts[extension.by]
    assert act.by == [approver]
    assert act.form["amount"].most == most


BUDGETS = [
    ("approvals.standard", "correction", 5, "working_days"),
    ("approvals.standard", "decision", 20, "working_days"),
    ("approvals.standard", "certificate", 10, "working_days"),
    ("approvals.joint", "decision", 45, "working_days"),
    ("review.reconsideration", "acceptance", 5, "working_days"),
    ("review.reconsideration", "supply", 10, "working_days"),
    ("review.reconsideration", "decision", 60, "calendar_days"),
    ("review.reconsideration", "decision-simplified", 30, "calendar_days"),
    ("petitions.matter", "forwarding", 15, "calendar_days"),
    ("petitions.matter", "telling", 15, "calendar_days"),
    ("petitions.matter", "handling", 60, "calendar_days"),
    ("petitions.review", "opinion", 30, "calendar_days"),
    ("petitions.re-examination", "opinion", 30, "calendar_days"),
    ("information.request", "answer", 20, "working_days"),
    ("information.request", "third-party", 15, "working_days"),
    ("information.request", "co-author", 15, "working_days"),
    ("hotline.work-order", "reply", 5, "working_days"),
]


@pytest.mark.parametrize(("id", "clock", "amount", "unit"), BUDGETS)
def test_the_laws_budgets(id: str, clock: str, amount: int, unit: str) -> None:
    found = procedure(id).clocks[clock]
    assert found.limits.statutory is not None
    assert (found.limits.statutory.amount, found.counting.unit) == (amount, unit)


def test_the_sample_letters_have_no_statutory_limit() -> None:
    assert procedure("letters.reply").clocks["reply"].limits.statutory is None


def test_the_rule_sets() -> None:
    assert {rule.set for rule in rules()} == {"standard", "ninety"}
    assert sorted((rule.id, rule.level, rule.claims) for rule in rules("ninety")) == [
        ("ninety.red", "red", "promise"),
        ("ninety.yellow", "yellow", "promise"),
    ]


def test_a_red_card_in_the_standard_set_never_speaks_of_a_promise() -> None:
    assert [rule.id for rule in rules("standard") if rule.level == "red" and rule.claims == "promise"] == []


def test_every_rule_of_a_set_is_named_for_it() -> None:
    assert [rule.id for rule in rules() if not rule.id.startswith(f"{rule.set}.")] == []


def test_every_procedure_is_supervised() -> None:
    watched = {name for rule in rules() for name in rule.supervises}
    assert {found.id for found in library().all("procedure")} == watched


def test_no_clock_of_the_department_runs_unwatched() -> None:
    """Every limit of every clock that counts against a department wakes some shipped rule when it passes."""
    unwatched = []
    for one in library().all("procedure"):
        program = compiled(one, [rule for rule in rules() if one.id in rule.supervises])
        for track in program.tracks:
            name = program.clocks[track.clock] if track.clock < len(program.clocks) else ""
            if not name or one.clocks[name].owner != "department":
                continue
            unwatched += [
                (one.id, name, rung.name)
                for rung in track.rungs
                if rung.name in ("statutory", "committed", "own", "given")
                and not rung.listeners
                and rung.deems < 0
            ]
    assert unwatched == []
