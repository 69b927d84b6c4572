"""Which master key is in force, and its rotation. The only module that reads the key settings.

The row :class:`IndexKey` is wrapped under the master in force, so the database itself says which key of
the ring seals what is new. Writers hold a shared lock to their commit; rotation takes it alone before
it moves that row and before it lets an old key go: no row can slip in under a key that is thrown away.
"""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from qinzheng.ledger.envelope import NewEvent
from qinzheng.parties import events, vault
from qinzheng.parties.models import IndexKey, Party, SealedText
from qinzheng.parties.vault import Damaged, MissingKey, Ring, Vault, VaultClosed

SUBJECT = "parties:index-key"
ENVIRONMENT = "QINZHENG_MASTER_KEY"
LOCK = 0x51_5A_56_4C
"""Number of the advisory lock between writers and rotation (ours, arbitrary)."""
BATCH = 1_000
SEALED: list[str] = [Party._meta.db_table, SealedText._meta.db_table]
"""Tables of what is sealed, each with a text ``id`` and its ``key_wrapped``; a package above adds its own (``qinzheng.plugged``)."""


class NothingToRotate(VaultClosed):
    """There is no second key to change to, and we may not make one."""


@dataclass(frozen=True)
class Rotated:
    """What a rotation did: ids of the keys (hex), keys wrapped anew, whether old ones are still in the file."""

    former: tuple[str, ...]
    master: str
    rewrapped: int
    kept: bool


def ring() -> Ring:
    """The master keys at hand: from the environment, else from the key file. Raises :class:`MissingKey`."""
    if settings.MASTER_KEY:
        return _parsed(settings.MASTER_KEY)
    path = Path(settings.MASTER_KEY_FILE)
    try:
        at = path.stat()
    except OSError:
        return vault.read_file(path)  # raises with its remedy
    return _read(path, at.st_mtime_ns, at.st_size, at.st_mode, at.st_ino)


@lru_cache(maxsize=4)
def _parsed(text: str) -> Ring:
    return vault.parse(text, ENVIRONMENT)


@lru_cache(maxsize=4)
def _read(path: Path, *version: int) -> Ring:
    return vault.read_file(path)


def prepare() -> None:
    """In the embedded mode make the key file where there is none and nothing was ever sealed."""
    path = Path(settings.MASTER_KEY_FILE)
    if settings.MASTER_KEY or not settings.MASTER_KEY_MADE or path.exists() or IndexKey.objects.exists():
        return
    with contextlib.suppress(FileExistsError):  # another process was first: its key is the one
        vault.write_file(path, (vault.new_key(),), replace=False)


def make_file() -> Path:
    """Make the key file of a new system. Raises :class:`VaultClosed` where there is one or data were sealed."""
    path = Path(settings.MASTER_KEY_FILE)
    if settings.MASTER_KEY or path.exists() or IndexKey.objects.exists():
        raise VaultClosed(
            "已有主密钥，或数据已经加密：换新请用 qinzheng parties rotate-key，丢失请从备份放回",
            "there is a master key, or data are sealed already: change it with qinzheng parties rotate-key, put a "
            "lost one back from its backup",
        )
    vault.write_file(path, (vault.new_key(),), replace=False)
    return path


def current(*, writing: bool = False) -> Vault:
    """The vault in force; ``writing`` holds off rotation until the caller's transaction ends.

    Raises :class:`VaultClosed` without the right key: then nothing is read and nothing written.
    """
    with connection.cursor() as cursor:
        if writing:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
        hash, wrapped = _row(cursor) or _create(cursor)
    return _opened(ring(), wrapped, hash, _cipher())


@lru_cache(maxsize=8)
def _opened(ring: Ring, wrapped: bytes, hash: str, cipher: int) -> Vault:
    index_key = vault.unwrap(ring, wrapped, SUBJECT)
    return Vault(ring, ring.find(wrapped[: vault.ID_BYTES]), cipher, hash, index_key)


def _row(cursor: Any) -> tuple[str, bytes] | None:
    cursor.execute("SELECT hash, key_wrapped FROM parties_index_key")
    found = cursor.fetchone()
    return (found[0], bytes(found[1])) if found else None


def _create(cursor: Any) -> tuple[str, bytes]:
    prepare()
    wrapped = vault.wrap(ring().keys[0], _cipher(), secrets.token_bytes(32), SUBJECT)
    cursor.execute(
        "INSERT INTO parties_index_key (one, hash, key_wrapped) VALUES (true, %s, %s) ON CONFLICT DO NOTHING",
        [vault.SUITES[settings.CRYPTO][1], wrapped],
    )
    found = _row(cursor)
    if found is None:  # pragma: no cover - inserted by us or by whoever was first
        raise MissingKey("盲索引密钥无法建立", "the key of the blind indexes could not be made")
    return found


