"""A rule about an act that came with a newer edition: cases that keep the older one go on, unjudged by it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from qinzheng import wiring
from qinzheng.cases import actions as cases
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.definitions import actions, shelf
from qinzheng.definitions.library import Library, default_root
from qinzheng.supervision import programs

CLERK = Who("p-1", "housing", "clerk")
NEWER = ("rules/standard/fee-off-list.yaml", "fees/standard.yaml", "measures/fees-off-list.yaml")
ACT = "\n  ask_off_list:"


@pytest.fixture
def nothing_published(transactional_db: None) -> Iterator[None]:
    shelf.forget()
    programs.forget()
    yield
    shelf.forget()
    programs.forget()


def published(root: Path) -> None:
    actions.load(Library.read([root], wiring.KINDS), root, "drafter")
    actions.publish(actions.drafts(), "publisher")


def older(root: Path) -> None:
    """The definitions as they were before anybody could ask for what is not listed."""
    shutil.copytree(default_root(), root)
    for name in NEWER:
        (root / name).unlink()
    for file in (root / "procedures").rglob("*.yaml"):
        before, found, rest = file.read_text(encoding="utf-8").partition(ACT)
        if found:
            file.write_text(before + rest[rest.index("\n  withdraw:") :], encoding="utf-8")


def test_a_running_case_goes_on_under_its_older_edition(nothing_published: None, tmp_path: Path) -> None:
    older(tmp_path / "older")
    published(tmp_path / "older")
    running = cases.open_case("services.matter", "receive", CLERK, {})
    published(default_root())
    cases.perform(running.case, "accept", CLERK, {})
    cases.perform(running.case, "finish", Who("p-2", "housing", "handler"), {})
    assert Case.objects.get(pk=running.case).state == "done"
    new = cases.open_case("services.matter", "receive", CLERK, {})
    asked = Who("p-1", "housing", "off-list")
    cases.perform(new.case, "ask_off_list", asked, {})
    with pytest.raises(NotAllowed):
        cases.perform(running.case, "ask_off_list", asked, {})
    ready = {programs.of(Case.objects.get(pk=done.case)).name for done in (running, new)}
    assert len(ready) == 2
