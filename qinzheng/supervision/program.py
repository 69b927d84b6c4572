"""Compiles a procedure edition and a rule set into a :class:`qinzheng.supervision.judge.Program`.

The only place where definitions become listeners. What a rule does not name it does not hear;
a rule that nothing can ever wake is an error here, not a silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from qinzheng.calendars.calendar import Calendar
from qinzheng.cases import engine
from qinzheng.cases.schema import Procedure
from qinzheng.clocks import counting, moves
from qinzheng.clocks.machine import COMPLETED, NONE, OVER, OWNERS, RELEASED, Listener, Rung, Track
from qinzheng.clocks.schema import Clock, Mark
from qinzheng.supervision import conditions, schema
from qinzheng.supervision.judge import Program
from qinzheng.supervision.ladders import Ladders, RuleNeverWakes


@dataclass
class Compiled:
    """A program and what its integers mean."""

    program: Program
    procedure: Procedure
    rules: list[schema.Rule]
    acts: dict[str, int]
    roles: dict[str, int]
    clocks: list[str]
    tracks: list[Track] = field(default_factory=list)
    keyed: list[tuple[int, schema.ClosedInBulk]] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)

    @property
    def calendar(self) -> str:
        """The calendar of the procedure's first clock: that of its days."""
        return self.procedure.clocks[self.clocks[0]].counting.calendar

    def clock_of(self, rule: int, occurrence: int) -> tuple[str, int] | None:
        """(clock, ordinal) that a finding of the rule is about; None where its condition is about none."""
        found = conditions.place_of(self.rules[rule].when.condition, occurrence)
        if found is None or getattr(self.rules[rule].when, "limit", None) == "event":
            return None
        track, ordinal = self.tracks[found[0]], found[1]
        return self.clocks[track.clock], ordinal

    def main_tracks(self) -> list[Track]:
        """The tracks that report clocks, one a clock."""
        return [track for track in self.tracks if track.main]


def compile_program(
    procedure: Procedure,
    rules: Sequence[schema.Rule],
    calendars: Callable[[str], Calendar],
    roles: Mapping[str, int],
) -> Compiled:
    """Compile the rules that supervise ``procedure``. ``calendars`` gives a calendar by id.

    ``roles`` are the codes of roles that events will carry; unknown roles of the procedure are added.
    """
    return _Compiler(procedure, rules, calendars, roles).compile()


