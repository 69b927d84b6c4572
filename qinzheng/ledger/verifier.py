#!/usr/bin/env python3
"""Verifies an exported ledger offline. One file, no database, nothing of the system that wrote it.

It deliberately shares no code with the ledger: whoever doubts the system can read these lines alone.
Needs Python 3.11+; signatures need the package ``cryptography`` (Ed25519) or ``gmssl`` (SM2).

    python verifier.py export.jsonl[.gz] --checkpoint FILE … --key "NAME ALGORITHM BASE64"
    python verifier.py --receipt receipt.json --key "…"

Each checkpoint held outside is compared with the root of the first events of the export. The exit code is 0 when
everything holds, 1 when something does not: then the first bad position is named as closely as the
checkpoints allow.
"""

import argparse
import base64
import gzip
import hashlib
import json
import os
import struct
import sys
from collections.abc import Iterator
from typing import Any

FIELDS = (
    "id", "subject", "subject_seq", "type", "kind", "procedure", "organization", "actor", "occurred_at",
    "precision", "reported_at", "recorded_at", "under", "caused_by", "body",
)  # fmt: skip


Key = tuple[str, str, bytes]
"""(name, ed25519 or sm2, public key)"""


def digest(algorithm: str, data: bytes) -> bytes:
    return hashlib.new(algorithm, data).digest()


def leaf_hash(algorithm: str, event: dict[str, Any]) -> bytes:
    parts = [b"\x00qinzheng.event.1"]
    for name in FIELDS:
        value = event[name]
        if value is None:
            parts.append(b"\xff\xff\xff\xff")
            continue
        raw = base64.b64decode(value, validate=True) if name == "body" else str(value).encode()
        parts.append(struct.pack(">I", len(raw)) + raw)
    return digest(algorithm, b"".join(parts))


def fold(algorithm: str, peaks: list[bytes]) -> bytes:
    if not peaks:
        return digest(algorithm, b"")
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = digest(algorithm, b"\x01" + peak + root)
    return root


def read_note(text: str) -> tuple[str, int, bytes, str, str]:
    body, _, signatures = text.partition("\n\n")
    origin, size, root = body.split("\n")[:3]
    return origin, int(size), base64.b64decode(root, validate=True), body + "\n", signatures


def check_signature(kind: str, key: bytes, message: bytes, blob: bytes) -> bool:
    if kind == "ed25519":
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (optional dependency)
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

        try:
            Ed25519PublicKey.from_public_bytes(key).verify(blob, message)
        except (InvalidSignature, ValueError):
            return False
        return True
    from gmssl import sm2  # noqa: PLC0415 (optional dependency)

    return len(blob) == 64 and bool(sm2.CryptSM2("", key.hex()).verify_with_sm3(blob.hex(), message))


def signed(note: str, keys: list[Key]) -> bool:
    _, _, _, body, signatures = read_note(note)
    for line in signatures.splitlines():
        name, _, encoded = line.removeprefix("\u2014 ").rpartition(" ")
        for known, kind, key in keys:
            mark = b"\x01" if kind == "ed25519" else b"\xf2"
            identity = hashlib.sha256(name.encode() + b"\n" + mark + key).digest()[:4]
            blob = base64.b64decode(encoded)
            if name == known and blob[:4] == identity and check_signature(kind, key, body.encode(), blob[4:]):
                return True
    return False


class Findings:
    def __init__(self) -> None:
        self.said: list[tuple[int | None, str, str]] = []

    def bad(self, position: int | None, zh: str, en: str) -> None:
        self.said.append((position, zh, en))


def verify_export(lines: Iterator[str], notes: list[str], keys: list[Key], findings: Findings) -> int:
    """Recompute the log; returns how many events it holds."""
    head = json.loads(next(lines))
    algorithm = head["hash"]
    wanted: dict[int, set[bytes]] = {}
    for note in notes:
        origin, size, root, _, _ = read_note(note)
        if keys and not signed(note, keys):
            findings.bad(None, f"检查点 {size} 没有可信签名", f"checkpoint {size} has no trusted signature")
        if (origin.endswith("+sm3")) != (algorithm == "sm3"):
            findings.bad(None, "检查点与导出的算法不同", "checkpoint and export name different hashes")
        wanted.setdefault(size, set()).add(root)
    peaks: list[bytes] = []
    subjects: dict[str, tuple[int, int]] = {}
    count = good = 0
    compare(algorithm, wanted, 0, peaks, 0, findings)
    for text in lines:
        read = read_line(algorithm, text, count, findings)
        if read is None:
            break
        leaf, subject, seq = read
        # Transactions may commit in another order than they began, so a subject's numbers need not rise
        # with the position; but none may be missing or stand twice: their count and sum tell.
        number, total = subjects.get(subject, (0, 0))
        subjects[subject] = (number + 1, total + seq)
        size = count
        peaks.append(leaf)
        while size & 1:
            right = peaks.pop()
            peaks.append(digest(algorithm, b"\x01" + peaks.pop() + right))
            size >>= 1
        count += 1
        if compare(algorithm, wanted, count, peaks, good, findings):
            good = count
    for size in wanted:
        if size > count:
            findings.bad(
                good,
                f"检查点有 {size} 条，导出只有 {count} 条，位置 {good} 之后有缺失",
                f"a checkpoint has {size} events, the export {count}: some after position {good} are missing",
            )
    for subject, (number, total) in subjects.items():
        if total != number * (number + 1) // 2:
            findings.bad(
                good, f"{subject} 的次序有缺号或重号", f"the order of {subject} has a gap or a repeat"
            )
    return count


