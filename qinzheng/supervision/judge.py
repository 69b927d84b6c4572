"""``judge``: the one kernel. Live folds one event at a time, batch folds whole histories.

Pure: no wall clock, no database, integers only. For the same events in the same order the book
is the same, on any machine, with any number of workers. See architecture section 7.
"""

from __future__ import annotations

from qinzheng.clocks import machine
from qinzheng.clocks.machine import COMPLETED, FAR, NONE, RUNNING, Book, Deemed, Facts, Listener, State, Track


class Program:
    """A procedure edition and a rule set, compiled: who listens to which act, and the ladders."""

    __slots__ = ("bits", "handlers", "lanes", "registers", "tracks")

    def __init__(self, tracks: list[Track], handlers: list[list[Listener]], registers: int) -> None:
        self.tracks = tracks
        self.handlers = handlers
        self.lanes = len(tracks)
        self.registers = registers
        self.bits = [1 << act for act in range(len(handlers))]

    def begin(self, key: int, book: Book) -> State:
        """The state of a case before its first event."""
        return State(key, self.lanes, self.registers, book)


def fold(program: Program, state: State, facts: Facts, begin: int, end: int) -> None:
    """Fold events ``begin`` to ``end`` (excluded) of ``facts``, which are in order, into the state."""
    at = facts.at
    act = facts.act
    handlers = program.handlers
    bits = program.bits
    for i in range(begin, end):
        now = at[i]
        if state.due < now:
            advance(program, state, now)
        kind = act[i]
        for listener in handlers[kind]:
            listener.hear(state, facts, i)
        state.done |= bits[kind]
        state.last = now


def advance(program: Program, state: State, now: int) -> None:
    """Let time alone pass up to ``now``, entering the acts that passed marks deem done."""
    while True:
        deemed = machine.advance(state, program.tracks, now)
        if deemed is None:
            return
        _enter(program, state, deemed)


def _enter(program: Program, state: State, deemed: Deemed) -> None:
    """Enter a deemed act on the day the law sets; the silent clock itself ended when it ran out."""
    lane, track = deemed.lane, deemed.track
    act = deemed.rung.deems
    effective = deemed.effective()
    if lane.status == RUNNING:
        lane.status = COMPLETED
        lane.at = FAR
        if track.main:
            track.finish(state, lane, deemed.at, COMPLETED)
        state.aim()
    if state.turn == machine.OVER and state.opened >= 0:
        return  # a case that has ended is not deemed anything any more
    stages = deemed.rung.stages
    if stages and state.stage >= 0 and not stages >> state.stage & 1:
        return  # nor one that has gone on to where the act has no place
    none = [NONE]
    one = Facts([effective], [act], [lane.order], [state.organization], none, none, none, none, none, none)
    state.book.deemed.append((state.key, act, effective, deemed.at))
    for listener in program.handlers[act]:
        listener.hear(state, one, 0)
    state.done |= program.bits[act]


def finish(program: Program, state: State, as_of: int) -> None:
    """Judge the case as of a moment: time passes up to it, running clocks are written as they stand."""
    if state.due < as_of:
        advance(program, state, as_of)
    if state.turn != machine.OVER and as_of > state.since:
        state.hand_turn(state.turn, as_of)
    for track in program.tracks:
        lane = state.lanes[track.index]
        if lane is not None and lane.status == RUNNING and track.main:
            track.finish(state, lane, as_of, RUNNING)


def judge(
    program: Program, facts: Facts, borders: list[int], as_of: int, book: Book, first: int
) -> list[int]:
    """Fold whole histories: case k has events ``borders[k]`` to ``borders[k + 1]`` and key ``first + k``.

    Returns the time spent, flat: five microsecond figures a case (department, applicant, third party,
    nobody, and a last one to be ignored).
    """
    spent: list[int] = []
    begin = borders[0]
    for k in range(1, len(borders)):
        end = borders[k]
        state = program.begin(first + k - 1, book)
        fold(program, state, facts, begin, end)
        finish(program, state, as_of)
        spent += state.spent
        begin = end
    return spent
