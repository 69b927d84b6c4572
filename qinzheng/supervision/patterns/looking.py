"""From a pattern to what it finds in a period: the comparisons themselves are pure, the rows come from measures and cases.

Sealed cases are in no comparison. What is found is reckoned when it is asked for and kept nowhere: it is no fact but the
answer to a question, and pattern edition, period and position of the ledger say which question.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from django.db.models import Count

from qinzheng.cases import itemized, paths
from qinzheng.cases.models import Attachment, Case, CaseParty
from qinzheng.cases.queries import acts_of
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.definitions.library import Library
from qinzheng.ledger import actions as ledger
from qinzheng.measures import queries as measures
from qinzheng.measures.handled import MANY, SOME, Handled, Steps
from qinzheng.measures.period import Period
from qinzheng.supervision.patterns import favour, overtaking, pauses
from qinzheng.supervision.patterns.favour import Compared
from qinzheng.supervision.patterns.schema import (
    AskedBeyond,
    BesideTheGuide,
    Favour,
    Overtaking,
    Pattern,
    ends,
)

MOST = 50
"""Findings shown of one pattern, the most striking first."""


@dataclass(frozen=True)
class Jumped:
    """A case that was done before ``passed`` others that came earlier."""

    unit: str
    item: str
    case: str
    officer: str
    ended: int
    passed: int


@dataclass(frozen=True)
class Favoured:
    """An officer and a party: ``usual`` and ``own`` are medians of working days; ``elsewhere`` how many cases of the party and of
    the same items other officers handled, and their median."""

    officer: str
    unit: str
    party: str
    relation: str
    compared: Compared
    own: float
    usual: float
    elsewhere: tuple[int, float] | None
    items: tuple[str, ...]
    cases: tuple[str, ...]


@dataclass(frozen=True)
class Beyond:
    """What goes beyond the list of papers, or beside the law of the item, in these cases."""

    unit: str
    item: str
    cases: tuple[str, ...]


Finding = Jumped | Favoured | Steps | Beyond


@dataclass(frozen=True)
class Looked:
    """What one pattern found: ``examined`` how many cases (of pairs for favours ``tested`` how many), ``more`` how many findings are not shown."""

    pattern: Pattern
    edition: str
    position: int
    examined: int
    tested: int
    found: Sequence[Finding]
    more: int


def patterns(day: dt.date) -> list[Pattern]:
    """The published patterns in force, by id."""
    return sorted(shelf.library().standing("pattern", day), key=lambda pattern: pattern.id)


def look(pattern: Pattern, period: Period) -> Looked:
    """Make the comparison. Raises BeyondCalendar where days cannot be counted."""
    compare = pattern.compare
    if isinstance(compare, Overtaking):
        position, rows = _handled(pattern, period)
        jumped = overtaken(rows, compare)
        jumped.sort(key=lambda each: (-each.passed, -each.ended))
        return _looked(pattern, position, len(rows), 0, jumped)
    if isinstance(compare, Favour):
        position, rows = _handled(pattern, period)
        done = [row for row in rows if row.within and row.actor]
        tested, favoured = favours(done, _parties(compare), compare)
        favoured.sort(key=lambda each: each.compared.chance)
        return _looked(pattern, position, len(done), tested, favoured)
    if isinstance(compare, BesideTheGuide):
        position, steps = measures.steps(named(pattern, shelf.library()), period, pattern.calendar)
        found = [
            each for each in steps
            if each.cases >= compare.least and 100 * each.beside >= compare.share * each.cases and each.beside
        ]  # fmt: skip
        found.sort(key=lambda each: (-Fraction(each.beside, each.cases), -each.cases, each.unit, each.item))
        return _looked(pattern, position, sum(each.cases for each in steps), 0, found)
    if isinstance(compare, AskedBeyond):
        examined, beyond = asked_beyond(pattern, compare, period)
    else:
        examined, stopped = pauses.stopped(pattern.supervises, period)
        listed = [Beyond(unit, item, tuple(cases)) for (unit, item), cases in sorted(stopped.items())]
        beyond = [each for each in listed if len(each.cases) >= compare.least]
    beyond.sort(key=lambda each: -len(each.cases))
    return _looked(pattern, measures.position(), examined, 0, beyond)


def _looked(pattern: Pattern, position: int, examined: int, tested: int, found: Sequence[Finding]) -> Looked:
    edition = shelf.library().hash(pattern)
    return Looked(pattern, edition, position, examined, tested, found[:MOST], max(len(found) - MOST, 0))


def _handled(pattern: Pattern, period: Period) -> tuple[int, list[Handled]]:
    wanted = [end for procedure in _procedures(pattern, shelf.library()) for end in ends(procedure)]
    return measures.handled(wanted, period, pattern.calendar)


def _procedures(pattern: Pattern, library: Library) -> list[Procedure]:
    return [library.get("procedure", id) for id in pattern.supervises]


# -- queues --------------------------------------------------------------------------------------------


def overtaken(rows: Iterable[Handled], compare: Overtaking) -> list[Jumped]:
    """The cases done in the period that passed enough others of their queue. Cases of a channel stand in no queue."""
    queues: dict[tuple[str, str, str], list[Handled]] = defaultdict(list)
    for row in rows:
        if row.item and not row.variant:
            queues[row.unit, row.item, row.clock].append(row)
    found = []
    for queue in queues.values():
        waiting = [
            overtaking.Waiting(row.turn, overtaking.NEVER if row.ended is None else row.ended, not row.rested)
            for row in queue
        ]
        for row, passed in zip(queue, overtaking.passed(waiting, compare.earlier), strict=True):
            if passed >= compare.passed and row.within and row.ended is not None:
                found.append(Jumped(row.unit, row.item, row.subject, row.actor, row.ended, passed))
    return found


# -- favours -------------------------------------------------------------------------------------------

Sides = dict[str, dict[str, str]]
"""case → party → relation"""


def _parties(compare: Favour) -> Sides:
    """The parties that take part often enough, by case."""
    rows = CaseParty.objects.filter(relation__in=compare.relations)
    often = rows.values("party").annotate(n=Count("case", distinct=True)).filter(n__gte=compare.least)
    found: Sides = defaultdict(dict)
    for case, party, relation in rows.filter(party__in=often.values("party")).values_list(
        "case_id", "party", "relation"
    ):
        found[case][party] = relation
    return found


def favours(rows: Iterable[Handled], sides: Sides, compare: Favour) -> tuple[int, list[Favoured]]:
    """(how many pairs were tested, those that may be told). Cases of a channel are compared with nobody."""
    plain = [row for row in rows if not row.variant and row.item and row.used is not None]
    by_officer: dict[str, list[Handled]] = defaultdict(list)
    by_party: dict[str, list[Handled]] = defaultdict(list)
    for row in plain:
        by_officer[row.actor].append(row)
        for party in sides.get(row.subject, {}):
            by_party[party].append(row)
    tested = []
    for officer, own in sorted(by_officer.items()):
        met: dict[str, list[Handled]] = defaultdict(list)
        for row in own:
            for party in sides.get(row.subject, {}):
                met[party].append(row)
        for party, theirs in sorted(met.items()):
            pair = _pair(own, theirs, compare) if len(theirs) >= compare.least else None
            if pair is not None:
                tested.append((officer, party, theirs, *pair))
    told = favour.kept([compared.chance for *_, compared, _, _ in tested], compare.by_chance)
    found = [
        _favoured(officer, party, theirs, compared, own_days, usual, by_party[party], sides)
        for (officer, party, theirs, compared, own_days, usual), tells in zip(tested, told, strict=True)
        if tells and compared.faster * 100 >= compare.faster
    ]
    return len(tested), found


def _pair(
    own: list[Handled], theirs: list[Handled], compare: Favour
) -> tuple[Compared, list[int], list[int]] | None:
    """An officer's cases of one party against its others of the same items; None where there are too few."""
    cases = {row.subject for row in theirs}
    strata = []
    for item in sorted({(row.item, row.clock) for row in theirs}):
        mine = [row.used or 0 for row in theirs if (row.item, row.clock) == item]
        others = [row.used or 0 for row in own if (row.item, row.clock) == item and row.subject not in cases]
        if others:
            strata.append((mine, others))
    compared = favour.compare(strata)
    if compared is None or compared.mine < compare.least or compared.others < compare.others:
        return None
    return (
        compared,
        [day for mine, _ in strata for day in mine],
        [day for _, others in strata for day in others],
    )


