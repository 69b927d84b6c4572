"""What can be reported of a case: our facts, read for many cases at once, and asked for by their declared names.

A closed vocabulary (see :mod:`~qinzheng.exchange.upward.schema`): each name is a function here. Nothing sealed is read.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from qinzheng.cases import queries as cases
from qinzheng.cases.items import Item
from qinzheng.cases.models import Case, CaseParty, OutsideNumber
from qinzheng.cases.outside import TOLD
from qinzheng.cases.schema import Procedure
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf
from qinzheng.exchange.upward.schema import Column, DataSet, Upward
from qinzheng.ledger import actions as ledger
from qinzheng.organizations.models import Organization
from qinzheng.parties import queries as parties
from qinzheng.parties.models import Party
from qinzheng.supervision.models import Card

Value = str | int | bool | dt.datetime | None
LEVELS = ("red", "yellow", "warning")


@dataclass(frozen=True)
class Step:
    """One act, done or deemed, as it is reported. ``serial``: the how-manyth of the case, from 1."""

    id: str
    name: str
    at: dt.datetime
    recorded_at: dt.datetime
    unit: str
    role: str
    officer: str
    form: dict[str, Any]
    serial: int


@dataclass(frozen=True)
class Row:
    """What one record is about: the case, and the act or the pause where it is about one of them."""

    case: Case
    occurrence: str = ""
    step: Step | None = None
    end: Step | None = None


class Facts:
    """Everything that the reports of some cases draw from, read together: a question a table."""

    def __init__(self, upward: Upward, ids: Collection[str]) -> None:
        self.cases = {case.pk: case for case in reported(upward).filter(pk__in=ids)}
        found = list(self.cases)
        self.steps = {id: self._steps(self.cases[id], acts) for id, acts in cases.acts_of_many(found).items()}
        self.clocks: dict[tuple[str, str], Clock] = {
            (clock.case, clock.clock): clock
            for clock in Clock.objects.filter(case__in=found).order_by("ordinal")
        }
        self.cards: dict[str, list[str]] = defaultdict(list)
        for case, level in Card.objects.filter(case__in=found, withdrawn_at=None).values_list(
            "case", "level"
        ):
            self.cards[case].append(level)
        self.numbers = {
            (row.case_id, row.kind): row.number for row in OutsideNumber.objects.filter(case__in=found).order_by("number")
        }  # fmt: skip
        self.parties = {
            (row.case_id, row.relation): row.party for row in CaseParty.objects.filter(case__in=found)
        }
        self.kinds, self.sealed = _standing(set(self.parties.values()))
        self.units = {row.pk: row for row in Organization.objects.filter(pk__in=self._units())}

    def _units(self) -> set[str]:
        named = {unit for case in self.cases.values() for unit in (case.organization, case.town)}
        return named | {step.unit for steps in self.steps.values() for step in steps}

    @staticmethod
    def _steps(case: Case, acts: Iterable[Any]) -> list[Step]:
        """What was done and what was deemed, in the order in which it counts."""
        done: list[tuple[int, int, str, Any]] = [(act.occurred_at, act.seq, act.name, act) for act in acts]
        done += [
            (effective, case.last_seq, act, None) for act, effective, _ in case.situation.get("deemed", [])
        ]
        steps = []
        for serial, (at, _, name, act) in enumerate(sorted(done, key=lambda each: each[:3]), 1):
            moment = _moment(at)
            steps.append(
                Step(f"{name}@{at}", name, moment, moment, case.organization, "system", "", {}, serial)
                if act is None
                else Step(
                    str(act.id),
                    name,
                    moment,
                    _moment(act.recorded_at),
                    act.who.organization,
                    act.who.role,
                    act.who.actor,
                    dict(act.form),
                    serial,
                )  # fmt: skip
            )
        return steps

    # -- rows -------------------------------------------------------------------------------------

    def rows(self, dataset: DataSet, case: Case) -> list[Row]:
        """The rows of a data set that a case has now."""
        steps = self.steps[case.pk]
        named = [step for step in steps if not dataset.after or step.name in dataset.after]
        if dataset.row == "act":
            return [Row(case, step.id, step) for step in named]
        if dataset.row == "pause":
            return self._pauses(case)
        if (dataset.closed and case.closed_at is None) or not named:
            return []
        return [Row(case, "", named[-1] if dataset.after else steps[-1])]

    def _pauses(self, case: Case) -> list[Row]:
        """Every pause that the procedure's clocks know: from its notice to the act that ends it, if that came."""
        found: dict[str, Row] = {}
        steps = self.steps[case.pk]
        for clock in procedure_of(case).clocks.values():
            for pause in clock.pauses:
                for place, step in enumerate(steps):
                    if step.name == pause.by:
                        end = next((each for each in steps[place + 1 :] if each.name in pause.until), None)
                        found.setdefault(step.id, Row(case, step.id, step, end))
        return list(found.values())

    # -- values -----------------------------------------------------------------------------------

    def value(self, column: Column, row: Row) -> Value:
        """One fact of one row; None where there is none. Nothing personal: ``party.field`` is asked elsewhere."""
        return VALUES[column.from_](self, column, row)

    def clock(self, column: Column, row: Row) -> Clock | None:
        """The last round of the first of the named clocks that the case has."""
        found = (self.clocks.get((row.case.pk, name)) for name in column.clock or ())
        return next((clock for clock in found if clock is not None), None)

    def party(self, column: Column, row: Row) -> str:
        """Who takes part, by reference."""
        return self.parties.get((row.case.pk, column.relation), "")

    def standing(self, dataset: DataSet, row: Row) -> list[str]:
        """What changes when the personal data behind a row change; tells nothing of them."""
        named = {self.party(column, row) for column in dataset.columns.values() if column.personal}
        return sorted(self.sealed.get(party, "") for party in named if party)


