"""Hand-written histories, folded by the real kernel under shipped or changed definitions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qinzheng.cases.schema import Procedure
from qinzheng.clocks.machine import NONE, Book, Facts, State
from qinzheng.supervision import judge
from qinzheng.supervision.batch import ending
from qinzheng.supervision.program import Compiled, compile_program
from qinzheng.supervision.schema import Rule
from tests import library

ROLES = {"clerk": 0, "handler": 1, "applicant": 2}
Row = tuple[str, int, dict[str, int]]


@dataclass(frozen=True)
class Clock:
    """A clock fact in words."""

    start: str
    due: str
    ending: str
    ordinal: int = 0


@dataclass
class Judged:
    """What the kernel wrote about one case."""

    compiled: Compiled
    book: Book
    state: State

    def cards(self) -> list[str]:
        return [self.compiled.rules[finding[1]].id for finding in self.book.findings]

    def clocks(self, name: str) -> list[Clock]:
        found = []
        for row in self.book.clocks:
            if self.compiled.clocks[self.compiled.tracks[row[1]].clock] == name:
                words = ending(row[7], row[8])
                found.append(Clock(library.shown(row[3]), library.shown(row[4]), words, row[2]))
        return found

    def deemed(self) -> list[tuple[str, str, str]]:
        acts = {code: name for name, code in self.compiled.acts.items()}
        return [(acts[act], library.shown(day), library.shown(at)) for _, act, day, at in self.book.deemed]


def event(act: str, when: str | int, **columns: int) -> Row:
    """One event. Columns not given are unknown; ``value`` is days told, units granted, or who is next."""
    return act, library.at(when) if isinstance(when, str) else when, columns


def compiled(procedure: Procedure | str, rules: Sequence[Rule] = ()) -> Compiled:
    definition = library.procedure(procedure) if isinstance(procedure, str) else procedure
    return compile_program(definition, rules, library.calendar, ROLES)


def facts(program: Compiled, rows: Sequence[Row]) -> Facts:
    """The rows in the order of folding: by moment, then as written."""
    ordered = sorted(enumerate(rows), key=lambda entry: (entry[1][1], entry[0]))

    def column(name: str) -> list[int]:
        return [row[2].get(name, NONE) for _, row in ordered]

    return Facts(
        at=[row[1] for _, row in ordered],
        act=[program.acts[row[0]] for _, row in ordered],
        order=[place for place, _ in ordered],
        organization=column("organization"),
        actor=column("actor"),
        role=column("role"),
        reported=column("reported"),
        recorded=column("recorded"),
        value=column("value"),
        due=column("due"),
    )


def judged(program: Compiled, rows: Sequence[Row], as_of: str | int) -> Judged:
    """Fold the whole history and judge it as of a moment."""
    book = Book()
    state = program.program.begin(0, book)
    columns = facts(program, rows)
    judge.fold(program.program, state, columns, 0, len(columns.at))
    judge.finish(program.program, state, library.at(as_of) if isinstance(as_of, str) else as_of)
    return Judged(program, book, state)


def rule(procedure: str, when: Mapping[str, Any], level: str = "yellow", claims: str = "conduct") -> Rule:
    """A rule for a test: one condition on one procedure."""
    return Rule.model_validate(
        {
            "kind": "rule", "id": "test.rule", "name": {"zh": "试", "en": "test"}, "set": "test",
            "level": level, "in_force_from": dt.date(2004, 1, 1), "checked_on": dt.date(2026, 1, 1),
            "source": ["ours/thresholds"], "basis": "ours", "claims": claims, "supervises": [procedure],
            "when": dict(when), "sentence": {"zh": "试", "en": "test"}, "remedy": {"zh": "试", "en": "test"},
        }
    )  # fmt: skip
