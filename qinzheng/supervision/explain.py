"""Explains a judged case: its events as sentences, its clocks with their arithmetic, its cards with why.

Nothing is stored for this: the case is folded again by the same kernel, and what its listeners write
is put into words. So the explanation cannot differ from the judgement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qinzheng.calendars.calendar import Calendar
from qinzheng.clocks import explain as clock_words
from qinzheng.clocks.machine import FAR, NONE, OVER, Book, Facts, Lane, State, Track
from qinzheng.definitions.form import Text
from qinzheng.supervision import conditions, judge
from qinzheng.supervision.archive import Archive, Group, Meaning
from qinzheng.supervision.batch import ending, names
from qinzheng.supervision.ladders import OTHER
from qinzheng.supervision.program import Compiled
from qinzheng.supervision.schema import LEVELS, Rule

UNKNOWN = Text(zh="单位不明", en="unknown unit")


@dataclass(frozen=True)
class Said:
    """One event of the timeline."""

    at: int
    order: int
    day_only: bool
    act: str
    activity: str
    name: Text
    organization: str
    actor: str
    reported: int
    recorded: int


@dataclass(frozen=True)
class ClockSaid:
    """One clock of the case as it ended, or as it stands."""

    clock: str
    name: Text
    track: Track
    start: int
    due: int
    promise: int
    end: int
    ending: str
    shift: int
    extra: int
    organization: str
    why_due: Text
    why_promise: Text | None
    paused: int = NONE
    """since when it has been in a pause that still lasts"""
    cap: int = FAR
    """until when at most that pause lasts: the time told in its notice"""


@dataclass(frozen=True)
class CardSaid:
    """One card: the rule, the level, when, and one sentence of why."""

    rule: Rule
    level: str
    at: int
    order: int
    sentence: Text
    organization: str


@dataclass(frozen=True)
class CaseSaid:
    """A case in words. ``spent`` are microseconds by turn: department, applicant, third party, nobody."""

    name: str
    events: list[Said]
    clocks: list[ClockSaid]
    cards: list[CardSaid]
    spent: tuple[int, int, int, int]
    calendar: Calendar
    stretches: list[tuple[int, int, int]]
    """(turn, from, to): whose time each stretch of the case was, in order."""

    @property
    def highest(self) -> str:
        """The highest level of its cards."""
        return LEVELS[max((LEVELS.index(card.level) for card in self.cards), default=0)]


def case(archive: Archive, compiled: Compiled, calendar: Calendar, as_of: int, name: str) -> CaseSaid | None:
    """Explain one case of an archive; None where it is not there."""
    group = archive.case(name)
    return None if group is None else of_group(archive.meaning, group, compiled, calendar, as_of, name)


def of_group(
    meaning: Meaning, group: Group, compiled: Compiled, calendar: Calendar, as_of: int, name: str
) -> CaseSaid:
    """Explain the one case of a group, wherever its events came from."""
    book = Book()
    state = _Watched(compiled.program, book)
    judge.fold(compiled.program, state, group.facts, 0, len(group.facts.at))
    judge.finish(compiled.program, state, as_of)
    spent = state.spent
    words = _Words(meaning, compiled, calendar, group, book)
    return CaseSaid(
        name, words.events(), words.clocks(state.lanes), words.cards(), (spent[0], spent[1], spent[2], spent[3]), calendar,
        state.stretches,
    )  # fmt: skip


class _Watched(State):
    """The state of a fold that remembers whose turn it was when; the fold itself is the same."""

    __slots__ = ("stretches",)

    def __init__(self, program: judge.Program, book: Book) -> None:
        super().__init__(0, program.lanes, program.registers, book)
        self.stretches: list[tuple[int, int, int]] = []

    def hand_turn(self, turn: int, at: int) -> None:
        if self.turn != OVER and at > self.since:
            self.stretches.append((self.turn, self.since, at))
        super().hand_turn(turn, at)


class _Words:
    def __init__(
        self, meaning: Meaning, compiled: Compiled, calendar: Calendar, group: Group, book: Book
    ) -> None:
        self.meaning = meaning
        self.compiled = compiled
        self.calendar = calendar
        self.group = group
        self.book = book
        self.place = {order: i for i, order in enumerate(group.facts.order)}

    def events(self) -> list[Said]:
        facts = self.group.facts
        return [self.event(facts, i) for i in range(len(facts.at))]

    def event(self, facts: Facts, i: int) -> Said:
        code = facts.act[i]
        activity = self.meaning.activities[self.group.activity[i]] if self.group.activity else ""
        act = self.meaning.acts[code] if code != OTHER else ""
        name = self.compiled.procedure.acts[act].name if act else Text(zh=activity, en=activity)
        return Said(
            facts.at[i], facts.order[i], bool(self.group.day_only and self.group.day_only[i]), act, activity, name,
            names(self.meaning.organizations, facts.organization[i]), names(self.meaning.actors, facts.actor[i]),
            facts.reported[i], facts.recorded[i],
        )  # fmt: skip

    def clocks(self, lanes: Sequence[Lane | None]) -> list[ClockSaid]:
        said = []
        for row in self.book.clocks:
            _, index, ordinal, start, due, promise, end, status, late, shift, org, extra, given, _ = row
            track = self.compiled.tracks[index]
            clock = self.compiled.clocks[track.clock]
            lane = lanes[index]
            rests = lane is not None and lane.ordinal == ordinal and lane.paused >= 0
            said.append(
                ClockSaid(
                    clock, self.compiled.procedure.clocks[clock].name, track, start, due, promise, end,
                    ending(status, late), shift, extra, names(self.meaning.organizations, org),
                    self.why(track, track.limit, given or start, shift, extra),
                    self.why(track, track.promise, given or start, shift, extra) if track.promise >= 0 else None,
                    *((lane.paused, lane.cap) if lane is not None and rests else ()),
                )
            )  # fmt: skip
        return said

    def why(self, track: Track, rung: int, start: int, shift: int, extra: int) -> Text:
        step = track.rungs[rung]
        return clock_words.due(track.count, start, shift, step.whole, step.part, extra)

    def cards(self) -> list[CardSaid]:
        found = sorted(self.book.findings, key=lambda finding: (finding[3], finding[1]))
        return [self.card(finding) for finding in found]

    def card(self, finding: tuple[int, int, int, int, int, int, int, int]) -> CardSaid:
        _, number, occurrence, at, order, detail, organization, _ = finding
        rule = self.compiled.rules[number]
        words = self.slots(rule, occurrence, at, order, detail)
        sentence = Text(
            zh=rule.sentence.zh.format_map({slot: text.zh for slot, text in words.items()}),
            en=rule.sentence.en.format_map({slot: text.en for slot, text in words.items()}),
        )
        return CardSaid(
            rule, rule.level, at, order, sentence, names(self.meaning.organizations, organization)
        )

    def slots(self, rule: Rule, occurrence: int, at: int, order: int, detail: int) -> dict[str, Text]:
        """What a rule's sentence may say: {clock}, {due}, {act}, {missing}, {count}, {lag}."""
        procedure = self.compiled.procedure
        i = self.place.get(order)
        act = self.event(self.group.facts, i).name if i is not None else UNKNOWN
        track = self.compiled.tracks[occurrence % conditions.TRACKS % max(len(self.compiled.tracks), 1)]
        clock = self.compiled.clocks[track.clock] if track.clock < len(self.compiled.clocks) else None
        missing = self.meaning.acts[detail] if 0 < detail < len(self.meaning.acts) else ""
        due = detail if rule.when.condition == "back_dated" else at
        return {
            "clock": procedure.clocks[clock].name if clock else UNKNOWN,
            "due": clock_words.moment(self.calendar, due),
            "act": act,
            "missing": procedure.acts[missing].name if missing in procedure.acts else UNKNOWN,
            "count": Text(zh=str(detail), en=str(detail)),
            "lag": clock_words.lag(detail),
        }
