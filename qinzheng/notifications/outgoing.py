"""The one client to other systems: webhooks, SMS gateways, packets upward. Nothing else opens a connection to outside.

A host is resolved once, every address it has is checked, and the connection goes to an address that was checked: a
name that changes its mind between the check and the call (DNS rebinding) reaches nothing. No redirects are followed,
the certificate is verified for the host's name, no proxy of the environment is used, and one deadline ends everything,
however slowly the other side drips.
"""

from __future__ import annotations

import functools
import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from django.conf import settings

from qinzheng.notifications import addresses
from qinzheng.notifications.addresses import Address, Allowed

LONGEST_URL = 2_000
MOST_ADDRESSES = 8
"""Addresses of one name that are tried."""
AGENT = "qinzheng"

Resolve = Callable[[str, int], Sequence[str]]
Why = Literal["connect", "timeout", "tls", "too_large", "protocol", "resolve", "proxy"]


class OutgoingRefused(ValueError):
    """An address that may not be called: why and what to do, in two languages. Nothing was sent."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


class OutgoingFailed(Exception):
    """The other side did not answer as it should; ``why`` is a code for logs and for trying again."""

    def __init__(self, why: Why) -> None:
        zh, en = FAILURES[why]
        super().__init__(f"{zh} / {en}")
        self.why, self.zh, self.en = why, zh, en


FAILURES: dict[Why, tuple[str, str]] = {
    "connect": ("连接不上对方", "the other side cannot be reached"),
    "timeout": ("对方在时限内没有答复", "the other side did not answer in time"),
    "tls": ("对方的证书或加密不可信", "the other side's certificate or encryption cannot be trusted"),
    "too_large": ("对方的答复过大", "the other side's answer is too large"),
    "protocol": ("对方的答复不是 HTTP", "the other side's answer is not HTTP"),
    "resolve": ("对方的主机名解析不到地址", "the other side's host name has no address"),
    "proxy": ("代理拒绝了连接", "the proxy refused the connection"),
}


@dataclass(frozen=True)
class Answer:
    """What the other side said; names of headers in small letters, redirects as they are."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Limits:
    """Seconds to connect, between two pieces, in all; bytes of an answer's body."""

    connect_s: float = 5.0
    read_s: float = 10.0
    total_s: float = 15.0
    answer_bytes: int = 1 << 20


@dataclass(frozen=True)
class Target:
    """An address that may be called now: where it is, and the addresses that were checked."""

    secure: bool
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def authority(self) -> str:
        """The value of the header Host."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == (443 if self.secure else 80) else f"{shown}:{self.port}"


def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True)
class Client:
    """How other systems are called. ``proxy`` is ``(host, port)`` of a proxy that the operator has set."""

    allowed: tuple[Allowed, ...] = ()
    authority_file: str = ""
    proxy: tuple[str, int] | None = None
    limits: Limits = Limits()
    resolve: Resolve = field(default=resolved, repr=False)

    def within(self, limits: Limits) -> Client:
        """The same client in other limits."""
        return replace(self, limits=limits)

    def check(self, url: str, *, deadline: float | None = None) -> Target:
        """Where the address leads, if it may be called: asked when it is entered, changed and used.

        Raises :class:`OutgoingRefused`; :class:`OutgoingFailed` where the name has no address now.
        """
        secure, host, port, path = _parts(url)
        found = self._addresses(host, port, self.limits.total_s if deadline is None else _left(deadline))
        for address in found:
            if not addresses.may(host, address, self.allowed, plain=not secure):
                raise _closed(host, secure)
        return Target(secure, host, port, path, tuple(str(address) for address in found))

    def _addresses(self, host: str, port: int, seconds: float) -> list[Address]:
        try:
            return [ipaddress.ip_address(host)]
        except ValueError:
            pass
        found = _in_time(lambda: self.resolve(host, port), seconds)[:MOST_ADDRESSES]
        if not found:
            raise OutgoingFailed("resolve")
        return [ipaddress.ip_address(each) for each in found]

    def send(
        self, url: str, body: bytes = b"", *, method: str = "POST", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request and read the answer. Raises :class:`OutgoingRefused`, :class:`OutgoingFailed`."""
        deadline = time.monotonic() + self.limits.total_s
        target = self.check(url, deadline=deadline)
        connection = _Pinned(target, self, deadline)
        try:
            connection.request(method, target.path, body=body or None, headers=_headers(target, headers))
            return _answer(connection.getresponse(), self.limits.answer_bytes)
        except TimeoutError:
            raise OutgoingFailed("timeout") from None
        except ssl.SSLError:
            raise OutgoingFailed("tls") from None
        except http.client.HTTPException:
            raise OutgoingFailed("protocol") from None
        except OSError:
            raise OutgoingFailed("connect") from None
        finally:
            connection.end()


