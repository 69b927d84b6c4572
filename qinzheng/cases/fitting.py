"""Fitting an act in where it is claimed to have happened: what must still be allowed there, and what may be refused.

What another system tells of itself is a fact and is not refused for its order (ADR 0021): only an act of ours that
stood and now would not stand keeps it out. An act of ours that comes late must be allowed at its place, and what
follows must still hold; what did not hold before either is no reason (ADR 0027).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from qinzheng.cases import engine, moves
from qinzheng.cases.acts import NAMED, SYSTEM, Act, Deemed
from qinzheng.cases.engine import NotAllowed, Situation
from qinzheng.cases.schema import Procedure


def holding(procedure: Procedure, steps: Sequence[Act | Deemed]) -> frozenset[uuid.UUID]:
    """The acts that are allowed where they stand, when the case is played in this order."""
    found, here = set(), Situation("", "")
    for place, step in enumerate(steps):
        if isinstance(step, Deemed):
            here = engine.after(procedure, here, step.act, SYSTEM, {})
            continue
        here = Situation("", step.who.organization) if place == 0 else here
        if place == 0 or _why_not(procedure, here, step) is None:
            found.add(step.id)
        here = engine.after(procedure, here, step.name, step.who, step.form)
    return frozenset(found)


def check(
    procedure: Procedure, here: Situation, act: Act, late: Collection[uuid.UUID], held: Collection[uuid.UUID], *, outside: bool
) -> None:  # fmt: skip
    """Raise :class:`NotAllowed`, naming the act, where the late one cannot stand here or makes this one fall.

    ``outside``: the late act is told by another system. ``held``: the acts that stood without it.
    """
    why = _why_not(procedure, here, act)
    if why is None:
        return
    if act.id in late:
        if not outside:
            raise NotAllowed(
                f"按所填发生时间，当时{why.zh}", f"at the time stated, {why.en}", "occurred_at"
            ) from why
        return
    if act.id not in held or (outside and act.id.version == NAMED):
        return
    name = procedure.acts[act.name].name
    raise NotAllowed(
        f"按所填发生时间，其后已办的“{name.zh}”便不成立（{why.zh}）；请核对时间",
        f"at the time stated, what was done after it would not hold: {name.en} ({why.en}); check the time",
        "occurred_at",
    ) from why


def _why_not(procedure: Procedure, here: Situation, act: Act) -> NotAllowed | None:
    try:
        engine.check_now(procedure, here, act.name, act.who, act.form)
        moves.check(procedure, here, act.name, act.who, act.form)
    except NotAllowed as why:
        return why
    return None
