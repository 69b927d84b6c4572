"""Both suites of cryptography, and a log with checkpoints held outside."""

import pytest

from config import settings as environment
from qinzheng.ledger import actions, crypto, export, sequencer, verifier, witnessed
from qinzheng.ledger.envelope import NewEvent

NAME = "qinghe/ledger"


@pytest.fixture(params=["std", "gm"])
def suite(request, settings, monkeypatch):
    """SHA-256 with Ed25519, then SM3 with SM2."""
    settings.CRYPTO = request.param
    monkeypatch.setattr(environment, "CRYPTO", request.param)
    return crypto.SUITES[request.param]


@pytest.fixture
def signer(suite, tmp_path):
    crypto.create_key(tmp_path / "key", NAME, suite[1])
    return crypto.read_key(tmp_path / "key")


def event(subject="case-1", n=0, **more):
    return NewEvent(type="cases.performed", subject=subject, body={"n": n, "act": "受理"}, **more)


class Log:
    """A log exported to a file, checkpoints outside, and the offline verifier run upon them."""

    def __init__(self, folder, signer, capsys):
        self.folder, self.signer, self.capsys = folder, signer, capsys
        self.file, self.outside = folder / "export.jsonl", folder / "outside"
        self.size = 0

    def grow(self, count, step=20):
        for _ in range(0, count, step):
            actions.append([event(f"case-{k % 5}", n=k) for k in range(self.size, self.size + step)])
            self.size += step
            sequencer.sequence_all()
            witnessed.write(self.outside, self.signer, NAME)
        export.write(self.file)
        return self

    def notes(self):
        return sorted(self.outside.glob("checkpoint-*"))

    def verify(self, *more, notes=None, keys=None):
        """(exit code, what was said on both streams)."""
        words = [str(self.file)]
        for note in self.notes() if notes is None else notes:
            words += ["--checkpoint", str(note)]
        for key in [str(crypto.key_of(self.signer))] if keys is None else keys:
            words += ["--key", key]
        code = verifier.main([*words, *more])
        said = self.capsys.readouterr()
        return code, said.out + said.err


@pytest.fixture
def log(signer, tmp_path, capsys, transactional_db):
    return Log(tmp_path, signer, capsys)
