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
    number: days told in a notice, units granted, the organization assigned. ``due`` is a due moment that
    the source system states. ``state`` is the state that the event itself says it led to, where the
    definition of its act alone does not (an outcome of its form, the last answer of a joint group).
    """

    __slots__ = (
        "act",
        "actor",
        "at",
        "due",
        "order",
        "organization",
        "recorded",
        "reported",
        "role",
        "state",
        "value",
    )

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
        due: list[int],
        state: list[int] | None = None,
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
        self.due = due
        self.state = [NONE] * len(at) if state is None else state


class Lane:
    """One running clock of a case."""

    __slots__ = (
        "at", "cap", "extensions", "extra", "given", "order", "ordinal", "organization",
        "paused", "pauses", "rested", "rung", "shift", "start", "status", "watched",
    )  # fmt: skip

    def __init__(self, start: int, ordinal: int, order: int, organization: int, given: int) -> None:
        self.start = start
        self.ordinal = ordinal
        self.order = order
        self.organization = organization
        self.given = given
        self.shift = 0
        self.rested = 0
        """Working days that its pauses took: what ``shift`` says in the clock's own unit."""
        self.extra = 0
        self.rung = 0
        self.at = FAR
        self.paused = NONE
        self.cap = FAR
        self.pauses = 0
        self.extensions = 0
        self.status = RUNNING
        self.watched = 0


