"""Checkpoints in C2SP form, byte for byte, and witnesses that never sign a contradiction."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinzheng.ledger import checkpoint, crypto, verifier, witness
from qinzheng.ledger.checkpoint import BadCheckpoint, Checkpoint
from qinzheng.ledger.merkle import Tree
from tests.unit.ledger.conftest import NAME
from tests.unit.ledger.test_merkle import hashes, tiles_of

NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The example of golang.org/x/mod/sumdb/note, from which the C2SP form comes."""


def test_the_example_of_the_reference_implementation_is_read_and_its_signature_holds():
    note, key = checkpoint.read(NEUMANN_NOTE), crypto.verifier_key(NEUMANN)
    ((name, id, signature),) = note.signatures
    assert (name, id) == (key.name, key.id)
    assert key.verify(note.text.encode(), signature)
    assert verifier.ed25519(key.public, note.text.encode(), signature)


class Log:
    """A log of numbered leaves in memory, and what it would hand to a witness."""

    def __init__(self, signer, algorithm, forged=None):
        self.signer, self.tree = signer, Tree(algorithm)
        self.leaves = hashes(self.tree, 50)
        if forged is not None:
            self.leaves[forged] = self.tree.leaf(b"forged")
        self.tiles = tiles_of(self.tree, self.leaves)

    def at(self, size):
        return Checkpoint(checkpoint.origin(NAME, self.tree.name), size, self.tiles.root(size))

    def note(self, size):
        return checkpoint.sign(self.at(size), self.signer)

    def handed(self, old, new):
        return witness.extension(
            self.note(old) if old else None, self.note(new), self.tiles.consistency(old, new)
        )


@pytest.fixture
def log(signer, suite):
    return Log(signer, suite[0])


def offline(note, *keys):
    """What the offline verifier thinks of a note: the findings."""
    findings = verifier.Findings()
    verifier.Note(note, "note").trusted([verifier.Key(str(key)) for key in keys], findings)
    return [what for what, _, _ in findings]


def test_a_checkpoint_is_three_lines_a_blank_one_and_a_signature(log, signer, suite):
    note, key = log.note(17), crypto.key_of(signer)
    origin, size, root, blank, line, end = note.split("\n")
    assert (origin, size, blank, end) == (NAME + ("/sm3" if suite[0] == "sm3" else ""), "17", "", "")
    assert base64.b64decode(root) == log.tiles.root(17)
    dash, name, blob = line.split(" ")
    assert (dash, name, base64.b64decode(blob)[:4]) == ("\u2014", NAME, key.id)
    assert checkpoint.open_note(note, [key]) == log.at(17)
    assert (checkpoint.parse(note).hash, offline(note, key)) == (suite[0], [])


def test_other_signatures_and_extension_lines_are_let_be(log, signer, tmp_path):
    """Witnesses add their lines, of types that we do not know; an extension line is signed with the rest."""
    key, body = crypto.key_of(signer), log.at(17).text() + "extension of theirs\n"
    crypto.create_key(tmp_path / "w", "audit.example/w", "ed25519")
    theirs = checkpoint.signature_line(body, crypto.read_key(tmp_path / "w"))
    unknown = f"— witness.example/x {base64.b64encode(bytes(76)).decode()}\n"
    same_name = f"— {NAME} {base64.b64encode(bytes(68)).decode()}\n"
    note = f"{body}\n{unknown}{theirs}{same_name}{checkpoint.signature_line(body, signer)}{unknown}"
    assert checkpoint.open_note(note, [key]) == log.at(17)
    assert offline(note, key) == []
    assert checkpoint.open_note(note, [crypto.key_of(crypto.read_key(tmp_path / "w"))]) == log.at(17)


def spoiled(note):
    body, _, lines = note.partition("\n\n")
    origin, size, root = body.split("\n")
    return {
        "empty": "", "one line": "x", "cut": note[:-1], "no blank line": note.replace("\n\n", "\n"),
        "no signature": body + "\n\n", "windows": note.replace("\n", "\r\n"), "hyphen": note.replace("—", "-"),
        "two spaces": note.replace("— ", "—  "), "plus sign": note.replace(f"\n{size}\n", f"\n+{size}\n"),
        "leading zero": note.replace(f"\n{size}\n", f"\n0{size}\n"), "negative": note.replace(f"\n{size}\n", f"\n-{size}\n"),
        "full width": note.replace(f"\n{size}\n", "\n１７\n"), "huge": note.replace(f"\n{size}\n", "\n" + "9" * 5000 + "\n"),
        "short root": note.replace(root, base64.b64encode(bytes(31)).decode()), "no root": note.replace(root, ""),
        "url base64": note.replace(root, root.replace("+", "-").replace("/", "_")) if set("+/") & set(root) else "",
        "not base64": note.replace(root, "!" * 44), "no origin": note.replace(f"{origin}\n", "\n", 1),
        "blob not base64": f"{body}\n\n— {NAME} !!!!\n", "tab": note.replace(origin, origin + "\t"),
    }  # fmt: skip


