"""The worker's duties that this package knows: time, the sequencer, checkpoints. Others are plugged in from above."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from qinzheng.ledger import crypto, queries, sequencer, witnessed
from qinzheng.operations import judging_commands
from qinzheng.operations.worker import Duty
from qinzheng.organizations import actions as organizations

CHECKPOINT_LOCK = 0x716E_7A6B

_stuck: dict[str, str] = {}


def tick() -> int:
    """Marks and caps whose moment has come, soonest first."""
    return judging_commands.tick_once(stuck=_stuck)


def checkpoint() -> int:
    """Sign the log where it has grown since the last checkpoint; one worker at a time."""
    folder = Path(settings.CHECKPOINTS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [CHECKPOINT_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        try:
            _, size = queries.head()
            if not size or size == _signed.get(folder):
                return 0
            signer = crypto.read_key(Path(settings.CHECKPOINT_KEY))
            made = witnessed.write(folder, signer, settings.LEDGER_ORIGIN or signer.name)
            _signed[folder] = made.size
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [CHECKPOINT_LOCK])
    return 0


_signed: dict[Path, int] = {}


def hand_back() -> int:
    """Enter that absences which are over were handed back, so that notices can follow."""
    return len(organizations.hand_back_due(timezone.now()))


DUTIES = [
    Duty("tick", 0.4, tick),
    Duty("sequencer", 0.5, sequencer.sequence_once),
    Duty("checkpoint", 60.0, checkpoint),
    Duty("hand-back", 5.0, hand_back),
]
