"""Checkpoints in C2SP form (tlog-checkpoint, signed-note): origin, size, root, signature lines.

Pure. Signatures by unknown keys are ignored, so keys can rotate and witnesses add theirs.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from qinzheng.ledger import crypto
from qinzheng.ledger.merkle import Tree, verify_consistency


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
        """The tree hash that the origin names, ``…+sm3``; SHA-256 where it names none."""
        return "sm3" if self.origin.endswith("+sm3") else "sha256"


def sign(checkpoint: Checkpoint, signer: crypto.Signer) -> str:
    """The signed note."""
    body = checkpoint.text()
    return f"{body}\n{signature_line(body, signer)}"


def signature_line(body: str, signer: crypto.Signer) -> str:
    """One signature line; a witness adds its own to a note."""
    blob = crypto.key_id(signer.name, signer.algorithm, signer.public()) + signer.sign(body.encode())
    return f"— {signer.name} {base64.b64encode(blob).decode()}\n"


def sign_next(
    checkpoint: Checkpoint, previous: Checkpoint | None, proof: list[bytes], signer: crypto.Signer
) -> str:
    """Sign unless it contradicts the one signed before: a log must never do that."""
    if previous is not None:
        same = previous.origin == checkpoint.origin
        tree = Tree(checkpoint.hash)
        if not same or not verify_consistency(
            tree, previous.size, checkpoint.size, proof, previous.root, checkpoint.root
        ):
            raise BadCheckpoint(
                f"新检查点（{checkpoint.size}）与已签的（{previous.size}）矛盾，拒绝签名 / "
                f"the new checkpoint ({checkpoint.size}) contradicts the signed one ({previous.size}): not signed"
            )
    return sign(checkpoint, signer)


def parse(note: str) -> Checkpoint:
    """The checkpoint of a note, its signatures not looked at."""
    body, _, _ = note.partition("\n\n")
    lines = body.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError):
        raise BadCheckpoint(
            "不是检查点：应为来源、大小、根三行 / no checkpoint: origin, size and root expected"
        ) from None
    if not origin or size < 0 or str(size) != lines[1] or len(root) != 32:
        raise BadCheckpoint("检查点格式不对 / malformed checkpoint")
    return Checkpoint(origin, size, root)


def open_note(note: str, keys: Mapping[str, tuple[str, bytes]]) -> Checkpoint:
    """The checkpoint if a trusted key signed it. ``keys``: name → (algorithm, public key)."""
    checkpoint = parse(note)
    body, _, signatures = note.partition("\n\n")
    for line in signatures.splitlines():
        _, _, rest = line.partition("— ")
        name, _, blob = rest.rpartition(" ")
        if name not in keys:
            continue
        algorithm, public = keys[name]
        try:
            raw = base64.b64decode(blob, validate=True)
        except ValueError:
            continue
        if raw[:4] == crypto.key_id(name, algorithm, public) and crypto.verify(
            algorithm, public, (body + "\n").encode(), raw[4:]
        ):
            return checkpoint
    raise BadCheckpoint("没有受信任的签名 / no trusted signature")


def keys_of(lines: str) -> dict[str, tuple[str, bytes]]:
    """Trusted keys from ``name algorithm base64`` lines."""
    found = {}
    for line in lines.splitlines():
        if line.strip() and not line.startswith("#"):
            name, algorithm, public = line.rsplit(" ", 2)
            found[name] = (algorithm, base64.b64decode(public))
    return found
