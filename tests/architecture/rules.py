"""The house rules. Each takes one file's place and text and yields what breaks it, as ``line: sentence``."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

Rule = Callable[[PurePosixPath, str], Iterator[str]]

LONGEST_MODULE = 400
LONGEST_PACKAGE_WORD = 12
HOMELESS = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "commons",
    "services",
    "service",
    "misc",
    "shared",
}

IMPORTS_INSIDE_FUNCTIONS: dict[tuple[str, str], str] = {}
"""Allowed: (file, module) → reason. No module of ours is in it, so it hides no cycle."""

EVALUATORS = {"eval", "exec", "compile", "__import__"}
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:home|root|tmp|work|Users|mnt|opt|srv)/[\w.-]")
ADDRESS = re.compile(r"(?<![\d.])(?:10|172\.(?:1[6-9]|2\d|3[01])|192\.168)(?:\.\d{1,3}){2,3}(?![\d.])")


def not_too_long(path: PurePosixPath, text: str) -> Iterator[str]:
    """A module has at most 400 lines: split it by what it knows, not by size."""
    lines = text.count("\n")
    if lines > LONGEST_MODULE:
        yield f"{lines}: longer than {LONGEST_MODULE} lines"


def has_a_home(path: PurePosixPath, text: str) -> Iterator[str]:
    """No place for the homeless: every thing has a room that says what it is."""
    for part in {*path.parts[:-1], path.stem} & HOMELESS:
        yield f"1: a place for the homeless: {part}"


def imports_at_the_top(path: PurePosixPath, text: str) -> Iterator[str]:
    """No import inside a function: it hides a cycle."""
    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        for node in ast.walk(function):
            for module in _imported(node):
                if (str(path), module) not in IMPORTS_INSIDE_FUNCTIONS:
                    yield f"{node.lineno}: import of {module} inside a function"  # type: ignore[attr-defined]


def no_signals(path: PurePosixPath, text: str) -> Iterator[str]:
    """Facts go up through the ledger, not through Django's signals."""
    if path.parts[:2] == ("qinzheng", "ledger"):
        return
    for node in ast.walk(ast.parse(text)):
        for module in _imported(node):
            if module.startswith("django.dispatch") or module.endswith(".signals"):
                yield f"{node.lineno}: signals ({module})"  # type: ignore[attr-defined]


def no_lookup_of_models(path: PurePosixPath, text: str) -> Iterator[str]:
    """A model is imported, never looked up by name: import-linter cannot see the name."""
    if "migrations" in path.parts:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr in ("get_model", "get_models"):
            yield f"{node.lineno}: a model looked up by name ({node.attr})"


def no_evaluation(path: PurePosixPath, text: str) -> Iterator[str]:
    """Conditions are a closed vocabulary; nothing evaluates text."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in EVALUATORS:
            yield f"{node.lineno}: {node.func.id}()"


def introduces_itself(path: PurePosixPath, text: str) -> Iterator[str]:
    """A package says what it is in at most twelve lines."""
    if path.name != "__init__.py" or "migrations" in path.parts:
        return
    docstring = ast.get_docstring(ast.parse(text))
    if not docstring:
        yield "1: a package without a docstring"
    elif len(docstring.splitlines()) > LONGEST_PACKAGE_WORD:
        yield f"1: the docstring is longer than {LONGEST_PACKAGE_WORD} lines"


def no_machine(path: PurePosixPath, text: str) -> Iterator[str]:
    """Nothing names one machine: no absolute path of somebody's disk, no address of somebody's host."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in (*MACHINE_PATH.findall(line), *ADDRESS.findall(line)):
            yield f"{number}: one machine's {found.strip()}"


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{'.' * node.level}{node.module or ''}"]
    return []
