"""Other systems, real ones: servers on sockets of this machine that answer, refuse, hang or drip as a test wants."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Receiver:
    """A server: what it was asked, and how it answers (``answers`` may be changed at any time)."""

    port: int
    answers: Callable[[Asked], Reply]
    asked: list[Asked] = field(default_factory=list)
    secure: bool = False

    @property
    def url(self) -> str:
        """Its address, by the literal loopback address."""
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}/hook"


def well(asked: Asked) -> Reply:
    """Everything is taken."""
    return 204, {}, b""


@contextlib.contextmanager
def receiving(
    answers: Callable[[Asked], Reply] = well, tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """A server for the time of a test."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            found.asked.append(asked)
            status, headers, body = found.answers(asked)
            with contextlib.suppress(OSError):  # who asked may have gone
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *args: Any) -> None:
            """A caller that went away, or trusts us not, is what some tests want."""

    server = Quiet(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    found = Receiver(server.server_address[1], answers, secure=tls is not None)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def talking(say: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A server that speaks as ``say`` does, byte by byte; its port. The event is set when the test is over."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            try:
                met, _ = listener.accept()
            except OSError:
                return
            with met, contextlib.suppress(OSError):
                say(met, over)

    threading.Thread(target=run, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        listener.close()


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def authority(folder: Path, *names: str) -> tuple[Path, ssl.SSLContext]:
    """A private authority's PEM file, and the TLS of a server with its certificate for these names and 127.0.0.1."""
    now = dt.datetime.now(dt.UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Qinghe root")])

    def made(subject: x509.Name, public: Any, *, root: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder().subject_name(subject).issuer_name(root_name).public_key(public)
            .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
            )
        )  # fmt: skip

    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    root = made(root_name, root_key.public_key(), root=True).add_extension(usage, critical=True)
    alternative = x509.SubjectAlternativeName(
        [*map(x509.DNSName, names), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    leaf = made(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")]), key.public_key(), root=False
    ).add_extension(alternative, critical=False)
    signed_root, signed = root.sign(root_key, hashes.SHA256()), leaf.sign(root_key, hashes.SHA256())
    trusted, chain = folder / "authority.pem", folder / "server.pem"
    trusted.write_bytes(signed_root.public_bytes(serialization.Encoding.PEM))
    chain.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return trusted, context
