"""The offline verifier: honest exports pass, every alteration is found and named, junk is told apart from a finding."""

import base64
import gzip
import json
import re
import shutil
import subprocess
import sys
import uuid

import pytest

from qinzheng.ledger import checkpoint, crypto, envelope, export, queries, verifier
from qinzheng.ledger.merkle import Tree

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_accepts_an_honest_export(log):
    code, said = log.grow(40).verify()
    assert (code, said) == (0, "40 条 item(s), 0 处不符 finding(s)\n")


def test_it_runs_alone_in_an_empty_folder_without_a_package(log, tmp_path):
    """Bare Python: no site packages (-S), nothing of the environment (-I)."""
    log.grow(40)
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(verifier.__file__, bare / "verifier.py")
    shutil.copy(log.file, bare / "export.jsonl")
    shutil.copy(log.outside / "checkpoint", bare / "checkpoint")
    words = ["export.jsonl", "--checkpoint", "checkpoint", "--key", str(crypto.key_of(log.signer))]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verifier.py", *words], cwd=bare, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("40 条")


def encoded(raw):
    return base64.b64encode(raw).decode()


def recount(rows):
    return [{**row, "position": position} for position, row in enumerate(rows)]


ALTERATIONS = {
    "edit": lambda rows: [*rows[:25], {**rows[25], "body": encoded(b'{"n":0}')}, *rows[26:]],
    "back-date": lambda rows: [*rows[:25], {**rows[25], "recorded_at": rows[25]["recorded_at"] - 10**12}, *rows[26:]],
    "claim earlier": lambda rows: [*rows[:25], {**rows[25], "occurred_at": 0}, *rows[26:]],
    "actor": lambda rows: [*rows[:25], {**rows[25], "actor": "other"}, *rows[26:]],
    "edition": lambda rows: [*rows[:25], {**rows[25], "under": "other"}, *rows[26:]],
    "cause": lambda rows: [*rows[:25], {**rows[25], "caused_by": rows[3]["id"]}, *rows[26:]],
    "delete": lambda rows: recount(rows[:25] + rows[26:]),
    "insert": lambda rows: recount([*rows[:25], {**rows[24], "id": str(uuid.UUID(int=1)), "subject": "forged"}, *rows[25:]]),
    "repeat": lambda rows: recount([*rows[:25], *rows[24:]]),
    "swap": lambda rows: recount([*rows[:25], rows[26], rows[25], *rows[27:]]),
    "swap subjects": lambda rows: recount([*rows[:25], {**rows[25], "subject": rows[26]["subject"]}, {**rows[26], "subject": rows[25]["subject"]}, *rows[27:]]),
    "cut": lambda rows: rows[:30],
    "nothing left": lambda rows: [],
}  # fmt: skip


@pytest.mark.parametrize("kind", ALTERATIONS)
def test_it_finds_every_alteration(log, kind):
    log.grow(40)
    head, *lines = log.file.read_text(encoding="utf-8").splitlines()
    rows = ALTERATIONS[kind]([json.loads(line) for line in lines])
    head = json.dumps({**json.loads(head), "size": len(rows)})
    log.file.write_text("\n".join([head, *map(json.dumps, rows)]) + "\n", encoding="utf-8")
    code, said = log.verify()
    assert code == 1
    first = int(said.split("\t")[0])
    assert first == (0 if kind == "nothing left" else 20), said


SPOILS = {
    "no position": lambda line: {k: v for k, v in line.items() if k != "position"},
    "no actor": lambda line: {k: v for k, v in line.items() if k != "actor"},
    "one more": lambda line: {**line, "comment": "read me instead"},
    "text for a number": lambda line: {**line, "subject_seq": str(line["subject_seq"])},
    "true for a number": lambda line: {**line, "subject_seq": True},
    "number for a text": lambda line: {**line, "actor": 0},
    "fraction": lambda line: {**line, "recorded_at": float(line["recorded_at"])},
    "nothing": lambda line: {**line, "subject": None},
    "position as text": lambda line: {**line, "position": str(line["position"])},
    "body not base64": lambda line: {**line, "body": "!"},
    "body with a space": lambda line: {**line, "body": encoded(b'{"n": 25}')},
    "body with a key twice": lambda line: {**line, "body": encoded(b'{"n":25,"n":26}')},
    "body out of order": lambda line: {**line, "body": encoded(b'{"n":25,"a":26}')},
    "body with NaN": lambda line: {**line, "body": encoded(b'{"n":NaN}')},
    "body with a fraction": lambda line: {**line, "body": encoded(b'{"n":1.0}')},
    "body no object": lambda line: {**line, "body": encoded(b"[]")},
    "body half a character": lambda line: {**line, "body": encoded(b'{"n":"\xed\xa0\x80"}')},
    "no object": lambda line: [line],
}


