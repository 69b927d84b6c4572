"""The tree keeps the house rules."""

import pytest

from tests.architecture import rules, tree

PYTHON = {".py"}
RULES = [
    (rules.not_too_long, tree.CODE, PYTHON),
    (rules.has_a_home, tree.CODE, PYTHON),
    (rules.imports_at_the_top, tree.MODULES, PYTHON),
    (rules.no_signals, tree.PRODUCT, PYTHON),
    (rules.no_lookup_of_models, tree.PRODUCT, PYTHON),
    (rules.no_evaluation, tree.CODE, PYTHON),
    (rules.introduces_itself, tree.PRODUCT, PYTHON),
    (rules.no_machine, tree.WORDS, tree.TEXT),
]


@pytest.mark.parametrize(
    ("rule", "folders", "suffixes"), RULES, ids=lambda value: getattr(value, "__name__", "")
)
def test_the_tree_keeps_the_rule(rule: rules.Rule, folders: tuple[str, ...], suffixes: set[str]) -> None:
    paths = tree.files(folders, suffixes)
    assert paths, "no file was read"
    broken = [f"{path}:{found}" for path in paths for found in rule(path, tree.text(path))]
    assert not broken, f"{rule.__doc__}\n" + "\n".join(broken)


def test_the_allow_list_names_only_what_is_there() -> None:
    for (path, module), reason in rules.IMPORTS_INSIDE_FUNCTIONS.items():
        assert reason.strip(), f"{path}: {module} is allowed without a reason"
        assert not module.startswith(("qinzheng", "config", ".")), f"{path}: {module} is ours"
        assert module in (tree.ROOT / path).read_text(encoding="utf-8")
