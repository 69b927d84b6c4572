"""The envelope of an event, and the bytes that are hashed.

Pure. ``body`` is canonical JSON (the subset of RFC 8785 without floats: sorted keys, UTF-8, no
space), made once, hashed and stored as it is. The leaf commits to every column of the envelope.
"""

from __future__ import annotations

import json
import os
import struct
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Precision = Literal["day", "instant"]
EventKind = Literal["act", "determination"]

PERSONAL = frozenset(
    {"name", "phone", "mobile", "id_number", "identity", "address", "email", "text", "subject_name", "applicant_name",
     "birthday", "licence_plate", "bank_account"}
)  # fmt: skip
"""Body keys refused as a reminder that personal data live in ``parties``. Friction, not proof."""


class NotCanonical(ValueError):
    """A value that has no canonical form: a float, NaN, a key that is no text, a personal key."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append. Times are microseconds UTC; ``id`` is also the idempotency key."""

    type: str
    subject: str
    body: Mapping[str, Any]
    kind: EventKind = "act"
    procedure: str = ""
    organization: str = ""
    actor: str = ""
    occurred_at: int | None = None
    precision: Precision = "instant"
    reported_at: int | None = None
    under: str = ""
    caused_by: uuid.UUID | None = None
    id: uuid.UUID | None = None
    expected_seq: int | None = None


def canonical(value: Any) -> bytes:
    """The canonical JSON bytes of a body; raises :class:`NotCanonical`."""
    _refuse(value, "")
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def _refuse(value: Any, path: str) -> None:
    if isinstance(value, Mapping):
        for key, part in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"{path}: 键必须是文字 / a key must be text: {key!r}")
            if key in PERSONAL:
                raise NotCanonical(
                    f"{path}.{key}: 账本不存个人信息，请存入 parties 并只写引用 / "
                    f"no personal data in the ledger: keep it in parties and write a reference"
                )
            _refuse(part, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for i, part in enumerate(value):
            _refuse(part, f"{path}[{i}]")
    elif isinstance(value, str):
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise NotCanonical(f"{path}: 含有 NUL 或半个字符 / holds NUL or half a character")
    elif value is not None and not isinstance(value, bool | int):
        raise NotCanonical(
            f"{path}: 只允许文字、整数、真假、空、列表 / only text, whole numbers, booleans, null, lists"
        )


def uuid7() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562): milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)


LEAF_FIELDS = (
    "id", "subject", "subject_seq", "type", "kind", "procedure", "organization", "actor", "occurred_at",
    "precision", "reported_at", "recorded_at", "under", "caused_by", "body",
)  # fmt: skip


def leaf(stored: Mapping[str, Any]) -> bytes:
    """The bytes of a stored event that the log commits to: every field with its length, in ``LEAF_FIELDS`` order.

    ``id`` and ``caused_by`` are text, times whole microseconds or None, ``body`` bytes.
    """
    parts: list[bytes] = [b"qinzheng.event.1"]
    for name in LEAF_FIELDS:
        value = stored[name]
        if value is None:
            parts.append(b"\xff\xff\xff\xff")
            continue
        raw = value if isinstance(value, bytes) else str(value).encode()
        parts.append(struct.pack(">I", len(raw)) + raw)
    return b"".join(parts)
