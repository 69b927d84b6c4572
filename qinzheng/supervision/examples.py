"""Worked cases: an example says what was done when, and what must come of it.

An example is a definition like any other. ``qinzheng definitions check`` and every publication fold it with the
real kernel under the procedure and the rules that it names, and refuse what comes out otherwise: whoever changes
a limit, a calendar or a rule is told which worked case no longer holds, and how the new moment was reckoned.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import BeyondCalendar, Calendar
from qinzheng.cases import checks, variants
from qinzheng.cases.schema import Procedure
from qinzheng.clocks import explain
from qinzheng.clocks.machine import FAR, NONE, Book, Facts
from qinzheng.definitions.form import Definition, Identifier, Strict, Text
from qinzheng.definitions.library import Complaint, Library
from qinzheng.definitions.strict import Path_
from qinzheng.supervision import judge
from qinzheng.supervision.batch import ending
from qinzheng.supervision.ladders import RuleNeverWakes
from qinzheng.supervision.program import Compiled, compile_program
from qinzheng.supervision.schema import Rule

Moment = Annotated[
    str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2} (([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00)$")
]
"""``2026-10-30 09:30``, or ``2026-10-30 24:00``: the last moment of that day; local time of the calendar."""


class Step(Strict):
    """One act of the example."""

    act: Identifier
    at: Moment
    says: int | None = Field(
        default=None, description="what the act says in one number: days told, units granted, 1 for a yes"
    )
    due_at: Moment | None = Field(default=None, description="the moment that the act fixes")
    role: Identifier | None = None
    organization: str | None = Field(default=None, description="who acts")
    next: str | None = Field(default=None, description="to whom an assigning act hands the case")
    recorded: Moment | None = Field(default=None, description="when it was entered; unknown unless stated")


class ClockThen(Strict):
    """How one round of a clock stands in the end."""

    clock: Identifier
    round: int = Field(default=1, ge=1)
    starts: Moment | None = None
    due: Moment | None = None
    promised: Moment | None = None
    ending: Literal["running", "overdue", "completed_on_time", "completed_late", "released"] | None = None


class DeemedThen(Strict):
    """An act that silence entered: when it takes effect, and when the silence was over."""

    act: Identifier
    effective: Moment
    passed: Moment


class Then(Strict):
    """What must come of it. What is not said is not compared; an empty list says: none."""

    clocks: list[ClockThen] = []
    deemed: list[DeemedThen] | None = None
    cards: list[Identifier] | None = Field(default=None, description="the rules, a line for every card")


class Example(Definition):
    """A worked case."""

    kind: Literal["example"]
    procedure: Identifier
    variant: Identifier | None = None
    rules: Identifier | None = Field(default=None, description="the rule set whose cards are meant")
    acts: list[Step] = Field(min_length=1)
    as_of: Moment
    expect: Then


def check_example(example: Example, library: Library) -> Iterator[Complaint]:
    """Where the kernel comes to something else than the example says."""
    try:
        procedure: Procedure = library.get("procedure", example.procedure)
    except KeyError:
        yield Complaint(
            ("procedure",),
            f"没有程序 {example.procedure}，请更正",
            f"there is no procedure {example.procedure}: correct it",
        )
        return
    if any(checks.check_procedure(procedure, library)):
        return  # said of the procedure itself
    complaints = list(_names(example, procedure, library))
    yield from complaints
    if complaints:
        return
    try:
        yield from _Run(example, procedure, library).compared()
    except RuleNeverWakes:
        return  # said of the rule itself
    except IncompleteCalendar:
        return  # said of the calendar itself
    except BeyondCalendar as why:
        yield Complaint(("acts",), why.zh, why.en)
    except ValueError as why:  # 2026-02-30 has the form of a day
        yield Complaint(("acts",), f"没有这个时刻：{why}", f"there is no such moment: {why}")


def _names(example: Example, procedure: Procedure, library: Library) -> Iterator[Complaint]:
    expect = example.expect
    named: list[tuple[Path_, str | None, Sequence[str], str, str]] = [
        *(
            (("acts", i, "act"), step.act, [*procedure.acts], "环节", "act")
            for i, step in enumerate(example.acts)
        ),
        *(
            (("expect", "clocks", i, "clock"), then.clock, [*procedure.clocks], "时钟", "clock")
            for i, then in enumerate(expect.clocks)
        ),
        *(
            (("expect", "deemed", i, "act"), then.act, [*procedure.acts], "环节", "act")
            for i, then in enumerate(expect.deemed or [])
        ),
        (("variant",), example.variant, [*procedure.variants], "变体", "variant"),
        (("rules",), example.rules, sorted({rule.set for rule in library.all("rule")}), "规则集", "rule set"),
    ]
    for path, name, known, zh, en in named:
        if name is not None and name not in known:
            listed = ", ".join(known)
            yield Complaint(
                path, f"没有{zh} {name}；可用：{listed}", f"there is no {en} {name}; known: {listed}"
            )
    if expect.cards is not None and example.rules is None:
        yield Complaint(("rules",), "要比较牌，请写明规则集", "to compare cards, name the rule set")


@dataclass(frozen=True)
class _Found:
    """One round of a clock as the kernel left it; instants in microseconds UTC."""

    start: int
    due: int
    promise: int
    ending: str
    because: Text | None


class _Run:
    """The example folded by the kernel, and what came out beside what was expected."""

    def __init__(self, example: Example, procedure: Procedure, library: Library) -> None:
        self.example = example
        definition = variants.apply(procedure, example.variant or "")
        rules: list[Rule] = [
            rule
            for rule in library.standing("rule")
            if rule.set == example.rules and procedure.id in rule.supervises
        ]
        self.compiled = compile_program(definition, rules, lambda id: calendars.calendar(library, id), {})
        self.calendar: Calendar = calendars.calendar(library, self.compiled.calendar)
        self.organizations: list[str] = []
        self.book = self._folded()

    def _folded(self) -> Book:
        steps = sorted(enumerate(self.example.acts), key=lambda entry: (self._at(entry[1].at), entry[0]))
        facts = _facts(self, [step for _, step in steps])
        book, program = Book(), self.compiled.program
        state = program.begin(0, book)
        judge.fold(program, state, facts, 0, len(facts.at))
        judge.finish(program, state, self._at(self.example.as_of))
        return book

    def _at(self, moment: str) -> int:
        day, _, time = moment.partition(" ")
        if time == "24:00":
            return self.calendar.end(self.calendar.index(dt.date.fromisoformat(day)))
        return self.calendar.instant(dt.datetime.fromisoformat(moment))

    def moment(self, written: str | None) -> int:
        """The instant of a moment; NONE where none is written."""
        return NONE if written is None else self._at(written)

    def organization(self, name: str | None) -> int:
        """A code for an organization."""
        if name is None:
            return NONE
        if name not in self.organizations:
            self.organizations.append(name)
        return self.organizations.index(name)

    # -- comparison ------------------------------------------------------------------------------

    def compared(self) -> Iterator[Complaint]:
        """Every difference, at the key that expects otherwise."""
        clocks = self._clocks()
        for i, then in enumerate(self.example.expect.clocks):
            path: Path_ = ("expect", "clocks", i)
            found = clocks.get((then.clock, then.round - 1))
            if found is None:
                yield Complaint(
                    path,
                    f"时钟 {then.clock} 没有第 {then.round} 轮",
                    f"clock {then.clock} has no round {then.round}",
                )
            else:
                yield from self._clock(path, then, found)
        yield from self._deemed()
        yield from self._cards()

    def _clocks(self) -> dict[tuple[str, int], _Found]:
        found = {}
        for (
            _,
            index,
            ordinal,
            start,
            due,
            promise,
            _,
            status,
            late,
            shift,
            _,
            extra,
            given,
            _,
        ) in self.book.clocks:
            track = self.compiled.tracks[index]
            because = None
            if due < FAR and track.limit >= 0:
                rung, begun = track.rungs[track.limit], given if track.given else start
                because = explain.due(track.count, begun, shift, rung.whole, rung.part, extra)
            name = self.compiled.clocks[track.clock]
            found[name, ordinal] = _Found(start, due, promise, ending(status, late), because)
        return found

    def _clock(self, path: Path_, then: ClockThen, found: _Found) -> Iterator[Complaint]:
        for key, expected, came in (
            ("starts", then.starts, found.start),
            ("due", then.due, found.due),
            ("promised", then.promised, found.promise),
        ):
            if expected is not None and self._at(expected) != came:
                because = found.because if key == "due" else None
                yield _differs((*path, key), expected, self._said(came), because)
        if then.ending is not None and then.ending != found.ending:
            yield _differs((*path, "ending"), then.ending, _words(found.ending), found.because)

    def _deemed(self) -> Iterator[Complaint]:
        expected = self.example.expect.deemed
        if expected is None:
            return
        names = {code: name for name, code in self.compiled.acts.items()}
        came = [(names[act], effective, at) for _, act, effective, at in self.book.deemed]
        if [(d.act, self._at(d.effective), self._at(d.passed)) for d in expected] != came:
            wanted = "; ".join(f"{d.act} {d.effective} ({d.passed})" for d in expected)
            said = [(act, self._said(day), self._said(at)) for act, day, at in came]
            zh = "；".join(f"{act} {day.zh}（{at.zh}）" for act, day, at in said)
            en = "; ".join(f"{act} {day.en} ({at.en})" for act, day, at in said)
            yield _differs(("expect", "deemed"), wanted, Text(zh=zh or "无", en=en or "none"))

    def _cards(self) -> Iterator[Complaint]:
        expected = self.example.expect.cards
        if expected is None:
            return
        came = sorted(self.compiled.rules[finding[1]].id for finding in self.book.findings)
        if sorted(expected) != came:
            yield _differs(("expect", "cards"), ", ".join(sorted(expected)), _words(", ".join(came)))

    def _said(self, at: int) -> Text:
        return Text(zh="无", en="none") if at >= FAR or at < 0 else explain.moment(self.calendar, at)


def _words(text: str) -> Text:
    """Names, the same in both languages."""
    return Text(zh=text or "无", en=text or "none")


def _differs(path: Path_, expected: str, came: Text, because: Text | None = None) -> Complaint:
    zh, en = (f"（{because.zh}）", f" ({because.en})") if because else ("", "")
    return Complaint(
        path,
        f"应为 {expected or '无'}，算得 {came.zh}{zh}：请更正示例，或更正所改的定义",
        f"expected {expected or 'none'}, came to {came.en}{en}: correct the example or the definition",
    )


def _facts(run: _Run, steps: Sequence[Step]) -> Facts:
    compiled: Compiled = run.compiled
    said = [
        run.organization(step.next) if compiled.procedure.acts[step.act].assigns else step.says
        for step in steps
    ]
    return Facts(
        at=[run.moment(step.at) for step in steps],
        act=[compiled.acts[step.act] for step in steps],
        order=list(range(1, len(steps) + 1)),
        organization=[run.organization(step.organization) for step in steps],
        actor=[NONE] * len(steps),
        role=[compiled.roles.get(step.role or "", NONE) for step in steps],
        reported=[NONE] * len(steps),
        recorded=[run.moment(step.recorded) for step in steps],
        value=[NONE if number is None else number for number in said],
        due=[run.moment(step.due_at) for step in steps],
    )
