"""The one client to other systems, over real sockets: what it refuses to call, and what ends it."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qinzheng.notifications import addresses
from qinzheng.notifications.outgoing import Client, Limits, OutgoingFailed, OutgoingRefused
from tests.receivers import Asked, Reply, authority, closed_port, receiving, talking

SHORT = Limits(connect_s=1.0, read_s=0.2, total_s=0.4, answer_bytes=1_000)
LOCAL = addresses.read("http://127.0.0.1")
PUBLIC = "93.184.216.34"


class Names:
    """A resolver whose answers are set beforehand, one a question; the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def refused(url: str, client: Client | None = None) -> None:
    with pytest.raises(OutgoingRefused):
        (client or Client()).check(url)


def failed(client: Client, url: str) -> str:
    with pytest.raises(OutgoingFailed) as why:
        client.send(url, b"{}")
    return why.value.why


# ---------------------------------------------------------------- which addresses


@given(st.ip_addresses(v=4))
@example(ipaddress.IPv4Address("100.64.0.1"))
@example(ipaddress.IPv4Address("224.0.0.1"))
def test_no_special_ipv4_address_is_public(address: ipaddress.IPv4Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not addresses.is_public(address)


@given(st.ip_addresses(v=6))
@example(ipaddress.IPv6Address("2001:db8::1"))
def test_no_special_ipv6_address_is_public(address: ipaddress.IPv6Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not addresses.is_public(address)


@given(st.ip_addresses(v=4))
def test_no_ipv6_address_that_carries_an_ipv4_address_is_public(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    carrying = [
        (0xFFFF << 32) | number,  # mapped
        number,  # compatible, deprecated
        (0x2002 << 112) | (number << 80),  # 6to4
        (0x0064FF9B << 96) | number,  # NAT64
        (0x20010000 << 96) | number ^ 0xFFFFFFFF,  # Teredo: the client, turned over
    ]
    assert not any(addresses.is_public(ipaddress.IPv6Address(each)) for each in carrying)


@given(st.ip_addresses(), st.lists(st.ip_addresses(network="10.0.0.0/8"), max_size=3))
def test_only_what_is_public_or_named_may_be_called(address: addresses.Address, named: list[object]) -> None:
    allowed = addresses.read(" ".join(map(str, named)))
    expected = address in named or (addresses.is_public(address) and address not in addresses.METADATA)
    assert addresses.may("h", address, allowed) == expected
    assert not addresses.may("h", address, allowed, plain=True)


def test_a_network_does_not_open_the_metadata_within_it() -> None:
    wide, one = addresses.read("0.0.0.0/0 ::/0"), addresses.read("169.254.169.254")
    for address in addresses.METADATA:
        assert not addresses.may("h", address, wide)
    assert addresses.may("h", ipaddress.ip_address("169.254.169.254"), one)


@pytest.mark.parametrize("word", ["10.0.0.300", "http://", "名", "a..b", "10.0.0.0/40", "a_b!", "x" * 64])
def test_a_wrong_word_of_the_setting_is_named(word: str) -> None:
    with pytest.raises(addresses.WrongSetting):
        addresses.read(word)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "224.0.0.1",
        "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]",
        "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[2001::1]", "[fd00:ec2::254]", "168.63.129.16", "localhost",
        "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "①②⑦.⓪.⓪.①",
    ],
)  # fmt: skip
def test_inner_addresses_are_refused_however_they_are_written(host: str) -> None:
    with pytest.raises((OutgoingRefused, OutgoingFailed)) as why:
        Client().check(f"https://{host}/")
    assert getattr(why.value, "why", "resolve") == "resolve"  # a resolver may not know such a way of writing


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example", "ftp://hooks.example/", "file:///etc/passwd", "gopher://127.0.0.1:70/_x", "https://", "https:///x",
        "https://user:pass@hooks.example/", "https://hooks.example@127.0.0.1/", "https://hooks.example/#x",
        "https://hooks.example:0/", "https://hooks.example:99999/", "https://hooks.example:x/", "https://hooks.example\\@127.0.0.1/",
        "https://hooks.example/a b", "https://hooks.example/\r\nX: 1", "https://hooks.example/路", "https://[::1", "https://[fe80::1%25eth0]/",
        "https://hooks.example/" + "a" * 2_000, "http://hooks.example/", f"http://{PUBLIC}/", "https://a..b/",
    ],
)  # fmt: skip
def test_addresses_that_cannot_be_called(url: str) -> None:
    refused(url, Client(resolve=lambda host, port: [PUBLIC]))


