"""What a publication would do to last year's cases: judged twice by the batch driver, before anything is published."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qinzheng.cases.acts import PERFORMED
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.definitions.models import Edition
from qinzheng.ledger import queries as events
from qinzheng.supervision import batch, history, officers
from qinzheng.supervision.difference import Found, difference, found
from qinzheng.supervision.programs import SET

YEAR = 366 * 86_400_000_000
JUDGED = frozenset({"calendar", "procedure", "rule"})
"""Kinds by which cases are judged: a change of another kind moves no card."""


def of(drafts: Sequence[Edition], as_of: int) -> dict[str, Any]:
    """What the drafts would do to the cases opened within a year before ``as_of`` (microseconds UTC).

    As :func:`~qinzheng.supervision.difference.difference` says it, with ``cases``, how many were judged, and
    ``unfit``, how many could not be: they have an act, a state or a variant that a drafted procedure dropped.
    A drafted procedure is tried on all its cases, though the running ones keep theirs; a draft that takes effect
    later, as if it did now.
    """
    if not any(draft.kind in JUDGED for draft in drafts):
        return {"cases": 0, "unfit": 0, **difference(set(), set())}
    today = shelf.day(as_of)
    day = max([today, *(draft.in_force_from for draft in drafts if draft.in_force_from)])
    then = shelf.prospect(drafts)
    tried: dict[str, Procedure] = {
        draft.definition: then.in_force("procedure", draft.definition, day)
        for draft in drafts
        if draft.kind == "procedure"
    }
    drafted = history.Basis(then, day, tried)
    _, after = _judged(drafted, as_of)
    cases, before = _judged(history.Basis(shelf.library(), today), as_of)
    before = {card for card in before if card[0] not in drafted.unfit}
    return {"cases": cases, "unfit": len(drafted.unfit), **difference(before, after)}


def _judged(basis: history.Basis, as_of: int) -> tuple[int, Found]:
    cards: Found = set()
    cases = 0
    with tempfile.TemporaryDirectory(prefix="qinzheng-") as folder:
        for _, job in history.jobs(Path(folder), None, SET, as_of, None, basis=basis, since=as_of - YEAR):
            verdict = batch.run(job)
            cases += verdict.cases
            cards |= found(verdict, job.rules)
    done = (event for event in events.events(types=(PERFORMED,)) if (event.occurred_at or 0) >= as_of - YEAR)
    cards |= {
        (each.key, each.rule.id, each.occurrence) for each in officers.judge(done, basis.library, basis.day)
    }
    return cases, cards