def _favoured(
    officer: str, party: str, theirs: list[Handled], compared: Compared, own: list[int], usual: list[int],
    anywhere: list[Handled], sides: Sides,
) -> Favoured:  # fmt: skip
    items = tuple(sorted({row.item for row in theirs}))
    elsewhere = [row.used or 0 for row in anywhere if row.actor != officer and row.item in items]
    return Favoured(
        officer, theirs[-1].unit, party, sides[theirs[-1].subject][party], compared, float(median(own)), float(median(usual)),
        (len(elsewhere), float(median(elsewhere))) if elsewhere else None, items,
        tuple(row.subject for row in theirs[-SOME:]),
    )  # fmt: skip


# -- the guide -----------------------------------------------------------------------------------------


def named(pattern: Pattern, library: Library) -> dict[str, dict[str, int]]:
    """Procedure → act → how often one case may have it without going beside the guide: its way once, what it names in words as
    often as the pattern says, the answers of those who are asked as often as they answer."""
    more = pattern.compare.named if isinstance(pattern.compare, BesideTheGuide) else {}
    found = {}
    for procedure in _procedures(pattern, library):
        acts = dict.fromkeys(paths.steps(procedure), 1)
        acts |= {act: most for act, most in more.items() if act in procedure.acts}
        acts |= {joint.answered_by: MANY for joint in procedure.joints.values()}
        found[procedure.id] = acts
    return found


