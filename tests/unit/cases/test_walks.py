"""Walks through every procedure in which people act: every state reached, no dead end, nothing unlawful accepted."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinzheng.cases import engine, fields, moves
from qinzheng.cases.engine import NotAllowed, Situation, Who
from qinzheng.cases.fields import BadForm
from qinzheng.cases.schema import Act, Procedure
from tests import library
from tests.flows import city

WALKED = sorted(
    each.id
    for each in library.library().all("procedure")
    if any(act.opens and act.by for act in each.acts.values())
)
NOW = 1_772_413_200_000_000


def whoever(random: Random, here: Situation, act: Act) -> Who:
    """Somebody whose role may do the act; an answer is given by a unit that was asked and has not answered."""
    group = here.joints.get(act.joint or "", {"asked": [], "answered": []})
    waiting = [unit for unit in group["asked"] if unit not in group["answered"]]
    unit = here.organization if act.by_holder else "住建局"
    return Who("p", random.choice(waiting) if waiting else unit, random.choice(act.by))


def form(random: Random, act: Act) -> dict[str, Any]:
    filled = city.form(random, act, NOW)
    for guard in act.guards:
        if guard.fields:
            filled = {name: value for name, value in filled.items() if name not in guard.fields}
            filled[guard.fields[random.randrange(len(guard.fields))]] = "水利局"
        elif guard.guard == "affirmed" and guard.field:
            filled[guard.field] = True
    return filled


def step(procedure: Procedure, here: Situation, name: str, who: Who, filled: dict[str, Any]) -> Situation:
    """The situation after a lawful act; raises what the engine refuses by."""
    clean = fields.check(engine.check_may(procedure, name, who), filled)
    engine.check_now(procedure, here, name, who, clean)
    moves.check(procedure, here, name, who, clean)
    return engine.after(procedure, here, name, who, clean)


def opened(procedure: Procedure) -> Situation:
    name, act = next((name, act) for name, act in procedure.acts.items() if act.opens)
    return engine.after(procedure, Situation("", "住建局"), name, Who("k", "住建局", act.by[0]), {})


def tried(procedure: Procedure, here: Situation, random: Random, name: str) -> Situation | None:
    act = procedure.acts[name]
    if act.system:  # what silence enters, where a clock may enter it
        return (
            engine.after(procedure, here, name, Who("system", "", "system"), {})
            if here.state in act.from_
            else None
        )
    if not act.by:
        return None
    try:
        return step(procedure, here, name, whoever(random, here, act), form(random, act))
    except NotAllowed:
        return None


def onward(procedure: Procedure, here: Situation) -> set[str]:
    """The states that lawful acts reach from here, deeply, by acts that somebody can do."""
    seen, ahead = {here.state}, [here]
    random = Random(here.state)
    while ahead:
        one = ahead.pop()
        for name in procedure.acts:
            after = tried(procedure, one, random, name)
            if after is not None and after.state not in seen:
                seen.add(after.state)
                ahead.append(after)
    return seen


def finals(procedure: Procedure) -> set[str]:
    return {name for name, state in procedure.states.items() if state.final}


@pytest.mark.parametrize("name", WALKED)
def test_every_state_is_reached_and_none_is_a_dead_end(name: str) -> None:
    procedure = library.procedure(name)
    reached: set[str] = set()
    for seed in range(2000):
        random, here = Random(seed), opened(procedure)
        for _ in range(40):
            reached.add(here.state)
            acts = [
                act
                for act in procedure.acts
                if random.random() < 0.1 or not engine.targets(procedure, act) & finals(procedure)
            ]
            here = tried(procedure, here, random, random.choice(acts)) or here
            if here.state in finals(procedure):
                break
        else:
            assert onward(procedure, here) & finals(procedure), here
        reached.add(here.state)
        if seed >= 150 and reached == set(procedure.states):
            break
    assert reached == set(procedure.states)


@pytest.mark.parametrize("name", WALKED)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 25))
def test_nothing_unlawful_is_accepted(name: str, seed: int, length: int) -> None:
    """Any act by anybody: what is accepted stands in the definition, told by the definition alone."""
    procedure, random = library.procedure(name), Random(seed)
    here = opened(procedure)
    roles = sorted({role for act in procedure.acts.values() for role in act.by} | {"mayor"})
    for _ in range(length):
        act_name = random.choice(sorted(procedure.acts))
        act, before = procedure.acts[act_name], here
        who = Who("p", random.choice(city.ORGANS), random.choice(roles))
        filled = city.form(random, act, NOW)
        if random.random() < 0.2 and filled:
            del filled[random.choice(sorted(filled))]
        try:
            here = step(procedure, here, act_name, who, filled)
        except (NotAllowed, BadForm):
            continue
        assert not act.opens
        assert not act.system
        assert who.role in act.by
        assert (
            before.state in act.from_
            or (act.any_time and not procedure.states[before.state].final)
            or "reopening" in act.traits
        )
        assert all(filled.get(key) not in (None, "", []) for key, field in act.form.items() if field.required)
        assert here.state in engine.targets(procedure, act_name) | {before.state}
        for guard in act.guards:
            if guard.guard == "affirmed":
                assert filled[guard.field or ""] is True
            if guard.guard == "one_given":
                assert sum(bool(filled.get(key)) for key in guard.fields) == 1
            if guard.guard == "done_before":
                assert all(before.done.get(done) for done in guard.acts)


@pytest.mark.parametrize("name", ["approvals.standard", "approvals.joint"])
def test_each_no_has_its_end_and_its_ground(name: str) -> None:
    procedure = library.procedure(name)
    ends = {
        act: procedure.states[procedure.acts[act].to or ""].final
        for act in ("not_needed", "not_ours", "refuse", "serve_refusal", "issue", "withdraw")
    }
    assert ends == {
        "not_needed": "void",
        "not_ours": "refused",
        "refuse": None,
        "serve_refusal": "refused",
        "issue": "completed",
        "withdraw": "withdrawn",
    }
    assert procedure.acts["correct_on_spot"].to is None
    assert not procedure.acts["correct_on_spot"].traits
    moving = {act for clock in procedure.clocks.values() for act in clock.acts()}
    assert "correct_on_spot" not in moving
    for act in ("not_needed", "not_ours", "refuse", "correct_on_spot"):
        required = [
            field
            for field in procedure.acts[act].form.values()
            if field.required and field.type == "long_text"
        ]
        assert required
        assert procedure.acts[act].source
