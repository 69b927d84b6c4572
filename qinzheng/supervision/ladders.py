"""The ladders of a procedure's clocks: one track a way of counting, one rung a mark.

What a definition says of limits and marks becomes sorted budgets; nothing here knows a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from qinzheng.calendars.calendar import Calendar
from qinzheng.cases.schema import Procedure
from qinzheng.clocks import counting
from qinzheng.clocks.machine import OWNERS, Rung, Track
from qinzheng.clocks.schema import Clock, Counting, LimitName, Mark

LIMITS: tuple[LimitName, ...] = ("committed", "given", "own", "statutory")
OTHER = 0
"""The code of an activity that is no act of the procedure: heard, never moving a clock."""


class RuleNeverWakes(Exception):
    """A rule names a procedure, clock, limit or act on which it can never wake."""


class Ladders:
    """Tracks and rungs of one procedure; ``marks`` finds the rung of a (clock, mark)."""

    def __init__(self, procedure: Procedure, calendars: Callable[[str], Calendar]) -> None:
        self.procedure = procedure
        self.calendars = calendars
        self.acts = {name: code for code, name in enumerate(sorted(procedure.acts), start=OTHER + 1)}
        self.states = {name: code for code, name in enumerate(sorted(procedure.states))}
        self.clocks = sorted(procedure.clocks)
        self.tracks: list[Track] = []
        self.of_clock: dict[str, list[Track]] = {}
        self.marks: dict[tuple[str, str], tuple[Track, Rung]] = {}

    def _bits(self, states: Iterable[str]) -> int:
        return sum(1 << self.states[state] for state in states)

    def _count_of(self, clock: Clock, rule: Counting, limit: LimitName) -> counting.Count:
        calendar = self.calendars(rule.calendar)
        if limit == "given":
            return counting.GivenMoment(calendar)
        if clock.backward:
            return counting.Backward(calendar, rule.unit, clock.clear_days)
        return counting.family(calendar, rule.unit, rule.start_day, rule.ends, rule.last_day_off)

    def _clock(self, name: str, clock: Clock) -> None:
        """One track a way of counting; the one that holds the deciding limit reports the clock."""
        decides = clock.limit()
        by_counting: dict[str, Track] = {}
        for limit in LIMITS:
            given = getattr(clock.limits, limit)
            if given is None:
                continue
            rule = clock.counting if limit == "given" else given.counting or clock.counting
            key = "given" if limit == "given" else repr(rule)
            if key not in by_counting:
                by_counting[key] = self._track(name, clock, self._count_of(clock, rule, limit))
            track = by_counting[key]
            rung = Rung(limit, 0 if limit == "given" else given.amount, 0)
            track.rungs.append(rung)
            self.marks[name, limit] = (track, rung)
            track.main = track.main or limit == decides
        for mark_name, mark in clock.marks.items():
            self._mark(name, mark_name, mark)
        for deems in clock.deems:
            _, rung = self._marked(name, deems.mark)
            rung.deems, rung.from_start = self.acts[deems.act], deems.effective == "start"
            rung.stages = self._bits(self.procedure.acts[deems.act].from_)

    def _track(self, name: str, clock: Clock, count: counting.Count) -> Track:
        track = Track(
            len(self.tracks),
            self.clocks.index(name),
            count,
            [],
            given=isinstance(count, counting.GivenMoment),
            main=False,
            owner=OWNERS[clock.owner],
        )
        track.stays = clock.stays
        self.tracks.append(track)
        self.of_clock.setdefault(name, []).append(track)
        return track

    def _marked(self, clock: str, mark: str) -> tuple[Track, Rung]:
        if (clock, mark) not in self.marks:
            raise RuleNeverWakes(
                f"{self.procedure.id}: 时钟 {clock} 没有标记 {mark} / clock {clock} has no mark {mark}"
            )
        return self.marks[clock, mark]

    def _mark(self, clock: str, name: str, mark: Mark) -> tuple[Track, Rung] | None:
        """Add a rung before, after or at a share of a limit; None where the limit leaves no room for it."""
        if (clock, name) in self.marks:
            return self.marks[clock, name]
        track, limit = self._marked(clock, mark.on)
        backward = isinstance(track.count, counting.Backward)
        if track.given and not backward:
            raise RuleNeverWakes(
                f"{self.procedure.id}: {clock} 的给定时限只有到期一个标记 / a given due moment has no marks beside it"
            )
        whole, part = limit.whole, 0
        if backward and mark.share:
            raise RuleNeverWakes(
                f"{self.procedure.id}: {clock} 是倒计，没有按比例的标记 / a backward count has no mark at a share"
            )
        if mark.before:
            whole += mark.before if backward else -mark.before
        elif mark.after:
            whole -= mark.after if backward else -mark.after
        elif mark.share:
            thousands = limit.whole * mark.share * counting.WHOLE_UNIT // 100
            whole, part = divmod(thousands, counting.WHOLE_UNIT)
        if whole < 0 or (whole == 0 and part == 0):
            return None
        rung = Rung(name, whole, part)
        track.rungs.append(rung)
        self.marks[clock, name] = (track, rung)
        return track, rung

    def _sort_ladders(self) -> None:
        for (clock, name), (track, _) in self.marks.items():
            ahead = -1 if isinstance(track.count, counting.Backward) else 1
            track.rungs.sort(key=lambda rung: (ahead * rung.whole, rung.part, rung.name))
            names = [rung.name for rung in track.rungs]
            decides = self.procedure.clocks[clock].limit() if clock in self.procedure.clocks else name
            track.limit = names.index(decides) if decides in names else len(names) - 1
            track.promise = names.index("committed") if "committed" in names else -1
