"""The glossary bridges every word of the closed vocabularies, and every line of it is whole."""

import ast
import re
import typing

from qinzheng import wiring
from qinzheng.cases.schema import State, Trait
from qinzheng.clocks.schema import LimitName, Owner
from qinzheng.definitions.form import Unit
from qinzheng.supervision import schema as supervision
from tests.architecture import tree

GLOSSARY = tree.ROOT / "docs" / "glossary.md"
EVENT_TYPE = re.compile(
    r"(cases|clocks|calendars|definitions|ledger|organizations|parties|supervision)\.[a-z_]+"
)


def lines() -> list[list[str]]:
    """The rows of every table, a list of cells each."""
    rows = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return [row for row in cells if row[0] not in ("中文", "---")]


def conditions() -> set[str]:
    """The names of the conditions that a rule can have."""
    models = [
        part
        for part in vars(supervision).values()
        if isinstance(part, type) and hasattr(part, "model_fields")
    ]
    named = [
        model.model_fields["condition"].annotation for model in models if "condition" in model.model_fields
    ]
    return {name for annotation in named for name in typing.get_args(annotation)}


def event_types() -> set[str]:
    """The types of events that the packages append: constants in capitals."""
    found: set[str] = set()
    for path in tree.files(tree.PRODUCT, {".py"}):
        for node in ast.parse(tree.text(path)).body:
            if isinstance(node, ast.Assign):
                values = [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
                found |= {text for text in values if isinstance(text, str) and EVENT_TYPE.fullmatch(text)}
    return found


def vocabulary() -> set[str]:
    """Every word that a definition or an event can use."""
    finals = {
        word
        for part in typing.get_args(State.model_fields["final"].annotation)
        for word in typing.get_args(part)
    }
    words = {
        *typing.get_args(Unit),
        *typing.get_args(Owner),
        *typing.get_args(LimitName),
        *typing.get_args(Trait),
    }
    return words | finals | conditions() | set(supervision.LEVELS) | set(wiring.KINDS) | event_types()


def test_every_word_of_the_code_has_its_line() -> None:
    explained = {word for row in lines() for word in re.findall(r"`([^`]+)`", row[2])}
    words = vocabulary()
    assert {"working_days", "statutory", "bounced", "red", "cases.opened"} <= words
    assert words - explained == set(), "add a line to docs/glossary.md"


def test_every_line_is_whole() -> None:
    rows = lines()
    assert rows
    for row in rows:
        assert len(row) == 5, row
        assert all(row[cell] for cell in (0, 1, 3, 4)), row


def test_no_term_stands_twice() -> None:
    terms = [row[0] for row in lines()]
    assert sorted(terms) == sorted(set(terms))
