"""Envelope encryption: each subject's data under a key of its own, that key wrapped by a master key. Pure.

AES-256-GCM, or SM4-GCM (GB/T 32907) where ``CRYPTO=gm``. Every sealed piece names its cipher and every
wrapped key its master, so that a ring of several master keys opens them all. The subject's id is
authenticated with it: a row moved to another subject does not open. See ADR 0011.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from qinzheng.ledger import crypto

AES, SM4 = 1, 2
SUITES = {"std": (AES, "sha256"), "gm": (SM4, "sm3")}
"""``CRYPTO`` → (cipher, hash of blind indexes)"""
KEY_BYTES = {AES: 32, SM4: 16}
MASTER_BYTES, ID_BYTES, NONCE, TAG, SALT = 32, 8, 12, 16, 32
BLOCK = 64
"""Block of SHA-256 and of SM3, in bytes: what HMAC pads its key to."""


class VaultClosed(Exception):
    """Personal data can be neither read nor written: why and what to do, in two languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


class MissingKey(VaultClosed):
    """There is no master key, or it cannot be read."""


class WrongKey(VaultClosed):
    """The master keys at hand are not the one that wrapped this."""


class Damaged(VaultClosed):
    """The sealed bytes were changed, or belong to another subject."""


def key_id(master: bytes) -> bytes:
    """Eight bytes by which a wrapped key names its master; they tell nothing of the key."""
    return hashlib.sha256(b"qinzheng.master\0" + master).digest()[:ID_BYTES]


@dataclass(frozen=True)
class Ring:
    """The master keys at hand, the newest first, and where they come from (to be named in errors)."""

    keys: tuple[bytes, ...] = field(repr=False)
    place: str

    def find(self, id: bytes) -> bytes:
        """The key of an id. Raises :class:`WrongKey`."""
        for key in self.keys:
            if key_id(key) == id:
                return key
        held = "、".join(key_id(key).hex() for key in self.keys)
        raise WrongKey(
            f"主密钥不对：数据由 {id.hex()} 加密，{self.place} 中只有 {held}；请换回原主密钥，或把它加在其后",
            f"wrong master key: the data were sealed under {id.hex()}, {self.place} holds only {held}; "
            "put the former key back, or add it behind the new one",
        )


