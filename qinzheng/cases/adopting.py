"""Taking over whole cases that were handled elsewhere: judged like our own, written in bulk by COPY.

What happened elsewhere is a fact and is not refused for its order: faults of order are the supervision's findings.
A case is taken whole or reported with its reason; taking it again changes nothing.

``simulated`` is for the fictional city alone: its events carry the moments at which they would have been recorded,
and say in their body that they were simulated. Everybody else's events are recorded when we record them.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection

from qinzheng.cases import about as abouts
from qinzheng.cases import engine, fields, itemized, numbers, searching, variants, writing
from qinzheng.cases.about import About
from qinzheng.cases.acts import DEEMED, OPENED, PERFORMED, SYSTEM, Act, Change, Deemed
from qinzheng.cases.engine import NotAllowed, Situation, Who
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.definitions.shelf import NotPublished
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import NewEvent, Precision

Rows = list[tuple[Any, ...]]
TICK = 1_000_000
"""Microseconds after which a simulated worker has noticed that a mark has passed."""


@dataclass(frozen=True)
class Taken:
    """One act as the other system tells it. ``recorded_at`` is heeded in simulations only."""

    act: str
    who: Who
    occurred_at: int
    form: Mapping[str, Any] = field(default_factory=dict)
    reported_at: int | None = None
    recorded_at: int | None = None
    precision: Precision = "instant"


@dataclass(frozen=True)
class History:
    """One case from elsewhere. ``key`` names it for ever: a name-based UUID of the source and its number there."""

    key: uuid.UUID
    procedure: str
    acts: Sequence[Taken]
    about: About = field(default_factory=About)
    outside: Mapping[str, str] = field(default_factory=dict)
    variant: str = ""


@dataclass
class Result:
    """What came of it: case ids taken and already there, and the reasons of those that were not."""

    taken: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    rejected: list[tuple[uuid.UUID, str, str]] = field(default_factory=list)
    """(key, Chinese, English)"""
    numbers: dict[str, str] = field(default_factory=dict)
    """the numbers of those taken and already there"""


def case_id(key: uuid.UUID) -> str:
    """The id of the case that a history becomes."""
    return f"case:{key}"


def adopt(histories: Sequence[History], *, simulated: bool = False) -> Result:
    """Take the histories over, in one transaction; those that cannot be are reported, the others written."""
    result = Result()
    with writing.one_transaction() as commits:
        now, known = _begun([case_id(each.key) for each in histories])
        result.numbers |= known
        made: list[_Made] = []
        for history in histories:
            if case_id(history.key) in known:
                result.known.append(case_id(history.key))
                continue
            try:
                made.append(_Made(history, now, simulated))
            except NotAllowed as why:
                result.rejected.append((history.key, why.zh, why.en))
            except BadForm as why:
                named = "; ".join(f"{name}: {zh} / {en}" for name, (zh, en) in why.faults.items())
                result.rejected.append((history.key, named, named))
        _number(made)
        for each in made:
            each.judge()
        result.taken = [each.case.id for each in made]
        result.numbers |= {each.case.id: each.case.number for each in made}
        _write(made, commits)
    return result


def _begun(ids: list[str]) -> tuple[int, dict[str, str]]:
    """The database's clock, and the numbers of the cases that are there already: BEGIN and all in one flush."""
    raw = connection.connection
    with raw.cursor() as cursor:
        with raw.pipeline():
            cursor.execute(
                "SELECT clock_timestamp(), ARRAY(SELECT ARRAY[id, number] FROM cases_case WHERE id = ANY(%s))",
                [ids],
            )
        at, known = cursor.fetchone()
    return ledger.microseconds(at) or 0, dict(known)


