"""A folded state as plain integers, for the case row; a cache that the ledger can refold."""

from __future__ import annotations

from typing import Any

from qinzheng.clocks.counting import WorkingDays
from qinzheng.clocks.machine import Book, Lane, State, Track
from qinzheng.supervision.judge import Program

_LANE = (
    "start", "ordinal", "order", "organization", "given", "shift", "extra", "rung", "at", "paused", "cap",
    "pauses", "extensions", "status", "watched", "rested",
)  # fmt: skip
_SHIFT = _LANE.index("shift")
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
            whole = _whole(program.tracks[index], values)
            if whole is None:
                return None
            lane = Lane(0, 0, 0, 0, 0)
            for name, value in zip(_LANE, whole, strict=True):
                setattr(lane, name, value)
            state.lanes[index] = lane
    return state


def completed(program: Program, saved: dict[str, Any]) -> dict[str, Any] | None:
    """What was saved, each lane with all that is kept of one today; None where that cannot be told without a refold."""
    lanes: list[list[int] | None] = []
    for track, values in zip(program.tracks, saved["lanes"], strict=True):
        whole = None if values is None else _whole(track, values)
        if whole is None and values is not None:
            return None
        lanes.append(whole)
    return {**saved, "lanes": lanes}


def _whole(track: Track, values: list[int]) -> list[int] | None:
    """The lane's values; of one saved before ``rested`` was kept (ADR 0027), what its shift tells; None where that tells nothing."""
    if len(values) == len(_LANE):
        return values
    shift = values[_SHIFT]
    return [*values, shift] if shift == 0 or isinstance(track.count, WorkingDays) else None