def asked_beyond(pattern: Pattern, compare: AskedBeyond, period: Period) -> tuple[int, list[Beyond]]:
    """(cases with files in the period, units and items with papers beyond the list after a correction was asked for).

    Only what came as a file is known: a paper handed over at a window leaves no name in the system.
    """
    begin = dt.datetime.combine(period.first, dt.time(), shelf.ZONE)
    end = dt.datetime.combine(period.last + dt.timedelta(days=1), dt.time(), shelf.ZONE)
    files = Attachment.objects.filter(
        added_at__gte=begin, added_at__lt=end, case__procedure__in=pattern.supervises, case__concerns=None
    ).exclude(case__item="")
    examined = files.values("case").distinct().count()
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    given: dict[str, list[tuple[str, dt.datetime]]] = defaultdict(list)
    for id, material, at in files.values_list("case", "material", "added_at"):
        given[str(id)].append((material, at))
    for case in Case.objects.filter(pk__in=given).order_by("pk"):
        if _beyond(case, given[case.pk]):
            found[case.organization, case.item].append(case.pk)
    listed = [Beyond(unit, item, tuple(cases)) for (unit, item), cases in sorted(found.items())]
    return examined, [each for each in listed if len(each.cases) >= compare.least]


def _beyond(case: Case, given: list[tuple[str, dt.datetime]]) -> bool:
    """Whether a file that the list does not name came after the first request for corrections."""
    item = itemized.on(case.item, shelf.day(ledger.microseconds(case.opened_at) or 0))
    unnamed = [at for material, at in given if item is not None and material not in item.guide.materials]
    if not unnamed:
        return False
    procedure: Procedure = shelf.library().get("procedure", case.procedure)
    asking = {name for name, act in procedure.acts.items() if "correction_request" in act.traits}
    asked = [act.recorded_at for act in acts_of(case.pk) if act.name in asking]
    return bool(asked) and any((ledger.microseconds(at) or 0) > min(asked) for at in unnamed)
