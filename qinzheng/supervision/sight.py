"""A live case in words, as of now: the same explanation as a report's, folded from the ledger by the same kernel."""

from __future__ import annotations

from qinzheng.calendars import queries as calendars
from qinzheng.cases import engine, queries
from qinzheng.cases.models import Case
from qinzheng.clocks.machine import NONE, Facts
from qinzheng.definitions import shelf
from qinzheng.supervision import explain, live, programs
from qinzheng.supervision.archive import Group, Meaning
from qinzheng.supervision.explain import CaseSaid


def of(case: Case, now: int) -> CaseSaid:
    """The case as it stands at ``now`` (UTC microseconds): events, clocks with their arithmetic, cards, whose time."""
    ready = programs.of(case)
    compiled = ready.compiled
    acts = live.in_order(queries.acts_of(case.id))
    known: dict[str, int] = {}

    def code(name: str) -> int:
        return known.setdefault(name, len(known)) if name else NONE

    led = engine.all_led(compiled.procedure, acts)
    facts = Facts(
        at=[act.occurred_at for act in acts],
        act=[compiled.acts.get(act.name, 0) for act in acts],
        order=[act.seq for act in acts],
        organization=[code(act.who.organization) for act in acts],
        actor=[code(act.who.actor) for act in acts],
        role=[compiled.roles.get(act.who.role, NONE) for act in acts],
        reported=[NONE if act.reported_at is None else act.reported_at for act in acts],
        recorded=[act.recorded_at for act in acts],
        value=[live.value(compiled.procedure, act, code) for act in acts],
        due=[live.due(act) for act in acts],
        state=[NONE if name is None else compiled.states[name] for name in led],
    )
    names = list(known)
    activities = ["", *sorted(compiled.procedure.acts)]
    meaning = Meaning(case.procedure, activities, names, names, list(compiled.roles), activities)
    day_only = [int(act.precision == "day") for act in acts]
    group = Group([case.id], [0, len(acts)], facts, list(facts.act), day_only)
    calendar = calendars.calendar(shelf.library(), compiled.calendar)
    return explain.of_group(meaning, group, compiled, calendar, now, case.id)
