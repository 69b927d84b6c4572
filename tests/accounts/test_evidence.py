"""The evidence pack is computed: whatever is switched off or broken changes its row; nothing in it tells who somebody is."""

from __future__ import annotations

import argparse
import ast
import csv
import dataclasses
import datetime as dt
import hashlib
import io
import json
import re
import socket
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.sessions.models import Session
from django.db import connection

from qinzheng.access import accounts
from qinzheng.access.models import Account, Administration
from qinzheng.operations import account_commands, evidence, evidence_commands
from qinzheng.operations.backup_commands import DRILL, MANIFEST
from qinzheng.operations.evidence_clauses import CLAUSES, WORDS
from tests.townhall import BY, NAMES, PHONES, POWERS, SEATS, Townhall

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]


def verdict(number: str, found: evidence.Found | None = None) -> str:
    """How a clause stands now."""
    found = found or evidence.look()
    (clause,) = (each for each in CLAUSES if each.number == number)
    return clause.judge(found)[0]


@pytest.fixture
def sound(city: Townhall, settings: Any, tmp_path: Path) -> Path:
    """Settings and an installation in which everything that can be met here is; the folder of backups."""
    for power in POWERS:
        totp.TOTP.activate(Account.objects.get(login=power), totp.generate_totp_secret())
    settings.SECOND_FACTOR_FOR = ("officer",)
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.LOGGING = {"level": "INFO", "folder": str(tmp_path / "logs"), "days": 400}
    settings.CHECKPOINTS = str(tmp_path / "checkpoints")
    Path(settings.CHECKPOINTS).mkdir()
    (tmp_path / "checkpoints" / "checkpoint-000000000007").write_text("signed")
    now = dt.datetime.now(dt.UTC)
    backup = tmp_path / "backups" / "b"
    backup.mkdir(parents=True)
    (backup / MANIFEST).write_text(json.dumps({"made_at": now.isoformat()}))
    (backup / DRILL).write_text(json.dumps({"at": now.isoformat()}))
    return tmp_path / "backups"


def test_what_is_sound_is_met(sound: Path) -> None:
    found = evidence.look(sound)
    met = {each.number for each in CLAUSES if each.judge(found)[0] == "met"}
    assert met >= {
        "8.1.4.1 a)", "8.1.4.1 b)", "8.1.4.1 c)", "8.1.4.1 d)", "8.1.4.2 a)", "8.1.4.2 b)", "8.1.4.2 c)", "8.1.4.2 d)",
        "8.1.4.3 a)-b)", "8.1.4.3 c)", "8.1.4.3 d)", "8.1.4.4 d)", "8.1.4.7 a)", "8.1.4.9 a)", "8.1.4.10 a)-b)", "8.1.4.11 a)-b)",
    }  # fmt: skip
    assert {each.number for each in CLAUSES if each.judge(found)[0] == "not_met"} >= {
        "8.1.4.5",
        "8.1.4.6",
        "8.1.4.9 c)",
    }


@pytest.mark.parametrize(
    ("number", "setting", "value", "stands"),
    [
        ("8.1.4.1 a)", "PASSWORD_DAYS", 0, "not_met"),
        ("8.1.4.1 a)", "AUTH_PASSWORD_VALIDATORS", [], "not_met"),
        ("8.1.4.1 b)", "SESSION_COOKIE_AGE", 1801, "not_met"),
        ("8.1.4.1 b)", "AXES_FAILURE_LIMIT", 50, "not_met"),
        ("8.1.4.1 c)", "SESSION_COOKIE_SECURE", False, "not_met"),
        ("8.1.4.1 d)", "SECOND_FACTOR_FOR", (), "partly"),
        ("8.1.4.2 b)", "DEMO", True, "not_met"),
        ("8.1.4.3 c)", "LOG_DAYS", 179, "not_met"),
        ("8.1.4.3 c)", "LOGGING", {"level": "INFO", "folder": "", "days": 400}, "partly"),
        ("8.1.4.3 c)", "CHECKPOINTS", "/nonexistent", "partly"),
        ("8.1.4.4 d)", "CONTENT_SECURITY_POLICY", {"DIRECTIVES": {"script-src": ["'unsafe-inline'"]}}, "not_met"),
        ("8.1.4.8 b)", "CRYPTO", "std", "partly"),
    ],
)  # fmt: skip
def test_a_row_follows_what_is_in_force(
    sound: Path, settings: Any, number: str, setting: str, value: Any, stands: str
) -> None:
    before = verdict(number, evidence.look(sound))
    setattr(settings, setting, value)
    assert verdict(number, evidence.look(sound)) == stands
    assert before == "met" or stands == before == "partly"


def test_rows_follow_accounts(sound: Path, city: Townhall) -> None:
    Authenticator.objects.filter(user=city.accounts["audit"]).delete()
    assert verdict("8.1.4.1 d)") == "not_met"
    leaver = accounts.make_account("leaver", "officer", BY)
    found = evidence.look()
    assert (verdict("8.1.4.2 c)", found), found.idle_accounts) == ("partly", [leaver.pseudonym])
    accounts.switch(leaver, False, BY)
    assert verdict("8.1.4.2 c)") == "met"
    Administration.objects.filter(account=city.accounts["audit"]).delete()
    assert verdict("8.1.4.2 d)") == "not_met"


