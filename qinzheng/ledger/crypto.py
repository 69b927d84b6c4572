"""Hashes and signatures behind one seam: SHA-256 with Ed25519, or SM3 with SM2.

The hash of a log is fixed for its life. SM3 is the interpreter's own where its OpenSSL has it. Public keys are
written in the form that the Go and C2SP tools read (``name+id+base64``).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from qinzheng.ledger import sm2

Hash = Callable[[bytes], bytes]


def sha256(data: bytes) -> bytes:
    """SHA-256 (FIPS 180-4)."""
    return hashlib.sha256(data).digest()


def _cryptography_sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def _hashlib_sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


sm3: Hash = _hashlib_sm3 if "sm3" in hashlib.algorithms_available else _cryptography_sm3
"""SM3 (GB/T 32905)."""

HASHES: dict[str, Hash] = {"sha256": sha256, "sm3": sm3}
SUITES = {"std": ("sha256", "ed25519"), "gm": ("sm3", "sm2")}
"""``CRYPTO`` → (hash, signature)"""

KINDS = {"ed25519": b"\x01", "sm2": b"\xffqinzheng/sm2-sm3"}
"""Signature types of C2SP signed-note. SM2 has none: 0xff and a longer name of ours, as the specification says."""


class BadKey(ValueError):
    """The key cannot be made, read or used: which file or line, why, and what to do."""


class Signer(Protocol):
    """Signs checkpoints; its key is a file or a device."""

    name: str
    algorithm: str

    def sign(self, message: bytes) -> bytes: ...
    def public(self) -> bytes: ...


class Ed25519Signer:
    """Ed25519 (RFC 8032)."""

    algorithm = "ed25519"

    def __init__(self, name: str, private: bytes) -> None:
        self.name = name
        self.key = ed25519.Ed25519PrivateKey.from_private_bytes(private)

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)

    def public(self) -> bytes:
        raw = serialization.Encoding.Raw
        return self.key.public_key().public_bytes(raw, serialization.PublicFormat.Raw)


class Sm2Signer:
    """SM2 with SM3 (GB/T 32918), default identifier 1234567812345678; signature r ‖ s, 64 bytes."""

    algorithm = "sm2"

    def __init__(self, name: str, private: bytes) -> None:
        self.name = name
        self.private = int.from_bytes(private, "big")
        if not 0 < self.private < sm2.N - 1:
            raise ValueError("not in the range of SM2 private keys")

    def sign(self, message: bytes) -> bytes:
        return sm2.sign(sm3, self.private, message)

    def public(self) -> bytes:
        return sm2.public(self.private)


SIGNERS: dict[str, Callable[[str, bytes], Signer]] = {"ed25519": Ed25519Signer, "sm2": Sm2Signer}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """What somebody who checks signatures holds: a name, ``ed25519`` or ``sm2``, and the public key."""

    name: str
    algorithm: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature line names its key (C2SP signed-note)."""
        return sha256(self.name.encode() + b"\n" + KINDS[self.algorithm] + self.public)[:4]

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is good; never raises for a bad one."""
        if self.algorithm == "sm2":
            return sm2.verify(sm3, self.public, message, signature)
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def __str__(self) -> str:
        """``name+id+base64``: one line to publish."""
        encoded = base64.b64encode(KINDS[self.algorithm] + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"


def verifier_key(text: str) -> VerifierKey:
    """The key of a published line; raises :class:`BadKey`."""
    try:
        name, id, encoded = text.strip().split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
        algorithm = next(each for each, kind in KINDS.items() if raw.startswith(kind))
        key = VerifierKey(check_name(name), algorithm, raw[len(KINDS[algorithm]) :])
        good = key.id.hex() == id and len(key.public) == {"ed25519": 32, "sm2": 64}[algorithm]
    except (ValueError, StopIteration):
        good = False
    if not good:
        raise BadKey(
            f"不是公钥行：{text!r}；应为“名称+编号+base64”，由 qinzheng ledger key 给出 / "
            f"no public key: {text!r}; expected name+id+base64, as qinzheng ledger key prints it"
        )
    return key


def key_of(signer: Signer) -> VerifierKey:
    """The public side of a signer."""
    return VerifierKey(signer.name, signer.algorithm, signer.public())


def check_name(name: str) -> str:
    """A key's name as C2SP wants it: not empty, no space, no control character, no plus."""
    if not name or "+" in name or any(c.isspace() or not c.isprintable() for c in name):
        raise BadKey(
            f"密钥名 {name!r} 不合要求：不得为空，不得含空格或加号，如 city.example/ledger / "
            f"a key's name is not empty and has no space and no plus, e.g. city.example/ledger: {name!r}"
        )
    return name


def create_key(path: Path, name: str, algorithm: str) -> None:
    """Write a new private key, readable by its owner only; :class:`BadKey` where there is one already."""
    check_name(name)
    private = secrets.token_bytes(32)
    if algorithm == "sm2":
        private = (secrets.randbelow(sm2.N - 2) + 1).to_bytes(32, "big")
    held = {"name": name, "algorithm": algorithm, "private": base64.b64encode(private).decode()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(held, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise BadKey(
            f"{path}：已有密钥，不覆盖；换密钥请用另一个文件名 / a key is there and is kept: rotate with another file"
        ) from None
    except OSError as why:
        raise BadKey(
            f"{path}：不能写入密钥（{why.strerror}）/ the key cannot be written: {why.strerror}"
        ) from None


def read_key(path: Path) -> Signer:
    """The signer of a key file; raises :class:`BadKey`."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadKey(
            f"{path}：没有这个密钥文件；请核对路径，或用 qinzheng ledger key {path} 新建 / "
            f"there is no such key: check the path, or make one with qinzheng ledger key {path}"
        ) from None
    except (OSError, UnicodeDecodeError) as why:
        raise BadKey(f"{path}：密钥读不出（{why}）/ the key cannot be read: {why}") from None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise BadKey(f"{path}：他人也能读这个密钥，请 chmod 600 / others can read this key: chmod 600 {path}")
    try:
        held = json.loads(text)
        name, private = check_name(held["name"]), base64.b64decode(held["private"], validate=True)
        signer: Signer = SIGNERS[held["algorithm"]](name, private)
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        # The file is a secret: nothing of it goes into the message.
        raise BadKey(
            f"{path}：不是密钥文件，应为 qinzheng ledger key 写出的 JSON / "
            f"no key file: expected the JSON that qinzheng ledger key writes"
        ) from None
    return signer
