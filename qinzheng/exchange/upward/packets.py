"""A packet as bytes: lines of JSON that anybody can check with the public key alone. Pure.

Line 1 the manifest, line 2 its signature, then a line a record, exactly as many as the manifest counts. The manifest's
``records`` is the digest of those lines, ``previous`` the digest of the manifest before: a chain. What is personal comes
after them under a signature of its own, so that the chain still verifies when it was erased or is opened anew.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qinzheng.ledger import crypto

FORM = "qinzheng.packet.1"
ANSWER = "qinzheng.answer.1"
LONGEST = 1 << 22
"""Bytes of an answer that are read (ours)."""


class BadPacket(ValueError):
    """The bytes are no packet, were changed, or nobody trusted signed them."""


class BadAnswer(ValueError):
    """An answer that is not taken: a code of :data:`~qinzheng.exchange.upward.answers.REFUSED`."""


@dataclass(frozen=True)
class Manifest:
    """What a packet says of itself. ``digest`` of these bytes is what the next packet and every answer names."""

    report: str
    edition: str
    dataset: str
    id: str
    sequence: int
    previous: str
    hash: str
    count: int
    records: str
    built_at: str

    def raw(self) -> bytes:
        """The line that is signed."""
        return line({"form": FORM, **vars(self)})

    def digest(self) -> str:
        """By its own hash, hex."""
        return crypto.HASHES[self.hash](self.raw()).hex()


def line(value: Any) -> bytes:
    """One line of JSON, keys sorted, no space: the bytes are hashed as they stand."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(hash: str, lines: Sequence[bytes]) -> str:
    """The digest of records in their order, hex."""
    return crypto.HASHES[hash](b"".join(each + b"\n" for each in lines)).hex()


def signed(signer: crypto.Signer, raw: bytes) -> bytes:
    """A line that holds a signature of other bytes, and which key made it."""
    value = base64.b64encode(signer.sign(raw)).decode()
    return line({"key": f"{signer.name}+{crypto.key_of(signer).id.hex()}", "signature": value})


def whole(manifest: Manifest, signer: crypto.Signer, records: Sequence[bytes]) -> bytes:
    """The packet as it rests."""
    return b"".join(each + b"\n" for each in (manifest.raw(), signed(signer, manifest.raw()), *records))


def with_personal(packet: bytes, told: Manifest, signer: crypto.Signer, lines: Sequence[bytes]) -> bytes:
    """The packet as it goes out: personal lines behind, tied to this packet by a signature."""
    if not lines:
        return packet
    personal = digest(told.hash, lines)
    head = line({"packet": told.id, "manifest": told.digest(), "count": len(lines), "personal": personal})
    return packet + b"".join(each + b"\n" for each in (head, signed(signer, head), *lines))


@dataclass(frozen=True)
class Opened:
    """A packet that was checked: what a receiver has in hand. ``personal``: (record, version) → columns."""

    manifest: Manifest
    records: list[dict[str, Any]]
    personal: dict[tuple[str, int], dict[str, Any]]


def read(raw: bytes, key: crypto.VerifierKey) -> Opened:
    """Take a packet apart and check all of it; raises :class:`BadPacket`. A receiver may run this very function."""
    lines = raw.split(b"\n")
    if lines.pop() != b"" or len(lines) < 2:
        raise BadPacket("数据包不完整 / the packet is cut short")
    told = manifest(raw)
    _verify(key, lines[0], lines[1])
    records, rest = lines[2 : 2 + told.count], lines[2 + told.count :]
    if len(records) != told.count or digest(told.hash, records) != told.records:
        raise BadPacket("记录与清单不符 / the records are not those of the manifest")
    personal: dict[tuple[str, int], dict[str, Any]] = {}
    if rest:
        head = _json(rest[0])
        _verify(key, rest[0], rest[1] if len(rest) > 1 else b"")
        behind = rest[2:]
        if (head.get("packet"), head.get("manifest")) != (told.id, told.digest()) or head.get("count") != len(
            behind
        ):
            raise BadPacket("个人信息部分属于另一数据包 / the personal part belongs to another packet")
        if digest(told.hash, behind) != head.get("personal"):
            raise BadPacket("个人信息部分被改动 / the personal part was changed")
        for each in map(_json, behind):
            personal[each["record"], each["version"]] = each["columns"]
    return Opened(told, [_json(each) for each in records], personal)


def manifest(packet: bytes) -> Manifest:
    """The manifest of a packet, its signature not looked at; raises :class:`BadPacket`."""
    raw = packet.partition(b"\n")[0]
    told = _json(raw)
    if told.pop("form", "") != FORM or told.get("hash") not in crypto.HASHES:
        raise BadPacket("首行不是清单 / the first line is no manifest")
    try:
        found = Manifest(**told)
    except TypeError:
        raise BadPacket("清单的项不对 / the manifest has other keys") from None
    if found.raw() != raw:
        raise BadPacket("清单不是规范写法 / the manifest is not in its canonical form")
    return found


def _json(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadPacket("不是 JSON / not JSON") from None
    if not isinstance(found, dict):
        raise BadPacket("应为对象 / an object is expected")
    return found


def _verify(key: crypto.VerifierKey, raw: bytes, signature: bytes) -> None:
    if not verified(key, raw, _json(signature)):
        raise BadPacket("签名不对 / the signature is wrong")


def verified(key: crypto.VerifierKey, raw: bytes, told: dict[str, Any]) -> bool:
    """Whether ``told`` is a good signature of the bytes by that key."""
    encoded = str(told.get("signature", ""))
    try:
        value = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        return False
    if base64.b64encode(value).decode() != encoded:  # the one canonical form: no bit may be anything
        return False
    return told.get("key") == f"{key.name}+{key.id.hex()}" and key.verify(raw, value)


# -- answers ------------------------------------------------------------------------------------------


def answer(
    signer: crypto.Signer | None, packet: str, manifest: str, outcome: str, code: str = "", words: str = "",
    rows: Sequence[dict[str, Any]] = (),
) -> bytes:  # fmt: skip
    """An answer in our form, as a receiver writes it: one line, and its signature on the next."""
    raw = line({"form": ANSWER, "packet": packet, "manifest": manifest, "outcome": outcome, "code": code,
                "words": words, "rows": list(rows)})  # fmt: skip
    return raw + b"\n" + (signed(signer, raw) + b"\n" if signer else b"")
