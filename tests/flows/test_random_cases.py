"""Anything people may do, in any order, late, twice and at once: the tables stay what the ledger says.

Driven on the real database with its clock in the hands of the test, over every shipped procedure in which people act.
"""

import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from qinzheng.cases import actions as cases
from qinzheng.cases import choosing, claims, writing
from qinzheng.cases.engine import Who
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import envelope, projections
from qinzheng.operations import judging_commands
from qinzheng.supervision import batch, history
from qinzheng.supervision.models import Card
from tests import library
from tests.flows import city
from tests.flows.city import DAY, MINUTE
from tests.flows.conftest import DatabaseClock

pytestmark = pytest.mark.django_db(transaction=True)

PROCEDURES = sorted(
    procedure.id
    for procedure in library.library().all("procedure")
    if any(act.by and act.opens for act in procedure.acts.values())
)
SEEDS = st.integers(0, 2**32)
STEPS = st.sampled_from([MINUTE, 3 * 60 * MINUTE, DAY, 4 * DAY, 9 * DAY, 40 * DAY])
REFUSED = (cases.NotAllowed, BadForm)


class Office(RuleBasedStateMachine):
    """One example: a few cases and what is done to them."""

    clock: DatabaseClock
    latest = 0
    flagged = False
    reached: set[tuple[str, str]] = set()

    def __init__(self):
        super().__init__()
        self.clock.on("2025-03-03 09:00")
        self.cases = []
        self.keys = []

    def teardown(self):
        Office.latest = max(Office.latest, self.clock.now)

    def one(self, random):
        return Case.objects.get(pk=random.choice(self.cases))

    def seen(self, case_id):
        city.check(case_id)
        case = Case.objects.get(pk=case_id)
        self.reached.add((case.procedure, case.state))

    @precondition(lambda self: len(self.cases) < 3)
    @rule(seed=SEEDS, name=st.sampled_from(PROCEDURES), green=st.booleans())
    def somebody_opens_a_case(self, seed, name, green):
        random = Random(seed)
        procedure = library.procedure(name)
        variant = "green" if green and "green" in procedure.variants else ""
        Office.flagged = bool(variant)
        opening = next(act for act, definition in procedure.acts.items() if definition.opens)
        who = Who("k", "住建局", random.choice(procedure.acts[opening].by))
        ago = random.choice((0, 0, DAY, 30 * DAY))
        key = envelope.uuid7()
        more: dict[str, Any] = {"occurred_at": self.clock.now - ago, "key": key, "variant": variant}
        filled = city.form(random, procedure.acts[opening], self.clock.now)
        form = {key: value for key, value in filled.items() if procedure.acts[opening].form[key].required}
        try:
            done = cases.open_case(name, opening, who, form, **more)
        except cases.NotAllowed as why:
            if (
                why.field != claims.TERM
            ):  # a term that was over before the case began, and nothing else, is told anew
                raise
            later = writing.moment(self.clock.now + 9 * DAY).astimezone(shelf.ZONE)
            form[claims.TERM] = later.strftime("%Y-%m-%dT%H:%M")
            done = cases.open_case(name, opening, who, form, **more)
        again = cases.open_case(name, opening, who, form, **more)
        assert (done.new, again.new, again.case) == (True, False, done.case)
        self.cases.append(done.case)
        self.seen(done.case)

    @precondition(lambda self: self.cases)
    @rule(seed=SEEDS, acts=st.integers(1, 8))
    def people_work_on_a_case(self, seed, acts):
        random = Random(seed)
        case = random.choice(self.cases)
        for _ in range(acts):
            self.clock.set(self.clock.now + random.choice((MINUTE, MINUTE, DAY, 3 * DAY)))
            self.somebody_acts(random, Case.objects.get(pk=case))
        self.seen(case)

    def somebody_acts(self, random, case):
        acts = cases.procedure_of(case).acts
        stray = random.randrange(12)
        late = random.choice((0, 0, 0, 0, MINUTE, 4 * DAY, 12 * DAY))
        lawful = city.allowed(case)
        if random.random() < 0.8:  # most people see it through
            lawful = [name for name in lawful if name not in ("withdraw", "supplement")] or lawful
        name = random.choice(sorted(acts) if stray == 0 else lawful or sorted(acts))
        who = city.whoever(random, case, acts[name], lawful=stray != 1)
        form = city.form(random, acts[name], self.clock.now)
        key = envelope.uuid7()
        more: dict[str, Any] = {"key": key}
        if late:
            more |= {"occurred_at": self.clock.now - late, "precision": random.choice(("instant", "day"))}
        before = case.last_seq
        try:
            done = cases.perform(case.id, name, who, form, **more)
        except REFUSED:
            assert Case.objects.get(pk=case.id).last_seq == before
            return
        assert done.new
        self.keys.append((key, case.id))
        if random.randrange(4) == 0:
            assert cases.perform(case.id, name, who, form, **more) == replace(done, new=False)
            self.seen(case.id)

    @precondition(lambda self: self.keys and len(self.cases) > 1)
    @rule(seed=SEEDS)
    def a_key_is_used_again_for_something_else(self, seed):
        random = Random(seed)
        key, used = random.choice(self.keys)
        other = next(case for case in self.cases if case != used)
        who = Who("k", "住建局", "clerk")
        with pytest.raises(cases.AnotherEvent):
            cases.perform(other, "withdraw", who, {}, key=key)

    @precondition(lambda self: self.cases)
    @rule(step=STEPS)
    def time_passes(self, step):
        self.clock.set(self.clock.now + step)
        judging_commands.tick_once()
        for case in self.cases:
            self.seen(case)

    @precondition(lambda self: self.cases)
    @rule()
    def the_clock_is_set_back(self):
        self.clock.set(self.clock.now - 10 * MINUTE)

    @precondition(lambda self: self.cases)
    @rule(seed=SEEDS)
    def two_hands_at_once(self, seed):
        random = Random(seed)
        case = self.one(random)
        acts = cases.procedure_of(case).acts
        names = city.allowed(case)
        if not names:
            return
        plans = []
        for name in (random.choice(names), random.choice(names)):
            plans.append(
                (name, city.whoever(random, case, acts[name]), city.form(random, acts[name], self.clock.now))
            )
        faults: list[Exception] = []
        threads = [threading.Thread(target=self.hand, args=(case.id, plan, faults)) for plan in plans]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        self.seen(case.id)

    def hand(self, case, plan, faults):
        try:
            self.clock.rule()
            cases.perform(case, *plan)
        except REFUSED:
            pass
        except Exception as fault:  # told to the test, which fails by it
            faults.append(fault)
        finally:
            connection.close()


