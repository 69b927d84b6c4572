"""What the report says, gathered once: figures, organizations, months, rules, the worst cases explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from qinzheng.calendars.calendar import Calendar
from qinzheng.clocks.machine import FAR
from qinzheng.definitions.form import Text
from qinzheng.supervision import explain
from qinzheng.supervision.archive import Archive
from qinzheng.supervision.batch import CLOCK_FIELDS, Job, Verdict, clock_rows, names
from qinzheng.supervision.explain import CaseSaid
from qinzheng.supervision.program import Compiled
from qinzheng.supervision.schema import LEVELS, Rule

FEWEST = 10
"""Organizations with fewer clocks are listed apart and never ranked (domain facts, part C 4)."""
WORST = 20
BINS = 30


@dataclass(frozen=True)
class Organization:
    """One organization's clocks: how they ended, and its effective cards."""

    name: str
    on_time: int
    late: int
    running: int
    overdue: int
    released: int
    yellow: int
    red: int

    @property
    def judged(self) -> int:
        """Clocks that can be called on time or late: the rest still run in time, or were handed on."""
        return self.on_time + self.late + self.overdue

    @property
    def share_late(self) -> float:
        return (self.late + self.overdue) / self.judged if self.judged else 0.0


@dataclass
class Material:
    """Everything on the page."""

    title: Text
    rule_set: str
    sample: bool
    as_of: Text
    cases: int
    events: int
    endings: Counter[str]
    highest: Counter[str]
    organizations: list[Organization]
    few: list[Organization]
    rules: list[tuple[Rule, int]]
    months: list[tuple[str, int, int]] = field(default_factory=list)
    """(month, clocks begun, of these late)"""
    taken: list[int] = field(default_factory=list)
    """how many clocks took 0, 1, … units; the last bin holds the rest"""
    unit: str = ""
    promise: int | None = None
    limit: int | None = None
    worst: list[CaseSaid] = field(default_factory=list)
    rejected: list[tuple[str, str, int]] = field(default_factory=list)
    assumptions: Sequence[Text] = ()
    spent: Counter[int] = field(default_factory=Counter)


def gather(
    title: Text, source: Archive, compiled: Compiled, job: Job, verdict: Verdict, as_of: Text,
    rejected: list[tuple[str, str, int]], assumptions: Sequence[Text],
) -> Material:  # fmt: skip
    """Gather the page from a judgement."""
    calendar = job.calendars[compiled.calendar]
    organizations = _organizations(source, compiled, verdict)
    counted = Counter(verdict.cards.rule)
    material = Material(
        title=title, rule_set=compiled.rules[0].set, sample=compiled.procedure.basis == "ours", as_of=as_of,
        cases=verdict.cases, events=verdict.events, endings=verdict.endings, highest=verdict.highest,
        organizations=[o for o in organizations if o.judged >= FEWEST],
        few=[o for o in organizations if o.judged < FEWEST],
        rules=sorted(((rule, counted[n]) for n, rule in enumerate(compiled.rules)), key=_rank),
        rejected=rejected, assumptions=assumptions, spent=verdict.spent,
    )  # fmt: skip
    worst = _clocks(material, source, compiled, verdict, calendar)
    for name in worst:
        said = explain.case(source, compiled, calendar, job.as_of, name)
        if said is not None:
            material.worst.append(said)
    return material


def _rank(row: tuple[Rule, int]) -> tuple[int, int, str]:
    return (-LEVELS.index(row[0].level), -row[1], row[0].id)


def _organizations(source: Archive, compiled: Compiled, verdict: Verdict) -> list[Organization]:
    levels = [rule.level for rule in compiled.rules]
    cards = Counter(
        zip(verdict.cards.organization, (levels[rule] for rule in verdict.cards.rule), strict=True)
    )
    found = [
        Organization(
            names(source.meaning.organizations, code, "unknown"), counts["completed_on_time"], counts["completed_late"],
            counts["running"], counts["overdue"], counts["released"], cards[code, "yellow"], cards[code, "red"],
        )
        for code, counts in verdict.by_organization.items()
    ]  # fmt: skip
    return sorted(found, key=lambda o: (-o.share_late, -o.judged, o.name))


def _clocks(
    material: Material, source: Archive, compiled: Compiled, verdict: Verdict, calendar: Calendar
) -> list[str]:
    """Fill the distributions from the first case clock; returns the names of the worst cases."""
    at = {name: place for place, name in enumerate(CLOCK_FIELDS)}
    chosen = next(
        t
        for t in compiled.main_tracks()
        if compiled.procedure.clocks[compiled.clocks[t.clock]].role == "case"
    )
    months: dict[str, list[int]] = {}
    levels = _levels(compiled, verdict)
    worst: dict[str, int] = {}
    taken = Counter[int]()
    for name, row in clock_rows(verdict, source):
        end, due = row[at["end"]], row[at["due"]]
        late = row[at["late"]]
        if late and due < FAR:
            worst[name] = max(worst.get(name, 0), end - due)
        if row[at["track"]] != chosen.index:
            continue
        day = calendar.date(calendar.day(row[at["start"]]))
        month = months.setdefault(f"{day:%Y-%m}", [0, 0])
        month[0] += 1
        month[1] += late
        if not chosen.given:
            used = chosen.count.used(row[at["start"]], end) - row[at["shift"]]
            taken[max(used, 0)] += 1
    material.months = [(month, begun, late) for month, (begun, late) in sorted(months.items())]
    if not chosen.given:
        material.unit = chosen.count.unit
        material.limit = chosen.rungs[chosen.limit].whole
        material.promise = chosen.rungs[chosen.promise].whole if chosen.promise >= 0 else None
        last = max(BINS, material.limit * 2)
        material.taken = [taken[n] for n in range(last)] + [
            sum(count for n, count in taken.items() if n >= last)
        ]
    return [
        name
        for name, _ in sorted(worst.items(), key=lambda item: (-levels.get(item[0], 0), -item[1], item[0]))[
            :WORST
        ]
    ]


def _levels(compiled: Compiled, verdict: Verdict) -> dict[str, int]:
    """The highest level of each case that has a card."""
    ranks = [LEVELS.index(rule.level) for rule in compiled.rules]
    highest: dict[str, int] = {}
    for key, rule in zip(verdict.cards.key, verdict.cards.rule, strict=True):
        if ranks[rule] > highest.get(key, 0):
            highest[key] = ranks[rule]
    return highest