@given(st.text(max_size=60))
def test_no_text_makes_the_check_fail_otherwise(text: str) -> None:
    client = Client(resolve=lambda host, port: ["10.0.0.1"])
    for url in (text, f"https://{text}", f"https://a{text}/"):
        with pytest.raises(OutgoingRefused):
            client.check(url)


def test_a_name_is_in_its_normal_form() -> None:
    client = Client(resolve=lambda host, port: [PUBLIC])
    target = client.check("https://Hooks.例子.CN.:8443/a?b=1")
    assert (target.host, target.port, target.path) == ("hooks.xn--fsqu00a.cn", 8443, "/a?b=1")
    assert (target.authority, target.addresses) == ("hooks.xn--fsqu00a.cn:8443", (PUBLIC,))


def test_one_inner_address_among_public_ones_closes_a_name() -> None:
    refused("https://hooks.example/", Client(resolve=lambda host, port: [PUBLIC, "10.0.0.1"]))
    refused("https://hooks.example/", Client(resolve=lambda host, port: [PUBLIC, "::ffff:10.0.0.1"]))


# ---------------------------------------------------------------- names that change their mind


def test_a_name_that_turns_inward_after_the_check_reaches_nothing() -> None:
    with receiving() as receiver:
        names = Names([PUBLIC], ["127.0.0.1"])
        client = Client(resolve=names)
        url = f"https://hooks.example:{receiver.port}/"
        assert client.check(url).addresses == (PUBLIC,)
        with pytest.raises(OutgoingRefused):
            client.send(url, b"{}")
        assert (receiver.asked, names.asked) == ([], 2)


def test_a_name_is_asked_once_a_call_and_the_call_goes_where_the_check_went() -> None:
    with receiving() as receiver, receiving() as other:
        names = Names(["127.0.0.1"], ["127.0.0.2"])
        client = Client(addresses.read("http://hooks.inner"), resolve=names)
        answer = client.send(f"http://hooks.inner:{receiver.port}/a", b"{}")
        assert (answer.status, names.asked) == (204, 1)
        assert receiver.asked[0].headers["host"] == f"hooks.inner:{receiver.port}"
        assert other.asked == []


def test_the_operator_opens_one_host_and_no_other() -> None:
    names = Names(["127.0.0.1"])
    client = Client(addresses.read("http://hooks.inner"), resolve=names)
    refused("https://hooks.outer/", client)
    refused("https://a.hooks.inner/", client)
    assert client.check("https://hooks.inner/").addresses == ("127.0.0.1",)
    refused("http://hooks.inner/", Client(addresses.read("hooks.inner"), resolve=names))


def test_the_next_address_is_tried_where_the_first_is_not_there() -> None:
    with receiving() as receiver:
        client = Client(addresses.read("http://127.0.0.0/8"), resolve=Names(["127.0.0.9", "127.0.0.1"]))
        assert client.send(f"http://hooks.inner:{receiver.port}/", b"{}").status == 204


# ---------------------------------------------------------------- what it does not follow, and what ends it


def test_no_redirect_is_followed() -> None:
    with receiving() as inner:

        def away(asked: Asked) -> Reply:
            return 302, {"Location": inner.url}, b""

        with receiving(away) as receiver:
            answer = Client(LOCAL).send(receiver.url, b"{}")
    assert (answer.status, answer.headers["location"], inner.asked) == (302, inner.url, [])


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver, receiving() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert Client(LOCAL).send(receiver.url, b"{}").status == 204
        assert (len(receiver.asked), proxy.asked) == (1, [])


