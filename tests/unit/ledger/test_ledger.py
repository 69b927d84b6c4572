"""Appending on a real PostgreSQL: once, in order, all or none, and never changed afterwards."""

import threading
import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from qinzheng.ledger import actions, envelope, queries, sequencer
from qinzheng.ledger.envelope import NewEvent
from tests.unit.ledger.conftest import event

pytestmark = pytest.mark.django_db(transaction=True)


def test_events_of_a_subject_are_numbered_from_one():
    done = actions.append([event(n=0), event(n=1), event("case-2")])
    assert [(d.subject, d.subject_seq) for d in done] == [("case-1", 1), ("case-1", 2), ("case-2", 1)]
    assert [e.body["n"] for e in queries.history("case-1")] == [0, 1]


def test_the_same_key_appends_once():
    key = envelope.uuid7()
    first = actions.append([event(id=key)])
    again = actions.append([event(id=key)])
    assert (first[0].new, again[0].new) == (True, False)
    assert len(queries.history("case-1")) == 1


def test_the_same_key_for_something_else_is_refused():
    key = envelope.uuid7()
    actions.append([event(id=key)])
    with pytest.raises(actions.AnotherEvent, match="body"):
        actions.append([event(id=key, n=7)])


def test_a_writer_that_read_too_early_is_told():
    actions.append([event()])
    with pytest.raises(actions.OutOfTurn):
        actions.append([event(n=1, expected_seq=1)])


def test_concurrent_writers_leave_no_gap():
    failed = []

    def write(k):
        for n in range(10):
            for _ in range(200):
                try:
                    actions.append([event("busy", n=100 * k + n)])
                    break
                except actions.OutOfTurn:
                    continue
            else:
                failed.append((k, n))
        connection.close()

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert [e.subject_seq for e in queries.history("busy")] == list(range(1, 41))


CHANGES = [
    "UPDATE ledger_event SET type = 'x'", "UPDATE ledger_event SET type = type", "DELETE FROM ledger_event",
    "DELETE FROM ledger_event WHERE row = 0 OR true", "TRUNCATE ledger_event", "TRUNCATE ledger_event CASCADE",
    "UPDATE ledger_position SET leaf = ''", "DELETE FROM ledger_position", "TRUNCATE ledger_position",
    "MERGE INTO ledger_event e USING (SELECT 1 AS one) s ON true WHEN MATCHED THEN UPDATE SET actor = 'x'",
    "INSERT INTO ledger_position SELECT * FROM ledger_position ON CONFLICT (position) DO UPDATE SET leaf = ''",
]  # fmt: skip


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_refuses_change(statement):
    actions.append([event()])
    sequencer.sequence_all()
    with (
        pytest.raises(DatabaseError, match="append-only|foreign key"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert len(queries.history("case-1")) == 1


def test_personal_data_are_refused():
    with pytest.raises(envelope.NotCanonical, match="parties"):
        actions.append([NewEvent(type="t", subject="s", body={"form": [{"phone": "1"}]})])


def test_a_key_twice_in_one_call_appends_once():
    key = envelope.uuid7()
    done = actions.append([event(id=key), event("other"), event(id=key)])
    assert [(d.new, d.subject_seq) for d in done] == [(True, 1), (True, 1), (False, 1)]
    with pytest.raises(actions.AnotherEvent, match="idempotency key"):
        actions.append([event(id=envelope.uuid7()), event(id=(two := envelope.uuid7())), event(id=two, n=1)])
    assert len(queries.history("case-1")) == 1


@pytest.mark.parametrize("same_subject", [True, False])
def test_the_same_key_appended_at_once_by_many_is_appended_once(same_subject):
    """A client that got no answer asks again while the first call still runs."""
    key, barrier = envelope.uuid7(), threading.Barrier(6)
    said: list[object] = []

    def write(k):
        barrier.wait(20)
        try:
            subject = "one" if same_subject else f"many-{k}"
            said.append(actions.append([event(subject, id=key)])[0].new)
        except actions.AnotherEvent:
            said.append("another")
        connection.close()

    threads = [threading.Thread(target=write, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, said)) == (
        ["False"] * 5 + ["True"] if same_subject else ["True"] + ["another"] * 5
    )


def test_a_refused_event_takes_the_others_with_it():
    with pytest.raises(envelope.NotCanonical, match="subject"):
        actions.append([event(), event("")])
    with pytest.raises(actions.OutOfTurn, match="应为第 3 个.*the next is 2"):
        actions.append([event(), event(n=1, expected_seq=3)])
    assert queries.history("case-1") == []


def test_the_transaction_of_the_caller_takes_the_events_with_it():
    with transaction.atomic():
        actions.append([event()])
        transaction.set_rollback(True)
    assert queries.history("case-1") == []


def test_what_is_stored_is_what_was_hashed():
    actions.append(
        [event(n=3, occurred_at=-1, reported_at=1_700_000_000_123_456, caused_by=uuid.UUID(int=9))]
    )
    (found,) = queries.history("case-1")
    assert found.raw == envelope.canonical({"n": 3, "act": "受理"})
    assert (found.occurred_at, found.reported_at) == (-1, 1_700_000_000_123_456)
    assert found.caused_by == str(uuid.UUID(int=9))


def test_a_clock_that_was_set_back_does_not_take_a_subject_back():
    late, early = 1_700_000_000_000_000, 1_600_000_000_000_000
    actions.append([event(n=0)], recorded_at=late)
    (done,) = actions.append([event(n=1)], recorded_at=early)
    assert done.recorded_at == late
    assert [e.recorded_at for e in queries.history("case-1")] == [late, late]


def test_a_subject_with_a_long_history_is_appended_to_by_one_look_into_the_index():
    """Asking for the largest number by reading them all would make every act dearer than the one before."""
    actions.append([event(n=n) for n in range(500)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ledger_event")
        cursor.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON) SELECT subject_seq, recorded_at FROM ledger_event "
            "WHERE subject = 'case-1' ORDER BY subject_seq DESC LIMIT 1"
        )
        plan = cursor.fetchone()[0]
    assert "ledger_event_in_order" in str(plan)
    assert actions.append([event(n=500)])[0].subject_seq == 501
