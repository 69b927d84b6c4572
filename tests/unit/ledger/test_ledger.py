"""The ledger on a real PostgreSQL: once, in order, sequenced, proven, refused."""

import base64
import json
import threading
import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from qinzheng.ledger import actions, crypto, envelope, export, merkle, queries, sequencer, verifier, witnessed
from qinzheng.ledger.envelope import NewEvent

pytestmark = pytest.mark.django_db(transaction=True)


def event(subject="case-1", n=0, **more):
    return NewEvent(type="cases.performed", subject=subject, body={"n": n, "act": "受理"}, **more)


@pytest.fixture
def signer(tmp_path):
    crypto.create_key(tmp_path / "key", "qinghe/ledger", "ed25519")
    return crypto.read_key(tmp_path / "key")


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


@pytest.mark.parametrize("statement", [
    "UPDATE ledger_event SET type = 'x'", "DELETE FROM ledger_event", "TRUNCATE ledger_event CASCADE",
    "UPDATE ledger_position SET leaf = ''", "DELETE FROM ledger_position",
])  # fmt: skip
def test_the_database_refuses_change(statement):
    actions.append([event()])
    sequencer.sequence_all()
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_personal_data_are_refused():
    with pytest.raises(envelope.NotCanonical, match="parties"):
        actions.append([NewEvent(type="t", subject="s", body={"form": [{"phone": "1"}]})])


def test_an_event_that_commits_late_is_not_skipped():
    started, release = threading.Event(), threading.Event()

    def late():
        with transaction.atomic():
            actions.append([event("late")])
            started.set()
            release.wait(20)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    started.wait(20)
    actions.append([event("early")])
    before = sequencer.sequence_all()
    release.set()
    thread.join()
    after = sequencer.sequence_all()
    assert (before, after) == (0, 2)
    assert [p for p, _, _ in queries.sequenced()] == [0, 1]


def test_tiles_prove_every_event():
    actions.append([event(f"case-{k % 7}", n=k) for k in range(600)])
    assert sequencer.sequence_once(batch=250) == 250
    sequencer.sequence_all()
    tiles = queries.tiles()
    root = tiles.root()
    for position, leaf, _ in queries.sequenced():
        if position % 37 == 0:
            proof = tiles.inclusion(position, 600)
            assert merkle.verify_inclusion(tiles.tree, leaf, position, 600, proof, root)


def run_verifier(tmp_path, signer, capsys):
    file = tmp_path / "export.jsonl"
    checkpoints = [str(p) for p in sorted((tmp_path / "out").glob("checkpoint-*")) if p.suffix != ".part"]
    arguments = [str(file)]
    for name in checkpoints:
        arguments += ["--checkpoint", name]
    code = verifier.main([*arguments, "--key", crypto.public_line(signer)])
    return code, capsys.readouterr().out


def exported(tmp_path, signer, count=40):
    for begin in range(0, count, 20):
        actions.append([event(f"case-{k % 5}", n=k) for k in range(begin, begin + 20)])
        sequencer.sequence_all()
        witnessed.write(tmp_path / "out", signer, "qinghe/ledger")
    export.write(tmp_path / "export.jsonl")


def test_the_verifier_accepts_an_honest_export(tmp_path, signer, capsys):
    exported(tmp_path, signer)
    code, said = run_verifier(tmp_path, signer, capsys)
    assert code == 0, said


def alter(lines, kind):
    """Seven ways of a database superuser; the export is made from the altered tables."""
    rows = [json.loads(line) for line in lines[1:]]
    if kind == "edit":
        rows[25]["body"] = base64.b64encode(b'{"n":0}').decode()
    elif kind == "back-date":
        rows[25]["recorded_at"] -= 86_400_000_000
    elif kind == "actor":
        rows[25]["actor"] = "other"
    elif kind == "delete":
        del rows[25]
    elif kind == "insert":
        rows.insert(25, {**rows[24], "id": str(uuid.uuid4()), "subject": "forged"})
    elif kind == "swap":
        rows[25], rows[26] = rows[26], rows[25]
    elif kind == "truncate":
        rows = rows[:30]
    for position, row in enumerate(rows):
        row["position"] = position
    return [lines[0], *(json.dumps(row) for row in rows)]


@pytest.mark.parametrize("kind", ["edit", "back-date", "actor", "delete", "insert", "swap", "truncate"])
def test_the_verifier_finds_every_tampering(tmp_path, signer, capsys, kind):
    exported(tmp_path, signer)
    file = tmp_path / "export.jsonl"
    file.write_text(
        "\n".join(alter(file.read_text(encoding="utf-8").splitlines(), kind)) + "\n", encoding="utf-8"
    )
    code, said = run_verifier(tmp_path, signer, capsys)
    assert code == 1
    first = int(said.splitlines()[0].split("\t")[0])
    assert 20 <= first <= 30


def test_a_checkpoint_by_another_key_is_not_trusted(tmp_path, signer, capsys):
    exported(tmp_path, signer)
    crypto.create_key(tmp_path / "other", "qinghe/ledger", "ed25519")
    code, said = run_verifier(tmp_path, crypto.read_key(tmp_path / "other"), capsys)
    assert code == 1
    assert "no trusted signature" in said


def test_a_rewritten_log_is_not_signed(tmp_path, signer):
    exported(tmp_path, signer)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_tile SET hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1)")
    with pytest.raises(ValueError, match="not signed"):
        witnessed.write(tmp_path / "out", signer, "qinghe/ledger")


def test_a_receipt_proves_one_event(tmp_path, signer, capsys):
    exported(tmp_path, signer)
    note = (tmp_path / "out" / "checkpoint").read_text(encoding="utf-8")
    some = queries.history("case-3")[2]
    receipt = export.receipt(some.id, note, 40)
    assert receipt is not None
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt), encoding="utf-8")
    key = crypto.public_line(signer)
    assert verifier.main(["--receipt", str(file), "--key", key]) == 0
    receipt["event"]["actor"] = "other"
    file.write_text(json.dumps(receipt), encoding="utf-8")
    assert verifier.main(["--receipt", str(file), "--key", key]) == 1
    assert "not under this checkpoint" in capsys.readouterr().out
