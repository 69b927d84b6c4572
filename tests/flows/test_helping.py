"""The demonstration's village has something of everything to show, and its clerk a result to hand back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import projections
from qinzheng.simulation.qinghe import helping, load
from qinzheng.supervision import programs

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_village_of_the_demonstration(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HOME, settings.DEMO = tmp_path, True
    monkeypatch.setattr(load, "CITIZENS", 120)
    monkeypatch.setattr(load, "FIRMS", 80)
    shelf.forget()
    programs.forget()
    assert load.load(0.02, 2026, lambda what, done, of: None)
    helping.help_out(2026)
    states = dict(Case.objects.filter(procedure="services.errand").values_list("pk", "state"))
    assert sorted(states.values()) == ["back", "handed", "running", "running"]
    for procedure, count in (
        ("services.undone", 2), ("services.crossing-out", 1), ("services.crossing-in", 1), ("approvals.promise-check", 1),
    ):  # fmt: skip
        assert Case.objects.filter(procedure=procedure).count() == count, procedure
    village = Client()
    assert village.post("/demo/login/", {"login": "demo-village"}).status_code == 302
    back = Case.objects.get(procedure="services.errand", state="back")
    assert back.number in village.get("/work/").content.decode()
    assert "交还结果" in village.get(f"/cases/{back.number}/").content.decode()
    assert [each for each in projections.check() if not each.table.startswith("access_")] == []
    shelf.forget()
    programs.forget()
