"""The system's own ledger as archives for the batch driver, as known now or as known then.

Read from the events alone, once: the tables have no say in what is judged.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from qinzheng.calendars import queries as calendars
from qinzheng.cases import engine, queries, variants
from qinzheng.cases.acts import MIGRATED, OPENED, Act
from qinzheng.cases.schema import Procedure
from qinzheng.clocks.machine import NONE
from qinzheng.definitions import shelf
from qinzheng.definitions.library import Library
from qinzheng.ledger import queries as ledger
from qinzheng.ledger.queries import StoredEvent
from qinzheng.supervision import archive, batch, live, programs
from qinzheng.supervision.ladders import OTHER
from qinzheng.supervision.schema import Rule

Kept = tuple[str, str, str, programs.Promise]
"""procedure, edition, variant, what the item promised: what a case is judged by"""


@dataclass(frozen=True)
class Basis:
    """By what cases are judged: the definitions, the day whose rules count, procedures tried instead of those kept."""

    library: Library
    day: dt.date
    tried: Mapping[str, Procedure] = field(default_factory=dict)
    unfit: set[str] = field(default_factory=set)
    """cases left out: the procedure tried on them does not know what was done"""

    def fits(self, events: list[StoredEvent]) -> bool:
        """Whether the procedure to be tried knows every act, state and variant of the case."""
        tried = self.tried.get(events[0].procedure)
        if tried is None:
            return True
        done = [event.body for event in events if event.type != MIGRATED]
        known = (body["act"] in tried.acts and body["state"] in tried.states for body in done)
        variant = str(done[0].get("variant", "")) if done else ""
        return all(known) and (not variant or variant in tried.variants)


def jobs(
    folder: Path,
    procedure: str | None,
    rules: str,
    as_of: int,
    known_at: int | None,
    *,
    basis: Basis | None = None,
    since: int | None = None,
) -> Iterator[tuple[Kept, batch.Job]]:
    """Write the cases to archives in ``folder``, one for each edition and variant, and say how to judge each.

    ``known_at``: what was recorded later is not known. What is claimed later than ``as_of`` has not happened.
    Cases of a procedure that no rule of the set supervises are left out, and those opened before ``since``.
    ``basis``: other definitions than the published ones, to see what these would do.
    """
    basis = basis or Basis(shelf.library(), shelf.day(as_of))
    archives: dict[Kept, _Archive | None] = {}
    with ExitStack() as open_files:
        for _, stored in groupby(ledger.events(types=(*queries.TOLD, MIGRATED)), key=lambda e: e.subject):
            events = [event for event in stored if known_at is None or event.recorded_at <= known_at]
            if not events or (procedure and events[0].procedure != procedure):
                continue
            if since is not None and (events[0].occurred_at or 0) < since:
                continue
            if not basis.fits(events):
                basis.unfit.add(events[0].subject)
                continue
            kept = _kept(events)
            if kept not in archives:
                found = archives[kept] = _archive(
                    folder / f"{len(archives)}.parquet", kept, rules, as_of, basis
                )
                if found is not None:
                    open_files.enter_context(found.writer)
            target = archives[kept]
            if target is not None:
                target.add(events, as_of)
    for kept in sorted(archives):
        written = archives[kept]
        if written is not None:
            yield kept, written.job


def _kept(events: list[StoredEvent]) -> Kept:
    """The edition that the case keeps, as far as the events tell."""
    edition = [event.under for event in events if event.type in (OPENED, MIGRATED)][-1]
    opening = events[0].body
    return events[0].procedure, edition, opening["variant"], tuple(sorted(opening.get("promise", {}).items()))


def _archive(path: Path, kept: Kept, rules: str, as_of: int, basis: Basis) -> _Archive | None:
    procedure, edition, variant, promise = kept
    library = basis.library
    tried = basis.tried.get(procedure) or shelf.edition("procedure", procedure, edition).definition
    definition = variants.apply(tried, variant, dict(promise))
    standing: list[Rule] = library.standing("rule", basis.day)
    chosen = [rule for rule in standing if rule.set == rules and procedure in rule.supervises]
    if not chosen:
        return None
    editions = {rule.id: library.hash(rule) for rule in chosen}
    found = {name: calendars.calendar(library, name) for name in definition.calendars()}
    return _Archive(batch.Job(path, definition, chosen, editions, found, as_of, keyed=False))


class _Names:
    def __init__(self) -> None:
        self.names: list[str] = []
        self.codes: dict[str, int] = {}

    def __call__(self, name: str) -> int:
        if not name:
            return NONE
        if name not in self.codes:
            self.codes[name] = len(self.names)
            self.names.append(name)
        return self.codes[name]


class _Archive:
    """The cases of one edition and variant on their way into a file."""

    def __init__(self, job: batch.Job) -> None:
        self.job = job
        self.names = _Names()
        compiled = job.compile(archive.Meaning(job.procedure.id, []))
        self.states, self.acts = compiled.states, compiled.acts
        self.roles = compiled.roles
        acts = ["", *self.acts]
        meaning = archive.Meaning(
            job.procedure.id, acts, self.names.names, self.names.names, list(self.roles), acts
        )
        self.writer = archive.Writer(job.path, meaning, archive.STORED)

    def add(self, events: list[StoredEvent], as_of: int) -> None:
        """Write one case, its acts in the order in which they count."""
        done = live.in_order(queries.acts(events))
        done = [act for act in done if act.occurred_at <= as_of]
        if done:
            codes = [self.acts.get(act.name, OTHER) for act in done]
            self.writer.case(events[0].subject, codes, self._rows(done, codes))

    def _rows(self, done: list[Act], codes: list[int]) -> dict[str, list[int]]:
        names, procedure = self.names, self.job.procedure
        led = engine.all_led(procedure, done)
        return {
            "at": [act.occurred_at for act in done],
            "act": codes,
            "order": [act.seq for act in done],
            "organization": [names(act.who.organization) for act in done],
            "actor": [names(act.who.actor) for act in done],
            "role": [self.roles.get(act.who.role, NONE) for act in done],
            "reported": [NONE if act.reported_at is None else act.reported_at for act in done],
            "recorded": [act.recorded_at for act in done],
            "value": [live.value(procedure, act, names) for act in done],
            "due": [live.due(act) for act in done],
            "precision": [int(act.precision == "day") for act in done],
            "state": [NONE if name is None else self.states[name] for name in led],
        }
