"""What brings an applicant to a desk: a definition that could never count is refused, and amounts are asked only of what has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from qinzheng import wiring
from qinzheng.definitions.library import DefinitionErrors, Library, default_root
from qinzheng.measures import presence
from tests.library import library

ROOT = default_root()


def problems(tmp_path: Path, document: dict[str, Any]) -> list[tuple[str, str]]:
    file = tmp_path / "of-the-test.yaml"
    file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    with pytest.raises(DefinitionErrors) as caught:
        Library.read([ROOT, file], wiring.KINDS)
    return [(each.key, each.en) for each in caught.value.problems if each.file == file]


def shipped(path: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    document["id"] = "of-the-test"
    return document


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        ({"procedures": ["approvals.none"]}, "procedures.0", "no procedure approvals.none"),
        ({"procedures": ["approvals.standard", "logs.road-fine"]}, "procedures.1", "has none of the acts"),
        ({"acts": [{"act": "recieve", "by": ["clerk"]}]}, "acts.0.act", "has the act recieve"),
        ({"acts": [{"act": "receive", "by": ["leader"]}]}, "acts.0.by.0", "not for leader"),
        ({"acts": [{"act": "issue", "by": ["clerk"], "field": "how", "among": ["direct"]}]}, "acts.0.field", "no field how"),
        ({"acts": [{"act": "issue", "by": ["clerk"], "field": "method", "among": ["by_hand"]}]}, "acts.0.among.0", "known: direct"),
        ({"acts": [{"act": "issue", "by": ["clerk"], "field": "method"}]}, "acts.0", "given together"),
    ],
)  # fmt: skip
def test_presence_that_names_what_is_not_there_is_refused(
    tmp_path: Path, change: dict[str, Any], key: str, said: str
) -> None:
    found = problems(tmp_path, shipped("presence/approvals.yaml") | change)
    assert [each for each in found if each[0] == key and said in each[1]], found


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("trips-per-case", {"population": "clocks"}, "asked of ended cases"),
        ("trips-per-case", {"of": "days"}, "asked of ended clocks"),
        ("trips-per-case", {"value": {"statistic": "count"}}, "of is for means"),
        ("trips-cut", {"value": {"statistic": "speed_up", "against": "limit"}}, "before is for trips"),
        ("speed-up-rate", {"value": {"statistic": "speed_up", "against": "before"}}, "before is for trips"),
    ],
)
def test_amounts_are_asked_of_what_has_them(
    tmp_path: Path, file: str, change: dict[str, Any], said: str
) -> None:
    document = shipped(f"measures/{file}.yaml") | change
    if document["population"] == "clocks":
        document["filter"] = {"clock_role": "case"}
        document["unit"] = {"per": "clock"}
    assert [each for each in problems(tmp_path, document) if said in each[1]]


def test_baselines_are_what_the_items_say() -> None:
    items = {item.id: item for item in library().standing("item")}
    told = dict(presence.baselines(library(), "trips"))
    assert told == {
        id: item.before.trips for id, item in items.items() if item.before and item.before.trips is not None
    }
    assert told["market.food-business-licence"] == 3
