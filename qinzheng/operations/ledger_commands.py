"""Bodies of ``qinzheng ledger …`` (see ``qinzheng.operations.console``) that need the database."""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from pathlib import Path

from qinzheng.ledger import checkpoint, crypto, projections, queries, sequencer, witnessed
from qinzheng.ledger import export as exporting


def sequence(arguments: argparse.Namespace) -> int:
    """Sequence everything committed."""
    done = sequencer.sequence_all()
    print(f"定序 {done} 条，共 {queries.head()[1]} 条 / {done} sequenced, {queries.head()[1]} in all")
    return 0


def checkpoint_(arguments: argparse.Namespace) -> int:
    """Sign a checkpoint into a folder outside the database."""
    try:
        signer = crypto.read_key(arguments.key)
        trusted = [crypto.verifier_key(line) for line in arguments.trust]
        sequencer.sequence_all()
        made = witnessed.write(arguments.to, signer, arguments.origin or signer.name, trusted)
    except (crypto.BadKey, checkpoint.BadCheckpoint, OSError) as why:
        return refused(why)
    print(f"检查点 {made.size} 条 → {arguments.to} / checkpoint of {made.size} event(s)")
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write the export."""
    try:
        count = exporting.write(arguments.file)
    except OSError as why:
        return refused(why)
    print(f"导出 {count} 条事件 → {arguments.file} / {count} event(s)")
    return 0


def prove(arguments: argparse.Namespace) -> int:
    """Print a receipt for an event, or the consistency proof between two checkpoints."""
    try:
        note = note_of(arguments.checkpoint)
        if arguments.event is None:
            print(witnessed.extension(note_of(arguments.since) if arguments.since else None, note))
            return 0
        receipt = exporting.receipt(str(uuid.UUID(arguments.event)), note)
    except (checkpoint.BadCheckpoint, OSError) as why:
        return refused(why)
    except ValueError:
        return refused(f"不是事件编号 / no event id: {arguments.event}")
    if receipt is None:
        return refused("该事件不在此检查点之前 / the event is not before this checkpoint")
    print(json.dumps(receipt, ensure_ascii=False))
    return 0


def note_of(path: Path) -> str:
    """The text of a checkpoint file, its line ends as they are."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise checkpoint.BadCheckpoint(f"{path}：不是检查点 / no checkpoint") from None


def projections_(arguments: argparse.Namespace) -> int:
    """Replay the ledger against every projection table and name each row that differs."""
    differences = 0
    for difference in projections.check():
        differences += 1
        print(difference)
    print(f"{differences} 处与账本不符 / {differences} difference(s) from the ledger")
    return 1 if differences else 0


def refused(why: object) -> int:
    """Say why nothing was done."""
    print(why, file=sys.stderr)
    return 1
