"""The demonstration's citizen and firm have something to wait for: a newcomer who looks with their eyes sees cases."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from qinzheng.access import rules
from qinzheng.access.models import Account
from qinzheng.access.users import user_of
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import projections
from qinzheng.simulation.qinghe import load
from qinzheng.supervision import programs

pytestmark = pytest.mark.django_db(transaction=True)


def test_both_have_open_cases_and_the_ledger_knows_every_login(
    client: Client, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HOME, settings.DEMO = tmp_path, True
    monkeypatch.setattr(load, "CITIZENS", 120)
    monkeypatch.setattr(load, "FIRMS", 80)
    shelf.forget()
    programs.forget()
    assert load.load(0.02, 2026, lambda what, done, of: None)
    for login in ("demo-citizen", "demo-firm"):
        who = user_of(Account.objects.get(login=login), dt.datetime.now(dt.UTC))
        assert rules.scope(who, "see", Case.objects.filter(closed_at=None)).exists()
        browser = Client()
        assert browser.post("/demo/login/", {"login": login}).status_code == 302
        page = browser.get("/cases/").content.decode()
        assert "data-row" in page, login
    assert [each for each in projections.check() if each.table.startswith("access_")] == []
    shelf.forget()
    programs.forget()