class State:
    """All that a fold keeps of one case: a slotted row of integers and its lanes."""

    __slots__ = (
        "book", "done", "due", "ended", "key", "lanes", "last", "opened", "organization",
        "registers", "since", "spent", "stage", "turn",
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
        self.stage = NONE
        """The state of the procedure that the acts have led to; ``ended``: 1 once it was a final one."""
        self.ended = 0
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
        """From ``at`` on the time is somebody else's (or nobody's; or the case is over).

        A deemed act may take effect before time that is accounted for already: that time stays where it is.
        """
        if at < self.since:
            at = self.since
        self.spent[self.turn] += at - self.since
        self.turn = turn
        self.since = at

    def lend_turn(self, turn: int, at: int) -> None:
        """A pause hands the turn to another, or its end hands it back; a case that is over stays over."""
        if self.turn != OVER:
            self.hand_turn(turn, at)


class Book:
    """What a fold writes down: findings and clock facts, as rows of integers."""

    __slots__ = ("clocks", "deemed", "findings")

    def __init__(self) -> None:
        self.findings: list[tuple[int, int, int, int, int, int, int, int]] = []
        """(key, rule, occurrence, at, order of the event that showed it, detail, organization, actor)."""
        self.clocks: list[tuple[int, int, int, int, int, int, int, int, int, int, int, int, int, int]] = []
        """(key, track, ordinal, start, due, promise, end, status, late, shift, organization, extra, given, rested)."""
        self.deemed: list[tuple[int, int, int, int]] = []
        """(key, act, effective, the moment at which the mark passed)."""


class Listener:
    """Something that hears events, or the passing of a mark or a pause's cap."""

    __slots__ = ()

    def hear(self, state: State, facts: Facts, i: int) -> None:
        """Event ``i`` of ``facts`` has happened to the case; time has been advanced to it."""

    def mark(self, state: State, lane: Lane, at: int) -> None:
        """The lane's mark ``at`` has passed: the first instant after it is late."""


class Rung:
    """One mark on a ladder: a budget, who listens, and the act that its passing may enter."""

    __slots__ = ("deems", "from_start", "listeners", "name", "part", "stages", "whole")

    def __init__(self, name: str, whole: int, part: int) -> None:
        self.name = name
        self.whole = whole
        self.part = part
        self.listeners: list[Listener] = []
        self.deems = NONE
        self.from_start = False
        self.stages = 0
        """The states, as bits, in which the act can be entered; 0: in any that is not final."""


class Track:
    """One compiled clock definition, or the part of it that is counted in one way.

    ``limit`` and ``promise`` are the rungs that decide late and promise broken; ``NONE`` where this track
    has no such rung. ``main`` tracks report the clock; the others only carry marks in another unit.
    """

    __slots__ = (
        "capped", "clock", "count", "given", "index", "limit", "main", "opening", "owner", "promise",
        "rungs", "stays", "watch", "watchers",
    )  # fmt: skip

    def __init__(
        self, index: int, clock: int, count: Count, rungs: list[Rung], *, given: bool, main: bool, owner: int
    ):
        self.index = index
        self.clock = clock
        self.count = count
        self.rungs = rungs
        self.given = given
        self.main = main
        self.owner = owner
        self.stays = False
        """A mark that passes is the affair of the organization with which the lane began, not of the one that holds the case."""
        self.limit = NONE
        self.promise = NONE
        self.watch = 0
        """Units of pause after which ``watchers`` are told; 0: nobody watches."""
        self.opening: list[Listener] = []
        """Told when a pause begins: a notice that pauses nothing is not one."""
        self.capped: list[Listener] = []
        self.watchers: list[Listener] = []

    def moment(self, lane: Lane, rung: int) -> int:
        """The due moment of a rung, derived from the lane as it stands."""
        step = self.rungs[rung]
        if self.given:
            return self.count.due(lane.given, 0, step.whole, step.part)
        return self.count.due(lane.start, lane.shift, step.whole + lane.extra, step.part)

    def began(self, start: int, rung: int) -> int:
        """The due moment of a rung of a clock that counts, as it was when it began: before any pause or extension."""
        step = self.rungs[rung]
        return self.count.due(start, 0, step.whole, step.part)

    def aim(self, lane: Lane) -> None:
        """Set the lane's next moment: the end of its pause, or its next rung."""
        if lane.paused >= 0:
            lane.at = lane.cap
            if self.watch and not lane.watched:
                lane.at = min(lane.cap, self.count.due(lane.paused, 0, self.watch, 0))
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
        lane.rested += self.count.rest(lane.paused, at)
        lane.paused = NONE
        lane.cap = FAR

    def finish(self, state: State, lane: Lane, end: int, status: int) -> None:
        """Write the clock's fact: ``end`` is when it ended, or the moment as of which it still runs.

        A lane in a pause is reckoned as if the pause ended at ``end``; its lane is left as it was.
        """
        shift, rested = lane.shift, lane.rested
        if lane.paused >= 0:
            lane.shift += self.count.span(lane.paused, end)
            rested += self.count.rest(lane.paused, end)
        due = self.moment(lane, self.limit) if self.limit >= 0 else FAR
        promise = self.moment(lane, self.promise) if self.promise >= 0 else FAR
        taken, lane.shift = lane.shift, shift
        late = 1 if self.limit >= 0 and lane.rung > self.limit else 0
        state.book.clocks.append(
            (state.key, self.index, lane.ordinal, lane.start, due, promise, end, status, late, taken,
             lane.organization, lane.extra, lane.given, rested)
        )  # fmt: skip


class Deemed:
    """A mark that enters an act: where, which, and when it passed."""

    __slots__ = ("at", "lane", "rung", "track")

    def __init__(self, track: Track, lane: Lane, rung: Rung, at: int) -> None:
        self.track = track
        self.lane = lane
        self.rung = rung
        self.at = at

    def effective(self) -> int:
        """The day the law sets: when the clock began (许可法 32(4)) or when it ran out (复议法 30)."""
        return self.lane.start if self.rung.from_start else self.at


def advance(state: State, tracks: list[Track], now: int) -> Deemed | None:
    """Let time pass up to ``now``: caps end pauses, marks are passed in their order.

    Stops and returns when a mark enters an act, so that the caller can enter it before time goes on;
    None when nothing is left to pass.
    """
    while state.due < now:
        track = _next(state, tracks)
        lane = state.lanes[track.index]
        assert lane is not None
        if lane.paused >= 0:
            _pass_pause(state, track, lane)
            continue
        rung = track.rungs[lane.rung]
        at = lane.at
        lane.rung += 1
        track.aim(lane)
        state.aim()
        for listener in rung.listeners:
            listener.mark(state, lane, at)
        if rung.deems >= 0:
            return Deemed(track, lane, rung, at)
    return None


def _pass_pause(state: State, track: Track, lane: Lane) -> None:
    """The pause has lasted as long as the rules watch for, or as long as the notice told."""
    at = lane.at
    if at == lane.cap:
        track.resume(lane, at)
        if track.main:
            state.lend_turn(track.owner, at)
        for listener in track.capped:
            listener.mark(state, lane, at)
    else:
        lane.watched = 1
        for listener in track.watchers:
            listener.mark(state, lane, at)
    track.aim(lane)
    state.aim()


def _next(state: State, tracks: list[Track]) -> Track:
    for index, lane in enumerate(state.lanes):
        if lane is not None and lane.at == state.due:
            return tracks[index]
    raise AssertionError("a state is due though none of its lanes is")
