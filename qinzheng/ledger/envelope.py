"""The envelope of an event, and the bytes that are hashed.

Pure. ``body`` is canonical JSON (RFC 8785 without fractions: keys sorted by UTF-16 units, UTF-8, no
space, whole numbers that every reader holds exactly), made once, hashed and stored as it is; text is kept as it
came, never normalised. The leaf commits to every column of the envelope.
"""

from __future__ import annotations

import json
import os
import re
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


LARGEST = 2**53 - 1
"""Whole numbers beyond it are not exact in every reader of JSON (RFC 7493 section 2.2, RFC 8785 appendix D)."""
LONGEST, DEEPEST = 1 << 20, 32
"""Bytes and levels of a body (ours): what is longer is a file, and belongs into an attachment by its hash."""
WIDTHS = {"type": 80, "subject": 80, "procedure": 80, "organization": 80, "actor": 80}
NEEDED = frozenset({"type", "subject"})
HALF = re.compile("[\x00\ud800-\udfff]")


def canonical(value: Any) -> bytes:
    """The canonical JSON bytes of a body; raises :class:`NotCanonical`."""
    text = json.dumps(_checked(value, "", 0), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    raw = text.encode()
    if len(raw) > LONGEST:
        raise NotCanonical(
            f"正文有 {len(raw)} 字节，超过 {LONGEST}；大件请存为附件，只写其哈希 / "
            f"the body has {len(raw)} bytes, more than {LONGEST}: keep it as an attachment and write its hash"
        )
    return raw


def check(event: NewEvent) -> None:
    """Raise :class:`NotCanonical` where a field of the envelope cannot be stored as it is."""
    for name, width in WIDTHS.items():
        value = getattr(event, name)
        if HALF.search(value) or len(value) > width or (name in NEEDED and not value):
            raise NotCanonical(
                f"{name}: 应为{'1' if name in NEEDED else '0'}至 {width} 字，不含 NUL 或半个字符 / "
                f"{'1' if name in NEEDED else '0'} to {width} characters without NUL or half a character: {value[:90]!r}"
            )
    if HALF.search(event.under):
        raise NotCanonical("under: 含有 NUL 或半个字符 / holds NUL or half a character")
    if event.kind not in ("act", "determination") or event.precision not in ("day", "instant"):
        raise NotCanonical(
            f"kind 应为 act 或 determination，precision 应为 day 或 instant / "
            f"kind is act or determination, precision day or instant: {event.kind!r}, {event.precision!r}"
        )


def _checked(value: Any, path: str, depth: int) -> Any:
    """The value in plain types, its keys in the order of RFC 8785."""
    if depth > DEEPEST:
        raise NotCanonical(f"{path}: 嵌套超过 {DEEPEST} 层 / nested more than {DEEPEST} deep")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if HALF.search(value):
            raise NotCanonical(f"{path}: 含有 NUL 或半个字符 / holds NUL or half a character")
        return str(value)
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise NotCanonical(f"{path}: 整数超出 ±(2^53−1)，请写成文字 / beyond ±(2^53−1): write it as text")
        return int(value)
    if isinstance(value, Mapping):
        for key in value:
            _check_key(key, path)
        return {
            str(key): _checked(value[key], f"{path}.{key}", depth + 1)
            for key in sorted(value, key=lambda key: key.encode("utf-16-be"))
        }
    if isinstance(value, list | tuple):
        return [_checked(part, f"{path}[{i}]", depth + 1) for i, part in enumerate(value)]
    raise NotCanonical(
        f"{path}: 只允许文字、整数、真假、空、列表 / only text, whole numbers, booleans, null, lists: "
        f"{type(value).__name__}"
    )


def _check_key(key: Any, path: str) -> None:
    if not isinstance(key, str) or HALF.search(key):
        raise NotCanonical(f"{path}: 键必须是文字 / a key must be text: {key!r}")
    if key in PERSONAL:
        raise NotCanonical(
            f"{path}.{key}: 账本不存个人信息，请存入 parties 并只写引用 / "
            f"no personal data in the ledger: keep it in parties and write a reference"
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
