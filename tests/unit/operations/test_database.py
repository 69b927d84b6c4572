"""The embedded server: made, started, shared, stopped."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from config import settings
from qinzheng.operations import database

CHILD = """
import sys, psycopg
from qinzheng.operations import database
url = database.ensure()
with psycopg.connect(url) as c:
    print(c.execute("select pg_postmaster_start_time()").fetchone()[0], c.info.dbname, flush=True)
sys.stdin.read()
"""


def start_child(home: Path) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    environment["QINZHENG_HOME"] = str(home)
    return subprocess.Popen(
        [sys.executable, "-c", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def answer(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def test_processes_share_one_server_and_the_last_one_stops_it(tmp_path: Path) -> None:
    home = tmp_path / "a home with spaces"
    first, second = start_child(home), start_child(home)
    assert answer(first) == answer(second)
    cluster = database.Cluster(database.embedded_binaries(), home / "pg")
    first.kill()
    first.wait()
    assert cluster.is_running()
    second.communicate("")
    assert not cluster.is_running()


def test_ensure_takes_the_environments_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATABASES", {"default": {"NAME": "before"}})
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p%40@db.example:5433/city")
    assert database.ensure() == "postgresql://u:p%40@db.example:5433/city"
    chosen = settings.DATABASES["default"]
    assert (chosen["NAME"], chosen["HOST"], chosen["PORT"]) == ("city", "db.example", "5433")
    assert (chosen["USER"], chosen["PASSWORD"]) == ("u", "p@")


def test_a_long_path_still_gets_a_socket(tmp_path: Path) -> None:
    data = tmp_path / ("d" * 120)
    cluster = database.Cluster(database.embedded_binaries(), data)
    assert cluster.socket_directory() != data
    assert len(str(cluster.socket_directory() / database.SOCKET_FILE)) <= database.SOCKET_PATH_MAX


def test_failure_names_the_remedy(tmp_path: Path) -> None:
    with database.temporary() as cluster:
        again = database.Cluster(cluster.binaries, cluster.data)
        with pytest.raises(database.DatabaseUnavailable, match="DATABASE_URL"):
            again.start()
        with psycopg.connect(cluster.url()) as session:
            assert session.info.dbname == database.NAME


@pytest.mark.django_db
def test_tests_run_on_the_selected_server() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0]) // 10000
    chosen = os.environ.get("QINZHENG_TEST_PG", "embedded")
    if chosen == "embedded":
        assert version == 18
    else:
        assert version >= 15
