"""The kernel's saved state and next moment of each case, judged anew from the ledger: for ``verify --projections``.

``cases_case.fold``, ``due_at`` and ``next_due`` decide what is judged, when time passes and what a worklist shows
first: a moment moved to a distant year would keep a clock from ever being overdue. A case that waits for its redetermination (``qinzheng redetermine``), because
rules or calendars were published since, cannot be compared until that has run; nor can one that had ended before.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from qinzheng.cases import actions as cases
from qinzheng.cases import queries
from qinzheng.cases.acts import Act, Change
from qinzheng.cases.models import Case
from qinzheng.clocks.machine import FAR, State
from qinzheng.definitions.actions import PUBLISHED
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries as events
from qinzheng.ledger.projections import Difference, unreadable
from qinzheng.ledger.queries import StoredEvent
from qinzheng.supervision import judge, live, programs, saved

BATCH = 500
TABLE = "cases_case"
KEPT = {"program", "names", "horizon", "state"}
"""What :class:`~qinzheng.supervision.live.Judgement` saves."""


def check() -> Iterator[Difference]:
    """Every case whose saved state, next moment or last number is not what its events give."""
    published = max((event.recorded_at for event in events.events(types=(PUBLISHED,))), default=0)
    histories = itertools.groupby(events.events(), key=lambda event: event.subject)
    opened = ((subject, list(history)) for subject, history in histories)
    while batch := dict(itertools.islice(opened, BATCH)):
        for case in Case.objects.filter(pk__in=list(batch)):
            try:
                yield from _case(case, batch[case.id], published)
            except (LookupError, ValueError, TypeError, AttributeError, AssertionError) as why:
                yield unreadable(batch[case.id][0], why)


def _case(case: Case, history: list[StoredEvent], published: int) -> Iterator[Difference]:
    if case.last_seq != history[-1].subject_seq:
        yield Difference(TABLE, (case.id,), "last_seq", history[-1].subject_seq, case.last_seq)
    ready = programs.of(case)
    recorded = max(event.recorded_at for event in history)
    kept: dict[str, Any] = case.fold or {}
    if kept.get("program") != ready.name:
        if case.closed_at is None and recorded >= published:
            yield Difference(TABLE, (case.id,), "fold", ready.name, kept.get("program"))
        return
    whole = saved.completed(ready.compiled.program, kept["state"])
    if whole is None:
        return  # saved by an older program: refolded when the case is next judged
    kept = {**kept, "state": whole}
    acts = queries.acts(history)
    refolded = Refolded(case, acts, ready)
    refolded.pass_until(recorded, kept["state"])
    yield from refolded.differences(kept)


class Refolded:
    """One case folded again from its first act, with the codes that the saved state uses for its names."""

    def __init__(self, case: Case, acts: list[Act], ready: programs.Ready) -> None:
        self.case = case
        self.program = ready.compiled.program
        unsaved = Case(
            id=case.id, procedure=case.procedure, edition=case.edition, variant=case.variant, promise=case.promise,
            last_seq=0, fold=case.fold,
        )  # fmt: skip
        change = Change(unsaved, cases.procedure_of(case), acts, 0)
        self.judgement = live.Judgement(change, ready)
        self.state: State = self.judgement.refold()
        self.recorded = 0

    def pass_until(self, recorded: int, kept: dict[str, Any]) -> None:
        """Let time pass as far as the case had come when its last event was written.

        Time may have passed since over marks that nobody listens to, which leave no event: as long as nothing is
        found on the way, a state further on is as good.
        """
        self.recorded = recorded
        judge.advance(self.program, self.state, recorded)
        seen = self._seen()
        while saved.dump(self.state) != kept and self.state.due < FAR:
            before = saved.dump(self.state)
            judge.advance(self.program, self.state, self.state.due + 1)
            if self._seen() != seen:
                self.state = self._loaded(before)
                return

    def _seen(self) -> tuple[int, int, int]:
        book = self.judgement.book
        return len(book.findings), len(book.clocks), len(book.deemed)

    def _loaded(self, dumped: dict[str, Any]) -> State:
        state = saved.load(self.program, dumped, self.judgement.book)
        assert state is not None
        return state

    def differences(self, kept: dict[str, Any]) -> Iterator[Difference]:
        """What is saved and is not what was folded."""
        key, dumped = (self.case.id,), saved.dump(self.state)
        if kept.keys() != KEPT:
            yield Difference(TABLE, key, "fold", sorted(KEPT), sorted(kept))
        for name in sorted(dumped.keys() | kept["state"].keys()):
            if dumped.get(name) != kept["state"].get(name):
                yield Difference(TABLE, key, f"fold.{name}", dumped.get(name), kept["state"].get(name))
        if self.judgement.names != kept["names"]:
            yield Difference(TABLE, key, "fold.names", self.judgement.names, kept["names"])
        least = max([self.state.last, *(finding[3] for finding in self.judgement.book.findings)])
        if kept["horizon"] < least:
            yield Difference(TABLE, key, "fold.horizon", least, kept["horizon"])
        due = ledger.instant(self.state.due) if self.state.due < FAR else None
        moment = max(
            self.recorded, kept["horizon"]
        )  # when its row was last written, or at least its next mark passed
        soonest = live.soonest(self.judgement.running(self.state).values(), moment)
        for name, expected in (("due_at", due), ("next_due", soonest)):
            if getattr(self.case, name) != expected:
                yield Difference(TABLE, key, name, expected, getattr(self.case, name))
