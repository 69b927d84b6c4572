"""The set-up of a bare machine: a package index is served here, on this machine alone."""

import base64
import hashlib
import http.server
import io
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import bootstrap

NAME = f"uv-{bootstrap.UV}-py3-none-any.whl"
ACCOUNT = "clerk:s3cret word"
INDEX_SETTINGS = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "XDG_CONFIG_HOME")


def wheel() -> bytes:
    """A wheel with a program in the place of uv."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"uv-{bootstrap.UV}.data/scripts/uv", f"#!/bin/sh\necho uv {bootstrap.UV}\n")
    return packed.getvalue()


WHEEL = wheel()
SHA256 = hashlib.sha256(WHEEL).hexdigest()


class Index(http.server.BaseHTTPRequestHandler):
    """A private mirror: its pages want an account, its files lie at a relative address."""

    def do_GET(self) -> None:
        """Answer as a simple index does."""
        wanted = "Basic " + base64.b64encode(ACCOUNT.encode()).decode()
        pages = {
            "/simple/uv/": f'<a href="../../files/{NAME}#sha256={SHA256}">{NAME}</a>'.encode(),
            f"/files/{NAME}": WHEEL,
        }
        body = pages.get(self.path)
        if self.path.startswith("/simple/") and self.headers["Authorization"] != wanted:
            self.send_error(401)
        elif body is None:
            self.send_error(404)
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A user without any setting of an index or a proxy."""
    for name in (*INDEX_SETTINGS, "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return monkeypatch


@pytest.fixture
def mirror(settings: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a private mirror that runs while the test does, set as the user's index."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{server.server_port}/simple"
        settings.setenv("PIP_INDEX_URL", f"http://clerk:s3cret%20word@{address}")
        yield address
        server.shutdown()


def test_the_program_comes_from_the_index(mirror: str, tmp_path: Path) -> None:
    bootstrap.from_index(tmp_path / "uv", NAME, SHA256)
    said = subprocess.run([tmp_path / "uv" / "bin" / "uv"], capture_output=True, text=True, check=True)
    assert said.stdout == f"uv {bootstrap.UV}\n"
    assert bootstrap.uv_version(str(tmp_path / "uv" / "bin" / "uv")) >= bootstrap.OLDEST_UV


def test_another_file_than_the_pinned_one_is_refused(mirror: str, tmp_path: Path) -> None:
    with pytest.raises(bootstrap.Stopped, match="SHA-256"):
        bootstrap.from_index(tmp_path / "uv", NAME, "0" * 64)
    assert not (tmp_path / "uv").exists()


def test_an_index_without_the_file_says_so_and_keeps_the_password(mirror: str, tmp_path: Path) -> None:
    with pytest.raises(bootstrap.Stopped) as stopped:
        bootstrap.from_index(tmp_path / "uv", "uv-0.0.0-py3-none-any.whl", SHA256)
    assert mirror in str(stopped.value)
    assert "s3cret" not in str(stopped.value)


def test_a_wrong_account_is_an_error_of_the_index(
    mirror: str, settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.setenv("PIP_INDEX_URL", f"http://{mirror}")
    with pytest.raises(bootstrap.Stopped, match="PIP_INDEX_URL"):
        bootstrap.from_index(tmp_path / "uv", NAME, SHA256)


def test_no_network_is_explained_in_both_languages(settings: pytest.MonkeyPatch) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Index) as server:
        port = server.server_port
    with pytest.raises(bootstrap.Stopped) as stopped:
        bootstrap.download(f"http://127.0.0.1:{port}/simple/uv/")
    assert "处理：检查网络" in str(stopped.value)
    assert "Remedy: check the network" in str(stopped.value)


def test_the_index_is_the_most_particular_setting(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if not Path("/etc/pip.conf").exists():
        assert bootstrap.index_url() == bootstrap.PYPI
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://file.example/simple\n", encoding="ascii"
    )
    settings.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    found = [bootstrap.index_url()]
    for name in ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"):
        settings.setenv(name, f"https://{name.lower().replace('_', '-')}.example/simple")
        found.append(bootstrap.index_url())
    hosts = [url.split("/")[2] for url in found]
    assert hosts == [
        "file.example",
        "pip-index-url.example",
        "uv-index-url.example",
        "uv-default-index.example",
    ]


def test_a_mirror_serves_the_locked_hashes_by_name() -> None:
    assert [command[:2] for command in bootstrap.sync_commands(bootstrap.PYPI + "/")] == [
        ["sync", "--frozen"]
    ]
    commands = bootstrap.sync_commands("https://mirror.example/simple")
    installs = [command for command in commands if command[0] == "pip"]
    assert all("https://mirror.example/simple" in command for command in installs)
    assert "--require-hashes" in installs[0]
    assert "--frozen" in commands[1]


def test_every_pinned_wheel_is_of_the_pinned_version() -> None:
    for name, sha256 in bootstrap.WHEELS.values():
        assert name.startswith(f"uv-{bootstrap.UV}-py3-none-")
        assert len(bytes.fromhex(sha256)) == 32


def test_up_to_date_until_the_lock_changes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ROOT", "VENV", "STAMP"):
        place = {"ROOT": tmp_path, "VENV": tmp_path / ".venv", "STAMP": tmp_path / ".venv" / "stamp"}[name]
        monkeypatch.setattr(bootstrap, name, place)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("uv.lock", "pyproject.toml", ".venv/bin/python"):
        (tmp_path / name).write_text("1", encoding="ascii")
    assert not bootstrap.up_to_date()
    bootstrap.STAMP.write_text(bootstrap.fingerprint(), encoding="ascii")
    assert bootstrap.up_to_date()
    (tmp_path / "uv.lock").write_text("2", encoding="ascii")
    assert not bootstrap.up_to_date()
