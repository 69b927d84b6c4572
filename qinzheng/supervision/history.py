"""The system's own ledger as an archive for the batch driver, as known now or as known then."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from qinzheng.calendars import queries as calendars
from qinzheng.cases import variants
from qinzheng.cases.actions import OPENED, PERFORMED
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Procedure
from qinzheng.clocks.machine import NONE
from qinzheng.definitions import shelf
from qinzheng.ledger import queries
from qinzheng.supervision import archive, batch, live
from qinzheng.supervision.schema import Rule


def procedures(only: str | None) -> Iterator[tuple[str, str, str]]:
    """(procedure, edition, variant) of the cases there are."""
    cases = Case.objects.filter(procedure=only) if only else Case.objects.all()
    ordered = cases.order_by("procedure", "edition", "variant")
    yield from ordered.values_list("procedure", "edition", "variant").distinct()


def job(
    path: Path, kept: tuple[str, str, str], rules: str, as_of: int, known_at: int | None
) -> batch.Job | None:
    """Write the cases of one edition to an archive and say how to judge it; None where no rule supervises it."""
    procedure, edition, variant = kept
    library = shelf.library()
    definition = variants.apply(shelf.edition("procedure", procedure, edition).definition, variant)
    chosen: list[Rule] = [r for r in library.all("rule") if r.set == rules and procedure in r.supervises]
    if not chosen:
        return None
    named = {clock.counting.calendar for clock in definition.clocks.values()}
    editions = {rule.id: library.hash(rule) for rule in chosen}
    job = batch.Job(
        path, definition, chosen, editions, {n: calendars.calendar(library, n) for n in named}, as_of
    )
    names = _Names()
    roles: list[str] = list(job.compile(archive.Meaning(procedure, [])).roles)
    acts = ["", *sorted(definition.acts)]
    meaning = archive.Meaning(procedure, acts, names.names, names.names, roles, acts)
    with archive.Writer(path, meaning, archive.COLUMNS) as writer:
        cases = set(
            Case.objects.filter(procedure=procedure, edition=edition, variant=variant).values_list(
                "pk", flat=True
            )
        )
        for subject, events in groupby(
            queries.events(types=(OPENED, PERFORMED)), key=lambda event: event.subject
        ):
            known = [event for event in events if known_at is None or event.recorded_at <= known_at]
            if subject in cases and known:
                _write(writer, subject, known, acts, roles, names, definition)
    return job


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


def _write(
    writer: archive.Writer,
    subject: str,
    events: list[queries.StoredEvent],
    acts: list[str],
    roles: list[str],
    names: _Names,
    definition: Procedure,
) -> None:
    done = sorted((live.act(event) for event in events), key=lambda act: (act.occurred_at, act.seq))
    codes = [acts.index(act.name) for act in done]
    rows = {
        "at": [act.occurred_at for act in done],
        "act": codes,
        "order": [act.seq for act in done],
        "organization": [names(act.who.organization) for act in done],
        "actor": [names(act.who.actor) for act in done],
        "role": [roles.index(act.who.role) if act.who.role in roles else NONE for act in done],
        "reported": [NONE if act.reported_at is None else act.reported_at for act in done],
        "recorded": [act.recorded_at for act in done],
        "value": [live.value(definition, act, names) for act in done],
        "due": [live.due(act) for act in done],
        "precision": [0] * len(done),
    }
    writer.case(subject, codes, rows)
