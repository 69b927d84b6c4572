"""The same walks on the real machine: each state of every approval is reached by acts that are performed, and there whatever
the definition does not allow is refused and leaves nothing behind."""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Any

import pytest

from qinzheng.cases import actions as cases
from qinzheng.cases.engine import NotAllowed, Situation, Who
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act, Procedure
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries
from qinzheng.operations import ticking
from tests import library
from tests.flows import applications, city
from tests.flows.city import MINUTE
from tests.unit.cases import test_walks as walks

pytestmark = pytest.mark.django_db(transaction=True)
ITEMS = {item.procedure for item in library.library().all("item")}
APPROVALS = sorted(id for id in walks.WALKED if id.startswith("approvals.") or id in ITEMS)
STRANGER = "nobody-of-this-procedure"
Step = tuple[str, Who]


def ways(procedure: Procedure) -> dict[str, list[Step]]:
    """The shortest way to each state, found by the engine alone."""
    guarded = {done for act in procedure.acts.values() for guard in act.guards for done in guard.acts}
    first = walks.opened(procedure)
    found: dict[str, list[Step]] = {first.state: []}
    seen, ahead = set(), deque([(first, [])])  # type: ignore[var-annotated]
    while ahead:
        here, way = ahead.popleft()
        for name, act in procedure.acts.items():
            after = None if act.only else tried(procedure, here, name)
            if after is None:
                continue
            answered = sum(len(group["answered"]) for group in after.joints.values())
            known = (after.state, frozenset(after.done.keys() & guarded), answered)
            if known in seen:
                continue
            seen.add(known)
            onward = [*way, (name, whoever(here, act))]
            found.setdefault(after.state, onward)
            ahead.append((after, onward))
    return found


def tried(procedure: Procedure, here: Situation, name: str) -> Situation | None:
    act = procedure.acts[name]
    if act.system:
        return walks.tried(procedure, here, Random(0), name)
    try:
        return walks.step(procedure, here, name, whoever(here, act), form(act, walks.NOW)) if act.by else None
    except (NotAllowed, BadForm):
        return None


def whoever(here: Situation, act: Act) -> Who:
    return walks.whoever(Random(0), here, act) if act.by else Who("system", "", "system")


def form(act: Act, now: int) -> dict[str, Any]:
    """Filled in so that the machine takes it: units that exist, and the day that it is."""
    filled = walks.form(Random(0), act)
    for key in filled:
        if act.form[key].unit:
            filled[key] = "water"
        if key == "organs":
            filled[key] = ["housing", "water"]
        if key == act.happened:
            filled[key] = shelf.day(now).isoformat()
    return filled


def opened(procedure: Procedure, now: int) -> str:
    name, act = next((name, act) for name, act in procedure.acts.items() if act.opens)
    asked = {key: value for key, value in form(act, now).items() if act.form[key].required}
    return cases.open_case(procedure.id, name, Who("k", "housing", act.by[0]), asked).case


def refused(procedure: Procedure, case: str, now: int) -> int:
    """Try all that the definition does not allow here; how many refusals there were."""
    state, events = Case.objects.get(pk=case).state, len(queries.history(case))
    tried = 0
    for name, act in procedure.acts.items():
        here = act.any_time and (not procedure.states[state].final or "reopening" in act.traits)
        allowed = not act.opens and not act.system and (here or state in act.from_)
        roles = [STRANGER] if allowed else [STRANGER, *act.by]
        for role in roles:
            with pytest.raises((NotAllowed, BadForm)):
                cases.perform(case, name, Who("s", "housing", role), form(act, now))
            tried += 1
    assert Case.objects.get(pk=case).state == state
    assert len(queries.history(case)) == events
    return tried


@pytest.mark.parametrize("name", APPROVALS)
def test_every_state_is_reached_by_acts_and_nothing_else_is_accepted(name: str, clock: Any) -> None:
    applications.city()
    procedure = library.procedure(name)
    found = ways(procedure)
    assert found.keys() == procedure.states.keys()
    for goal, way in found.items():
        clock.on("2026-03-02 09:00")
        case = opened(procedure, clock.now)
        for act, who in way:
            clock.set(clock.now + MINUTE)
            if procedure.acts[act].system:
                fallen_silent(case, clock)
            else:
                cases.perform(case, act, who, form(procedure.acts[act], clock.now))
        assert Case.objects.get(pk=case).state == goal, way
        assert refused(procedure, case, clock.now) > 0
        city.check(case)


def fallen_silent(case: str, clock: Any) -> None:
    """Let time pass until silence has entered its act."""
    before = Case.objects.get(pk=case)
    for _ in range(10):
        due = Case.objects.get(pk=case).due_at
        assert due is not None, "nothing would happen here by itself"
        clock.set((ledger.microseconds(due) or 0) + 1)
        ticking.tick_once()
        if Case.objects.get(pk=case).state != before.state:
            return
    raise AssertionError(f"silence entered nothing from {before.state}")
