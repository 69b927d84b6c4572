"""The way through a procedure in its plainest form: what an applicant goes through where nothing goes wrong. Pure."""

from __future__ import annotations

from qinzheng.cases.schema import Procedure
from qinzheng.definitions.form import Text

SIDE = ("refused", "withdrawn", "void", "transferred")
"""Endings of a side road."""


def plainest(way: Procedure) -> list[Text]:
    """The names of the acts from the opening on, always by the first act that leads on; none where nothing opens."""
    return [way.acts[name].name for name in steps(way)]


def steps(way: Procedure) -> list[str]:
    """The acts themselves. What a joint group answers is one step, which leads where the group leads when enough have answered."""
    opening = next(((name, act) for name, act in way.acts.items() if act.opens), None)
    if opening is None:
        return []
    names, state, seen = [opening[0]], opening[1].to, set[str]()
    while state is not None and not way.states[state].final and state not in seen:
        seen.add(state)
        onward = _onward(way, state, seen)
        if onward is None:
            break
        names.append(onward[0])
        state = onward[1]
    return names


def _onward(way: Procedure, state: str, seen: set[str]) -> tuple[str, str] | None:
    """(act, the state that it leads to) by which the way goes on from a state."""
    for name, act in way.acts.items():
        if state not in act.from_:
            continue
        joint = way.joints.get(act.joint or "")
        to = joint.then if joint is not None else act.to
        if to is not None and to not in seen and not _aside(way, to):
            return name, to
    return None


def _aside(way: Procedure, state: str) -> bool:
    """Whether a state is a side road: it waits for the applicant, for a third party, or ends in nothing."""
    found = way.states[state]
    return found.turn in ("applicant", "third_party") or found.final in SIDE
