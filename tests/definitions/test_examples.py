"""Worked cases: each must come out as it says, and one that does not says where and why."""

from typing import Any

import pytest

from qinzheng.definitions.library import Complaint
from qinzheng.supervision.examples import Example, check_example
from tests.definitions.changed import changed, where
from tests.library import library

SILENCE = "licence.silence-accepts"
LATE = "licence.silence-then-late"


def complaints(id: str, *changes: tuple[str, Any]) -> list[Complaint]:
    return list(check_example(Example.model_validate(changed("example", id, *changes)), library()))


@pytest.mark.parametrize("id", [found.id for found in library().all("example")])
def test_the_shipped_examples_come_out_as_they_say(id: str) -> None:
    assert complaints(id) == []


def test_every_procedure_of_the_law_has_a_worked_case() -> None:
    worked = {found.procedure for found in library().all("example")}
    law = {found.id for found in library().all("procedure") if found.basis == "law"}
    assert law <= worked


OTHERWISE = [
    (SILENCE, "expect.clocks.1.due", "2026-11-06 24:00", "expect.clocks.1.due"),
    (SILENCE, "expect.clocks.1.starts", "2026-10-10 24:00", "expect.clocks.1.starts"),
    (SILENCE, "expect.clocks.1.ending", "overdue", "expect.clocks.1.ending"),
    (SILENCE, "expect.deemed.0.effective", "2026-10-10 24:00", "expect.deemed"),
    (SILENCE, "expect.deemed.0.passed", "2026-10-09 24:00", "expect.deemed"),
    (SILENCE, "expect.deemed", [], "expect.deemed"),
    (SILENCE, "expect.clocks.1.round", 2, "expect.clocks.1"),
    (LATE, "expect.cards", [], "expect.cards"),
    (LATE, "as_of", "2026-10-30 24:00", "expect.cards"),
    ("petition.in-time", "expect.clocks.2.promised", "2026-05-01 24:00", "expect.clocks.2.promised"),
    (SILENCE, "procedure", "approvals.nothing", "procedure"),
    (SILENCE, "acts.0.act", "dance", "acts.0.act"),
    (SILENCE, "expect.clocks.0.clock", "moon", "expect.clocks.0.clock"),
    (SILENCE, "expect.cards", [], "rules"),
    (LATE, "rules", "nobody", "rules"),
    (SILENCE, "acts.0.at", "2099-01-01 09:00", "acts"),
    (SILENCE, "acts.0.at", "2026-02-30 09:00", "acts"),
]


@pytest.mark.parametrize(("id", "path", "value", "at"), OTHERWISE)
def test_what_comes_out_otherwise_is_found_at_its_key(id: str, path: str, value: Any, at: str) -> None:
    found = complaints(id, (path, value))
    assert at in where(found)
    assert all(complaint.zh and complaint.en for complaint in found)


def test_a_due_moment_that_differs_explains_itself() -> None:
    (found,) = complaints(SILENCE, ("expect.clocks.1.due", "2026-11-06 24:00"))
    assert "应为 2026-11-06 24:00，算得 2026-10-30（周五）24:00" in found.zh
    assert "10-10 为调休上班日，计入" in found.zh
    assert "came to Fri 2026-10-30 24:00 (from Mon 2026-09-28 10:00" in found.en


@pytest.mark.parametrize("moment", ["2026-09-28", "2026-09-28 24:01", "28.9.2026 10:00", "2026-09-28T10:00"])
def test_a_moment_is_written_in_one_way(moment: str) -> None:
    with pytest.raises(ValueError, match="at"):
        complaints(SILENCE, ("acts.0.at", moment))
