"""Bodies of ``qinzheng ledger …`` (see ``qinzheng.operations.console``)."""

from __future__ import annotations

import argparse
import json
import sys

from django.conf import settings

from qinzheng.ledger import checkpoint, crypto, projections, queries, sequencer, witnessed
from qinzheng.ledger import export as exporting


def sequence(arguments: argparse.Namespace) -> int:
    """Sequence everything committed."""
    done = sequencer.sequence_all()
    print(f"定序 {done} 条，共 {queries.head()[1]} 条 / {done} sequenced, {queries.head()[1]} in all")
    return 0


def checkpoint_(arguments: argparse.Namespace) -> int:
    """Sign a checkpoint into a folder outside the database; make the key where there is none."""
    if not arguments.key.exists():
        crypto.create_key(arguments.key, arguments.origin, crypto.SUITES[settings.CRYPTO][1])
    signer = crypto.read_key(arguments.key)
    sequencer.sequence_all()
    try:
        made = witnessed.write(arguments.to, signer, arguments.origin)
    except checkpoint.BadCheckpoint as why:
        print(why, file=sys.stderr)
        return 1
    print(f"检查点 {made.size} 条 → {arguments.to}\n公钥 public key: {crypto.public_line(signer)}")
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write the export."""
    count = exporting.write(arguments.file)
    print(f"导出 {count} 条事件 → {arguments.file} / {count} events")
    return 0


def prove(arguments: argparse.Namespace) -> int:
    """Print a receipt."""
    note = arguments.checkpoint.read_text(encoding="utf-8")
    receipt = exporting.receipt(arguments.event, note, checkpoint.parse(note).size)
    if receipt is None:
        print("该事件不在此检查点之前 / the event is not before this checkpoint", file=sys.stderr)
        return 1
    print(json.dumps(receipt, ensure_ascii=False))
    return 0


def projections_(arguments: argparse.Namespace) -> int:
    """Replay the ledger against every projection table and name each row that differs."""
    differences = 0
    for difference in projections.check():
        differences += 1
        print(difference)
    print(f"{differences} 处与账本不符 / {differences} difference(s) from the ledger")
    return 1 if differences else 0
