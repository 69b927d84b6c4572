"""The closed vocabulary of conditions: each listens to a few acts or marks and writes findings.

Pure, integers only; compiled from rules by ``qinzheng.supervision.program``. A finding's
``occurrence`` is a function of the case's own history, never of arrival or of the machine, so
that the same history always yields the same cards.
"""

from __future__ import annotations

from qinzheng.clocks.machine import NONE, RUNNING, Facts, Lane, Listener, State, Track

TRACKS = 64
"""Occurrences of clock findings are ``ordinal * TRACKS + track``; a procedure has fewer tracks."""

PAUSES = 1024
"""Occurrences of findings about a pause are ``(ordinal * PAUSES + pause) * TRACKS + track``."""
OF_A_CLOCK = frozenset({"pre_warning", "past_limit", "step_late", "back_dated", "ended_near_limit"})
OF_A_PAUSE = frozenset({"paused_too_often", "paused_too_long", "paused_near_limit"})


def place_of(condition: str, occurrence: int) -> tuple[int, int] | None:
    """(track, ordinal) of the clock that an occurrence names; None where the condition is about no clock of the case."""
    if condition in OF_A_PAUSE:
        return occurrence % TRACKS, occurrence // TRACKS // PAUSES
    return (occurrence % TRACKS, occurrence // TRACKS) if condition in OF_A_CLOCK else None


DAY = 86_400_000_000


class Finder(Listener):
    """A listener that can write a finding for its rule."""

    __slots__ = ("rule",)

    def __init__(self, rule: int) -> None:
        self.rule = rule

    def write(self, state: State, facts: Facts, i: int, occurrence: int, detail: int) -> None:
        """A finding shown by event ``i``."""
        state.book.findings.append(
            (state.key, self.rule, occurrence, facts.at[i], facts.order[i], detail,
             state.organization, facts.actor[i])
        )  # fmt: skip

    def write_mark(self, state: State, track: Track, lane: Lane, at: int, detail: int) -> None:
        """A finding shown by time alone; it points at the event that started the clock."""
        state.book.findings.append(
            (state.key, self.rule, lane.ordinal * TRACKS + track.index, at, lane.order, detail,
             lane.organization if track.stays else state.organization, NONE)
        )  # fmt: skip


class MarkPassed(Finder):
    """pre_warning, past_limit, step_late: a mark of the clock has passed and it is not done."""

    __slots__ = ("track",)

    def __init__(self, rule: int, track: Track) -> None:
        super().__init__(rule)
        self.track = track

    def mark(self, state: State, lane: Lane, at: int) -> None:
        self.write_mark(state, self.track, lane, at, 0)


class DoneAfterDue(Finder):
    """step_late on ``given`` without a clock: the event states its own due moment and came after it."""

    __slots__ = ()

    def hear(self, state: State, facts: Facts, i: int) -> None:
        due = facts.due[i]
        if due >= 0 and facts.at[i] > due:
            self.write(state, facts, i, facts.order[i], facts.at[i] - due)


class SkippedStep(Finder):
    """``at`` is done and a required act never was. The occurrence is the missing act."""

    __slots__ = ("required",)

    def __init__(self, rule: int, required: list[int]) -> None:
        super().__init__(rule)
        self.required = required

    def hear(self, state: State, facts: Facts, i: int) -> None:
        done = state.done
        for act in self.required:
            if not done >> act & 1 and not done >> facts.act[i] & 1:
                self.write(state, facts, i, act, act)


class OutOfOrder(Finder):
    """``first`` comes for the first time after ``then`` was done."""

    __slots__ = ("then",)

    def __init__(self, rule: int, then: int) -> None:
        super().__init__(rule)
        self.then = then

    def hear(self, state: State, facts: Facts, i: int) -> None:
        done = state.done
        if done >> self.then & 1 and not done >> facts.act[i] & 1:
            self.write(state, facts, i, facts.act[i], self.then)


class WrongRole(Finder):
    """A role that the act does not name. The unknown role accuses nobody."""

    __slots__ = ("allowed",)

    def __init__(self, rule: int, allowed: list[int]) -> None:
        super().__init__(rule)
        self.allowed = allowed

    def hear(self, state: State, facts: Facts, i: int) -> None:
        role = facts.role[i]
        if role >= 0 and role not in self.allowed:
            self.write(state, facts, i, facts.order[i], role)


class WrongOrganization(Finder):
    """An organization acts on a case that another holds. Never told of acts that answer a joint group."""

    __slots__ = ()

    def hear(self, state: State, facts: Facts, i: int) -> None:
        organization = facts.organization[i]
        if organization >= 0 and state.organization >= 0 and organization != state.organization:
            self.write(state, facts, i, facts.order[i], organization)


class Lag(Finder):
    """recorded_late and recorded_early: one stamp against an earlier one, in days of 24 hours.

    ``sign`` is 1 for late (later - earlier > limit), -1 for early.
    """

    __slots__ = ("behind", "limit", "sign", "stamp")

    def __init__(self, rule: int, stamp: str, behind: str, limit: int, sign: int) -> None:
        super().__init__(rule)
        self.stamp = stamp
        self.behind = behind
        self.limit = limit
        self.sign = sign

    def hear(self, state: State, facts: Facts, i: int) -> None:
        later = facts.reported[i] if self.stamp == "reported" else facts.recorded[i]
        if later < 0:
            return
        earlier = facts.at[i] if self.behind == "occurred" else facts.reported[i]
        if earlier < 0:
            return
        lag = (later - earlier) * self.sign
        if lag > self.limit:
            self.write(state, facts, i, facts.order[i], lag)


class BackDated(Finder):
    """In time by its own word, but entered after the limit: the act that ends the clock."""

    __slots__ = ("track",)

    def __init__(self, rule: int, track: Track) -> None:
        super().__init__(rule)
        self.track = track

    def hear(self, state: State, facts: Facts, i: int) -> None:
        track = self.track
        lane = state.lanes[track.index]
        entered = facts.reported[i] if facts.reported[i] > facts.recorded[i] else facts.recorded[i]
        if lane is None or lane.status != RUNNING or entered < 0 or track.overdue(lane):
            return
        if entered > track.moment(lane, track.limit):
            self.write(state, facts, i, lane.ordinal * TRACKS + track.index, entered)


class RepeatedCorrection(Finder):
    """A further correction request. ``value`` says whether its defect was already there: 1, 0, unknown."""

    __slots__ = ("more_than", "register", "unknown_counts")

    def __init__(self, rule: int, register: int, more_than: int, unknown_counts: bool) -> None:
        super().__init__(rule)
        self.register = register
        self.more_than = more_than
        self.unknown_counts = unknown_counts

    def hear(self, state: State, facts: Facts, i: int) -> None:
        count = state.registers[self.register] + 1
        state.registers[self.register] = count
        known = facts.value[i]
        if count > self.more_than and (known == 1 or (known < 0 and self.unknown_counts)):
            self.write(state, facts, i, count, count)


class PausedTooOften(Finder):
    """Heard after the pause itself: it is one too many."""

    __slots__ = ("more_than", "track")

    def __init__(self, rule: int, track: Track, more_than: int) -> None:
        super().__init__(rule)
        self.track = track
        self.more_than = more_than

    def hear(self, state: State, facts: Facts, i: int) -> None:
        lane = state.lanes[self.track.index]
        if lane is not None and lane.paused >= 0 and lane.pauses > self.more_than:
            self.write(
                state,
                facts,
                i,
                (lane.ordinal * PAUSES + lane.pauses) * TRACKS + self.track.index,
                lane.pauses,
            )


class PausedTooLong(Finder):
    """The pause has lasted past the time told in the notice, or past what the rule watches for."""

    __slots__ = ("track",)

    def __init__(self, rule: int, track: Track) -> None:
        super().__init__(rule)
        self.track = track

    def mark(self, state: State, lane: Lane, at: int) -> None:
        state.book.findings.append(
            (state.key, self.rule, (lane.ordinal * PAUSES + lane.pauses) * TRACKS + self.track.index, at, lane.order,
             lane.pauses, state.organization, NONE)
        )  # fmt: skip


class PausedNearLimit(Finder):
    """A pause begun when no more than ``within`` units were left. Told by the pause itself: a notice may be none."""

    __slots__ = ("track", "within")

    def __init__(self, rule: int, track: Track, within: int) -> None:
        super().__init__(rule)
        self.track = track
        self.within = within

    def hear(self, state: State, facts: Facts, i: int) -> None:
        track = self.track
        lane = state.lanes[track.index]
        assert lane is not None
        whole = track.rungs[track.limit].whole + lane.extra - self.within
        if whole <= 0 or facts.at[i] > track.count.due(lane.start, lane.shift, whole, 0):
            before = lane.pauses - 1
            self.write(state, facts, i, (lane.ordinal * PAUSES + before) * TRACKS + track.index, self.within)


class EndedNearLimit(Finder):
    """Ended without a decision, by an office, when little or nothing was left of the limit. Heard while the clock still runs.

    Whoever applied may withdraw at any time: only ``roles`` are watched, and the unknown role accuses nobody.
    """

    __slots__ = ("ends", "roles", "stage", "track", "within")

    def __init__(self, rule: int, track: Track, within: int, roles: list[int], stage: int, ends: int) -> None:
        super().__init__(rule)
        self.track, self.within, self.roles = track, within, roles
        self.stage, self.ends = stage, ends

    def hear(self, state: State, facts: Facts, i: int) -> None:
        track = self.track
        lane = state.lanes[track.index]
        if lane is None or lane.status != RUNNING or lane.paused >= 0 or facts.role[i] not in self.roles:
            return
        stage = facts.state[i] if facts.state[i] >= 0 else self.stage
        if stage < 0 or not self.ends >> stage & 1:
            return
        whole = track.rungs[track.limit].whole + lane.extra - self.within
        if whole <= 0 or facts.at[i] > track.count.due(lane.start, lane.shift, whole, 0):
            self.write(state, facts, i, lane.ordinal * TRACKS + track.index, self.within)


class Counted(Finder):
    """bounced: the case went back and forth once too often. Said once, at the first excess."""

    __slots__ = ("more_than", "register")

    def __init__(self, rule: int, register: int, more_than: int) -> None:
        super().__init__(rule)
        self.register = register
        self.more_than = more_than

    def hear(self, state: State, facts: Facts, i: int) -> None:
        count = state.registers[self.register] + 1
        state.registers[self.register] = count
        if count == self.more_than + 1:
            self.write(state, facts, i, 0, count)


class Reopened(Finder):
    """Done again to a case that had been closed, by whatever act and outcome."""

    __slots__ = ("register",)

    def __init__(self, rule: int, register: int) -> None:
        super().__init__(rule)
        self.register = register

    def hear(self, state: State, facts: Facts, i: int) -> None:
        if state.ended:
            count = state.registers[self.register] + 1
            state.registers[self.register] = count
            self.write(state, facts, i, count, count)


class TooFast(Finder):
    """Completed sooner than people can work; the first completion speaks."""

    __slots__ = ("least",)

    def __init__(self, rule: int, least: int) -> None:
        super().__init__(rule)
        self.least = least

    def hear(self, state: State, facts: Facts, i: int) -> None:
        if state.opened >= 0 and not state.done >> facts.act[i] & 1:
            taken = facts.at[i] - state.opened
            if taken < self.least:
                self.write(state, facts, i, facts.act[i], taken)


class Silence(Finder):
    """Nothing heard for so long. A track of its own; events only re-arm it after it has spoken.

    While it is quiet about an event it costs nothing: when its mark passes it looks at the last
    event and, if there was one since, begins to wait again from there.
    """

    __slots__ = ("track",)

    def __init__(self, rule: int, track: Track) -> None:
        super().__init__(rule)
        self.track = track

    def mark(self, state: State, lane: Lane, at: int) -> None:
        if state.last > lane.start:
            lane.start = state.last
            lane.rung = 0
            self.track.aim(lane)
            state.aim()
        else:
            self.write_mark(state, self.track, lane, at, 0)

    def hear(self, state: State, facts: Facts, i: int) -> None:
        lane = state.lanes[self.track.index]
        if lane is not None and lane.status == RUNNING and lane.rung > 0:
            lane.start = facts.at[i]
            lane.rung = 0
            lane.ordinal += 1
            self.track.aim(lane)
            state.aim()


class ActDone(Finder):
    """An act that is itself the finding. Heard after the case was assigned: it is about whoever holds it then."""

    __slots__ = ()

    def hear(self, state: State, facts: Facts, i: int) -> None:
        self.write(state, facts, i, facts.order[i], 0)


class ClosedInBulk(Finder):
    """More closings by one officer within the window. Keyed by officer-day; said once a key.

    The state's ``last`` few closing times are kept in its registers as a ring.
    """

    __slots__ = ("more_than", "window")

    def __init__(self, rule: int, more_than: int, window: int) -> None:
        super().__init__(rule)
        self.more_than = more_than
        self.window = window

    def hear(self, state: State, facts: Facts, i: int) -> None:
        ring = state.registers
        count = ring[0]
        place = 1 + count % self.more_than
        if count >= self.more_than and facts.at[i] - ring[place] <= self.window and not state.done & 1:
            state.done |= 1
            self.write(state, facts, i, 0, self.more_than + 1)
        ring[place] = facts.at[i]
        ring[0] = count + 1
