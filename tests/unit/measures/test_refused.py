"""A measure that could never count, or that names what does not exist, is refused: file, line, key, remedy."""

import dataclasses
import datetime as dt

import pytest
import yaml

from qinzheng import wiring
from qinzheng.definitions.library import DefinitionErrors, Library, default_root
from qinzheng.measures.period import Period, WrongPeriod


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """The shipped definitions, for a measure of the test's own to stand beside."""
    return default_root()


def refused(others, tmp_path, change) -> list[tuple[str, str, str, int]]:
    document = yaml.safe_load((others / "measures" / "on-time-rate.yaml").read_text(encoding="utf-8"))
    document["id"] = "test.measure"
    change(document)
    file = tmp_path / "measure.yaml"
    file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    with pytest.raises(DefinitionErrors) as caught:
        Library.read([others, file], wiring.KINDS)
    return [(p.key, p.zh, p.en, p.line) for p in caught.value.problems if p.file == file]


def at(document, *path, value):
    for name in path[:-1]:
        document = document[name]
    document[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value", "key", "said"),
    [
        (("filter", "procedures"), ["approvals.none"], "filter.procedures.0", "no procedure approvals.none; known"),
        (("filter", "clocks"), ["decison"], "filter.clocks.0", "no clock decison; known"),
        (("value", "numerator"), {"clocks": ["nobody"]}, "value.numerator.clocks.0", "no clock nobody"),
        (("filter", "variants"), ["greenish"], "filter.variants.0", "no variant greenish"),
        (("calendar",), "mars", "calendar", "no calendar mars"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_refused(others, tmp_path, path, value, key, said):
    found = refused(others, tmp_path, lambda document: at(document, *path, value=value))
    assert [(k, said in en, line > 1) for k, _, en, line in found if k == key] == [(key, True, True)]


def test_unknown_acts_rules_and_conditions_are_refused(others, tmp_path):
    def acts(document):
        document |= {"population": "acts", "when": "done", "filter": {"acts": ["acept"]}, "unit": {"per": "act"},
                     "value": {"statistic": "count"}, "by": ["organization"]}  # fmt: skip

    def cards(document):
        document |= {"population": "cards", "when": "issued_for", "unit": {"per": "card"}, "by": ["organization"],
                     "filter": {"rules": ["standard.none"], "conditions": ["pre_waning"]},
                     "value": {"statistic": "count"}}  # fmt: skip

    assert [key for key, *_ in refused(others, tmp_path, acts)] == ["filter.acts.0"]
    assert {key for key, *_ in refused(others, tmp_path, cards)} == {"filter.rules.0", "filter.conditions.0"}


def test_a_procedure_that_can_never_count_is_refused(others, tmp_path):
    def change(document):
        document["filter"] |= {"procedures": ["letters.reply", "approvals.standard"], "clocks": ["decision"]}

    ((key, zh, en, _),) = refused(others, tmp_path, change)
    assert key == "filter.clocks"
    assert "letters.reply" in zh
    assert "can never be counted" in en


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("filter", "levels"), ["red"], "has no filter levels"),
        (("when",), "issued_for", "when of clocks"),
        (("by",), ["level"], "cannot be asked by level"),
        (("unit",), {"per": "card"}, "per of clocks"),
        (("unit",), {"per": "clock", "take": "first"}, "take is left out"),
        (("unit",), {"per": "case"}, "needed otherwise"),
        (("unit",), {"per": "case", "take": "highest"}, "for cards only"),
        (("when",), "due_at", "one of the allowed"),
        (("value",), {"statistic": "median", "of": "x"}, "unknown key"),
        (("value", "numerator"), {}, "must ask something"),
        (("weight",), 3, "unknown key"),
    ],
)
def test_a_shape_that_says_nothing_is_refused(others, tmp_path, path, value, said):
    found = refused(others, tmp_path, lambda document: at(document, *path, value=value))
    assert any(said in en for _, _, en, _ in found), found


def test_working_days_are_asked_of_ended_clocks_only(others, tmp_path):
    def change(document):
        document |= {"when": "due", "value": {"statistic": "mean"}}

    assert any("asked of ended clocks" in en for *_, en, _ in refused(others, tmp_path, change))


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(WrongPeriod, match="is before"):
        Period(dt.date(2026, 2, 1), dt.date(2026, 1, 31))
    long = Period(dt.date(2020, 1, 1), dt.date(2026, 1, 1))
    with pytest.raises(WrongPeriod, match="ask by month"):
        list(long.parts("day"))
    assert [name for name, _ in dataclasses.replace(long, last=dt.date(2020, 3, 2)).parts("month")] == [
        "2020-01", "2020-02", "2020-03",
    ]  # fmt: skip