class _Made:
    """One case on its way in."""

    def __init__(self, history: History, now: int, simulated: bool) -> None:
        self.history, self.now, self.simulated = history, now, simulated
        acts = sorted(history.acts, key=lambda act: act.occurred_at)
        if not acts:
            raise NotAllowed("没有任何环节", "there is no act at all", "acts")
        opened = acts[0].occurred_at
        try:
            edition = shelf.in_force("procedure", history.procedure, shelf.day(opened))
        except NotPublished as why:
            raise NotAllowed(str(why), str(why), "procedure") from None
        promise = abouts.check(history.about, history.procedure, shelf.day(now))
        self.promise = promise
        self.procedure: Procedure = itemized.apply(
            variants.apply(edition.definition, history.variant, promise),
            itemized.on(history.about.item, shelf.day(opened)),
        )
        self.case = Case(
            id=case_id(history.key), procedure=history.procedure, edition=edition.sha256, variant=history.variant,
            opened_at=writing.moment(opened), last_seq=0, organization=acts[0].who.organization, situation={},
            item=history.about.item, title=history.about.title, town=history.about.town, promise=promise,
            opened_by=acts[0].who.organization,
        )  # fmt: skip
        numbers.check_outside(self.procedure, history.outside)
        self.acts = [self._act(place, taken) for place, taken in enumerate(acts)]
        self.events: list[tuple[int, NewEvent]] = []
        self.writes: list[tuple[str, Sequence[Any]]] = []

    def _act(self, place: int, taken: Taken) -> Act:
        """Checked as far as it must be: its name, its form where it says something, no time to come."""
        definition = self.procedure.acts.get(taken.act)
        if definition is None or definition.system:
            known = "、".join(name for name, act in self.procedure.acts.items() if not act.system)
            raise NotAllowed(
                f"没有环节 {taken.act}，可用：{known}", f"no act {taken.act}; known: {known}", "act"
            )
        if definition.opens != (place == 0):
            raise NotAllowed(
                f"第一个环节须为开始环节，且只能有一个：{taken.act}",
                f"the first act opens the case, and it alone: {taken.act}",
                "act",
            )
        if taken.occurred_at > self.now:
            raise NotAllowed(
                "发生时间不能晚于现在", "an act cannot have happened later than now", "occurred_at"
            )
        told = taken.form
        if place == 0:
            told = abouts.assigned(self.history.about, definition, told, shelf.day(self.now))
        form = abouts.sealed(definition, fields.partial(definition, told), self.case.id, taken.who)
        recorded = taken.recorded_at if self.simulated and taken.recorded_at is not None else self.now
        id = (
            self.history.key
            if place == 0
            else uuid.uuid5(self.history.key, f"{place}/{taken.act}/{taken.occurred_at}")
        )
        return Act(
            id,
            place + 1,
            taken.act,
            taken.who,
            taken.occurred_at,
            taken.reported_at,
            recorded,
            form,
            taken.precision,
        )

    # -- judging --------------------------------------------------------------------------------

    def judge(self) -> None:
        """Fold, put the events into their order, and fold again if that gave an act another place."""
        while True:
            change = Change(self.case, self.procedure, self.acts, self.now, cause=self.acts[0].id)
            deemed = [each for projector in writing.PROJECTORS for each in projector(change)]
            self.events = self._events(change, deemed)
            places = {
                event.id: seq for seq, (_, event) in enumerate(self.events, start=1) if event.id is not None
            }
            acts = [replace(act, seq=places[act.id]) for act in self.acts]
            if acts == self.acts:
                self.writes = change.writes
                return
            self.acts, self.case.fold, self.case.situation = acts, None, {}

    def _events(self, change: Change, deemed: list[Deemed]) -> list[tuple[int, NewEvent]]:
        case, procedure = self.case, self.procedure
        case.state, case.organization, case.closed_at, case.situation = (
            "",
            self.acts[0].who.organization,
            None,
            {},
        )
        here = Situation("", case.organization)
        told: list[tuple[int, NewEvent]] = []
        known: list[Deemed] = []
        for step in writing.steps(self.acts, deemed):
            if isinstance(step, Deemed):
                here = engine.after(procedure, here, step.act, SYSTEM, {})
                writing.settle(case, procedure, here, step.effective)
                case.situation["last"] = max(case.situation["last"], step.at)
                known.append(step)
                writing.remember(case, known)
                told.append((min(step.at + TICK, self.now), writing.determined(change, DEEMED, step)))
                continue
            here = engine.after(procedure, here, step.name, step.who, step.form)
            writing.settle(case, procedure, here, step.occurred_at)
            opening = step is self.acts[0]
            said = writing.event(
                case, step, OPENED if opening else PERFORMED, self._extra() if opening else self._mark()
            )
            told.append((step.recorded_at, said))
        told = self._steady(told) + [(self._moment(event), event) for event in change.determinations]
        if self.simulated:
            told.sort(key=lambda entry: entry[0])
        case.situation["recorded"] = told[-1][0]
        return told

    def _steady(self, told: list[tuple[int, NewEvent]]) -> list[tuple[int, NewEvent]]:
        """A subject's events are recorded one after another, whatever their claims."""
        last, found = 0, []
        for at, event in told:
            last = max(last, at) if self.simulated else self.now
            found.append((last, event))
        return found

    def _extra(self) -> dict[str, Any]:
        extra: dict[str, Any] = {
            "number": self.case.number or "", "variant": self.history.variant, **self.history.about.body(self.promise),
            **self._mark(),
        }  # fmt: skip
        if self.history.outside:
            extra["outside"] = dict(self.history.outside)
        return extra

    def _mark(self) -> dict[str, Any]:
        return {"simulated": True} if self.simulated else {}

    def _moment(self, event: NewEvent) -> int:
        """When the live system would have said it: a card when its mark passed or its event came, a clock when it moved."""
        if not self.simulated:
            return self.now
        body = event.body
        by_seq = {act.seq: act.recorded_at for act in self.acts}
        if "card" in body:
            return max(min(int(body["at"]) + TICK, self.now), by_seq.get(body["event"], 0))
        at = (
            body["end"]
            if body.get("end") is not None
            else body["due"]
            if body.get("ending") == "overdue"
            else body.get("start")
        )
        moved = [act.recorded_at for act in self.acts if act.occurred_at == at]
        return max(moved or [min(int(at or self.acts[-1].recorded_at) + TICK, self.now)])

    def rows(self) -> Rows:
        """The events as rows of the ledger."""
        self.case.last_seq = len(self.events)
        return [
            ledger.row(event, seq, writing.moment(at)) for seq, (at, event) in enumerate(self.events, start=1)
        ]

    def statements(self) -> list[tuple[str, Sequence[Any]]]:
        """Every other row, the case first."""
        about, outside = self.history.about, self.history.outside
        words = [about.title, self._item(), self.case.number, *outside.values()]
        return [
            writing.save(self.case, new=True), *self.writes, *numbers.insert(self.case.id, outside),
            *about.statements(self.case.id), *writing.asked(self.case), searching.statement(self.case.id, words),
        ]  # fmt: skip

    def _item(self) -> str:
        return shelf.library().get("item", self.case.item).name.zh if self.case.item else ""