def reported(upward: Upward) -> Any:
    """The cases that are reported at all. A sealed case is told to nobody: ``concerns`` keeps it out (ours)."""
    since = dt.datetime.combine(upward.since, dt.time(), shelf.ZONE)
    rows = Case.objects.filter(procedure__in=upward.procedures, opened_at__gte=since, concerns=None)
    return rows if upward.told else rows.exclude(TOLD)


def procedure_of(case: Case) -> Procedure:
    """The edition under which the case runs."""
    found: Procedure = shelf.edition("procedure", case.procedure, case.edition).definition
    return found


def _standing(ids: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Of each party: citizen or enterprise; and a word that changes whenever what is sealed of it changes."""
    kinds, sealed = {}, {}
    for party in Party.objects.filter(pk__in=ids):
        root = parties.party(party.pk) if party.merged_into_id else party
        erased = "erased" if root.erased_at else "restricted" if root.restricted_at else ""
        kinds[party.pk], sealed[party.pk] = root.kind, f"{root.pk}/{root.commitment}/{erased}"
    return kinds, sealed


def _moment(at: int) -> dt.datetime:
    return ledger.EPOCH + dt.timedelta(microseconds=at)


def _item(row: Row) -> Item | None:
    if not row.case.item:
        return None
    try:
        found: Item = shelf.in_force(
            "item", row.case.item, shelf.day(ledger.microseconds(row.case.opened_at) or 0)
        ).definition
    except shelf.NotPublished:
        return None
    return found


def _ended(facts: Facts, column: Column, row: Row) -> Value:
    return procedure_of(row.case).states[row.case.state].final


def _word(facts: Facts, column: Column, row: Row) -> Value:
    assert row.step is not None
    act = procedure_of(row.case).acts.get(row.step.name)
    return act.name.zh if act else row.step.name


def _serial(facts: Facts, column: Column, row: Row) -> Value:
    return row.step.serial if row.step else None


def _unit(name: str) -> Callable[[Facts, Column, Row], Value]:
    def value(facts: Facts, column: Column, row: Row) -> Value:
        unit = facts.units.get(row.case.organization)
        return getattr(unit, name) or None if unit else None

    return value


def _town(facts: Facts, column: Column, row: Row) -> Value:
    town = facts.units.get(row.case.town)
    return town.division_code or None if town else None


def _of_case(name: str) -> Callable[[Facts, Column, Row], Value]:
    return lambda facts, column, row: getattr(row.case, name) or None


def _of_item(read: Callable[[Item], str]) -> Callable[[Facts, Column, Row], Value]:
    def value(facts: Facts, column: Column, row: Row) -> Value:
        item = _item(row)
        return read(item) if item else None

    return value


def _of_clock(name: str) -> Callable[[Facts, Column, Row], Value]:
    def value(facts: Facts, column: Column, row: Row) -> Value:
        clock = facts.clock(column, row)
        return getattr(clock, name) if clock else None

    return value


def _of_step(name: str) -> Callable[[Facts, Column, Row], Value]:
    return lambda facts, column, row: getattr(row.step, name) or None if row.step else None


def _unit_name(facts: Facts, column: Column, row: Row) -> Value:
    unit = facts.units.get(row.step.unit) if row.step else None
    return unit.name_zh if unit else None


def _field(facts: Facts, column: Column, row: Row) -> Value:
    value = row.step.form.get(column.field or "") if row.step else None
    return value if isinstance(value, str | int | bool) else None


def _reason(facts: Facts, column: Column, row: Row) -> Value:
    """The reason that the clock's definition names for this pause."""
    assert row.step is not None
    for clock in procedure_of(row.case).clocks.values():
        for pause in clock.pauses:
            if pause.by == row.step.name:
                return pause.reason
    return None


def _highest(facts: Facts, column: Column, row: Row) -> Value:
    """Only the highest card of a case counts."""
    return next((level for level in LEVELS if level in facts.cards[row.case.pk]), None)


def _count(facts: Facts, column: Column, row: Row) -> Value:
    return Counter(facts.cards[row.case.pk]).total()


VALUES: dict[str, Callable[[Facts, Column, Row], Value]] = {
    "case.number": _of_case("number"), "case.title": _of_case("title"), "case.procedure": _of_case("procedure"),
    "case.state": _of_case("state"), "case.opened_at": _of_case("opened_at"), "case.closed_at": _of_case("closed_at"),
    "case.outside_number": lambda facts, column, row: facts.numbers.get((row.case.pk, column.field or "")),
    "case.ended": _ended, "item.id": _of_case("item"), "item.name": _of_item(lambda item: item.name.zh),
    "item.sort": _of_item(lambda item: item.sort), "unit.id": _of_case("organization"), "unit.name": _unit("name_zh"),
    "unit.code": _unit("code"), "unit.division": _unit("division_code"), "town.division": _town,
    "clock.started_at": _of_clock("started_at"), "clock.due_at": _of_clock("due_at"),
    "clock.promised_at": _of_clock("promised_at"), "clock.ended_at": _of_clock("ended_at"),
    "clock.ending": _of_clock("ending"), "cards.highest": _highest, "cards.count": _count,
    "party.kind": lambda facts, column, row: facts.kinds.get(facts.party(column, row)),
    "constant": lambda facts, column, row: column.value, "act.id": _of_step("id"), "act.word": _word,
    "act.serial": _serial, "act.at": _of_step("at"), "act.recorded_at": _of_step("recorded_at"), "act.unit": _of_step("unit"),
    "act.unit_name": _unit_name, "act.role": _of_step("role"), "act.officer": _of_step("officer"), "act.field": _field,
    "pause.reason": _reason, "pause.began_at": _of_step("at"),
    "pause.ended_at": lambda facts, column, row: row.end.at if row.end else None,
}  # fmt: skip