def lives(clock, lives_each=5, steps=14):
    """Long lives of cases of every procedure: more of them than a machine of rules would think of."""
    office = Office()
    for number in range(lives_each):
        for name in PROCEDURES:
            random = Random(f"{name} {number}")
            office.cases = []
            clock.on("2025-03-03 09:00")
            office.somebody_opens_a_case(random.randrange(2**32), name, random.random() < 0.3)
            for _ in range(steps):
                if random.random() < 0.15:
                    office.time_passes(random.choice((DAY, 9 * DAY, 40 * DAY)))
                else:
                    office.people_work_on_a_case(random.randrange(2**32), 1)
            office.teardown()


def batch_cards(now):
    with tempfile.TemporaryDirectory() as folder:
        return {
            card.hex()
            for _, job in history.jobs(Path(folder), None, "standard", now, None)
            for verdict in [batch.run(job)]
            for card, key in zip(verdict.cards.id, verdict.cards.key, strict=True)
            if "@" not in key
        }


def test_whatever_is_done_the_tables_are_what_the_ledger_says(clock, monkeypatch):
    monkeypatch.setattr(choosing, "FLAGGED", [lambda about, now: Office.flagged])
    Office.clock, Office.reached = clock, set()
    run_state_machine_as_test(
        Office,
        settings=settings(
            max_examples=15, stateful_step_count=16, deadline=None, derandomize=True, database=None,
            phases=(Phase.generate,), report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    lives(clock)
    clock.set(Office.latest + DAY)
    judging_commands.tick_once()
    assert list(projections.check()) == []
    assert batch_cards(clock.now) == set(Card.objects.filter(withdrawn_at=None).values_list("id", flat=True))
    assert {name for name, _ in Office.reached} == set(PROCEDURES)