def parse(text: str, place: str) -> Ring:
    """A ring from base64 keys of 32 bytes, separated by commas or white space. Raises :class:`MissingKey`."""
    keys: list[bytes] = []
    for word in text.replace(",", " ").split():
        try:
            key = base64.b64decode(word, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != MASTER_BYTES:
            raise MissingKey(
                f"{place}：第 {len(keys) + 1} 个主密钥应为 32 字节的 base64（openssl rand -base64 32）",
                f"{place}: master key {len(keys) + 1} must be base64 of 32 bytes (openssl rand -base64 32)",
            )
        keys.append(key)
    if not keys:
        raise MissingKey(f"{place} 中没有主密钥", f"{place} holds no master key")
    return Ring(tuple(keys), place)


def read_file(path: Path) -> Ring:
    """The ring of a key file, which only its owner may read. Raises :class:`MissingKey`."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as why:
        raise MissingKey(
            f"读不到主密钥文件 {path}（{type(why).__name__}）：请从备份放回，或设 QINZHENG_MASTER_KEY；"
            "新系统用 qinzheng parties new-key 新建",
            f"cannot read the master key file {path} ({type(why).__name__}): put it back from its backup, or set "
            "QINZHENG_MASTER_KEY; a new system makes one with qinzheng parties new-key",
        ) from None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise MissingKey(
            f"主密钥文件 {path} 可被他人读取，不予使用：请 chmod 600，并用 qinzheng parties rotate-key 换新",
            f"the master key file {path} can be read by others and is not used: chmod 600 it, then change the key "
            "with qinzheng parties rotate-key",
        )
    return parse(text, str(path))


def write_file(path: Path, keys: tuple[bytes, ...], *, replace: bool) -> None:
    """Write a key file whole or not at all, mode 0600; without ``replace`` an existing one stays (FileExistsError)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.writelines(base64.b64encode(key).decode() + "\n" for key in keys)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def new_key() -> bytes:
    """A new master key."""
    return secrets.token_bytes(MASTER_BYTES)


@lru_cache(maxsize=64)
def _derived(master: bytes, cipher: int) -> bytes:
    # One secret serves two ciphers: each gets a key of its own by HKDF (RFC 5869).
    hash = hashes.SM3() if cipher == SM4 else hashes.SHA256()
    return HKDF(hash, KEY_BYTES[cipher], salt=None, info=b"qinzheng.wrap.%d" % cipher).derive(master)


def encrypt(cipher: int, key: bytes, plain: bytes, subject: str) -> bytes:
    """cipher (1 byte) ‖ nonce (12) ‖ ciphertext ‖ tag (16). Raises :class:`VaultClosed` without the cipher."""
    nonce = secrets.token_bytes(NONCE)
    head = bytes([cipher]) + nonce
    if cipher == AES:
        return head + AESGCM(key).encrypt(nonce, plain, subject.encode())
    try:
        engine = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    except UnsupportedAlgorithm:
        raise _no_sm4() from None
    engine.authenticate_additional_data(subject.encode())
    return head + engine.update(plain) + engine.finalize() + engine.tag


def decrypt(key: bytes, sealed: bytes, subject: str) -> bytes:
    """The plain bytes. Raises :class:`Damaged`."""
    cipher, nonce, rest = sealed[:1], sealed[1 : 1 + NONCE], sealed[1 + NONCE :]
    if len(rest) < TAG or cipher not in (bytes([AES]), bytes([SM4])):
        raise _damaged()
    try:
        if cipher[0] == AES:
            return AESGCM(key).decrypt(nonce, rest, subject.encode())
        engine = Cipher(algorithms.SM4(key), modes.GCM(nonce, rest[-TAG:])).decryptor()
        engine.authenticate_additional_data(subject.encode())
        return engine.update(rest[:-TAG]) + engine.finalize()
    except (InvalidTag, ValueError):
        raise _damaged() from None
    except UnsupportedAlgorithm:
        raise _no_sm4() from None


def wrap(master: bytes, cipher: int, key: bytes, subject: str) -> bytes:
    """A key under a master key: id of the master (8 bytes) ‖ encrypted key."""
    return key_id(master) + encrypt(cipher, _derived(master, cipher), key, subject)


def unwrap(ring: Ring, wrapped: bytes, subject: str) -> bytes:
    """The key itself. Raises :class:`WrongKey`, :class:`Damaged`."""
    sealed = wrapped[ID_BYTES:]
    if len(wrapped) <= ID_BYTES or sealed[0] not in KEY_BYTES:
        raise _damaged()
    return decrypt(_derived(ring.find(wrapped[:ID_BYTES]), sealed[0]), sealed, subject)


class Sealed(NamedTuple):
    """What is kept of a plain text, and its commitment (hex): a hash of 32 random bytes and the text.

    The salt is sealed with the text. So the ledger may hold the commitment: it proves that the text is what was
    entered, and says nothing once the key is gone.
    """

    sealed: bytes
    key_wrapped: bytes
    commitment: str


@dataclass(frozen=True)
class Vault:
    """What opens and seals: the ring, the master and the cipher for what is new, and the key of the blind indexes."""

    ring: Ring
    master: bytes = field(repr=False)
    cipher: int
    hash: str
    index_key: bytes = field(repr=False)

    def seal(self, subject: str, plain: bytes) -> Sealed:
        """Under a new data key each time: no nonce ever meets its key twice."""
        key, salted = secrets.token_bytes(KEY_BYTES[self.cipher]), secrets.token_bytes(SALT) + plain
        return Sealed(
            encrypt(self.cipher, key, salted, subject), wrap(self.master, self.cipher, key, subject),
            crypto.HASHES[self.hash](salted).hex(),
        )  # fmt: skip

    def open(self, subject: str, sealed: Sealed) -> bytes:
        """The plain bytes, which must be those committed to. Raises :class:`VaultClosed`."""
        salted = decrypt(unwrap(self.ring, sealed.key_wrapped, subject), sealed.sealed, subject)
        if crypto.HASHES[self.hash](salted).hex() != sealed.commitment:
            raise _damaged()
        return salted[SALT:]

    def rewrap(self, subject: str, wrapped: bytes) -> bytes:
        """The same data key under the master for what is new."""
        return wrap(self.master, self.cipher, unwrap(self.ring, wrapped, subject), subject)

    def index(self, what: str, value: str) -> bytes:
        """The blind index of a value: HMAC-SHA256 or HMAC-SM3, 32 bytes, apart for each ``what``."""
        message = what.encode() + b"\0" + value.encode()
        if self.hash == "sha256":
            return hmac.digest(self.index_key, message, "sha256")
        # HMAC (RFC 2104) written out, since neither hashlib nor hmac has SM3 on every interpreter.
        key = self.index_key.ljust(BLOCK, b"\0")
        inner = crypto.sm3(bytes(byte ^ 0x36 for byte in key) + message)
        return crypto.sm3(bytes(byte ^ 0x5C for byte in key) + inner)


def _damaged() -> Damaged:
    return Damaged(
        "密文已损坏、被改动或属于另一主体，请从备份恢复并核查",
        "the sealed bytes are damaged, changed or another subject's: restore them from a backup and inquire",
    )


def _no_sm4() -> VaultClosed:
    return VaultClosed(
        "CRYPTO=gm 需要 SM4-GCM，所装 cryptography 的 OpenSSL 没有：请换装，或改用 CRYPTO=std",
        "CRYPTO=gm needs SM4-GCM, which the OpenSSL of the installed cryptography lacks: install another, or CRYPTO=std",
    )
