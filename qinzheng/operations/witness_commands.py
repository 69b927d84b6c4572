"""``qinzheng ledger key | verify | witness``: what somebody does who has no database, or does not trust it."""

from __future__ import annotations

import argparse
import base64
import json
import sys

from config import settings
from qinzheng.ledger import checkpoint, crypto, verifier, witness


def key(arguments: argparse.Namespace) -> int:
    """Make a private key where there is none; print its public line."""
    try:
        if not arguments.file.exists():
            crypto.create_key(arguments.file, arguments.name, crypto.SUITES[settings.CRYPTO][1])
        print(crypto.key_of(crypto.read_key(arguments.file)))
    except crypto.BadKey as why:
        return refused(why)
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """An export or a receipt by the offline verifier, or a consistency proof."""
    if arguments.extension:
        return _extension(arguments)
    options = ["--receipt", str(arguments.receipt)] if arguments.receipt else [str(arguments.file)]
    for file in arguments.checkpoint:
        options += ["--checkpoint", str(file)]
    for line in arguments.key:
        options += ["--key", line]
    return verifier.main(options)


def cosign(arguments: argparse.Namespace) -> int:
    """Sign a log's checkpoint as a witness, unless it contradicts the one that the witness holds."""
    try:
        signer = crypto.read_key(arguments.key)
        log = [crypto.verifier_key(line) for line in arguments.log]
        made, note = witness.cosign(arguments.to, arguments.file.read_text("utf-8"), log, signer)
    except (crypto.BadKey, checkpoint.BadCheckpoint, OSError, UnicodeDecodeError) as why:
        return refused(why)
    print(note, end="")
    print(f"已见证 {made.size} 条 → {arguments.to} / witnessed {made.size} event(s)", file=sys.stderr)
    return 0


def _extension(arguments: argparse.Namespace) -> int:
    try:
        keys = [crypto.verifier_key(line) for line in arguments.key]
        handed = json.loads(arguments.extension.read_text("utf-8"))
        read = checkpoint.open_note if keys else lambda note, _: checkpoint.parse(note)
        old, new = read(handed["old"], keys), read(handed["new"], keys)
        checkpoint.follows(new, old, [base64.b64decode(hash, validate=True) for hash in handed["proof"]])
    except checkpoint.BadCheckpoint as why:
        return refused(why)
    except (crypto.BadKey, OSError, ValueError, KeyError, TypeError, AttributeError) as why:
        print(f"读不出，未能验证 / cannot be read, nothing was verified: {why}", file=sys.stderr)
        return 2
    unsigned = "" if keys else "；没有给出公钥，没有验签名 / no key given: signatures were not verified"
    print(f"{new.size} 条是 {old.size} 条的延续 / {new.size} event(s) extend {old.size}{unsigned}")
    return 0


def refused(why: object) -> int:
    """Say why nothing was done."""
    print(why, file=sys.stderr)
    return 1
