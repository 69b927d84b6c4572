"""Hashes and signatures behind one seam: SHA-256 with Ed25519, or SM3 with SM2.

The hash of a log is fixed for its life. SM2 is ``gmssl`` in pure Python: slow (tens a second) and
enough for one checkpoint a minute; SM3 is the interpreter's own where OpenSSL has it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from gmssl import func, sm2

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

ED25519, SM2 = b"\x01", b"\xf2"
"""Signature types of C2SP signed notes; SM2 has none registered, so ours is of the private range."""


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
        point = sm2.CryptSM2(private_key="", public_key="")._kg(
            int.from_bytes(private, "big"), sm2.default_ecc_table["g"]
        )
        self.key = sm2.CryptSM2(private_key=private.hex(), public_key=point)

    def sign(self, message: bytes) -> bytes:
        return bytes.fromhex(self.key.sign_with_sm3(message, func.random_hex(self.key.para_len)))

    def public(self) -> bytes:
        return bytes.fromhex(self.key.public_key)


def verify(algorithm: str, public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is good; never raises for a bad one."""
    if algorithm == "ed25519":
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True
    if len(signature) != 64 or len(public) != 64:
        return False
    return bool(
        sm2.CryptSM2(private_key="", public_key=public.hex()).verify_with_sm3(signature.hex(), message)
    )


def key_id(name: str, algorithm: str, public: bytes) -> bytes:
    """The four bytes by which a signature line names its key (C2SP signed-note)."""
    kind = ED25519 if algorithm == "ed25519" else SM2
    return sha256(name.encode() + b"\n" + kind + public)[:4]


def create_key(path: Path, name: str, algorithm: str) -> None:
    """Write a new private key, readable by its owner only; refuses to overwrite."""
    private = secrets.token_bytes(32)
    if algorithm == "sm2":
        order = int(sm2.default_ecc_table["n"], 16)
        private = (secrets.randbelow(order - 2) + 1).to_bytes(32, "big")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump({"name": name, "algorithm": algorithm, "private": base64.b64encode(private).decode()}, file)


def read_key(path: Path) -> Signer:
    """The signer of a key file."""
    held = json.loads(path.read_text(encoding="ascii"))
    kind: type[Ed25519Signer] | type[Sm2Signer] = Sm2Signer if held["algorithm"] == "sm2" else Ed25519Signer
    return kind(held["name"], base64.b64decode(held["private"]))


def public_line(signer: Signer) -> str:
    """The verifier's key: ``name algorithm base64``, one line to publish."""
    return f"{signer.name} {signer.algorithm} {base64.b64encode(signer.public()).decode()}"
