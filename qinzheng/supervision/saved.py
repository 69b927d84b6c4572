"""A folded state as plain integers, for the case row; a cache that the ledger can refold."""

from __future__ import annotations

from typing import Any

from qinzheng.clocks.machine import Book, Lane, State
from qinzheng.supervision.judge import Program

_LANE = (
    "start", "ordinal", "order", "organization", "given", "shift", "extra", "rung", "at", "paused", "cap",
    "pauses", "extensions", "status", "watched",
)  # fmt: skip
_STATE = ("done", "due", "last", "opened", "organization", "turn", "since", "stage", "ended")


def dump(state: State) -> dict[str, Any]:
    """The state as JSON: whole numbers only; ``done`` as text since it may pass 64 bits."""
    return {
        **{name: getattr(state, name) for name in _STATE if name != "done"},
        "done": hex(state.done),
        "registers": state.registers,
        "spent": state.spent,
        "lanes": [None if lane is None else [getattr(lane, name) for name in _LANE] for lane in state.lanes],
    }


def load(program: Program, saved: dict[str, Any], book: Book) -> State | None:
    """The state, or None where it was folded by a program of another shape and must be refolded."""
    if not saved.keys() >= set(_STATE):
        return None
    if len(saved["lanes"]) != program.lanes or len(saved["registers"]) != program.registers:
        return None
    state = program.begin(0, book)
    for name in _STATE:
        setattr(state, name, int(saved["done"], 16) if name == "done" else saved[name])
    state.registers = list(saved["registers"])
    state.spent = list(saved["spent"])
    for index, values in enumerate(saved["lanes"]):
        if values is not None:
            lane = Lane(0, 0, 0, 0, 0)
            for name, value in zip(_LANE, values, strict=True):
                setattr(lane, name, value)
            state.lanes[index] = lane
    return state
