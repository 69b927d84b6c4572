"""Compiled programs of the published editions, kept until something is published, here or in another process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from django.utils import timezone

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.calendar import Calendar
from qinzheng.cases import variants
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.supervision.ladders import RuleNeverWakes
from qinzheng.supervision.program import Compiled, compile_program
from qinzheng.supervision.schema import Rule

SET = "standard"
"""The rule set by which the live system judges."""


@dataclass(frozen=True)
class Ready:
    """A program, the hashes of its rules' editions, and a name that changes with any of its parts."""

    compiled: Compiled
    editions: dict[str, str]
    name: str


Promise = tuple[tuple[str, int], ...]
_ready: dict[tuple[str, str, str, Promise, dt.date], Ready] = {}
_stamp: list[tuple[int, int]] = []


def of(case: Case) -> Ready:
    """The program that judges a case."""
    return ready(case.procedure, case.edition, case.variant, case.promise)


def ready(procedure: str, edition: str, variant: str = "", promise: Mapping[str, int] | None = None) -> Ready:
    """The program of a procedure's edition, in a variant, under the rules in force today and the calendars."""
    stamp = shelf.stamp()
    if _stamp != [stamp]:
        _ready.clear()
        _stamp[:] = [stamp]
    today = timezone.now().astimezone(shelf.ZONE).date()
    key = (procedure, edition, variant, tuple(sorted((promise or {}).items())), today)
    found = _ready.get(key)
    if found is None:
        found = _ready[key] = _compile(*key)
    return found


def _wakes(rule: Rule, definition: Procedure, calendar: Callable[[str], Calendar]) -> bool:
    """Whether the rule can be broken under this edition: a running case may keep one that lacks what a newer rule is about."""
    try:
        compile_program(definition, [rule], calendar, {})
    except RuleNeverWakes:
        return False
    return True


def forget() -> None:
    """Compile anew at the next use: called when something was published."""
    _ready.clear()


def _compile(procedure: str, edition: str, variant: str, promise: Promise, day: dt.date) -> Ready:
    library = shelf.library()
    standing: list[Rule] = library.standing("rule", day)
    rules = [rule for rule in standing if rule.set == SET and procedure in rule.supervises]
    definition = variants.apply(
        shelf.edition("procedure", procedure, edition).definition, variant, dict(promise)
    )
    calendar = partial(calendars.calendar, library)
    try:
        compiled = compile_program(definition, rules, calendar, {})
    except RuleNeverWakes:
        rules = [rule for rule in rules if _wakes(rule, definition, calendar)]
        compiled = compile_program(definition, rules, calendar, {})
    editions = {rule.id: library.hash(rule) for rule in rules}
    parts = [
        edition,
        *(f"{clock}{amount}" for clock, amount in promise),
        *sorted(editions.values()),
        *(track.count.calendar.edition for track in compiled.tracks),
    ]
    return Ready(compiled, editions, "-".join(part[:8] for part in parts))
