"""What the deploy files say is true of the program: commands that exist, variables that are read, all of them told."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from qinzheng import wiring

ROOT = Path(__file__).resolve().parents[3]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
GUIDE = (ROOT / "docs" / "how-to" / "deploy.md").read_text("utf-8")
READ = set(
    re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', (ROOT / "config" / "settings.py").read_text("utf-8"))
)
INTERNAL = {"QINZHENG_EMBEDDED"}
"""Left by a process to its children; not for people."""


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_starts_a_command_that_exists(unit):
    (line,) = re.findall(r"^ExecStart=(.+)$", unit.read_text("utf-8"), re.M)
    words = shlex.split(line)
    if words[:2] == ["/bin/sh", "-c"]:
        words = shlex.split(words[2].removeprefix("exec "))
    assert words[0].endswith("/bin/qinzheng")
    assert callable(wiring.build_parser().parse_args(words[1:]).run)


def test_the_commands_of_the_guide_exist():
    told = re.findall(r"^qinzheng ([^#\n]+)", GUIDE, re.M)
    assert len(told) > 4
    for words in told:
        assert callable(wiring.build_parser().parse_args(shlex.split(words)).run)


def test_every_variable_is_told_and_none_is_invented():
    table = set(re.findall(r"`([A-Z][A-Z_]+)`", GUIDE.partition("## 4.")[2].partition("## 5.")[0]))
    assert READ - INTERNAL - table == set()
    known = READ | {"PORT"}
    assert {name for name in table if name != "WARNING" and name != "INFO"} - known == set()
    example = re.findall(
        r"^#? ?([A-Z_]+)=", (ROOT / "deploy" / "environment.example").read_text("utf-8"), re.M
    )
    assert set(example) <= known


def test_the_scripts_are_sound_shell():
    for script in (ROOT / "deploy").glob("*.sh"):
        assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