def test_what_is_no_checkpoint_is_refused_by_both(log, signer):
    for name, note in spoiled(log.note(17)).items():
        with pytest.raises(BadCheckpoint, match=" / "):
            checkpoint.open_note(note, [crypto.key_of(signer)])
        with pytest.raises(ValueError, match="no checkpoint"):
            verifier.Note(note, name)


def test_a_checkpoint_that_no_trusted_key_signed_is_refused(log, signer, suite, tmp_path):
    note, key = log.note(17), crypto.key_of(signer)
    crypto.create_key(tmp_path / "other", NAME, suite[1])
    other = crypto.key_of(crypto.read_key(tmp_path / "other"))
    with pytest.raises(BadCheckpoint, match="no trusted signature"):
        checkpoint.open_note(note, [other])
    assert offline(note, other) == ["unsigned"]
    larger = note.replace("\n17\n", "\n18\n")
    with pytest.raises(BadCheckpoint, match="is wrong"):
        checkpoint.open_note(larger, [key])
    assert offline(larger, key) == ["signature"]


def test_one_bad_signature_of_a_trusted_key_spoils_the_note(log, signer):
    """C2SP signed-note: verifiers SHOULD reject the whole note then."""
    key = crypto.key_of(signer)
    bad = f"— {NAME} {base64.b64encode(key.id + bytes(64)).decode()}\n"
    for note in (log.note(17) + bad, log.note(17).replace("\n\n", "\n\n" + bad)):
        with pytest.raises(BadCheckpoint, match="is wrong"):
            checkpoint.open_note(note, [key])
        assert offline(note, key) == ["signature"]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_whatever_brings_the_readers_down(text):
    for note in (text, f"a\n1\n{text}\n\n— b {text}\n", text + NEUMANN_NOTE):
        with pytest.raises(BadCheckpoint):
            checkpoint.open_note(note, [crypto.verifier_key(NEUMANN)])


def test_a_witness_signs_what_only_grows(log, signer, tmp_path, suite):
    crypto.create_key(tmp_path / "w", "audit.example/w", "ed25519")
    theirs = crypto.read_key(tmp_path / "w")
    keys, folder = [crypto.key_of(signer)], tmp_path / "witness"
    for old, new in ((0, 13), (13, 13), (13, 40), (40, 50)):
        found, note = witness.cosign(folder, log.handed(old, new), keys, theirs)
        assert found.size == new
        assert (
            checkpoint.open_note(note, [crypto.key_of(theirs)])
            == checkpoint.open_note(note, keys)
            == log.at(new)
        )
    held = witness.held(folder, keys)
    assert held == log.at(50)


def test_a_witness_refuses_a_fork_a_replay_and_another_log(log, signer, tmp_path, suite):
    crypto.create_key(tmp_path / "w", "audit.example/w", "ed25519")
    theirs = crypto.read_key(tmp_path / "w")
    keys, folder = [crypto.key_of(signer)], tmp_path / "witness"
    witness.cosign(folder, log.handed(0, 30), keys, theirs)
    fork = Log(signer, suite[0], forged=7)
    crypto.create_key(tmp_path / "other", "else/where", suite[1])
    stranger = Log(crypto.read_key(tmp_path / "other"), suite[0])
    for handed, said in (
        (fork.handed(30, 40), "contradicts"), (fork.handed(0, 40), "contradicts"), (fork.handed(30, 30), "contradicts"),
        (log.handed(10, 20), "contradicts"), (log.handed(20, 40), "contradicts"), (stranger.handed(0, 40), "no trusted"),
        ("{}", "not understood"), ("[", "not understood"), (json.dumps({"new": log.note(40), "proof": ["!"]}), "not understood"),
    ):  # fmt: skip
        with pytest.raises(BadCheckpoint, match=said):
            witness.cosign(folder, handed, keys, theirs)
    assert witness.held(folder, keys) == log.at(30)


def test_an_older_checkpoint_copied_over_the_latest_does_not_open_the_way(log, signer, tmp_path, suite):
    keys, folder = [crypto.key_of(signer)], tmp_path / "witness"
    for size in (10, 30):
        witness.keep(folder, log.note(size), size)
    (folder / "checkpoint").write_text(log.note(10), encoding="utf-8")
    assert witness.held(folder, keys) == log.at(30)
    (folder / "checkpoint").write_text(Log(signer, suite[0], forged=7).note(30), encoding="utf-8")
    with pytest.raises(BadCheckpoint, match="two checkpoints of size 30 differ"):
        witness.held(folder, keys)
    (folder / "checkpoint").write_bytes(b"\xff")
    with pytest.raises(BadCheckpoint, match="checkpoint.*--trust"):
        witness.held(folder, keys)


def test_the_name_of_a_log_says_its_hash():
    assert [checkpoint.origin("a/b", hash) for hash in ("sha256", "sm3")] == ["a/b", "a/b/sm3"]
    assert checkpoint.origin("a/b/sm3", "sm3") == "a/b/sm3"
    with pytest.raises(BadCheckpoint, match="SHA-256"):
        checkpoint.origin("a/b/sm3", "sha256")
    with pytest.raises(crypto.BadKey, match="name"):
        checkpoint.origin("a b", "sha256")
