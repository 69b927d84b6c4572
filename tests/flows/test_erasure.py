"""A city's home from import to erasure: no value of a person stands in a dump of the database or in any file of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qinzheng.parties import codes

NAME, CODE, PHONE = (
    "清和市雀鸣精密机械有限公司",
    codes.make_enterprise_code("320583", 77_777_777),
    "051257778888",
)
ADDRESS, OWNER = "清和市雀巢工业园九号", "雀无双"
CANARIES = [NAME, CODE, PHONE, ADDRESS, OWNER]
ROWS = f"名称,统一社会信用代码,电话,地址,法定代表人\n{NAME},{CODE},{PHONE},{ADDRESS},{OWNER}\n"

STORY = """
import os, subprocess, sys
from pathlib import Path
from qinzheng import wiring
from qinzheng.operations import database
def run(*words):
    assert wiring.main(["parties", *words]) == 0
def dump(name):
    binary = database.embedded_binaries() / "pg_dump"
    told = subprocess.run([binary, "--dbname", os.environ["DATABASE_URL"]], check=True, capture_output=True)
    Path(name).write_bytes(told.stdout)
run("import", sys.argv[1], "--by", "p-0123456789ab")
from django.db import connection
from qinzheng.parties import queries
(party,) = queries.find_by_name(sys.argv[2])
queries.open_(party.pk, "p-0123456789ab", "register")
dump(sys.argv[3])
run("erase", party.pk, "--by", "p-0123456789ab", "--reason", "consent_withdrawn")
run("rotate-key", "--by", "p-0123456789ab")
with connection.cursor() as cursor:
    cursor.execute("CHECKPOINT")
dump(sys.argv[4])
Path(sys.argv[5]).write_text(party.pk)
"""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of its own, with dumps from before and after the erasure beside it."""
    tmp_path = tmp_path_factory.mktemp("erasure")
    (tmp_path / "firms.csv").write_text(ROWS, encoding="utf-8")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "QINZHENG"))
    }
    done = subprocess.run(
        [sys.executable, "-c", STORY, "firms.csv", NAME, "before.sql", "after.sql", "party.txt"],
        cwd=tmp_path, capture_output=True, text=True, env=environment | {"QINZHENG_HOME": str(tmp_path / "home"), "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not any(canary in done.stdout + done.stderr for canary in CANARIES)
    return tmp_path


def found(where: list[Path], values: list[str]) -> list[tuple[str, str]]:
    """(value, file) wherever a value stands, as text in either encoding or as the hexadecimal of a dump."""
    hits = []
    for path in where:
        content = path.read_bytes()
        for value in values:
            for raw in (value.encode(), value.encode("gb18030"), value.encode().hex().encode()):
                if raw in content:
                    hits.append((value, path.name))
    return hits


def test_nothing_of_the_erased_stands_in_a_dump_or_in_the_home(story: Path) -> None:
    party = (story / "party.txt").read_text("utf-8")
    files = [path for path in (story / "home").rglob("*") if path.is_file()]
    before, after = story / "before.sql", story / "after.sql"
    assert found([before, after, *files], CANARIES) == []
    # The search finds what does stand there: the id, in both dumps and in the files of the database.
    where = {name for _, name in found([before, after, *files], [party])}
    assert {"before.sql", "after.sql"} < where
    assert found([story / "firms.csv"], CANARIES) != []


def test_the_key_of_the_erased_is_gone_and_the_master_key_was_changed(story: Path) -> None:
    party = (story / "party.txt").read_text("utf-8")
    rows = {
        name: next(
            line for line in (story / name).read_text("utf-8").splitlines() if line.startswith(f"{party}\t")
        ).split("\t")
        for name in ("before.sql", "after.sql")
    }
    assert [len(value) > 100 for value in rows["before.sql"][2:4]] == [True, True]
    assert rows["after.sql"][2:5] == ["\\\\x", "\\\\x", ""]
    wrapped = rows["before.sql"][3].removeprefix("\\\\x")
    files = [path for path in (story / "home" / "pg" / "base").rglob("*") if path.is_file()]
    key = (story / "home" / "keys" / "master.key").read_text("ascii").split()
    assert len(key) == 1
    assert wrapped
    assert found([story / "after.sql", *files], [wrapped]) == []