class _Compiler(Ladders):
    def __init__(
        self,
        procedure: Procedure,
        rules: Sequence[schema.Rule],
        calendars: Callable[[str], Calendar],
        roles: Mapping[str, int],
    ) -> None:
        super().__init__(procedure, calendars)
        self.rules = [rule for rule in rules if procedure.id in rule.supervises]
        self.roles = dict(roles)
        for act in procedure.acts.values():
            for role in act.by:
                self.roles.setdefault(role, len(self.roles))
        size = len(self.acts) + 1
        self.first: list[list[Listener]] = [[] for _ in range(size)]
        self.before: list[list[Listener]] = [[] for _ in range(size)]
        self.moves: list[list[Listener]] = [[] for _ in range(size)]
        self.after: list[list[Listener]] = [[] for _ in range(size)]
        self.turns: list[list[Listener]] = [[] for _ in range(size)]
        self.last: list[list[Listener]] = [[] for _ in range(size)]
        self.registers = 0
        self.keyed: list[tuple[int, schema.ClosedInBulk]] = []
        self.noted: list[tuple[list[str], Listener]] = []

    def compile(self) -> Compiled:
        for clock in self.clocks:
            self._clock(clock, self.procedure.clocks[clock])
        for number, rule in enumerate(self.rules):
            getattr(self, f"_{rule.when.condition}")(number, rule.when)
        self._sort_ladders()
        for clock in self.clocks:
            self._moves(clock, self.procedure.clocks[clock])
        self._acts()
        for acts, finder in self.noted:  # after the assignment, the last that an act itself brings about
            self._hear(self.last, acts, finder)
        handlers = [
            self.first[act]
            + self.before[act]
            + self.moves[act]
            + self.after[act]
            + self.turns[act]
            + self.last[act]
            for act in range(len(self.acts) + 1)
        ]
        program = Program(self.tracks, handlers, self.registers)
        return Compiled(
            program, self.procedure, self.rules, self.acts, self.roles, self.clocks, self.tracks, self.keyed,
            self.states,
        )  # fmt: skip

    # -- moves ----------------------------------------------------------------------------------

    def _on(self, table: list[list[Listener]], acts: Sequence[str], listener: Listener) -> None:
        for act in acts:
            table[self.acts[act]].append(listener)

    def _moves(self, name: str, clock: Clock) -> None:
        for track in self.of_clock[name]:
            for pause in clock.pauses:
                self._on(
                    self.moves, [pause.by], moves.Pauses(track, pause.cap == "told", OWNERS[pause.owner])
                )
                self._on(self.moves, pause.until, moves.Resumes(track))
            for extension in clock.extends:
                self._on(self.moves, [extension.by], moves.Extends(track, extension.at_most, extension.times))
            self._on(self.moves, clock.completes, moves.Ends(track, COMPLETED))
            self._on(self.moves, clock.releases, moves.Ends(track, RELEASED))
            self._abandons(clock, track)
            self._on(self.moves, clock.starts, moves.Starts(track, anew=False))
            self._on(self.moves, clock.restarts, moves.Starts(track, anew=True))

    def _abandons(self, clock: Clock, track: Track) -> None:
        """Acts that end the case otherwise than by completing it release its case clocks."""
        if clock.role != "case":
            return
        abandoned = self._abandoned()
        named = {*clock.completes, *clock.releases, *clock.starts, *clock.restarts}
        for name, act in self.procedure.acts.items():
            if name not in named and abandoned & engine.targets(self.procedure, name):
                stage = NONE if act.to is None else self.states[act.to]
                self._on(self.moves, [name], moves.Abandons(track, stage, self._bits(abandoned)))

    def _abandoned(self) -> set[str]:
        """The states in which a case has ended without a decision."""
        states = self.procedure.states.items()
        return {name for name, state in states if state.final in ("withdrawn", "void", "transferred")}

    def _acts(self) -> None:
        states = self.procedure.states
        turns = [OVER if states[name].final else OWNERS[states[name].turn] for name in self.states]
        for name, act in self.procedure.acts.items():
            if act.opens:
                self._on(self.first, [name], moves.Opens())
            if engine.targets(self.procedure, name):
                stage = NONE if act.to is None else self.states[act.to]
                self._on(self.turns, [name], moves.Leads(stage, turns))
            if act.assigns:
                self._on(self.last, [name], moves.Assigns())

    # -- conditions -----------------------------------------------------------------------------

    def _clocks_with(self, named: Sequence[str], limit: str, role: str | None) -> list[str]:
        """The clocks named; else the department's own: an applicant's time is no officer's card."""
        chosen = [
            name
            for name in self.clocks
            if (name in named if named else self.procedure.clocks[name].owner == "department")
            and (role is None or self.procedure.clocks[name].role == role)
            and (name, limit) in self.marks
        ]
        missing = [name for name in named if name not in chosen]
        if missing or not chosen:
            clocks = missing or self.clocks
            raise RuleNeverWakes(
                f"{self.procedure.id}: 时钟 {clocks} 没有时限 {limit} / clocks {clocks} have no limit {limit}"
            )
        return chosen

    def _listen(self, number: int, clock: str, mark: Mark | None, limit: str) -> None:
        found = self.marks[clock, limit] if mark is None else self._mark(clock, _mark_name(mark), mark)
        if found is not None:
            track, rung = found
            rung.listeners.append(conditions.MarkPassed(number, track))

    def _pre_warning(self, number: int, when: schema.PreWarning) -> None:
        mark = Mark(on=when.limit, before=when.before, share=when.share)
        for clock in self._clocks_with(when.clocks, when.limit, None):
            self._listen(number, clock, mark, when.limit)

    def _past_limit(self, number: int, when: schema.PastLimit) -> None:
        mark = Mark(on=when.limit, after=when.after) if when.after else None
        for clock in self._clocks_with(when.clocks, when.limit, "case"):
            self._listen(number, clock, mark, when.limit)

    def _step_late(self, number: int, when: schema.StepLate) -> None:
        if when.limit == "event":
            self._hear_all(self.before, conditions.DoneAfterDue(number))
            return
        mark = Mark(on=when.limit, after=when.after) if when.after else None
        for clock in self._clocks_with(when.clocks, when.limit, "step"):
            self._listen(number, clock, mark, when.limit)

    def _skipped_step(self, number: int, when: schema.SkippedStep) -> None:
        required = [self._act(act) for act in when.required]
        self._hear(self.before, when.at, conditions.SkippedStep(number, required))

    def _out_of_order(self, number: int, when: schema.OutOfOrder) -> None:
        self._hear(self.before, [when.first], conditions.OutOfOrder(number, self._act(when.then)))

    def _wrong_actor(self, number: int, when: schema.WrongActor) -> None:
        self._known(when.acts)
        watched = False
        for name, act in self.procedure.acts.items():
            if (when.acts and name not in when.acts) or act.opens:
                continue
            if when.what == "organization":
                if engine.answers(self.procedure, name):
                    continue
                finder: Listener = conditions.WrongOrganization(number)
            elif act.by:
                finder = conditions.WrongRole(number, [self.roles[role] for role in act.by])
            else:
                continue
            self._hear(self.before, [name], finder)
            watched = True
        if not watched:
            raise RuleNeverWakes(
                f"{self.procedure.id}: wrong_actor 没有可看的环节（会办答复不算） / "
                f"wrong_actor has no act to watch (answers of a joint group do not count)"
            )

    def _recorded_late(self, number: int, when: schema.RecordedLate) -> None:
        lag = conditions.Lag(number, when.stamp, when.behind, when.more_than_days * conditions.DAY, 1)
        self._hear_named(when.acts, lag)

    def _recorded_early(self, number: int, when: schema.RecordedEarly) -> None:
        lag = conditions.Lag(number, "reported", "occurred", when.more_than_days * conditions.DAY, -1)
        self._hear_named(when.acts, lag)

    def _back_dated(self, number: int, when: schema.BackDated) -> None:
        for name, track in self._main(when.clocks):
            self._hear(
                self.before, self.procedure.clocks[name].completes, conditions.BackDated(number, track)
            )

    def _repeated_correction(self, number: int, when: schema.RepeatedCorrection) -> None:
        finder = conditions.RepeatedCorrection(
            number, self._register(), when.more_than, when.unknown == "counts"
        )
        self._hear(self.before, self._having("correction_request"), finder)

    def _paused_too_often(self, number: int, when: schema.PausedTooOften) -> None:
        for name, track in self._main(when.clocks):
            finder = conditions.PausedTooOften(number, track, when.more_than)
            self._hear(self.after, _pausing(self.procedure.clocks[name]), finder)

    def _paused_too_long(self, number: int, when: schema.PausedTooLong) -> None:
        for name, track in self._main(when.clocks):
            if not self.procedure.clocks[name].pauses:
                continue
            finder = conditions.PausedTooLong(number, track)
            if when.more_than is None:
                track.capped.append(finder)
            else:
                track.watch = when.more_than
                track.watchers.append(finder)

    def _paused_near_limit(self, number: int, when: schema.PausedNearLimit) -> None:
        for name, track in self._main(when.clocks):
            if self.procedure.clocks[name].pauses and not track.given:
                track.opening.append(conditions.PausedNearLimit(number, track, when.within))

    def _ended_near_limit(self, number: int, when: schema.EndedNearLimit) -> None:
        ends, roles = self._abandoned(), [self.roles[role] for role in when.by if role in self.roles]
        ending = [name for name in self.procedure.acts if ends & engine.targets(self.procedure, name)]
        if not ending or not roles:
            raise RuleNeverWakes(
                f"{self.procedure.id}: 没有这些角色所办、不经决定就结束的环节 / no act of these roles ends it without a decision"
            )
        for clock, track in self._main(when.clocks):
            if track.given or self.procedure.clocks[clock].role != "case":
                continue
            for name in ending:
                to = self.procedure.acts[name].to
                stage = NONE if to is None else self.states[to]
                finder = conditions.EndedNearLimit(number, track, when.within, roles, stage, self._bits(ends))
                self._hear(self.before, [name], finder)

    def _bounced(self, number: int, when: schema.Bounced) -> None:
        trait = "return" if when.count == "returns" else "hand_over"
        self._hear(
            self.before, self._having(trait), conditions.Counted(number, self._register(), when.more_than)
        )

    def _reopened(self, number: int, when: schema.Reopened) -> None:
        acts = when.acts or self._having("reopening")
        self._hear(self.before, acts, conditions.Reopened(number, self._register()))

    def _too_fast(self, number: int, when: schema.TooFast) -> None:
        least = when.less_than_minutes * counting.MINUTE
        self._hear(self.before, when.at, conditions.TooFast(number, least))

    def _silent(self, number: int, when: schema.Silent) -> None:
        clock = self.procedure.clocks[self.clocks[0]]
        count = counting.WorkingDays(self.calendars(clock.counting.calendar), start_day_counted=False)
        rung = Rung("silent", when.working_days, 0)
        track = Track(len(self.tracks), len(self.clocks), count, [rung], given=False, main=False, owner=0)
        track.limit = 0
        finder = conditions.Silence(number, track)
        rung.listeners.append(finder)
        self.tracks.append(track)
        self._on(
            self.last,
            [name for name, act in self.procedure.acts.items() if act.opens],
            moves.Starts(track, False),
        )
        self._on(self.last, self._closing(), moves.EndsOver(track, COMPLETED))
        reopening = [name for name, act in self.procedure.acts.items() if "reopening" in act.traits]
        self._on(self.last, reopening, moves.Starts(track, False))
        self._hear_all(self.before, finder)

    def _act_done(self, number: int, when: schema.ActDone) -> None:
        self._known(when.acts)
        self.noted.append((when.acts, conditions.ActDone(number)))

    def _closed_in_bulk(self, number: int, when: schema.ClosedInBulk) -> None:
        self._known(when.at)
        self.keyed.append((number, when))

    # -- names ----------------------------------------------------------------------------------

    def _act(self, name: str) -> int:
        self._known([name])
        return self.acts[name]

    def _known(self, names: Sequence[str]) -> None:
        missing = [name for name in names if name not in self.acts]
        if missing:
            raise RuleNeverWakes(f"{self.procedure.id}: 没有环节 {missing} / there are no acts {missing}")

    def _hear(self, table: list[list[Listener]], acts: Sequence[str], listener: Listener) -> None:
        self._known(acts)
        self._on(table, acts, listener)

    def _hear_all(self, table: list[list[Listener]], listener: Listener) -> None:
        for listeners in table:
            listeners.append(listener)

    def _hear_named(self, acts: Sequence[str], listener: Listener) -> None:
        """Before the moves: the named acts, or every event where none is named."""
        if acts:
            self._hear(self.before, acts, listener)
        else:
            self._hear_all(self.before, listener)

    def _having(self, trait: str) -> list[str]:
        named = [name for name, act in self.procedure.acts.items() if trait in act.traits]
        if not named:
            raise RuleNeverWakes(
                f"{self.procedure.id}: 没有带 {trait} 特征的环节 / no act has the trait {trait}"
            )
        return named

    def _closing(self) -> list[str]:
        """Acts that may end the case."""
        states, acts = self.procedure.states, self.procedure.acts
        return [name for name in acts if any(states[to].final for to in engine.targets(self.procedure, name))]

    def _main(self, named: Sequence[str]) -> list[tuple[str, Track]]:
        return [
            (name, track)
            for name in self.clocks
            if not named or name in named
            for track in self.of_clock[name]
            if track.main
        ]

    def _register(self) -> int:
        self.registers += 1
        return self.registers - 1


def _mark_name(mark: Mark) -> str:
    if mark.share:
        return f"{mark.on}@{mark.share}%"
    return f"{mark.on}-{mark.before}" if mark.before else f"{mark.on}+{mark.after}"


def _pausing(clock: Clock) -> list[str]:
    return [pause.by for pause in clock.pauses]
