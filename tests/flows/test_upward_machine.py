"""Whatever the receiver does, in whatever order, and whatever happens to the cases meanwhile: both sides agree in the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from qinzheng.cases import actions as cases
from qinzheng.cases.models import Case
from qinzheng.exchange.upward import answers, deployment, repairing, replay
from qinzheng.exchange.upward.models import Answer, Cursor, Entry, Packet, Record, Touched
from qinzheng.ledger import crypto, queries
from tests.flows import province as receivers
from tests.flows import reports
from tests.flows.conftest import DatabaseClock
from tests.flows.province import LATER, MISBEHAVIOURS, OK, Doors
from tests.flows.reports import HANDLER, agreed, build, opened, states, upward
from tests.flows.test_redetermined import publish

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = 60_000_000
NEXT = {"received": "accept", "accepted": "finish"}
MOODS = st.sampled_from((OK, LATER, LATER, *MISBEHAVIOURS))


class Reporting(RuleBasedStateMachine):
    """Cases go on, packets are built, sent to a receiver with moods, answered at some time, mended."""

    clock: DatabaseClock

    def __init__(self) -> None:
        super().__init__()
        for table in (Entry, Record, Packet, Touched, Answer):
            table.objects.all().delete()
        Cursor.objects.update_or_create(report=reports.REPORT, defaults={"position": queries.head()[1]})
        self.receiver = receivers.platform(crypto.key_of(deployment.signer()))
        self.doors: Doors = self.receiver.__enter__()
        self.province = self.doors.province
        self.cases: list[str] = []

    def teardown(self) -> None:
        """All misbehaviour ends; time passes; then nothing may be left."""
        try:
            self._end()
        finally:
            self.receiver.__exit__(None, None, None)

    def _end(self) -> None:
        if self.doors.server is None:
            self.doors.open()
        self.province.plan.clear()
        for _ in range(3):
            self.clock.set(self.clock.now + 120 * MINUTE)
            repairing.repair(upward(), [], "p-00000000000e")
            build()
            reports.send(self.province)
        assert set(states()) <= {"acknowledged"}
        assert Packet.objects.filter(answered_at=None).count() == 0
        agreed(self.province)
        assert self.province.faults == []
        assert set(self.province.applied.values()) <= {1}

    @initialize(moods=st.lists(MOODS, min_size=2, max_size=4))
    def two_cases_are_reported(self, moods: list[str]) -> None:
        """So that every story has something to lose."""
        self.cases = [opened(), opened()]
        self._report(moods)

    def _report(self, moods: list[str]) -> None:
        build()
        self.province.plan.extend(moods)
        reports.send(self.province)

    @rule(which=st.integers(0, 1), moods=st.lists(MOODS, min_size=1, max_size=4))
    def a_case_goes_on_and_is_reported(self, which: int, moods: list[str]) -> None:
        act = NEXT.get(Case.objects.get(pk=self.cases[which]).state)
        if act:
            cases.perform(self.cases[which], act, HANDLER, {})
        self._report(moods)

    @rule(moods=st.lists(MOODS, max_size=3), minutes=st.sampled_from((1, 61, 300)))
    def time_passes(self, moods: list[str], minutes: int) -> None:
        self.clock.set(self.clock.now + minutes * MINUTE)
        self.province.plan.extend(moods)
        reports.send(self.province)

    @rule(moods=st.lists(MOODS, max_size=3))
    def what_was_rejected_is_reported_again(self, moods: list[str]) -> None:
        repairing.repair(upward(), [], "p-00000000000e")
        self._report(moods)

    @rule(data=st.data())
    @precondition(lambda self: self.province.late)
    def a_late_answer(self, data: st.DataObject) -> None:
        late = self.province.late
        answers.take(upward(), late[data.draw(st.integers(0, len(late) - 1))])

    @rule()
    @precondition(lambda self: self.doors.server is not None)
    def the_receiver_stops(self) -> None:
        self.doors.close()

    @rule()
    @precondition(lambda self: self.doors.server is None)
    def the_receiver_starts_again(self) -> None:
        self.doors.open()

    @invariant()
    def versions_follow_one_another(self) -> None:
        """No version is in two packets, none is left out, and what is acknowledged here is held there."""
        for record in Record.objects.all():
            versions = list(record.entries.order_by("version").values_list("version", flat=True))
            assert versions == list(range(1, record.version + 1))
        taken = Entry.objects.filter(outcome="acknowledged").values_list("record_id", "version")
        assert set(taken) <= set(self.province.applied)
        assert list(replay.check()) == []  # a record stands as its last version does


def test_both_sides_agree_in_the_end(
    clock: DatabaseClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports.city(tmp_path, monkeypatch)
    publish(
        "upward", reports.REPORT, ("申请人类型: {", "状态: {from: case.state}\n      申请人类型: {")
    )  # changes with each act
    with reports.receiving(monkeypatch):  # its key is the one that every receiver of the machine signs with
        Reporting.clock = clock
        run_state_machine_as_test(
            Reporting,
            settings=settings(
                max_examples=12, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )  # fmt: skip
