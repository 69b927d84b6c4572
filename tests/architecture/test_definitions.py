"""The health of the shipped definitions as files: whoever opens one sees what it rests on and since when."""

import datetime as dt
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pytest
import yaml

from tests.architecture import tree

KINDS_WITHOUT_SOURCE = {"source"}
"""A source is where the chain ends: it names its issuer and its address instead."""


def documents(path: PurePosixPath) -> Iterator[dict[str, Any]]:
    """The definitions of one file."""
    yield from (part for part in yaml.safe_load_all(tree.text(path)) if part is not None)


def complaints(document: dict[str, Any], today: dt.date) -> list[str]:
    """What a reader of this definition would miss."""
    found = []
    if document.get("kind") not in KINDS_WITHOUT_SOURCE and not document.get("source"):
        found.append("no source")
    checked = document.get("checked_on")
    if not isinstance(checked, dt.date):
        found.append("no checked_on")
    elif checked > today:
        found.append(f"checked on {checked}, which is still to come")
    name = document.get("name") or {}
    if not (name.get("zh") and name.get("en")):
        found.append("no name in both languages")
    return found


def files() -> list[PurePosixPath]:
    """Every file of definitions."""
    return tree.files(("definitions",), {".yaml"})


def test_every_definition_says_what_it_rests_on() -> None:
    today = dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=1)  # the day may have begun further east
    broken = [
        f"{path}: {why}" for path in files() for part in documents(path) for why in complaints(part, today)
    ]
    assert files()
    assert broken == []


@pytest.mark.parametrize("path", files(), ids=str)
def test_a_file_is_plain(path: PurePosixPath) -> None:
    text = tree.text(path)
    assert "\t" not in text, "tabs"
    assert "\r" not in text, "Windows line ends"
    assert text.endswith("\n"), "no line end at the end"
    assert not text.startswith("\ufeff"), "a byte order mark"


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (
            {"kind": "rule", "checked_on": dt.date(2026, 1, 1), "name": {"zh": "规则", "en": "rule"}},
            "no source",
        ),
        ({"kind": "rule", "source": ["ours/x"], "name": {"zh": "规则", "en": "rule"}}, "no checked_on"),
        (
            {"kind": "source", "checked_on": dt.date(2026, 1, 1), "name": {"zh": "法"}},
            "no name in both languages",
        ),
        (
            {"kind": "source", "checked_on": dt.date(2026, 1, 3), "name": {"zh": "法", "en": "law"}},
            "checked on 2026-01-03, which is still to come",
        ),
    ],
)
def test_a_bad_definition_is_found(document: dict[str, Any], why: str) -> None:
    assert complaints(document, dt.date(2026, 1, 2)) == [why]