def read_line(algorithm: str, text: str, count: int, findings: Findings) -> tuple[bytes, str, int] | None:
    """(leaf hash, subject, order) of a line; None where it cannot be read or stands in the wrong place."""
    try:
        event = json.loads(text)
        leaf = leaf_hash(algorithm, event)
        position, subject, seq = event["position"], event["subject"], event["subject_seq"]
    except (ValueError, KeyError, TypeError) as why:
        findings.bad(count, f"这一行读不懂：{why!r}", f"the line cannot be read: {why!r}")
        return None
    if position != count:
        findings.bad(
            count, f"位置不连续，此处写着 {position}", f"positions are not contiguous: it says {position}"
        )
        return None
    return leaf, subject, seq


def compare(
    algorithm: str,
    wanted: dict[int, set[bytes]],
    count: int,
    peaks: list[bytes],
    good: int,
    findings: Findings,
) -> bool:
    """Whether a checkpoint of this size agrees; a disagreement lies after the last size that agreed."""
    if count not in wanted:
        return False
    if wanted[count] == {fold(algorithm, peaks)}:
        return True
    findings.bad(
        good,
        f"位置 {good} 至 {count - 1} 之间被改动过",
        f"something between positions {good} and {count - 1} was altered",
    )
    return False


def verify_receipt(receipt: dict[str, Any], keys: list[Key], findings: Findings) -> None:
    """One event with its proof under a checkpoint."""
    origin, size, root, _, _ = read_note(receipt["checkpoint"])
    if keys and not signed(receipt["checkpoint"], keys):
        findings.bad(None, "检查点没有可信签名", "the checkpoint has no trusted signature")
    algorithm = "sm3" if origin.endswith("+sm3") else "sha256"
    position = receipt["event"]["position"]
    found, at, last = leaf_hash(algorithm, receipt["event"]), position, size - 1
    good = 0 <= position < size
    for encoded in receipt["proof"]:
        hash = base64.b64decode(encoded)
        if last == 0:
            good = False
            break
        if at & 1 or at == last:
            found = digest(algorithm, b"\x01" + hash + found)
            while at and not at & 1:
                at >>= 1
                last >>= 1
        else:
            found = digest(algorithm, b"\x01" + found + hash)
        at >>= 1
        last >>= 1
    if not (good and last == 0 and found == root):
        findings.bad(position, "该事件不在此检查点之下", "the event is not under this checkpoint")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("export", nargs="?")
    parser.add_argument("--checkpoint", action="append", default=[])
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--receipt")
    options = parser.parse_args(argv)
    keys = []
    for line in options.key:
        name, kind, key = line.rsplit(" ", 2)
        keys.append((name, kind, base64.b64decode(key)))
    findings = Findings()
    if options.receipt:
        with open(options.receipt, encoding="utf-8") as file:
            verify_receipt(json.load(file), keys, findings)
        count = 1
    else:
        notes = []
        for name in options.checkpoint:
            with open(name, encoding="utf-8") as file:
                notes.append(file.read())
        opened = gzip.open if options.export.endswith(".gz") else open
        if not os.path.isfile(options.export):
            print(f"没有这个文件 / there is no such file: {options.export}", file=sys.stderr)
            return 2
        with opened(options.export, "rt", encoding="utf-8") as file:
            count = verify_export(iter(file), notes, keys, findings)
        if not notes:
            print("没有给出检查点：只查了连贯，没有查改动 / no checkpoint given: only continuity was checked")
    for position, zh, en in findings.said:
        print(f"{'' if position is None else position}\t{zh} / {en}")
    print(f"{count} 条事件 events, {len(findings.said)} 处不符 finding(s)")
    return 1 if findings.said else 0


if __name__ == "__main__":
    sys.exit(main())
