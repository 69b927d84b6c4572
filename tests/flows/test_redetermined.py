"""A changed calendar moves open clocks by event, never silently."""

import hashlib

import pytest

from qinzheng.clocks.models import Clock
from qinzheng.definitions import actions
from qinzheng.definitions.models import Edition
from qinzheng.ledger import projections, queries
from qinzheng.operations import judging_commands
from tests.flows.test_live import opened

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_new_calendar_redetermines_open_clocks_by_event(published):
    done = opened()
    before = Clock.objects.get(case=done.case)
    assert judging_commands.redetermine_all() == 1
    assert [e.type for e in queries.history(done.case)].count("clocks.redetermined") == 0
    closed = (
        bytes(Edition.objects.get(kind="calendar", definition="cn").text)
        .decode()
        .replace("week: [mon, tue, wed, thu, fri]", "week: [mon, tue, wed, thu]")
    )
    draft = Edition.objects.create(
        kind="calendar", definition="cn", sha256=hashlib.sha256(closed.encode()).hexdigest(),
        in_force_from=Edition.objects.get(kind="calendar", definition="cn").in_force_from, file="calendars/cn.yaml",
        place=0, text=closed.encode(), drafted_by="a",
    )  # fmt: skip
    actions.publish([draft], "b")
    assert judging_commands.redetermine_all() == 1
    after = Clock.objects.get(case=done.case)
    assert before.due_at is not None
    assert after.due_at is not None
    assert after.due_at > before.due_at
    moved = [e for e in queries.history(done.case) if e.type == "clocks.redetermined"]
    assert len(moved) == 1
    assert list(projections.check()) == []
