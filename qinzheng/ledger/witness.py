"""A witness: another organization that signs a log's checkpoints, and never two that contradict each other.

Needs no database: the log hands over a checkpoint with a consistency proof, the witness compares it with the one
that it holds itself. So an operator with the database and the key cannot show two histories to two people.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qinzheng.ledger import checkpoint, crypto
from qinzheng.ledger.checkpoint import BadCheckpoint, Checkpoint

LATEST = "checkpoint"


def held(folder: Path, keys: Sequence[crypto.VerifierKey]) -> Checkpoint | None:
    """The largest checkpoint in a folder, signed by one of the keys; BadCheckpoint where it is not.

    The file ``checkpoint`` alone is not believed: an older one copied over it would open the way for a fork. So
    the one with the largest size in its name is read too.
    """
    numbered = max(folder.glob(f"{LATEST}-" + "[0-9]" * 12), default=None)
    found = None
    for file in (folder / LATEST, numbered):
        if file is None or not file.exists():
            continue
        try:
            note = checkpoint.open_note(file.read_text(encoding="utf-8"), keys)
        except (BadCheckpoint, UnicodeDecodeError, OSError) as why:
            raise BadCheckpoint(
                f"{file}：{why}；若换过密钥，请用 --trust 给出旧公钥 / if the key was changed, give the old public key with --trust"
            ) from None
        if found is not None and note.size == found.size and note != found:
            raise BadCheckpoint(
                f"{folder}：有两个大小同为 {note.size} 而内容不同的检查点 / two checkpoints of size {note.size} differ"
            )
        if found is None or note.size > found.size:
            found = note
    return found


def keep(folder: Path, note: str, size: int) -> None:
    """Write a checkpoint under its size, then as the latest."""
    folder.mkdir(parents=True, exist_ok=True)
    _put(folder / f"{LATEST}-{size:012d}", note)
    _put(folder / LATEST, note)


def extension(old: str | None, new: str, proof: Sequence[bytes]) -> str:
    """What a log hands to a witness: one JSON object with ``old`` (note or null), ``new`` and ``proof``."""
    encoded = [base64.b64encode(hash).decode() for hash in proof]
    return json.dumps({"old": old, "new": new, "proof": encoded}, ensure_ascii=False)


def cosign(
    folder: Path, handed: str, log: Sequence[crypto.VerifierKey], signer: crypto.Signer
) -> tuple[Checkpoint, str]:
    """The checkpoint handed over, and its note with the witness's signature added, kept in ``folder``.

    Raises :class:`BadCheckpoint` where the log did not sign it or it contradicts what the witness holds.
    """
    new, proof = _handed(handed)
    found = checkpoint.open_note(new, log)
    before = held(folder, log)
    if before is not None:
        checkpoint.follows(found, before, proof)
    note = new + checkpoint.signature_line(checkpoint.read(new).text, signer)
    keep(folder, note, found.size)
    return found, note


def _handed(text: str) -> tuple[str, list[bytes]]:
    try:
        value: dict[str, Any] = json.loads(text)
        return str(value["new"]), [base64.b64decode(hash, validate=True) for hash in value["proof"]]
    except (ValueError, KeyError, TypeError):
        raise BadCheckpoint(
            "读不懂：应为 qinzheng ledger prove --since 的输出 / not understood: expected what qinzheng ledger prove --since prints"
        ) from None


def _put(file: Path, text: str) -> None:
    """Whole or not at all, and on the disk before it is named."""
    part = file.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="\n") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
    if os.name == "posix":
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
