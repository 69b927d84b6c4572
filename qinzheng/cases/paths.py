"""The way through a procedure in its plainest form: what an applicant goes through where nothing goes wrong. Pure."""

from __future__ import annotations

from qinzheng.cases.schema import Procedure
from qinzheng.definitions.form import Text

SIDE = ("refused", "withdrawn", "void", "transferred")
"""Endings of a side road."""


def plainest(way: Procedure) -> list[Text]:
    """The names of the acts from the opening on, always by the first act that leads on; none where nothing opens."""
    opening = next((act for act in way.acts.values() if act.opens), None)
    if opening is None:
        return []
    names, state, seen = [opening.name], opening.to, set()
    while state is not None and not way.states[state].final and state not in seen:
        seen.add(state)
        forward = [
            act
            for act in way.acts.values()
            if state in act.from_
            and act.to not in (None, state)
            and act.to not in seen
            and not _aside(way, act.to)
        ]
        if not forward:
            break
        names.append(forward[0].name)
        state = forward[0].to
    return names


def _aside(way: Procedure, state: str | None) -> bool:
    """Whether a state is a side road: it waits for the applicant, for a third party, or ends in nothing."""
    if state is None:
        return True
    found = way.states[state]
    return found.turn in ("applicant", "third_party") or found.final in SIDE