def tunnel(met: socket.socket, over: threading.Event) -> None:
    """A proxy for one connection: dials where CONNECT names an address, and carries one request and its answer."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += met.recv(1)
    host, _, port = head.split()[1].decode().rpartition(":")
    ipaddress.ip_address(host)  # an address that was checked, never a name
    with socket.create_connection((host, int(port))) as behind:
        met.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")

        def back() -> None:
            with contextlib.suppress(OSError):
                while piece := behind.recv(4_096):
                    met.sendall(piece)
                met.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=back, daemon=True)
        thread.start()
        with contextlib.suppress(OSError):
            while piece := met.recv(4_096):
                behind.sendall(piece)
        thread.join()


def test_a_proxy_that_is_set_gets_the_checked_address() -> None:
    with receiving() as receiver, talking(tunnel) as port:
        client = Client(
            addresses.read("http://hooks.inner"), proxy=("127.0.0.1", port), resolve=Names(["127.0.0.1"])
        )
        assert client.send(f"http://hooks.inner:{receiver.port}/", b"{}").status == 204
        assert receiver.asked[0].headers["host"] == f"hooks.inner:{receiver.port}"
    with talking(lambda met, over: met.sendall(b"HTTP/1.1 403 No\r\n\r\n")) as port:
        client = Client(LOCAL, proxy=("127.0.0.1", port))
        assert failed(client, "http://127.0.0.1:9/") == "proxy"


def drip(begin: bytes) -> object:
    def say(met: socket.socket, over: threading.Event) -> None:
        met.sendall(begin)
        while not over.wait(0.02):  # well within the pause allowed between two pieces
            met.sendall(b"a")

    return say


@pytest.mark.parametrize(
    "begin",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n000",
    ],
)  # fmt: skip
def test_whoever_drips_is_left_at_the_deadline(begin: bytes) -> None:
    with talking(drip(begin)) as port:  # type: ignore[arg-type]
        assert failed(Client(LOCAL, limits=SHORT), f"http://127.0.0.1:{port}/") in ("timeout", "protocol")


def test_whoever_says_nothing_is_left() -> None:
    with talking(lambda met, over: over.wait() and None) as port:  # type: ignore[arg-type]
        assert failed(Client(LOCAL, limits=SHORT), f"http://127.0.0.1:{port}/") == "timeout"
        tls = Client(addresses.read("127.0.0.1"), limits=SHORT)
        assert failed(tls, f"https://127.0.0.1:{port}/") == "timeout"


def test_a_resolver_that_hangs_is_left() -> None:
    over = threading.Event()

    def hang(host: str, port: int) -> Sequence[str]:
        over.wait()
        return []

    client = Client(resolve=hang, limits=Limits(total_s=0.1))
    assert failed(client, "https://hooks.example/") == "timeout"
    over.set()


@pytest.mark.parametrize("how", ["length", "chunked", "endless"])
def test_a_huge_answer_is_not_read(how: str) -> None:
    def say(met: socket.socket, over: threading.Event) -> None:
        met.recv(65_536)
        head = {
            "length": b"Content-Length: 1000000000\r\n",
            "chunked": b"Transfer-Encoding: chunked\r\n",
            "endless": b"",
        }
        met.sendall(b"HTTP/1.1 200 OK\r\n" + head[how] + b"\r\n")
        piece = b"f" * 4_096
        while not over.is_set():
            met.sendall(b"1000\r\n" + piece + b"\r\n" if how == "chunked" else piece)

    with talking(say) as port:
        client = Client(LOCAL, limits=Limits(answer_bytes=10_000))
        assert failed(client, f"http://127.0.0.1:{port}/") == "too_large"


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-x\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300]
)  # fmt: skip
def test_what_is_no_answer_is_said_so(said: bytes) -> None:
    def say(met: socket.socket, over: threading.Event) -> None:
        met.recv(65_536)
        met.sendall(said)

    with talking(say) as port:
        assert failed(Client(LOCAL), f"http://127.0.0.1:{port}/") in ("protocol", "connect")


def test_nobody_there() -> None:
    assert failed(Client(LOCAL), f"http://127.0.0.1:{closed_port()}/") == "connect"
    assert failed(Client(resolve=lambda host, port: []), "https://hooks.example/") == "resolve"


# ---------------------------------------------------------------- TLS


def test_certificates_are_verified_for_the_name(tmp_path: Path) -> None:
    trusted, tls = authority(tmp_path, "hooks.inner")
    allowed = addresses.read("127.0.0.1 hooks.inner other.inner")
    here = Names(["127.0.0.1"])
    with receiving(tls=tls) as receiver:
        private = Client(allowed, str(trusted), resolve=here)
        url = f"https://hooks.inner:{receiver.port}/"
        assert private.send(url, b"{}").status == 204
        assert private.send(receiver.url, b"{}").status == 204
        assert failed(private, f"https://other.inner:{receiver.port}/") == "tls"
        assert failed(Client(allowed, resolve=here), url) == "tls"
        assert len(receiver.asked) == 2
    with receiving() as plain:
        assert failed(private, f"https://hooks.inner:{plain.port}/") == "tls"


def test_what_was_sent_is_what_arrives() -> None:
    with receiving(lambda asked: (200, {"X-Answer": "yes"}, b"well")) as receiver:
        answer = Client(LOCAL).send(
            receiver.url + "?a=1",
            "正文".encode(),
            headers={"Content-Type": "text/plain", "Host": "elsewhere"},
        )
        asked = receiver.asked[0]
        assert (answer.status, answer.headers["x-answer"], answer.body) == (200, "yes", b"well")
        assert (asked.method, asked.path, asked.body.decode()) == ("POST", "/hook?a=1", "正文")
        assert asked.headers["host"] == f"127.0.0.1:{receiver.port}"
        Client(LOCAL).send(receiver.url, method="GET")
        assert (receiver.asked[1].method, receiver.asked[1].body) == ("GET", b"")
