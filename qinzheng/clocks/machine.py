"""The clock machine: how events and the passing of time move the clocks of one case.

Pure, integers only, no wall clock: the same state is folded live (one event at a time, inside
the transaction that appends it) and in batch (whole histories). A clock is a start, a ``shift``
that pauses added, and a ladder of budgets sorted by length: a pause or an extension only moves
the base, never a rung. Time acts on a state only when ``state.due`` has passed.

Instants are microseconds UTC; ``FAR`` means never. Codes of acts, organizations, officers and
roles are small integers chosen by whoever compiled the program (see ``qinzheng.supervision``).
"""

from __future__ import annotations

from qinzheng.clocks.counting import Count

FAR = 1 << 62
NONE = -1

RUNNING, COMPLETED, RELEASED = 0, 1, 2
DEPARTMENT, APPLICANT, THIRD_PARTY, NOBODY, OVER = 0, 1, 2, 3, 4
OWNERS = {"department": DEPARTMENT, "applicant": APPLICANT, "third_party": THIRD_PARTY, "nobody": NOBODY}


class Facts:
    """Events as columns, in the order of folding. ``NONE`` stands for unknown.

    ``at`` is the claimed moment, ``reported`` the source system's own stamp, ``recorded`` ours: three
    times, kept apart. ``order`` breaks ties and names the event. ``value`` is what the act says in one
    number: days told in a notice, units granted, a due moment given.
    """

    __slots__ = ("act", "actor", "at", "order", "organization", "recorded", "reported", "role", "value")

    def __init__(
        self,
        at: list[int],
        act: list[int],
        order: list[int],
        organization: list[int],
        actor: list[int],
        role: list[int],
        reported: list[int],
        recorded: list[int],
        value: list[int],
    ) -> None:
        self.at = at
        self.act = act
        self.order = order
        self.organization = organization
        self.actor = actor
        self.role = role
        self.reported = reported
        self.recorded = recorded
        self.value = value


class Lane:
    """One running clock of a case."""

    __slots__ = (
        "at", "cap", "extensions", "extra", "given", "order", "ordinal", "organization",
        "paused", "pauses", "rung", "shift", "start", "status",
    )  # fmt: skip

    def __init__(self, start: int, ordinal: int, order: int, organization: int, given: int) -> None:
        self.start = start
        self.ordinal = ordinal
        self.order = order
        self.organization = organization
        self.given = given
        self.shift = 0
        self.extra = 0
        self.rung = 0
        self.at = FAR
        self.paused = NONE
        self.cap = FAR
        self.pauses = 0
        self.extensions = 0
        self.status = RUNNING


class State:
    """All that a fold keeps of one case: a slotted row of integers and its lanes."""

    __slots__ = (
        "book", "done", "due", "key", "lanes", "last", "opened", "organization",
        "registers", "since", "spent", "turn",
    )  # fmt: skip

    def __init__(self, key: int, lanes: int, registers: int, book: Book) -> None:
        self.key = key
        self.book = book
        self.done = 0
        self.due = FAR
        self.lanes: list[Lane | None] = [None] * lanes
        self.registers: list[int] = [0] * registers
        self.opened = NONE
        self.last = NONE
        self.organization = NONE
        self.turn = OVER
        self.since = 0
        self.spent = [0, 0, 0, 0, 0]

    def aim(self) -> None:
        """Set ``due`` to the next moment at which time alone matters."""
        due = FAR
        for lane in self.lanes:
            if lane is not None and lane.at < due:
                due = lane.at
        self.due = due

    def hand_turn(self, turn: int, at: int) -> None:
        """From ``at`` on the time is somebody else's (or nobody's; or the case is over)."""
        self.spent[self.turn] += at - self.since
        self.turn = turn
        self.since = at


class Book:
    """What a fold writes down: findings and clock facts, as rows of integers."""

    __slots__ = ("clocks", "findings")

    def __init__(self) -> None:
        self.findings: list[tuple[int, int, int, int, int, int, int, int]] = []
        """(key, rule, occurrence, at, order of the event that showed it, detail, organization, actor)."""
        self.clocks: list[tuple[int, int, int, int, int, int, int, int, int, int, int, int]] = []
        """(key, track, ordinal, start, due, promise, end, status, late, shift, organization, extra)."""


class Listener:
    """Something that hears events, or the passing of a mark or a pause's cap."""

    __slots__ = ()

    def hear(self, state: State, facts: Facts, i: int) -> None:
        """Event ``i`` of ``facts`` has happened to the case; time has been advanced to it."""

    def mark(self, state: State, lane: Lane, at: int) -> None:
        """The lane's mark ``at`` has passed: the first instant after it is late."""