def client() -> Client:
    """The client by the operator's settings (``QINZHENG_OUTGOING_ALLOW``, ``…_CA``, ``…_PROXY``)."""
    return _configured(settings.OUTGOING_ALLOW, settings.OUTGOING_CA, settings.OUTGOING_PROXY)


@functools.lru_cache(maxsize=8)
def _configured(allow: str, authority_file: str, proxy: str) -> Client:
    return Client(addresses.read(allow), authority_file, _proxy(proxy))


def _proxy(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme != "http" or not parts.hostname or not parts.port or parts.username:
        raise addresses.WrongSetting(
            "QINZHENG_OUTGOING_PROXY 应如 http://proxy.city.internal:3128 / "
            "QINZHENG_OUTGOING_PROXY looks like http://proxy.city.internal:3128"
        )
    return parts.hostname, parts.port


# -- the address --------------------------------------------------------------------------------------


def _parts(url: str) -> tuple[bool, str, int, str]:
    """(with TLS, host in ASCII, port, path with query). Raises :class:`OutgoingRefused`."""
    if len(url) > LONGEST_URL or not url.isprintable() or any(sign in url for sign in ' \\"<>'):
        raise _malformed()
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").rstrip(".")
        host = host if ":" in host else host.encode("idna").decode("ascii").lower()
    except ValueError:  # a port that is none, half an IPv6 address, a name that IDNA does not know
        raise _malformed() from None
    if parts.scheme not in ("https", "http") or not host or "%" in host or port == 0:
        raise _malformed()
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise OutgoingRefused(
            "网址中不得写用户名、口令或 # 片段；口令请放在密钥里",
            "no user name, password or # fragment in the address: secrets have their own place",
        )
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii():
        raise _malformed()
    return secure, host, port or (443 if secure else 80), path


def _malformed() -> OutgoingRefused:
    return OutgoingRefused(
        "不是可用的网址：应为 https://主机/路径，其他字符须百分号编码",
        "not an address that can be called: https://host/path, other characters percent-encoded",
    )


def _closed(host: str, secure: bool) -> OutgoingRefused:
    """The same words for every closed address: which one a name has inside is nobody's business outside."""
    if not secure:
        return OutgoingRefused(
            f"{host}：须用 https；内网确需明文的，由运维在 QINZHENG_OUTGOING_ALLOW 中写 http://{host}",
            f"{host}: https only; where the inner network needs plain text, the operator writes http://{host} into "
            "QINZHENG_OUTGOING_ALLOW",
        )
    return OutgoingRefused(
        f"{host} 是内部或保留地址，不能由本系统调用；确需调用的，由运维在 QINZHENG_OUTGOING_ALLOW 中写明主机或网段",
        f"{host} is an inner or reserved address and is not called; where it must be, the operator names the host or "
        "network in QINZHENG_OUTGOING_ALLOW",
    )


def _in_time(ask: Callable[[], Sequence[str]], seconds: float) -> list[str]:
    """The resolver's answer. It knows no time limit of its own, so it is asked in a thread that may be left behind."""
    found: list[str] = []
    fault: list[BaseException] = []

    def run() -> None:
        try:
            found.extend(ask())
        except (OSError, UnicodeError) as why:
            fault.append(why)

    thread = threading.Thread(target=run, name="resolve", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    if thread.is_alive():
        raise OutgoingFailed("timeout")
    if fault:
        raise OutgoingFailed("resolve")
    return found


# -- the connection -----------------------------------------------------------------------------------


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise OutgoingFailed("timeout")
    return left


class _Pinned(http.client.HTTPConnection):
    """The library's connection, but to an address that was checked, and within one deadline."""

    def __init__(self, target: Target, how: Client, deadline: float) -> None:
        super().__init__(target.host, target.port)
        self._target, self._how, self._deadline = target, how, deadline
        self._raw: socket.socket | None = None

    def connect(self) -> None:
        """To the first address that answers; with TLS for the host's name."""
        raw = self._reach()
        try:
            raw.settimeout(min(self._how.limits.connect_s, _left(self._deadline)))
            if self._target.secure:
                raw = _context(self._how.authority_file).wrap_socket(raw, server_hostname=self._target.host)
        except BaseException:
            raw.close()
            raise
        self._raw = raw
        self.sock: Any = _Timed(raw, self._how.limits.read_s, self._deadline)

    def end(self) -> None:
        """Close the connection, when the answer has been read."""
        self.close()
        if self._raw is not None:
            self._raw.close()

    def _reach(self) -> socket.socket:
        fault: OSError = OSError("no address")
        for address in self._target.addresses:
            try:
                if self._how.proxy is None:
                    return self._dial((address, self._target.port))
                return self._through(self._how.proxy, address)
            except OSError as why:
                fault = why
        raise fault

    def _dial(self, where: tuple[str, int]) -> socket.socket:
        return socket.create_connection(where, min(self._how.limits.connect_s, _left(self._deadline)))

    def _through(self, proxy: tuple[str, int], address: str) -> socket.socket:
        """A tunnel through the operator's proxy, to the address that was checked and not to a name."""
        raw = self._dial(proxy)
        try:
            shown = f"[{address}]" if ":" in address else address
            where = f"{shown}:{self._target.port}"
            timed = _Timed(raw, self._how.limits.read_s, self._deadline)
            timed.sendall(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n\r\n".encode("ascii"))
            answer = http.client.HTTPResponse(timed, method="CONNECT")  # type: ignore[arg-type]
            answer.begin()
            if answer.status != 200:
                raise OutgoingFailed("proxy")
        except BaseException:
            raw.close()
            raise
        return raw


class _Timed:
    """A socket whose every piece is waited for within the pause allowed between two, and all within the deadline."""

    def __init__(self, raw: socket.socket, pause_s: float, deadline: float) -> None:
        self._raw, self._pause_s, self._deadline = raw, pause_s, deadline

    def _set(self) -> socket.socket:
        self._raw.settimeout(min(self._pause_s, _left(self._deadline)))
        return self._raw

    def sendall(self, data: bytes) -> None:
        """Send, within the deadline."""
        self._set().sendall(data)

    def receive(self, into: memoryview) -> int:
        """Read a piece, within both limits."""
        return self._set().recv_into(into)

    def makefile(self, mode: str) -> io.BufferedReader:
        """What the library reads an answer from. One byte at a time would be slow, more than is there never waits."""
        return io.BufferedReader(_Pieces(self))

    def close(self) -> None:
        """Nothing yet: the library closes its connection before it reads an answer that ends with the connection."""


class _Pieces(io.RawIOBase):
    def __init__(self, timed: _Timed) -> None:
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        return self._timed.receive(memoryview(into))


@functools.lru_cache(maxsize=8)
def _context(authority_file: str) -> ssl.SSLContext:
    """TLS 1.2 or later, the certificate verified for the host's name; with a private authority beside the system's."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authority_file:
        context.load_verify_locations(authority_file)
    return context


def _headers(target: Target, given: Mapping[str, str] | None) -> dict[str, str]:
    return {
        "User-Agent": AGENT, **(given or {}), "Host": target.authority, "Accept-Encoding": "identity", "Connection": "close",
    }  # fmt: skip


def _answer(found: http.client.HTTPResponse, most: int) -> Answer:
    body = found.read(most + 1)
    if len(body) > most:
        raise OutgoingFailed("too_large")
    if found.length:
        raise OutgoingFailed("protocol")  # it ended before what it had announced
    return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, body)