def _number(made: list[_Made]) -> None:
    """Give the cases their numbers, by series, in the order in which they were opened."""
    by_series: dict[str, list[_Made]] = defaultdict(list)
    for each in sorted(made, key=lambda one: one.case.opened_at):
        by_series[each.case.procedure].append(each)
    for cases in by_series.values():
        local = [each.case.opened_at.astimezone(shelf.ZONE) for each in cases]
        found = numbers.block(cases[0].procedure, [(at.year, at.month) for at in local])
        for each, number in zip(cases, found, strict=True):
            each.case.number = number


FEW = 40
"""Events up to which a pipeline of statements is less work than COPY and its round trips."""


def _write(made: list[_Made], commits: bool) -> None:
    """Everything in one flush where it is little, by COPY where it is much; ``commits``: the COMMIT too."""
    raw = connection.connection
    if sum(len(each.events) for each in made) <= FEW:
        with raw.pipeline(), raw.cursor() as cursor:
            for each in made:
                for sql, parameters in writing.together([*writing.inserted(each.rows()), *each.statements()]):
                    cursor.execute(sql, parameters)
            if commits and made:
                cursor.execute("COMMIT")
        return
    ledger.copy_in([row for each in made for row in each.rows()])
    grouped: dict[str, list[Sequence[Any]]] = defaultdict(list)
    for each in made:
        for sql, parameters in each.statements():
            grouped[sql].append(parameters)
    with raw.cursor() as cursor:
        for sql, parameters in grouped.items():
            cursor.executemany(sql, parameters)