class Rung:
    """One mark on a ladder: a budget, who listens, and the act that its passing may enter."""

    __slots__ = ("deems", "from_start", "listeners", "name", "part", "whole")

    def __init__(self, name: str, whole: int, part: int) -> None:
        self.name = name
        self.whole = whole
        self.part = part
        self.listeners: list[Listener] = []
        self.deems = NONE
        self.from_start = False


class Track:
    """One compiled clock definition, or the part of it that is counted in one way.

    ``limit`` and ``promise`` are the rungs that decide late and promise broken; ``NONE`` where this track
    has no such rung. ``main`` tracks report the clock; the others only carry marks in another unit.
    """

    __slots__ = ("capped", "clock", "count", "given", "index", "limit", "main", "owner", "promise", "rungs")

    def __init__(self, index: int, clock: int, count: Count, rungs: list[Rung], *, given: bool, main: bool, owner: int):
        self.index = index
        self.clock = clock
        self.count = count
        self.rungs = rungs
        self.given = given
        self.main = main
        self.owner = owner
        self.limit = NONE
        self.promise = NONE
        self.capped: list[Listener] = []

    def moment(self, lane: Lane, rung: int) -> int:
        """The due moment of a rung, derived from the lane as it stands."""
        if self.given:
            return lane.given
        step = self.rungs[rung]
        return self.count.due(lane.start, lane.shift, step.whole + lane.extra, step.part)

    def aim(self, lane: Lane) -> None:
        """Set the lane's next moment: the end of its pause, or its next rung."""
        if lane.paused >= 0:
            lane.at = lane.cap
        elif lane.status != RUNNING or lane.rung >= len(self.rungs):
            lane.at = FAR
        else:
            lane.at = self.moment(lane, lane.rung)

    def overdue(self, lane: Lane) -> bool:
        """Whether the limit has passed."""
        return self.limit >= 0 and lane.rung > self.limit

    def resume(self, lane: Lane, at: int) -> None:
        """End the pause: what it took is added to the base."""
        lane.shift += self.count.span(lane.paused, at)
        lane.paused = NONE
        lane.cap = FAR

    def finish(self, state: State, lane: Lane, end: int, status: int) -> None:
        """Write the clock's fact: ``end`` is when it ended, or the moment as of which it still runs.

        A lane in a pause is reckoned as if the pause ended at ``end``; its lane is left as it was.
        """
        shift = lane.shift
        if lane.paused >= 0:
            lane.shift += self.count.span(lane.paused, end)
        due = self.moment(lane, self.limit) if self.limit >= 0 else FAR
        promise = self.moment(lane, self.promise) if self.promise >= 0 else FAR
        taken, lane.shift = lane.shift, shift
        late = 1 if self.limit >= 0 and lane.rung > self.limit else 0
        state.book.clocks.append(
            (state.key, self.index, lane.ordinal, lane.start, due, promise, end, status, late, taken,
             lane.organization, lane.extra)
        )  # fmt: skip


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
        given = facts.value[i] if track.given else 0
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
            if track.main:
                state.hand_turn(self.owner, at)
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
            state.hand_turn(track.owner, facts.at[i])
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


class Turns(Listener):
    """The act leads to a state in which the time is another's."""

    __slots__ = ("turn",)

    def __init__(self, turn: int) -> None:
        self.turn = turn

    def hear(self, state: State, facts: Facts, i: int) -> None:
        state.hand_turn(self.turn, facts.at[i])


class Assigns(Listener):
    """Hands the case to the organization that the event names.

    Registered after every other listener: the event still counts for whoever acted.
    """

    __slots__ = ()

    def hear(self, state: State, facts: Facts, i: int) -> None:
        organization = facts.organization[i]
        if organization >= 0:
            state.organization = organization


def advance(state: State, tracks: list[Track], now: int) -> tuple[Lane, Rung] | None:
    """Let time pass up to ``now``: caps end pauses, marks are passed in their order.

    Stops and returns the lane and rung when a mark enters an act, so that the caller can enter it
    before time goes on; None when nothing is left to pass.
    """
    while state.due < now:
        lane, track = _next(state, tracks)
        if lane.paused >= 0:
            cap = lane.cap
            track.resume(lane, cap)
            if track.main:
                state.hand_turn(track.owner, cap)
            for listener in track.capped:
                listener.mark(state, lane, cap)
            track.aim(lane)
            state.aim()
            continue
        rung = track.rungs[lane.rung]
        at = lane.at
        lane.rung += 1
        track.aim(lane)
        state.aim()
        for listener in rung.listeners:
            listener.mark(state, lane, at)
        if rung.deems >= 0:
            return lane, rung
    return None


def _next(state: State, tracks: list[Track]) -> tuple[Lane, Track]:
    index = 0
    for lane in state.lanes:
        if lane is not None and lane.at == state.due:
            return lane, tracks[index]
        index += 1
    raise AssertionError("a state is due though none of its lanes is")
