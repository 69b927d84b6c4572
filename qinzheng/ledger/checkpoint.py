"""Checkpoints in C2SP form (tlog-checkpoint, signed-note): origin, size, root, signature lines.

Pure. Signatures by unknown keys are ignored, so keys can rotate and witnesses add theirs.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from qinzheng.ledger import crypto
from qinzheng.ledger.merkle import Tree, verify_consistency

LONGEST = 1 << 20
"""A note longer than this is not read (ours: the specification asks for some limit)."""
SM3_SUFFIX = "/sm3"


class BadCheckpoint(ValueError):
    """The text is no checkpoint, or no trusted key signed it, or it contradicts one held before."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log: its origin (which names the hash), size and root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @property
    def hash(self) -> str:
        """The tree hash that the origin names, ``…/sm3``; SHA-256 where it names none."""
        return "sm3" if self.origin.endswith(SM3_SUFFIX) else "sha256"


@dataclass(frozen=True)
class Note:
    """A signed note taken apart: the signed text, and (key name, key id, signature) of each line."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]


def origin(name: str, hash: str) -> str:
    """The origin of a log: its name, and its hash where that is SM3."""
    crypto.check_name(name)
    if name.endswith(SM3_SUFFIX) and hash != "sm3":
        raise BadCheckpoint(
            f"日志名 {name} 以 /sm3 结尾，而日志用的是 SHA-256，请换名 / "
            f"the log's name ends with /sm3 but its hash is SHA-256: choose another name"
        )
    return name + SM3_SUFFIX if hash == "sm3" and not name.endswith(SM3_SUFFIX) else name


def sign(checkpoint: Checkpoint, signer: crypto.Signer) -> str:
    """The signed note."""
    body = checkpoint.text()
    return f"{body}\n{signature_line(body, signer)}"


def signature_line(body: str, signer: crypto.Signer) -> str:
    """One signature line; a witness adds its own to a note."""
    blob = crypto.key_of(signer).id + signer.sign(body.encode())
    return f"— {signer.name} {base64.b64encode(blob).decode()}\n"


def follows(new: Checkpoint, old: Checkpoint, proof: Sequence[bytes]) -> None:
    """Raise :class:`BadCheckpoint` unless the new one only adds to the old: a fork, a shorter or another log."""
    tree = Tree(new.hash)
    if new.origin != old.origin:
        raise BadCheckpoint(
            f"检查点属于另一日志：{new.origin}，原为 {old.origin} / "
            f"the checkpoint is of another log: {new.origin}, held is {old.origin}"
        )
    if not verify_consistency(tree, old.size, new.size, proof, old.root, new.root):
        raise BadCheckpoint(
            f"新检查点（{new.size} 条）与原有的（{old.size} 条）矛盾，历史被改写过，或给的一致性证明不对，不予签名 / "
            f"the new checkpoint ({new.size}) contradicts the one held ({old.size}): history was rewritten, "
            f"or the consistency proof is wrong: not signed"
        )


def read(note: str) -> Note:
    """The note taken apart, no signature verified; raises :class:`BadCheckpoint` where the form is wrong."""
    if len(note) > LONGEST or any(c < " " and c != "\n" for c in note):
        raise BadCheckpoint("检查点过长或含控制字符 / the checkpoint is too long or holds control characters")
    body, blank, lines = note.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise BadCheckpoint(
            "检查点应有空行和签名行，末行须换行，可能被截断 / a blank line and signature lines are expected, "
            "each ended by a newline: the file may be cut short"
        )
    return Note(body + "\n", tuple(_signature(line) for line in lines[:-1].split("\n")))


def _signature(line: str) -> tuple[str, bytes, bytes]:
    dash, name, encoded = (line.split(" ") + ["", ""])[:3]
    blob = _decode(encoded) if line.count(" ") == 2 else None
    if dash != "—" or not name or "+" in name or blob is None or len(blob) < 5:
        raise BadCheckpoint(f"签名行格式不对 / malformed signature line: {line[:80]!r}")
    return name, blob[:4], blob[4:]


def _decode(text: str) -> bytes | None:
    """Standard base64 in its one canonical form, or None."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def parse(note: str) -> Checkpoint:
    """The checkpoint of a note, its signatures not verified; lines after the third are extensions."""
    lines = read(note).text.split("\n")[:-1]
    root = _decode(lines[2]) if len(lines) >= 3 else None
    if root is None or len(root) != 32 or not all(lines):
        raise BadCheckpoint(
            "不是检查点：应为来源、大小、根三行 / no checkpoint: origin, size and root expected"
        )
    if not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
        raise BadCheckpoint(f"检查点的大小不是十进制数 / the size is no decimal number: {lines[1][:40]!r}")
    return Checkpoint(lines[0], int(lines[1]), root)


def open_note(note: str, keys: Sequence[crypto.VerifierKey]) -> Checkpoint:
    """The checkpoint if a trusted key signed it; one bad signature by a trusted key spoils it (C2SP signed-note)."""
    checkpoint, parts, signed = parse(note), read(note), False
    known = {(key.name, key.id): key for key in keys}
    for name, id, signature in parts.signatures:
        key = known.get((name, id))
        if key is None:
            continue
        if not key.verify(parts.text.encode(), signature):
            raise BadCheckpoint(f"{name} 的签名不对 / the signature of {name} is wrong")
        signed = True
    if not signed:
        raise BadCheckpoint("没有受信任的签名 / no trusted signature")
    return checkpoint