def _cipher() -> int:
    return vault.SUITES[settings.CRYPTO][0]


def rotate(by: str, organization: str = "", *, keep: bool = False) -> Rotated:
    """Wrap every key under a new master key; resumes where an earlier run was cut off. Not inside a transaction.

    With a key file the new key is made here, and former ones are taken out of the file at the end unless ``keep``.
    With the environment the operator has put the new key in front. Raises :class:`VaultClosed`.
    """
    opened = current()
    at_hand = _with_new(opened)
    target = at_hand.keys[0]
    former = tuple(key for key in at_hand.keys if key != target)
    with transaction.atomic(), connection.cursor() as cursor:
        _alone(cursor)
        found = _row(cursor)
        if found is None:  # pragma: no cover - ``current`` made it
            raise MissingKey("没有盲索引密钥", "there is no key of the blind indexes")
        wrapped = vault.wrap(target, _cipher(), vault.unwrap(at_hand, found[1], SUBJECT), SUBJECT)
        cursor.execute("UPDATE parties_index_key SET key_wrapped = %s", [wrapped])
    moved = _opened(at_hand, wrapped, opened.hash, _cipher())
    rewrapped = sum(_rewrap(moved, table) for table in SEALED)
    with transaction.atomic(), connection.cursor() as cursor:
        _alone(cursor)
        events.record(
            [
                NewEvent(
                    type=events.KEY_ROTATED, subject=events.VAULT, actor=by, organization=organization,
                    body={"from": [vault.key_id(key).hex() for key in former], "to": vault.key_id(target).hex(),
                          "rewrapped": rewrapped},
                )
            ]
        )  # fmt: skip
    kept = keep or bool(settings.MASTER_KEY)
    if not kept:
        vault.write_file(Path(settings.MASTER_KEY_FILE), (target,), replace=True)
    return Rotated(
        tuple(vault.key_id(key).hex() for key in former), vault.key_id(target).hex(), rewrapped, kept
    )


def _with_new(opened: Vault) -> Ring:
    at_hand = opened.ring
    if opened.master != at_hand.keys[0] or _left(at_hand.keys[0]):
        return at_hand  # a new key stands in front already: ours of a run cut off, or the operator's
    if settings.MASTER_KEY:
        raise NothingToRotate(
            f"{ENVIRONMENT} 中没有新主密钥：把新密钥写在旧密钥之前（逗号分隔），重启各进程，再运行一次",
            f"{ENVIRONMENT} holds no new master key: write it before the former one (comma between), restart every "
            "process, run this again",
        )
    keys = (vault.new_key(), *at_hand.keys)
    vault.write_file(Path(settings.MASTER_KEY_FILE), keys, replace=True)
    return Ring(keys, at_hand.place)


def _alone(cursor: Any) -> None:
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


OTHER = "key_wrapped <> '' AND substring(key_wrapped FOR 8) <> %s"


def _left(master: bytes) -> bool:
    """Whether any key is still wrapped under another master."""
    with connection.cursor() as cursor:
        for table in SEALED:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {OTHER})", [vault.key_id(master)])
            if cursor.fetchone()[0]:
                return True
    return False


def _rewrap(moved: Vault, table: str) -> int:
    """Wrap the keys of a table anew, a batch a transaction; how many."""
    done, last = 0, ""
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, key_wrapped FROM {table} WHERE id > %s AND {OTHER} ORDER BY id LIMIT %s FOR NO KEY UPDATE",
                [last, vault.key_id(moved.master), BATCH],
            )
            rows = [(id, bytes(wrapped)) for id, wrapped in cursor.fetchall()]
            if not rows:
                return done
            cursor.execute(
                f"UPDATE {table} t SET key_wrapped = n.wrapped "
                "FROM unnest(%s::text[], %s::bytea[]) AS n(id, wrapped) WHERE t.id = n.id",
                [[id for id, _ in rows], [_rewrapped(moved, id, wrapped) for id, wrapped in rows]],
            )
        done, last = done + len(rows), rows[-1][0]


def _rewrapped(moved: Vault, id: str, wrapped: bytes) -> bytes:
    try:
        return moved.rewrap(id, wrapped)
    except Damaged as why:
        raise Damaged(f"{id}：{why.zh}", f"{id}: {why.en}") from None
