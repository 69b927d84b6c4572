"""Rules keyed by officer-day on the live system: found once, the same as in batch, whatever promise the cases keep."""

from __future__ import annotations

import argparse
import json

import pytest
from django.utils import timezone

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import Who
from qinzheng.definitions import shelf
from qinzheng.ledger import projections
from qinzheng.operations import judging_commands
from qinzheng.supervision import officers
from qinzheng.supervision.models import Card

pytestmark = pytest.mark.django_db(transaction=True)

CLERK = Who("p-clerk", "market", "clerk")
RULE = "standard.live-closed-in-bulk"
ITEMS = ("market.simple-deregistration", "market.deregistration-of-a-company")
"""Two items with two promises: their cases are judged by two programs."""


def closed(count: int, officer: str) -> None:
    for n in range(count):
        done = cases.open_case("services.matter", "receive", CLERK, {}, about=About(item=ITEMS[n % 2]))
        cases.perform(done.case, "accept", CLERK, {})
        cases.perform(done.case, "finish", Who(officer, "market", "handler"), {})


def test_one_too_many_is_found_once_live_and_in_batch(published, capsys):
    closed(20, "p-busy")
    assert officers.issue_due(timezone.now()) == 0
    closed(1, "p-busy")
    closed(3, "p-calm")
    assert officers.issue_due(timezone.now()) == 1
    assert officers.issue_due(timezone.now()) == 0
    card = Card.objects.get(rule=RULE)
    officer, _, day = card.case.partition("@")
    assert (officer, day, card.detail, card.organization) == (
        "p-busy", timezone.localtime(card.at, shelf.ZONE).date().isoformat(), 21, "market",
    )  # fmt: skip
    assert list(projections.check()) == []
    options = argparse.Namespace(procedure=None, rules="standard", as_of=None, known_at=None, json=True)
    judging_commands.judge(options)
    assert json.loads(capsys.readouterr().out)["officer-days"] == {"cards": 1}
