"""The catalogue of the fictional city: as many admitted as a speech says, fifty measures with their cards, and nothing twice."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qinzheng import wiring
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import projections
from qinzheng.ledger import queries as ledger
from qinzheng.mechanisms.catalogue import conveniences, life
from qinzheng.operations import catalogue_commands
from qinzheng.simulation.qinghe import catalogue, load
from qinzheng.supervision import programs
from qinzheng.supervision.models import Card

pytestmark = pytest.mark.django_db(transaction=True)


def events() -> int:
    return sum(1 for _ in ledger.events())


def test_the_demonstration_shows_all_of_it_once(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.HOME, settings.DEMO = tmp_path, True
    monkeypatch.setattr(load, "CITIZENS", 60)
    monkeypatch.setattr(load, "FIRMS", 40)
    shelf.forget()
    programs.forget()
    assert load.load(0.005, 2026, lambda what, done, of: None)
    catalogue.found()
    shelf.forget()
    items = shelf.library().standing("item")
    half = life.turns(items, dt.date(2008, 1, 1), dt.date(2008, 6, 30), ["admitted"])
    assert life.counted(half) == {"service": 12, "licence": 3, "former": 3}
    measures = Case.objects.filter(procedure=conveniences.PROCEDURE)
    assert Counter(measures.values_list("state", flat=True)) == {
        "in_force": 46,
        "announced": 2,
        "given_up": 2,
    }
    fallen = Card.objects.filter(case__in=list(measures.values_list("pk", flat=True)))
    assert Counter(fallen.values_list("rule", flat=True)) == {
        "standard.convenience-not-delivered": catalogue.LATE,
        "standard.convenience-not-reviewed": catalogue.UNREVIEWED,
    }
    assert list(projections.check()) == []
    before = events()
    catalogue.found()
    assert events() == before
    _pages()
    _command(capsys)
    shelf.forget()
    programs.forget()


def _pages() -> None:
    browser = Client()
    assert browser.post(reverse("demo-login"), {"login": "demo-supervisor"}).status_code == 302
    city = browser.get(reverse("catalogue")).content.decode()
    assert "46/50" in city
    assert "等待处理的要点" in city
    police = browser.get(reverse("catalogue-conveniences", args=["police"])).content.decode()
    assert "共 50 条，已兑现 46 条" in police


def _command(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = wiring.build_parser().parse_args(["catalogue", "rates", "--json"])
    assert catalogue_commands.rates_(arguments) == 0
    told = {each["rate"]: each for each in json.loads(capsys.readouterr().out)}
    for rate in told.values():
        parts = rate["units"].values()
        assert sum(part["denominator"] for part in parts) == rate["city"]["denominator"] > 300
        assert sum(part["numerator"] for part in parts) == rate["city"]["numerator"] > 0
