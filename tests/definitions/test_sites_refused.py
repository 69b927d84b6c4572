"""A site or a pattern that names what is not there, or could show nothing, is refused with its line and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from qinzheng import wiring
from qinzheng.definitions.library import DefinitionErrors, Library, default_root

ROOT = default_root()


def problems(tmp_path: Path, file: str, change: dict[str, Any]) -> list[tuple[str, str, int | None]]:
    """What is said of the first document of a shipped file, changed, under an id of its own."""
    document = (
        next(yaml.safe_load_all((ROOT / file).read_text(encoding="utf-8"))) | {"id": "of-the-test"} | change
    )
    path = tmp_path / "of-the-test.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    with pytest.raises(DefinitionErrors) as caught:
        Library.read([ROOT, path], wiring.KINDS)
    return [(each.key, each.en, each.line) for each in caught.value.problems if each.file == path]


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        ({"units": ["water"], "first": ["market.none"], "announcements": []}, "first.0", "no item market.none"),
        ({"units": []}, "", "units or of_every"),
        ({"of_every": "town"}, "", "only one of them"),
        ({"accent": "cinnabar"}, "accent", "azurite"),
        ({}, "units", "has the site starting-a-business already"),
        ({"units": [], "of_every": "town"}, "of_every", "towns is of every such unit already"),
        (
            {"announcements": [{"begins": "2026-02-01", "ends": "2026-01-01", "title": {"zh": "一", "en": "a"}, "text": {"zh": "一", "en": "a"}}]},
            "announcements.0", "ends before it begins",
        ),
    ],
)  # fmt: skip
def test_a_site(tmp_path: Path, change: dict[str, Any], key: str, said: str) -> None:
    if change.get("announcements"):
        change = yaml.safe_load(
            yaml.safe_dump(change).replace("'2026-02-01'", "2026-02-01").replace("'2026-01-01'", "2026-01-01")
        )
    found = problems(tmp_path, "sites/qinghe.yaml", change)
    assert [each for each in found if each[0].startswith(key) and said in each[1]], found


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        ({"supervises": ["approvals.none"]}, "supervises.0", "no procedure approvals.none"),
        ({"calendar": "mars"}, "calendar", "no calendar mars"),
        ({"supervises": ["approvals.matter"]}, "supervises.0", "no clock of a department"),
        ({"compare": {"look": "overtaking", "passed": 2, "earlier": 0}}, "compare", "greater than or equal to 1"),
        ({"compare": {"look": "beside_the_guide", "named": {"juggle": 1}, "least": 5, "share": 10}}, "compare.named.juggle", "has the act juggle"),
        ({"compare": {"look": "favour", "relations": ["agent"], "least": 1, "others": 20, "faster": 70, "by_chance": 5}}, "compare", "greater than or equal to 5"),
    ],
)  # fmt: skip
def test_a_pattern(tmp_path: Path, change: dict[str, Any], key: str, said: str) -> None:
    found = problems(tmp_path, "patterns/conduct.yaml", change)
    assert [each for each in found if each[0].startswith(key) and said in each[1]], found
