"""Days used are what a person reckons from the acts, day by day: of cases handled here and of the same ones adopted."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qinzheng.calendars import queries as calendars
from qinzheng.cases import actions as cases
from qinzheng.cases import adopting
from qinzheng.cases.adopting import History, Taken
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import projections, sequencer
from qinzheng.ledger import queries as events
from qinzheng.measures import queries
from qinzheng.measures.period import Period
from tests.flows.conftest import DatabaseClock

pytestmark = pytest.mark.django_db(transaction=True)

YEAR = Period(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
LIMIT, MOST = 20, 10
HOURS = st.integers(1, 150)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pause"), HOURS, st.integers(1, 12), HOURS),
        st.tuples(st.just("extend"), HOURS, st.integers(1, 10), st.just(0)),
    ),
    max_size=5,
)
Done = tuple[str, dt.datetime, dict[str, Any]]
serial = itertools.count()


@pytest.fixture
def city(published, settings, tmp_path):
    settings.HOME = tmp_path
    queries.forget()
    clock = DatabaseClock(0)
    yield clock
    clock.end()
    queries.forget()


def script(begin: int, steps: list[tuple[str, int, int, int]], last: int) -> list[Done]:
    """The acts of a case, with their moments in Beijing."""
    at = dt.datetime(2026, 1, 5, 9, tzinfo=shelf.ZONE) + dt.timedelta(days=begin)
    acts: list[Done] = [("receive", at, {}), ("accept", at := at + dt.timedelta(hours=3), {})]
    for kind, hours, amount, rest in steps:
        at += dt.timedelta(hours=hours)
        if kind == "extend":
            acts.append(("extend", at, {"amount": amount, "reason": "r"}))
            continue
        acts.append(("notify_special", at, {"procedure": "hearing", "days": amount}))
        acts.append(("special_done", at := at + dt.timedelta(hours=rest), {}))
    return [*acts, ("grant", at + dt.timedelta(hours=last), {})]


@dataclass
class Reckoned:
    """What a person keeps on paper: every working day since the acceptance, struck out or counted."""

    start: dt.date
    struck: set[dt.date] = field(default_factory=set)
    limit: int = LIMIT
    extended: bool = False

    def working(self, after: dt.date, until: dt.date) -> list[dt.date]:
        china = calendars.calendar(shelf.library(), "cn")
        days = [after + dt.timedelta(days=n) for n in range(1, (until - after).days + 1)]
        return [day for day in days if china.is_work(china.index(day))]

    def counted(self, until: dt.date) -> int:
        return len([day for day in self.working(self.start, until) if day not in self.struck])

    def pause(self, begin: dt.date, end: dt.date, told: int) -> None:
        if self.counted(begin) <= self.limit:
            self.struck |= set(self.working(begin, end)[:told])

    def extend(self, at: dt.date, amount: int) -> None:
        if self.counted(at) <= self.limit and not self.extended:
            self.limit, self.extended = self.limit + min(amount, MOST), True


def on_paper(acts: list[Done]) -> int:
    paper = Reckoned(acts[1][1].date())
    for (name, at, form), (_, following, _) in itertools.pairwise(acts):
        if name == "notify_special":
            paper.pause(at.date(), following.date(), form["days"])
        elif name == "extend":
            paper.extend(at.date(), form["amount"])
    return paper.counted(acts[-1][1].date())


ROLES = {"receive": "clerk", "accept": "clerk", "extend": "head_of_organ", "grant": "approver"}


def here(clock: DatabaseClock, acts: list[Done], unit: str) -> list[Done]:
    """The acts done through our own door, each when it happens; those that were done."""
    done, case = [], ""
    for name, at, form in acts:
        clock.set(ledger.microseconds(at) or 0)
        who = Who("p-000000000001", unit, ROLES.get(name, "handler"))
        try:
            if case:
                cases.perform(case, name, who, form)
            else:
                case = cases.open_case("approvals.standard", name, who, form).case
        except NotAllowed:
            assert name == "extend"
            continue
        done.append((name, at, form))
    return done


def elsewhere(acts: list[Done], unit: str) -> None:
    """The same acts, told afterwards by another system."""
    taken = [
        Taken(name, Who("x-1", unit, ROLES.get(name, "handler")), ledger.microseconds(at) or 0, form)
        for name, at, form in acts
    ]
    result = adopting.adopt([History(uuid.uuid4(), "approvals.standard", taken)])
    assert len(result.taken) == 1, result.rejected


def figures(measure: str) -> dict[str, tuple[int | None, int | None]]:
    found = queries.answer(measure, "organization", YEAR)
    return {answer.key["organization"]: (answer.numerator, answer.denominator) for answer in found}


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(begin=st.integers(0, 60), steps=STEPS, last=HOURS)
def test_days_used_are_those_on_paper(city, begin, steps, last):
    name = f"unit-{next(serial)}"
    acts = here(city, script(begin, steps, last), f"{name}-here")
    city.set((ledger.microseconds(acts[-1][1]) or 0) + 1)
    elsewhere(acts, f"{name}-elsewhere")
    sequencer.sequence_all()
    queries.follow()
    used = on_paper(acts)
    days, saved = figures("mean-days"), figures("speed-up-rate")
    for place in ("here", "elsewhere"):
        assert days[f"{name}-{place}"] == (used, 1)
        assert saved[f"{name}-{place}"] == (LIMIT - used, LIMIT)


def test_what_moved_a_clock_stands_in_its_events(city):
    acts = script(0, [("pause", 30, 4, 60), ("extend", 30, 5, 0)], 40)
    here(city, acts, "unit")
    city.set((ledger.microseconds(acts[-1][1]) or 0) + 1)
    elsewhere(acts, "other")
    bodies = [event.body for event in events.events(types=("clocks.moved",))]
    decided = [body for body in bodies if body["clock"] == "decision" and body["end"] is not None]
    assert [(b["shift"], b["extra"], b["rested"]) for b in decided] == [(3, 5, 3)] * 2
    first = [body["due"] for body in bodies if body["clock"] == "decision"][0]
    assert [body["first_due"] for body in decided] == [first, first]
    assert list(projections.check()) == []