@pytest.mark.parametrize("kind", SPOILS)
def test_a_line_that_could_be_read_two_ways_is_a_finding_there(log, kind):
    log.grow(40)
    lines = log.file.read_text(encoding="utf-8").splitlines()
    lines[26] = json.dumps(SPOILS[kind](json.loads(lines[26])))
    log.file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, said = log.verify()
    assert code == 1
    assert said.startswith("25\t这一行读不懂"), said


@pytest.mark.parametrize(
    "line", ['{"position":25,"position":25}', "NaN", "", "[" * 100_000, '"\\ud800"', "x"]
)
def test_a_line_that_is_no_event_is_a_finding(log, line):
    log.grow(40)
    lines = log.file.read_text(encoding="utf-8").splitlines()
    lines[26] = line
    log.file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, said = log.verify()
    assert (code, said.split("\t")[0]) == (1, "25")


def test_a_key_that_stands_twice_in_a_line_is_a_finding(log):
    """The last one counts for Python, the first for others: whoever reads the export must see what was hashed."""
    log.grow(40)
    text = log.file.read_text(encoding="utf-8").splitlines()
    text[26] = text[26].replace('{"position"', '{"actor": "somebody else", "position"')
    log.file.write_text("\n".join(text) + "\n", encoding="utf-8")
    code, said = log.verify()
    assert (code, said.split("\t")[0]) == (1, "25")


def test_an_export_that_was_cut_is_told_even_without_a_checkpoint(log):
    log.grow(40)
    lines = log.file.read_text(encoding="utf-8").splitlines()
    log.file.write_text("\n".join(lines[:-5]) + "\n", encoding="utf-8")
    code, said = log.verify(notes=[])
    assert code == 1
    assert "says 40 events, there are 35" in said
    assert "only continuity was verified" in said


def test_a_number_that_stands_twice_in_a_subject_is_told_even_without_a_checkpoint(log):
    """Three times number 2 has the sum of 1, 2, 3: the sum alone would not tell."""
    log.grow(40)
    lines = log.file.read_text(encoding="utf-8").splitlines()
    for k in (1, 11):
        row = json.loads(lines[k])
        lines[k] = json.dumps({**row, "subject_seq": 2})
    head, rest = lines[0], [json.loads(line) for line in lines[1:]]
    rest = recount([row for row in rest if row["subject"] != "case-0" or row["subject_seq"] <= 3][:40])
    log.file.write_text("\n".join([json.dumps({**json.loads(head), "size": len(rest)}), *map(json.dumps, rest)]), encoding="utf-8")  # fmt: skip
    code, said = log.verify(notes=[])
    assert code == 1
    assert "the order of case-0" in said


def test_what_no_checkpoint_covers_is_said(log):
    log.grow(40)
    code, said = log.verify(notes=log.notes()[:1])
    assert code == 0
    assert "20 event(s) from position 20 on are under no checkpoint yet" in said
    code, said = log.verify(keys=[])
    assert code == 0
    assert "signatures were not verified" in said


def test_a_clock_that_was_set_back_is_said(log):
    log.grow(40)
    lines = log.file.read_text(encoding="utf-8").splitlines()
    row = json.loads(lines[26])
    lines[26] = json.dumps({**row, "recorded_at": row["recorded_at"] - 3_600_000_000})
    log.file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert "position 25 was recorded 3" in log.verify(notes=[])[1]


def test_two_checkpoints_that_contradict_each_other_are_a_fork(log, tmp_path):
    log.grow(40)
    held = checkpoint.parse(log.notes()[1].read_text(encoding="utf-8"))
    forked = checkpoint.Checkpoint(held.origin, held.size, bytes(32))
    other = tmp_path / "fork"
    other.write_text(checkpoint.sign(forked, log.signer), encoding="utf-8")
    code, said = log.verify(notes=[*log.notes(), other])
    assert code == 1
    assert "a fork" in said


