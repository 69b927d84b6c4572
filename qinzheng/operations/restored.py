"""Whether what came back from a backup is what was backed up, and what the witnesses outside saw."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from qinzheng.ledger import checkpoint, crypto, queries, witness, witnessed
from qinzheng.parties import keys
from qinzheng.parties.vault import VaultClosed


def ledger_is(expected: dict[str, Any]) -> Iterator[str]:
    """Size and root of the log against the manifest."""
    hash, size = queries.head()
    root = queries.tiles(size).root().hex()
    if (hash, size, root) != (expected["hash"], expected["size"], expected["root"]):
        yield (
            f"账本为 {size} 条、根 {root[:12]}，备份清单为 {expected['size']} 条、根 {expected['root'][:12]} / "
            f"the log has {size} event(s), root {root[:12]}; the manifest says {expected['size']}, {expected['root'][:12]}"
        )


def master_key_is(id: str) -> Iterator[str]:
    """Whether the master key at hand opens the personal data; ``id``: of the key that it takes, or nothing."""
    if not id:
        return
    try:
        keys.current()
    except VaultClosed as why:
        yield (
            f"个人信息打不开：需要编号 {id} 的主密钥，请放回 QINZHENG_MASTER_KEY_FILE（{why.zh}）/ "
            f"personal data stay closed: put the master key {id} back where QINZHENG_MASTER_KEY_FILE says ({why.en})"
        )


def checkpoints_hold() -> tuple[list[str], int]:
    """What contradicts the newest checkpoint outside, and how many events it covers that are not there any more."""
    folder = Path(settings.CHECKPOINTS)
    names = sorted(folder.glob(f"{witness.LATEST}-" + "[0-9]" * 12))
    _, size = queries.head()
    lost = max((int(path.name[-12:]) for path in names), default=0) - size
    fitting = [path for path in names if int(path.name[-12:]) <= size][-1:]
    faults = []
    for path in fitting:
        try:
            witnessed.tiles_of(_read(path))
        except (checkpoint.BadCheckpoint, UnicodeDecodeError) as why:
            faults.append(f"{path}：{why}")
    return faults, max(lost, 0)


def _read(path: Path) -> checkpoint.Checkpoint:
    """A checkpoint, its signature verified where the key is at hand."""
    note = path.read_bytes().decode()
    try:
        signer = crypto.read_key(Path(settings.CHECKPOINT_KEY))
    except crypto.BadKey:
        return checkpoint.parse(note)
    return checkpoint.open_note(note, [crypto.key_of(signer)])
