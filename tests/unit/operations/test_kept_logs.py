"""Logs stay for six months whatever is set, a file a day, whole lines from every process."""

from __future__ import annotations

import datetime as dt
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.operations import console, doctor, kept_logs, logs

DAY = dt.date(2026, 11, 25)


def record(day: dt.date, text: str = "done") -> logging.LogRecord:
    made = logging.LogRecord("qinzheng", logging.INFO, __file__, 1, text, None, None)
    made.created = dt.datetime.combine(day, dt.time(12), dt.UTC).timestamp()
    return made


@given(st.integers(max_value=kept_logs.LEAST_DAYS - 1))
def test_fewer_days_are_refused_everywhere(days: int) -> None:
    with pytest.raises(kept_logs.TooShort):
        kept_logs.Kept("nowhere", days)
    with pytest.raises(kept_logs.TooShort):
        kept_logs.clear(Path("nowhere"), days, DAY)


def test_a_line_of_six_months_ago_can_still_be_read(tmp_path: Path) -> None:
    """A year of days goes by; what is 180 days old is there, what is older is gone, other files are left alone."""
    (tmp_path / "qinzheng-notes.jsonl").write_text("mine")
    handler = kept_logs.Kept(str(tmp_path), kept_logs.LEAST_DAYS)
    handler.setFormatter(logs.formatter())
    for n in range(365):
        handler.emit(record(DAY + dt.timedelta(days=n)))
    handler.close()
    last = DAY + dt.timedelta(days=364)
    days = list(kept_logs.files(tmp_path))
    assert days == [last - dt.timedelta(days=n) for n in range(kept_logs.LEAST_DAYS, -1, -1)]
    oldest = kept_logs.files(tmp_path)[days[0]]
    assert json.loads(oldest.read_text())["level"] == "info"
    assert oldest.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "qinzheng-notes.jsonl").read_text() == "mine"


def test_processes_that_write_at_once_tear_no_line(tmp_path: Path) -> None:
    program = (
        "import logging,sys;from qinzheng.operations import kept_logs\n"
        "h=kept_logs.Kept(sys.argv[1],400);l=logging.getLogger('x');l.addHandler(h)\n"
        "[l.warning(sys.argv[2]*900) for _ in range(300)]\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path), letter]) for letter in "ab"]
    assert [each.wait() for each in running] == [0, 0]
    lines = [line for path in kept_logs.files(tmp_path).values() for line in path.read_text().splitlines()]
    assert sorted(set(lines)) == ["a" * 900, "b" * 900]
    assert len(lines) == 600


def test_where_a_folder_is_given_lines_go_there_too(tmp_path: Path) -> None:
    made = logs.configuration({"level": "INFO", "folder": str(tmp_path), "days": 400})
    assert made["root"]["handlers"] == ["stderr", "kept"]
    assert logs.configuration({"level": "INFO", "folder": "", "days": 400})["root"]["handlers"] == ["stderr"]


def test_the_doctor_and_every_command_say_so(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LOG_DAYS = 179
    (found,) = (each for each in [doctor._logs()])
    assert (found.verdict, "180" in found.zh) == ("bad", True)
    settings.LOG_DAYS = 180
    settings.LOGGING = {"level": "INFO", "folder": str(tmp_path), "days": 180}
    assert doctor._logs().verdict == "good"
    settings.LOGGING = {"level": "INFO", "folder": "", "days": 180}
    settings.EMBEDDED = False
    assert doctor._logs().verdict == "doubt"
    monkeypatch.setattr("config.settings.LOG_DAYS", 30)
    with pytest.raises(SystemExit, match="QINZHENG_LOG_DAYS=30"):
        console.ready()
