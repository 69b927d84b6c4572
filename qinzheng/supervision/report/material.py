"""What the report says, gathered once: figures, organizations, months, rules, the worst cases explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from qinzheng.calendars.calendar import Calendar
from qinzheng.clocks.machine import COMPLETED, FAR, Track
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
    def late_in_all(self) -> int:
        return self.late + self.overdue

    @property
    def known(self) -> bool:
        """Whether the log says which organization it is."""
        return self.name not in ("", "unknown")

    @property
    def share_late(self) -> float:
        return self.late_in_all / self.judged if self.judged else 0.0


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
    clock: Text = Text(zh="", en="")
    """the case clock that the distributions are of"""
    unit: str = ""
    typical: tuple[int, int] | None = None
    """units within which half of what was completed was done, and from which on the slowest tenth was"""
    promise: int | None = None
    limit: int | None = None
    worst: list[CaseSaid] = field(default_factory=list)
    rejected: list[tuple[str, str, int]] = field(default_factory=list)
    assumptions: Sequence[Text] = ()
    spent: Counter[int] = field(default_factory=Counter)
    beyond: list[tuple[str, str]] = field(default_factory=list)
    """(case, why) of those that could not be judged"""
    without_clock: int = 0
    """cases in which no clock ever began"""

    @property
    def late(self) -> int:
        """Limits passed, ended or not."""
        return self.endings["completed_late"] + self.endings["overdue"]

    @property
    def judged(self) -> int:
        """Limits that can be called kept or passed."""
        return self.late + self.endings["completed_on_time"]

    def spoken(self, from_level: str) -> list[tuple[Rule, int]]:
        """The rules of this level and above that issued cards: the gravest first, then the most."""
        least = LEVELS.index(from_level)
        return [(rule, count) for rule, count in self.rules if count and LEVELS.index(rule.level) >= least]


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
        rejected=rejected, assumptions=assumptions, spent=verdict.spent, beyond=verdict.beyond,
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
    chosen = _chosen(compiled)
    months: dict[str, list[int]] = {}
    worst: dict[str, int] = {}
    taken, completed = Counter[int](), Counter[int]()
    seen: set[str] = set()
    for name, row in clock_rows(verdict, source):
        seen.add(name)
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
            used = max(chosen.count.used(row[at["start"]], end) - row[at["shift"]], 0)
            taken[used] += 1
            completed[used] += row[at["status"]] == COMPLETED
    material.months = [(month, begun, late) for month, (begun, late) in sorted(months.items())]
    material.without_clock = verdict.cases - len(seen)
    material.clock = compiled.procedure.clocks[compiled.clocks[chosen.clock]].name
    if not chosen.given:
        _distribution(material, chosen, taken, completed)
    levels = _levels(compiled, verdict)
    order = sorted(worst.items(), key=lambda item: (-levels.get(item[0], 0), -item[1], item[0]))
    return [name for name, _ in order[:WORST]]


def _chosen(compiled: Compiled) -> Track:
    """The first case clock: what the distributions are of."""
    clocks = compiled.procedure.clocks
    return next(t for t in compiled.main_tracks() if clocks[compiled.clocks[t.clock]].role == "case")


def _distribution(material: Material, chosen: Track, taken: Counter[int], completed: Counter[int]) -> None:
    material.unit = chosen.count.unit
    material.limit = chosen.rungs[chosen.limit].whole if chosen.limit >= 0 else None
    material.promise = chosen.rungs[chosen.promise].whole if chosen.promise >= 0 else None
    last = max(BINS, (material.limit or 0) * 2)
    rest = sum(count for n, count in taken.items() if n >= last)
    material.taken = [*(taken[n] for n in range(last)), rest]
    total = completed.total()
    if total >= FEWEST:
        material.typical = _reached(completed, (total + 1) // 2), _reached(completed, total - total // 10)


def _reached(counts: Counter[int], wanted: int) -> int:
    """The smallest number of units within which that many were completed."""
    so_far = 0
    for units in sorted(counts):
        so_far += counts[units]
        if so_far >= wanted:
            return units
    raise ValueError("more wanted than there are")


def _levels(compiled: Compiled, verdict: Verdict) -> dict[str, int]:
    """The highest level of each case that has a card."""
    ranks = [LEVELS.index(rule.level) for rule in compiled.rules]
    highest: dict[str, int] = {}
    for key, rule in zip(verdict.cards.key, verdict.cards.rule, strict=True):
        if ranks[rule] > highest.get(key, 0):
            highest[key] = ranks[rule]
    return highest
