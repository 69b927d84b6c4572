"""``qinzheng ledger …`` as a person types it: what it prints, what it refuses, and how it says so."""

import json
import uuid

import pytest
from django.db import connection

from qinzheng import wiring
from qinzheng.ledger import actions, checkpoint, crypto, queries, sequencer, verifier, witnessed
from qinzheng.operations import ledger_commands
from tests.unit.ledger.conftest import NAME, event

pytestmark = pytest.mark.django_db(transaction=True)

ON_DATABASE = {
    "sequence": ledger_commands.sequence, "checkpoint": ledger_commands.checkpoint_, "export": ledger_commands.export,
    "prove": ledger_commands.prove,
}  # fmt: skip


@pytest.fixture
def run(capsys):
    """(exit code, standard output, standard error) of a command. The test's own database is there already."""

    def run(*words):
        arguments = wiring.build_parser().parse_args(["ledger", *map(str, words)])
        code = ON_DATABASE.get(arguments.verb, arguments.run)(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def grow(count=20):
    actions.append([event(f"case-{k % 5}", n=k) for k in range(count)])


def tampered(sql):
    """As a superuser: the triggers are off."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET session_replication_role = DEFAULT")


def test_from_the_key_to_the_verified_export(run, suite, tmp_path):
    key, out, file = tmp_path / "key", tmp_path / "outside", tmp_path / "export.jsonl.gz"
    code, public, _ = run("key", key, "--name", "city.example/ledger")
    assert (code, public.startswith("city.example/ledger+")) == (0, True)
    assert run("key", key)[1] == public
    grow()
    assert "20 sequenced, 20 in all" in run("sequence")[1]
    assert run("checkpoint", "--to", out, "--key", key)[0] == 0
    grow()
    code, said, _ = run("checkpoint", "--to", out, "--key", key)
    assert (code, "40 event" in said) == (0, True)
    assert "40 event" in run("export", file)[1]
    notes = [word for note in sorted(out.glob("checkpoint-*")) for word in ("--checkpoint", note)]
    code, said, _ = run("verify", file, *notes, "--key", public.strip())
    assert (code, said) == (0, "40 条 item(s), 0 处不符 finding(s)\n")
    held = checkpoint.parse((out / "checkpoint").read_text(encoding="utf-8"))
    assert (held.size, held.hash) == (40, suite[0])


def test_a_receipt_and_a_consistency_proof_from_the_command_line(run, suite, tmp_path):
    key, out = tmp_path / "key", tmp_path / "outside"
    public = run("key", key)[1].strip()
    for _ in range(2):
        grow()
        run("checkpoint", "--to", out, "--key", key)
    some = queries.history("case-3")[2].id
    receipt = tmp_path / "receipt.json"
    receipt.write_text(run("prove", some, "--checkpoint", out / "checkpoint")[1], encoding="utf-8")
    assert run("verify", "--receipt", receipt, "--key", public)[0] == 0
    old = out / "checkpoint-000000000020"
    proof = tmp_path / "extension.json"
    proof.write_text(run("prove", "--checkpoint", out / "checkpoint", "--since", old)[1], encoding="utf-8")
    assert "40 event(s) extend 20" in run("verify", "--extension", proof, "--key", public)[1]
    assert "signatures were not verified" in run("verify", "--extension", proof)[1]
    value = json.loads(proof.read_text(encoding="utf-8"))
    for wrong, code in (
        ({"proof": []}, 1),
        ({"new": value["old"], "old": value["new"]}, 1),
        ({"old": None}, 2),
        ({"proof": 3}, 2),
    ):
        proof.write_text(json.dumps(value | wrong), encoding="utf-8")
        assert run("verify", "--extension", proof, "--key", public)[0] == code
    stranger = run("key", tmp_path / "other")[1].strip()
    proof.write_text(json.dumps(value), encoding="utf-8")
    code, _, said = run("verify", "--extension", proof, "--key", stranger)
    assert (code, "no trusted signature" in said) == (1, True)


def test_a_witness_signs_and_refuses_a_rewritten_history(run, suite, tmp_path):
    key, out, theirs = tmp_path / "key", tmp_path / "outside", tmp_path / "witness"
    public = run("key", key, "--name", "city.example/ledger")[1].strip()
    witness_public = run("key", tmp_path / "w", "--name", "audit.example/w")[1].strip()
    words = ["--to", theirs, "--key", tmp_path / "w", "--log", public]
    grow()
    run("checkpoint", "--to", out, "--key", key)
    handed = tmp_path / "handed.json"
    handed.write_text(run("prove", "--checkpoint", out / "checkpoint")[1], encoding="utf-8")
    code, note, said = run("witness", handed, *words)
    assert (code, "20 event" in said) == (0, True)
    assert checkpoint.open_note(note, [crypto.verifier_key(witness_public)]).size == 20
    tampered("UPDATE ledger_event SET actor = 'another' WHERE subject = 'case-2'")
    tampered("TRUNCATE ledger_position, ledger_tile, ledger_head")
    grow()
    run("checkpoint", "--to", tmp_path / "second", "--key", key)
    handed.write_text(run("prove", "--checkpoint", tmp_path / "second" / "checkpoint")[1], encoding="utf-8")
    code, note, said = run("witness", handed, *words)
    assert (code, note, "contradicts" in said) == (1, "", True)


def test_a_log_that_was_rewritten_is_neither_signed_nor_proven(run, suite, tmp_path):
    key, out = tmp_path / "key", tmp_path / "outside"
    run("key", key)
    grow()
    run("checkpoint", "--to", out, "--key", key)
    some, note = queries.history("case-3")[2].id, out / "checkpoint"
    tampered("UPDATE ledger_tile SET hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1)")
    grow()
    for words in (
        ("checkpoint", "--to", out, "--key", key), ("prove", some, "--checkpoint", note),
        ("prove", "--checkpoint", note, "--since", note),
    ):  # fmt: skip
        code, said, why = run(*words)
        assert (code, said) == (1, "")
        assert "contradicts" in why or "not those of the checkpoint" in why
    assert checkpoint.parse(note.read_text(encoding="utf-8")).size == 20


def test_a_log_that_was_cut_short_is_neither_signed_nor_proven(run, suite, tmp_path):
    key, out = tmp_path / "key", tmp_path / "outside"
    run("key", key)
    grow()
    run("checkpoint", "--to", out, "--key", key)
    some = queries.history("case-3")[2].id
    tampered("UPDATE ledger_head SET size = 10")
    code, _, why = run("prove", some, "--checkpoint", out / "checkpoint")
    assert (code, "not those of the checkpoint" in why) == (1, True)
    with pytest.raises(checkpoint.BadCheckpoint, match="contradicts"):
        witnessed.write(out, crypto.read_key(key), "qinzheng/ledger")


def test_an_older_checkpoint_put_back_does_not_let_a_fork_be_signed(run, suite, tmp_path):
    """The replay: the latest file is overwritten by an older, honestly signed one, then history after it rewritten."""
    key, out = tmp_path / "key", tmp_path / "outside"
    run("key", key)
    for _ in range(2):
        grow()
        run("checkpoint", "--to", out, "--key", key)
    (out / "checkpoint").write_bytes((out / "checkpoint-000000000020").read_bytes())
    tampered("DELETE FROM ledger_position WHERE position >= 20")
    tampered("UPDATE ledger_head SET size = 20")
    code, _, why = run("checkpoint", "--to", out, "--key", key)
    assert (code, " / " in why) == (1, True)


def test_a_changed_key_needs_the_old_public_one(run, suite, tmp_path):
    out, new = tmp_path / "outside", tmp_path / "new"
    old = run("key", tmp_path / "key")[1].strip()
    run("key", new, "--name", "qinzheng/ledger")
    grow()
    run("checkpoint", "--to", out, "--key", tmp_path / "key")
    grow()
    code, _, why = run("checkpoint", "--to", out, "--key", new)
    assert (code, "--trust" in why) == (1, True)
    assert run("checkpoint", "--to", out, "--key", new, "--trust", old)[0] == 0


def test_keys_and_files_that_are_not_there_are_named_and_nothing_is_made(run, suite, tmp_path):
    missing = tmp_path / "missing"
    code, _, why = run("checkpoint", "--to", tmp_path / "outside", "--key", missing)
    assert (code, str(missing) in why, "qinzheng ledger key" in why) == (1, True, True)
    assert not missing.exists()
    assert not (tmp_path / "outside").exists()
    run("key", tmp_path / "key")
    (tmp_path / "file").write_text("", encoding="utf-8")
    grow()
    assert run("checkpoint", "--to", tmp_path / "file", "--key", tmp_path / "key")[0] == 1
    assert run("export", tmp_path / "none" / "export.jsonl")[0] == 1
    assert run("checkpoint", "--to", tmp_path / "o", "--key", tmp_path / "key", "--trust", "x")[0] == 1
    note = tmp_path / "o" / "checkpoint"
    assert run("prove", uuid.uuid4(), "--checkpoint", note)[0] == 1
    assert run("checkpoint", "--to", tmp_path / "o", "--key", tmp_path / "key")[0] == 0
    for event_id, said in ((uuid.uuid4(), "not before this checkpoint"), ("case-3", "no event id")):
        code, out, why = run("prove", event_id, "--checkpoint", note)
        assert (code, out, said in why) == (1, "", True)
    for words in (["verify"], ["verify", "a", "--receipt", "b"], ["checkpoint"], ["witness", "x"]):
        with pytest.raises(SystemExit) as told:
            run(*words)
        assert told.value.code == 2


def test_an_event_after_the_checkpoint_has_no_receipt_yet(run, suite, tmp_path):
    run("key", tmp_path / "key")
    grow()
    run("checkpoint", "--to", tmp_path / "o", "--key", tmp_path / "key")
    (late,) = actions.append([event("late")])
    for _ in range(2):
        code, _, why = run("prove", late.id, "--checkpoint", tmp_path / "o" / "checkpoint")
        assert (code, "not before" in why) == (1, True)
        sequencer.sequence_all()


def test_an_export_replaces_an_older_one_only_when_it_is_whole(run, tmp_path):
    grow()
    sequencer.sequence_all()
    file = tmp_path / "export.jsonl"
    file.mkdir()
    assert run("export", file)[0] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["export.jsonl"]
    file.rmdir()
    assert run("export", file)[0] == 0
    assert verifier.main([str(file)]) == 0


def test_an_empty_log_has_a_checkpoint_that_every_log_extends(run, suite, tmp_path, signer):
    out = tmp_path / "outside"
    assert witnessed.write(out, signer, NAME).size == 0
    grow()
    sequencer.sequence_all()
    assert witnessed.write(out, signer, NAME).size == 20
