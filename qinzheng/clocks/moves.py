"""The moves of a clock, each a listener to the acts that a definition names.

Started, paused, resumed, extended, restarted, completed, released: nothing else moves a clock
(besides a changed calendar, which redetermines it). Pure; see ``qinzheng.clocks.machine``.
"""

from __future__ import annotations

from qinzheng.clocks.machine import FAR, OVER, RELEASED, RUNNING, Facts, Lane, Listener, State, Track


class Starts(Listener):
    """Starts the clock; a running one goes on, an ended one begins a new round. ``anew`` restarts it."""

    __slots__ = ("anew", "track")

    def __init__(self, track: Track, anew: bool) -> None:
        self.track = track
        self.anew = anew

    def hear(self, state: State, facts: Facts, i: int) -> None:
        track = self.track
        lane = state.lanes[track.index]
        ordinal = 0
        if lane is not None:
            if lane.status == RUNNING and not self.anew:
                return
            ordinal = lane.ordinal + 1
            if lane.status == RUNNING and track.main:
                track.finish(state, lane, facts.at[i], RELEASED)
        given = facts.due[i] if track.given else 0
        if track.given and given <= 0:
            return
        lane = Lane(facts.at[i], ordinal, facts.order[i], state.organization, given)
        state.lanes[track.index] = lane
        track.aim(lane)
        if lane.at < state.due:
            state.due = lane.at
        else:
            state.aim()


class Ends(Listener):
    """Completes the clock, or releases it: handed on, it counts for nobody."""

    __slots__ = ("status", "track")

    def __init__(self, track: Track, status: int) -> None:
        self.track = track
        self.status = status

    def hear(self, state: State, facts: Facts, i: int) -> None:
        track = self.track
        lane = state.lanes[track.index]
        if lane is None or lane.status != RUNNING:
            return
        at = facts.at[i]
        if lane.paused >= 0:
            track.resume(lane, at)
            if track.main:
                state.lend_turn(track.owner, at)
        lane.status = self.status
        lane.at = FAR
        if track.main:
            track.finish(state, lane, at, self.status)
        state.aim()


class Pauses(Listener):
    """Pauses from a written notice; the time it tells is the cap. Past the limit nothing is left to pause.

    ``told``: a notice that tells no time is no notice, and the clock runs on (行政许可法 45).
    """

    __slots__ = ("owner", "told", "track")

    def __init__(self, track: Track, told: bool, owner: int) -> None:
        self.track = track
        self.told = told
        self.owner = owner

    def hear(self, state: State, facts: Facts, i: int) -> None:
        track = self.track
        lane = state.lanes[track.index]
        if lane is None or lane.status != RUNNING or track.overdue(lane):
            return
        at = facts.at[i]
        cap = FAR
        if self.told:
            if facts.value[i] <= 0:
                return
            cap = track.count.due(at, 0, facts.value[i], 0)
        lane.pauses += 1
        if lane.paused < 0:
            lane.paused = at
            lane.cap = cap
            lane.watched = 0
            if track.main:
                state.lend_turn(self.owner, at)
            for listener in track.opening:
                listener.hear(state, facts, i)
        elif cap > lane.cap:
            lane.cap = cap
        track.aim(lane)
        state.aim()


class Resumes(Listener):
    """Ends a pause; without one it is only an act."""

    __slots__ = ("track",)

    def __init__(self, track: Track) -> None:
        self.track = track

    def hear(self, state: State, facts: Facts, i: int) -> None:
        track = self.track
        lane = state.lanes[track.index]
        if lane is None or lane.paused < 0 or lane.status != RUNNING:
            return
        track.resume(lane, facts.at[i])
        if track.main:
            state.lend_turn(track.owner, facts.at[i])
        track.aim(lane)
        state.aim()


class Extends(Listener):
    """Lengthens the budget, at most by what the law allows and as often; a passed limit stays passed."""

    __slots__ = ("at_most", "times", "track")

    def __init__(self, track: Track, at_most: int, times: int) -> None:
        self.track = track
        self.at_most = at_most
        self.times = times

    def hear(self, state: State, facts: Facts, i: int) -> None:
        track = self.track
        lane = state.lanes[track.index]
        if lane is None or lane.status != RUNNING or track.overdue(lane) or lane.extensions >= self.times:
            return
        granted = facts.value[i]
        if granted <= 0:
            return
        lane.extra += granted if granted < self.at_most else self.at_most
        lane.extensions += 1
        track.aim(lane)
        state.aim()


class EndsOver(Ends):
    """Ends the clock if the act ended the case. Registered after :class:`Leads`."""

    __slots__ = ()

    def hear(self, state: State, facts: Facts, i: int) -> None:
        if state.turn == OVER:
            super().hear(state, facts, i)


class Abandons(Ends):
    """Releases the clock if the act, as it came out, leads to one of the states ``abandoned`` (as bits)."""

    __slots__ = ("abandoned", "stage")

    def __init__(self, track: Track, stage: int, abandoned: int) -> None:
        super().__init__(track, RELEASED)
        self.stage = stage
        self.abandoned = abandoned

    def hear(self, state: State, facts: Facts, i: int) -> None:
        stage = facts.state[i] if facts.state[i] >= 0 else self.stage
        if stage >= 0 and self.abandoned >> stage & 1:
            super().hear(state, facts, i)


class Leads(Listener):
    """The act leads to a state: the time is whose turn it is there, or the case is over.

    ``stage`` is what the act's definition says; an event that came out otherwise says so itself.
    ``turns`` holds the turn of every state.
    """

    __slots__ = ("stage", "turns")

    def __init__(self, stage: int, turns: list[int]) -> None:
        self.stage = stage
        self.turns = turns

    def hear(self, state: State, facts: Facts, i: int) -> None:
        stage = facts.state[i]
        if stage < 0:
            stage = self.stage
            if stage < 0:
                return
        state.stage = stage
        turn = self.turns[stage]
        if turn == OVER:
            state.ended = 1
        state.hand_turn(turn, facts.at[i])


class Opens(Listener):
    """The first act: the case belongs to whoever acted, and its time begins."""

    __slots__ = ()

    def hear(self, state: State, facts: Facts, i: int) -> None:
        if state.opened < 0:
            state.opened = facts.at[i]
        if facts.organization[i] >= 0:
            state.organization = facts.organization[i]


class Assigns(Listener):
    """Hands the case to the organization that the event's ``value`` names.

    Registered after every other listener: the event still counts for whoever acted, but the clocks
    that it started run for the organization that now holds the case.
    """

    __slots__ = ()

    def hear(self, state: State, facts: Facts, i: int) -> None:
        if facts.value[i] < 0:
            return
        state.organization = facts.value[i]
        for lane in state.lanes:
            if lane is not None and lane.order == facts.order[i]:
                lane.organization = state.organization
