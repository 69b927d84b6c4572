"""The doctor finds what is wrong and says what to do, in both languages; it changes nothing."""

import datetime as dt
import re
import shutil
import stat
import time
from typing import Any

import pytest
from django.utils import timezone

from qinzheng.ledger import crypto
from qinzheng.operations import database, doctor
from qinzheng.operations.models import Heartbeat
from qinzheng.organizations.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sound(published, settings, tmp_path, monkeypatch):
    """A city as it should be, on the database of the tests."""
    monkeypatch.setenv("DATABASE_URL", "postgresql:///of-the-tests")
    monkeypatch.setattr(database, "ensure", lambda: "")
    settings.HOME, settings.CHECKPOINTS = tmp_path, str(tmp_path / "checkpoints")
    settings.CHECKPOINT_KEY = str(tmp_path / "keys" / "checkpoint.key")
    settings.FILES = str(tmp_path / "files")
    settings.SECRET_KEY = "s" * 40
    (tmp_path / "keys").mkdir(mode=0o700)
    crypto.create_key(tmp_path / "keys" / "checkpoint.key", "test/log", "ed25519")
    for id, kind in (("city", "city"), ("housing", "department")):
        Organization.objects.create(id=id, kind=kind, name_zh=id, begins=dt.date(2020, 1, 1))
    Heartbeat.objects.create(duty="tick", ran_at=timezone.now(), runs=1)
    return tmp_path


def found() -> dict[str, Any]:
    return {finding.name: finding for finding in doctor.findings()}


DISPOSABLE = {"fsync", "full_page_writes", "synchronous_commit"}
"""The server of the tests loses everything in a power cut, and the doctor says so."""


def bad(findings):
    return {name for name, finding in findings.items() if finding.verdict == "bad"} - DISPOSABLE


def test_a_sound_city_has_no_fault_but_the_servers_own(sound):
    findings = found()
    assert bad(findings) == set()
    assert {
        "python",
        "postgres",
        "clock",
        "master_key",
        "checkpoint_key",
        "worker",
        "city",
    } <= findings.keys()
    for finding in findings.values():
        assert re.search("[一-鿿]|Python|PostgreSQL", finding.zh)
        assert not re.search("[一-鿿]", finding.en)


def test_each_fault_is_named_with_its_remedy(sound, settings):
    settings.EMBEDDED, settings.DEMO_REFUSED, settings.MASTER_KEY, settings.SECRET_KEY = (
        False,
        True,
        "",
        "short",
    )
    settings.MASTER_KEY_FILE = str(sound / "nowhere")
    settings.SESSION_COOKIE_SECURE, settings.ALLOWED_HOSTS = False, ["localhost"]
    (sound / "keys" / "checkpoint.key").chmod(0o644)
    (sound / "keys").chmod(0o755)
    Heartbeat.objects.create(
        duty="checkpoint",
        ran_at=timezone.now() - dt.timedelta(minutes=9),
        faults=1,
        fault="BadKey",
        faulted_at=timezone.now(),
    )
    Heartbeat.objects.filter(duty="tick").update(ran_at=timezone.now() - dt.timedelta(minutes=2))
    findings = found()
    assert bad(findings) == {
        "demo",
        "master_key",
        "checkpoint_key",
        "secret_key",
        "keys",
        "duty_checkpoint",
        "https",
    }
    assert {"worker", "allowed_hosts", "checkpoints", "archive_mode"} <= {
        n for n, f in findings.items() if f.verdict == "doubt"
    }
    assert not (sound / "nowhere").exists()
    assert "chmod" in findings["keys"].en
    assert stat.S_IMODE((sound / "keys").stat().st_mode) == 0o755


def test_a_clock_that_differs_and_a_full_disk_are_found(sound, monkeypatch):
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() - 5)
    usage = shutil.disk_usage(sound)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=1 << 20))
    assert {"clock", "disk_home", "disk_checkpoints"} <= bad(found())


def test_without_a_city_the_health_pages_remedy_is_given_and_the_rest_left(sound):
    Organization.objects.all().delete()
    assert bad(found()) == {"city"}


def test_a_desk_that_nobody_founded_is_named_with_the_procedures_that_name_it(sound):
    findings = found()
    assert findings["desk_hotline-centre"].verdict == "doubt"
    assert "hotline.work-order" in findings["desk_hotline-centre"].en
    Organization.objects.create(
        id="hotline-centre",
        kind="department",
        name_zh="热线",
        begins=dt.date(2020, 1, 1),
        ends=dt.date(2021, 1, 1),
    )
    assert "desk_hotline-centre" in found()
    Organization.objects.filter(pk="hotline-centre").update(ends=None)
    assert "desk_hotline-centre" not in found()
