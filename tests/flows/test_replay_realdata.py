"""A real log replayed through the window procedure: its cases become ours, judged live as in batch; what did not fit is counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qinzheng.cases.models import Case
from qinzheng.exchange import replay_commands
from qinzheng.ledger import projections
from qinzheng.supervision.models import Card
from qinzheng.wiring import build_parser
from tests.flows.test_adopting import judged
from tests.realdata import DATA, needs_realdata

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdata, needs_realdata]

LOG = DATA / "logs" / "BPIC15_1.xes.gz"


def replayed(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    arguments = build_parser().parse_args(
        ["replay", str(LOG), "--mapping", "bpic15-window", "--take", "--json"]
    )
    assert replay_commands.run(arguments) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_bpic15_through_the_window_is_judged_live_as_in_batch(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = replayed(capsys)
    assert said["cases"] == said["whole"] + said["part"] + said["none"] == 1199  # type: ignore[operator]
    assert said["events"] == said["taken"] + said["refused"] + said["unmapped"] == 52217  # type: ignore[operator]
    assert said["refused"] == sum(reason["events"] for reason in said["reasons"])  # type: ignore[attr-defined]
    assert said["adopted"] == {"taken": 1199, "known": 0, "rejected": {}}
    assert Case.objects.filter(procedure="approvals.standard").count() == 1199
    cards = set(Card.objects.filter(withdrawn_at=None).values_list("id", flat=True))
    assert cards == judged()
    assert cards
    assert list(projections.check()) == []
    again = replayed(capsys)
    assert again["adopted"] == {"taken": 0, "known": 1199, "rejected": {}}
