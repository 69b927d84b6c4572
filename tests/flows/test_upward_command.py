"""``qinzheng upward``: what it prints, how it ends, and what it will not do without a key or a place."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from qinzheng.exchange.upward import (
    deployment,
    duty,
    parser,
)
from qinzheng.exchange.upward.models import Packet
from qinzheng.ledger import crypto
from qinzheng.wiring import build_parser
from tests.flows.conftest import DatabaseClock
from tests.flows.province import (
    DAMAGED,
    ROWS,
    Doors,
    Province,
)
from tests.flows.reports import (
    BY,
    REPORT,
    agreed,
    build,
    later,
    opened,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def province(doors: Doors) -> Province:
    return doors.province


def command(*words: str) -> int:
    arguments = build_parser().parse_args(["upward", *words])
    code: int = getattr(import_module(parser.BODIES), words[0])(arguments)
    return code


def test_the_command_says_what_it_did_and_what_is_left(
    clock: DatabaseClock, province: Province, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened()
    build()
    Packet.objects.count()
    province.plan.extend([ROWS, DAMAGED])
    assert command("send", REPORT, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert [(each["state"], each["error"]) for each in told["sent"]] == [
        ("rejected", ""),
        ("built", "damaged"),
    ]
    assert command("worklist") == 1
    assert "必填项为空" in capsys.readouterr().out
    assert command("worklist", "--unit", "water") == 0
    assert command("status") == 1
    assert "须补正 to mend 1" in capsys.readouterr().out
    assert command("repair", REPORT, "--by", BY) == 0
    assert command("repair", REPORT, "no-such", "--by", BY) == 1
    assert command("build", REPORT) == 0
    assert "application 2" in capsys.readouterr().out
    assert command("build", REPORT, "--again") == 0
    assert capsys.readouterr().out == ""
    later(clock)
    assert command("send", REPORT) == 0
    assert command("status", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])[0]["acknowledged"] == 2
    file = tmp_path / "answer.json"
    file.write_bytes(b"nonsense")
    assert command("take", REPORT, str(file)) == 1
    assert "garbage" in capsys.readouterr().out
    assert command("take", REPORT, str(tmp_path / "none")) == 1
    assert command("reconcile", REPORT) == 0
    assert "办件" not in capsys.readouterr().err
    assert command("build", "no-such") == 1
    assert REPORT in capsys.readouterr().err
    agreed(province)


def test_without_a_key_or_a_place_nothing_is_built(
    clock: DatabaseClock, province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened()
    monkeypatch.delenv(deployment.variable(REPORT))
    assert duty.once() == 0
    monkeypatch.setattr("django.conf.settings.UPWARD_KEY", str(tmp_path / "none.key"))
    monkeypatch.setattr("django.conf.settings.MASTER_KEY_MADE", False)
    with pytest.raises(deployment.NoSigningKey, match="ledger key"):
        build()
    assert not Packet.objects.exists()
    monkeypatch.setattr("django.conf.settings.MASTER_KEY_MADE", True)
    assert crypto.key_of(deployment.signer()).name == deployment.KEY_NAME