def test_a_checkpoint_of_another_log_is_told(log, tmp_path, suite):
    log.grow(40)
    other = tmp_path / "other"
    elsewhere = checkpoint.Checkpoint(checkpoint.origin("else/where", suite[0]), 10, bytes(32))
    other.write_text(checkpoint.sign(elsewhere, log.signer), encoding="utf-8")
    code, said = log.verify(notes=[*log.notes(), other])
    assert code == 1
    assert "of different logs" in said


def test_a_checkpoint_that_nobody_trusted_signed_proves_nothing(log, tmp_path, suite):
    """Whoever altered the export may hand over a checkpoint of his own: it must not make good what is not."""
    log.grow(40)
    crypto.create_key(tmp_path / "other", log.signer.name, suite[1])
    code, said = log.verify(keys=[str(crypto.key_of(crypto.read_key(tmp_path / "other")))])
    assert code == 1
    assert said.count("no trusted signature") == 2
    assert "40 event(s) from position 0 on are under no checkpoint yet" in said


def test_a_compressed_export_is_read_and_a_broken_one_told(log):
    log.grow(40)
    log.file = log.file.with_suffix(".jsonl.gz")
    assert export.write(log.file) == 40
    assert log.verify()[0] == 0
    raw = log.file.read_bytes()
    for broken in (raw[: len(raw) // 2], b"no gzip", gzip.compress(b"\xff\xfe")):
        log.file.write_bytes(broken)
        code, said = log.verify()
        assert (code, "nothing was verified" in said) == (2, True)


@pytest.mark.parametrize("text", ["", "{}", "[]", "x", '{"format":"qinzheng.ledger.1","hash":"md5","size":0}', '{"format":"other","hash":"sha256","size":0}'])  # fmt: skip
def test_what_is_no_export_is_told(log, text):
    log.grow(20)
    log.file.write_text(text, encoding="utf-8")
    code, said = log.verify()
    assert (code, "no export" in said) == (2, True)


def test_files_and_keys_that_cannot_be_read_are_told(log):
    log.grow(20)
    for more, keys in ((["--checkpoint", "none"], None), ([], ["none"])):
        code, said = log.verify(*more, keys=keys)
        assert (code, "nothing was verified" in said) == (2, True)
    log.file.unlink()
    assert log.verify()[0] == 2
    for words in ([], [str(log.file), "--receipt", "x"]):
        with pytest.raises(SystemExit) as told:
            verifier.main(words)
        assert told.value.code == 2


def receipt_of(log):
    note = (log.outside / "checkpoint").read_text(encoding="utf-8")
    some = queries.history("case-3")[2]
    made = export.receipt(some.id, note)
    assert made is not None
    return made


def checked(log, receipt, *keys):
    file = log.folder / "receipt.json"
    file.write_text(json.dumps(receipt), encoding="utf-8")
    words = ["--receipt", str(file)]
    for key in keys or [str(crypto.key_of(log.signer))]:
        words += ["--key", key]
    code = verifier.main(words)
    said = log.capsys.readouterr()
    return code, said.out + said.err


def test_a_receipt_proves_one_event(log):
    receipt = receipt_of(log.grow(40))
    assert checked(log, receipt)[0] == 0
    for change, said in (
        ({"event": {**receipt["event"], "actor": "other"}}, "not under this checkpoint"),
        ({"event": {**receipt["event"], "position": 12}}, "not under this checkpoint"),
        ({"event": {**receipt["event"], "position": -1}}, "not under this checkpoint"),
        ({"proof": receipt["proof"][1:]}, "not under this checkpoint"),
        ({"proof": []}, "not under this checkpoint"),
        ({"checkpoint": receipt["checkpoint"].replace("\n40\n", "\n41\n")}, "signature of .* is wrong"),
        ({"event": {}}, "cannot be read"),
        ({"proof": ["!"]}, "cannot be read"),
        ({"checkpoint": "x"}, "no checkpoint"),
    ):
        code, text = checked(log, receipt | change)
        assert code in (1, 2)
        assert re.search(said, text), text


def test_leaf_and_body_are_read_the_same_by_both(log):
    """The verifier shares no code with the ledger: here the two are compared over every field."""
    log.grow(20)
    lines = [json.loads(line) for line in log.file.read_text(encoding="utf-8").splitlines()[1:]]
    tree, other = Tree("sha256"), verifier.Tree("sha256")
    for line, (_, _, stored) in zip(lines, queries.sequenced(), strict=True):
        assert tree.leaf(envelope.leaf(stored.fields())) == other.leaf(line)
    assert tuple(verifier.FIELDS) == envelope.LEAF_FIELDS
