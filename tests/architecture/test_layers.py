"""Imports go down, and so do foreign keys: import-linter cannot see a key named by a string."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from tests.architecture.tree import ROOT


def layers() -> list[set[str]]:
    """The packages of each layer, top first, as ``.importlinter`` lists them."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    listed = contracts["importlinter:contract:layers"]["layers"].split("\n")
    return [{name.strip(" ()") for name in line.split("|")} for line in listed if line.strip()]


def upward(all_models: list[type[models.Model]], ranks: dict[str, int]) -> list[str]:
    """The relations that point from a package to one above it or beside it."""
    found = []
    for model in all_models:
        for field in model._meta.get_fields():
            related = (
                field.related_model if isinstance(field, models.ForeignKey | models.ManyToManyField) else None
            )
            if not isinstance(related, type) or related._meta.app_label == model._meta.app_label:
                continue
            here, there = ranks.get(model._meta.app_label), ranks.get(related._meta.app_label)
            if here is not None and there is not None and there <= here:
                found.append(f"{model._meta.label}.{field.name} -> {related._meta.label}")
    return found


def ranks() -> dict[str, int]:
    """A package's layer, 0 at the top."""
    return {name: rank for rank, names in enumerate(layers()) for name in names}


def test_no_foreign_key_points_up() -> None:
    ours = [model for model in apps.get_models() if model.__module__.startswith("qinzheng.")]
    assert ours
    assert upward(ours, ranks()) == []


@isolate_apps("qinzheng.cases", "qinzheng.ledger")
def test_a_key_that_points_up_is_found() -> None:
    class Case(models.Model):
        class Meta:
            app_label = "cases"

    class Fact(models.Model):
        case = models.ForeignKey("cases.Case", on_delete=models.PROTECT)

        class Meta:
            app_label = "ledger"

    assert upward([Case, Fact], ranks()) == ["ledger.Fact.case -> cases.Case"]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter in a folder that holds the packages and ``.importlinter``."""
    command = [
        sys.executable,
        "-c",
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())",
    ]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(folder)}
    )


def test_imports_keep_the_contracts() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("ledger/actions.py", "from qinzheng.cases import schema", "imports go down"),
        ("supervision/judge.py", "import django.db", "neither Django nor the ledger's tables"),
        ("cases/schema.py", "from config import settings", "settings module"),
        ("exchange/schema.py", "from qinzheng.operations import database", "imports go down"),
        ("utils/__init__.py", "", "not listed as layers"),
    ],
)
def test_a_broken_contract_is_found(tmp_path: Path, file: str, line: str, contract: str) -> None:
    for package in ("qinzheng", "config"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    broken = tmp_path / "qinzheng" / file
    broken.parent.mkdir(exist_ok=True)
    with broken.open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode == 1
    assert contract in done.stdout