def test_rows_follow_the_ledger_and_its_tables(sound: Path, city: Townhall) -> None:
    assert evidence.look().differences == 0
    Account.objects.filter(login="clerk").update(is_active=False)
    assert verdict("8.1.4.7 b)") == "not_met"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ledger_event DISABLE TRIGGER USER")
    found = evidence.look()
    assert (verdict("8.1.4.3 c)", found), verdict("8.1.4.3 d)", found)) == ("not_met", "not_met")


@pytest.mark.parametrize(
    ("changed", "number", "stands"),
    [
        ({"backup_h": None}, "8.1.4.9 a)", "not_met"), ({"backup_h": 27.0}, "8.1.4.9 a)", "not_met"),
        ({"drill_d": None}, "8.1.4.9 a)", "partly"), ({"drill_d": 101.0}, "8.1.4.9 a)", "partly"),
        ({"sealed": (3, 2)}, "8.1.4.8 b)", "not_met"), ({"checkpoint": (7, 1.5)}, "8.1.4.3 c)", "partly"),
        ({"database": {"archive_mode": "off", "fsync": "off"}}, "8.1.4.7 b)", "not_met"),
        ({"database": {"archive_mode": "on"}}, "8.1.4.9 b)", "operator"), ({"database": {"archive_mode": "off"}}, "8.1.4.9 b)", "not_met"),
        ({"packages": [("Django", "5.2", "")]}, "8.1.4.4 a)", "met"), ({"packages": [("pytest", "9", "")]}, "8.1.4.4 a)", "not_met"),
        ({"ports": None}, "8.1.4.4 b)", "operator"), ({"demo_accounts": 1}, "8.1.4.2 b)", "not_met"),
    ],
)  # fmt: skip
def test_rows_follow_what_was_found(sound: Path, changed: dict[str, Any], number: str, stands: str) -> None:
    assert verdict(number, dataclasses.replace(evidence.look(sound), **changed)) == stands


def test_the_pack_is_whole_in_chinese_and_tells_nobody(
    sound: Path, city: Townhall, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pack"
    given = argparse.Namespace(folder=folder, backups=sound)
    assert evidence_commands.evidence_(given) == 0
    assert "符合" in capsys.readouterr().out
    assert evidence_commands.evidence_(given) == 1, "never over another"
    assert "新目录" in capsys.readouterr().err
    texts = {path.name: path.read_text(encoding="utf-8-sig") for path in folder.iterdir()}
    for line in texts.pop("SHA256SUMS").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    rows = list(csv.reader(io.StringIO(texts["02-条款对照.csv"])))
    assert len(rows) == len(CLAUSES) + 1
    assert {row[2] for row in rows[1:]} <= set(WORDS.values())
    assert "[mem]" in texts["01-说明.md"]
    assert texts["02-条款对照.md"].count("\n| 8.1.4") == len(CLAUSES)
    whole = "\n".join(text for name, text in texts.items() if name != "sbom.cdx.json")
    for secret in (
        *NAMES.values(),
        *PHONES.values(),
        *(f"{name}甲" for name, *_ in SEATS),
        "town-clerk",
        "accused-head",
    ):
        assert secret not in whole


def test_every_test_that_a_row_names_exists() -> None:
    known: dict[str, set[str]] = {}
    for clause in CLAUSES:
        for named in clause.tests:
            file, name = named.split("::")
            if file not in known:
                tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
                known[file] = {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
            assert name in known[file], named
    covered = {re.match(r"8\.1\.4\.(\d+)", clause.number)[1] for clause in CLAUSES}  # type: ignore[index]
    assert covered == {str(n) for n in range(1, 12)}
    assert all(clause.operator for clause in CLAUSES)


def test_listening_sockets_are_told() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        found = evidence.listening()
        assert found is not None
        assert (port, "127.0.0.1") in found
    assert (port, "127.0.0.1") not in (evidence.listening() or ())
    assert evidence.listening(("/nonexistent",)) is None


def test_the_bill_of_materials_names_every_package(city: Townhall) -> None:
    bill = evidence.bill(evidence.look(), "1.0")
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    named = {each["name"].lower(): each["version"] for each in bill["components"]}
    assert named["django"] == metadata.version("django")
    installed = {each.metadata["Name"].lower() for each in metadata.distributions()} - {"qinzheng"}
    assert set(named) == installed
    refs = [each["bom-ref"] for each in bill["components"]]
    assert len(refs) == len(set(refs))


def test_sessions_that_ended_are_cleared(city: Townhall) -> None:
    now = dt.datetime.now(dt.UTC)
    Session.objects.create(session_key="old", session_data="", expire_date=now - dt.timedelta(days=2))
    Session.objects.create(session_key="new", session_data="", expire_date=now + dt.timedelta(minutes=5))
    assert verdict("8.1.4.10 a)-b)") == "not_met"
    assert accounts.clear_sessions() >= 1
    assert verdict("8.1.4.10 a)-b)") == "met"
    assert Session.objects.filter(session_key="new").exists()


def test_the_first_three_are_found_by_a_command_once(
    city: Townhall, capsys: pytest.CaptureFixture[str]
) -> None:
    given = argparse.Namespace(system="wang.sys", security="li.sec", audit="zhao.aud", by="a-founder")
    assert account_commands.found(given) == 1
    assert "已有管理员" in capsys.readouterr().err
    Administration.objects.all().delete()
    assert account_commands.found(given) == 0
    assert len(re.findall(r"[A-Za-z0-9]{16}$", capsys.readouterr().out, re.M)) == 3
    assert account_commands.list_(given) == 0
    assert "wang.sys" in capsys.readouterr().out
