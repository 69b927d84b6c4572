"""The reverse proxy's configuration that we ship, run by nginx itself: what it believes, limits, hides and passes on."""

import datetime as dt
import http.client
import http.server
import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from qinzheng.definitions.library import default_root

NGINX = shutil.which("nginx") or ("/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else None)
CONFIGURATION = default_root().parent / "deploy" / "nginx" / "qinzheng.conf"
NAME = "qinzheng.city.example"
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed here")


class Behind(http.server.BaseHTTPRequestHandler):
    """What stands behind: says what reached it; its stream sends one line at once and keeps the connection."""

    protocol_version = "HTTP/1.1"
    held = threading.Event()

    def do_GET(self) -> None:  # noqa: N802 (the library's name)
        if self.path == "/wall/stream":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"data: first\n\n")
            self.held.wait(30)
            return
        body = "".join(f"{name}: {value}\n" for name, value in self.headers.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@dataclass
class Proxy:
    """A running nginx: its two ports and its log."""

    plain: int
    secure: int
    log: Path

    def ask(self, path: str, headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
        """Over TLS, without checking our own certificate."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", self.secure, timeout=20, context=context)
        connection.request("GET", path, headers={"Host": NAME, **(headers or {})})
        return connection.getresponse()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)]), dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx")
    certificate(folder)
    behind = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Behind)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    found = Proxy(free_port(), free_port(), folder / "access.log")
    shipped = CONFIGURATION.read_text(encoding="utf-8")
    places = {
        "127.0.0.1:8000": f"127.0.0.1:{behind.server_port}", "listen 80;": f"listen 127.0.0.1:{found.plain};",
        "listen 443 ssl": f"listen 127.0.0.1:{found.secure} ssl", "/etc/ssl/qinzheng": str(folder),
        "/var/log/nginx/qinzheng.log": str(found.log),
    }  # fmt: skip
    for ours, here in places.items():
        assert ours in shipped
        shipped = shipped.replace(ours, here)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"pid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n{temporary}{shipped}\n}}\n", encoding="utf-8"
    )  # fmt: skip
    process = subprocess.Popen([str(NGINX), "-p", str(folder), "-c", str(whole), "-g", "daemon off;"])
    try:
        ends = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", found.secure)) and time.monotonic() < ends:
            assert process.poll() is None, (folder / "error.log").read_text()
        yield found
    finally:
        Behind.held.set()
        process.terminate()
        process.wait(20)
        behind.shutdown()


def test_plain_http_is_sent_to_tls(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=20)
    connection.request("GET", "/cases/?q=1", headers={"Host": NAME})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/cases/?q=1")


def test_where_a_request_comes_from_is_never_believed(proxy: Proxy) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "X-Request-ID": "forged"}
    answer = proxy.ask("/", forged)
    said = dict(line.split(": ", 1) for line in answer.read().decode().splitlines())
    assert (said["X-Forwarded-For"], said["X-Forwarded-Proto"], said["Host"]) == ("127.0.0.1", "https", NAME)
    assert said["X-Request-ID"] != "forged"
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_the_figures_of_operations_are_not_shown_outside(proxy: Proxy) -> None:
    assert proxy.ask("/metrics").status == 404


def test_logins_are_limited_and_other_pages_are_not(proxy: Proxy) -> None:
    assert {proxy.ask("/work/").status for _ in range(40)} == {200}
    statuses = [proxy.ask("/login/").status for _ in range(40)]
    assert statuses[:20] == [200] * 20
    assert 429 in statuses


def test_the_stream_of_the_wall_is_not_held_back(proxy: Proxy) -> None:
    answer = proxy.ask("/wall/stream")
    assert answer.readline() == b"data: first\n"


def test_its_log_holds_neither_addresses_nor_questions(proxy: Proxy) -> None:
    proxy.ask("/cases/?q=13800138000").read()
    ends = time.monotonic() + 20
    while not proxy.log.read_text() and time.monotonic() < ends:
        pass
    logged = proxy.log.read_text()
    assert "GET" in logged
    assert "13800138000" not in logged
    assert "127.0.0.1" not in logged
