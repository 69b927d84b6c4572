"""Which addresses of other systems may be called at all: the public network, and what the operator names. Pure.

The tables are the IANA registries of special-purpose addresses (RFC 6890 and later), written out: the standard
library's opinion changes with its version (CVE-2024-4032). IPv6 is the other way round: only the part given out to
the public (2000::/3) is open, less what carries an IPv4 address inside or is kept for something else.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PRIVATE_4 = tuple(
    ipaddress.IPv4Network(each) for each in ((0x0A << 24, 8), (0xAC10 << 16, 12), (0xC0A8 << 16, 16))
)
"""RFC 1918, by number: written out they look like somebody's machines."""
CLOSED_4 = PRIVATE_4 + tuple(
    ipaddress.IPv4Network(each)
    for each in (
        "0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
        "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
"""IANA IPv4 Special-Purpose Address Registry, with multicast (RFC 5771)."""
OPEN_6 = ipaddress.IPv6Network("2000::/3")
CLOSED_6 = tuple(
    ipaddress.IPv6Network(each)
    for each in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20")
)
"""Within 2000::/3: protocol assignments with Teredo and ORCHID, documentation, 6to4, AS112, the former 6bone."""
METADATA = frozenset(
    ipaddress.ip_address(each)
    for each in ("169.254.169.254", "169.254.170.2", "169.254.0.23", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)  # fmt: skip
"""Where clouds hand their secrets to whoever asks from inside; a network that holds one does not open it."""


class WrongSetting(ValueError):
    """A word of ``QINZHENG_OUTGOING_ALLOW`` that names neither a host nor a network."""


@dataclass(frozen=True)
class Allowed:
    """What the operator lets be called beyond the public network; ``plain`` also without TLS."""

    host: str = ""
    network: Network | None = None
    plain: bool = False

    def names(self, host: str, address: Address) -> bool:
        """Whether this word opens the address of that host."""
        return host == self.host if self.network is None else address in self.network

    def exactly(self, address: Address) -> bool:
        """Whether it names this one address and no other."""
        return self.network is not None and self.network.num_addresses == 1 and address in self.network


def read(text: str) -> tuple[Allowed, ...]:
    """``fd12:3456:789a::/48, sms.city.internal, http://127.0.0.1``: networks, addresses or host names; http:// allows plain text.

    Raises :class:`WrongSetting`.
    """
    return tuple(_word(word) for word in text.replace(",", " ").split())


def _word(word: str) -> Allowed:
    plain = word.startswith("http://")
    bare = word.removeprefix("http://").removeprefix("https://").strip("[]").lower().rstrip(".")
    try:
        return Allowed(network=ipaddress.ip_network(bare, strict=False), plain=plain)
    except ValueError:
        pass
    # A last part of digits alone is an address that somebody mistyped, never a name (RFC 3696 section 2).
    labels = bare.split(".")
    if not all(_label(label) for label in labels) or labels[-1].isdigit():
        raise WrongSetting(
            f"QINZHENG_OUTGOING_ALLOW：“{word}”既不是主机名，也不是地址或网段 / "
            f"QINZHENG_OUTGOING_ALLOW: {word!r} is neither a host name nor an address or network"
        )
    return Allowed(host=bare, plain=plain)


def _label(label: str) -> bool:
    return 0 < len(label) <= 63 and label.replace("-", "").replace("_", "").isalnum() and label.isascii()


def may(host: str, address: Address, allowed: Sequence[Allowed], *, plain: bool = False) -> bool:
    """Whether this address of that host may be called; ``plain``: without TLS, which only the operator opens."""
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        return False
    opening = [one for one in allowed if one.plain or not plain]
    if address in METADATA:
        return any(one.exactly(address) for one in opening)
    if any(one.names(host, address) for one in opening):
        return True
    return not plain and is_public(address)


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public network and to no special purpose."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in closed for closed in CLOSED_4)
    return address in OPEN_6 and not any(address in closed for closed in CLOSED_6)
