"""The worker's duties: time, law that changed, the sequencer, checkpoints, absences, the archive."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from qinzheng.ledger import crypto, queries, sequencer, witnessed
from qinzheng.measures import queries as measures
from qinzheng.notifications import follow as notices
from qinzheng.notifications import telling
from qinzheng.operations.ticking import Aside, Redetermination, tick_once
from qinzheng.operations.worker import Duty
from qinzheng.organizations import actions as organizations
from qinzheng.supervision import officers

CHECKPOINT_LOCK = 0x716E_7A6B
ARCHIVED = 20_000
"""Events that go into the archive in one go."""

_aside = Aside()
_signed: dict[Path, int] = {}


def tick() -> int:
    """Marks and caps whose moment has come, soonest first."""
    return tick_once(aside=_aside)


def checkpoint() -> int:
    """Sign the log where it has grown since the last checkpoint; one worker at a time. Always 0: the next is due in its time."""
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


def officer_days() -> int:
    """Cards on officers who closed too much at once; a second worker leaves it to the first."""
    return officers.issue_due(timezone.now())


def hand_back() -> int:
    """Enter that absences which are over were handed back, so that notices can follow."""
    return len(organizations.hand_back_due(timezone.now()))


def follow() -> int:
    """Take what the sequencer has placed into the archive of measures."""
    return measures.follow(ARCHIVED)


def tell() -> int:
    """Tell what the log has gained, then send what is due."""
    return notices.follow() + telling.send()


DUTIES = [
    Duty("tick", 0.4, tick),
    Duty("redetermination", 2.0, Redetermination().once),
    Duty("sequencer", 0.5, sequencer.sequence_once),
    Duty("checkpoint", 60.0, checkpoint),
    Duty("officer-days", 20.0, officer_days),
    Duty("hand-back", 5.0, hand_back),
    Duty("archive", 5.0, follow),
    Duty("notices", 1.0, tell),
]
