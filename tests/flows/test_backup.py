"""The restore drill: what was backed up comes back whole, without its keys it says which is missing, damage is refused."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from qinzheng.ledger import checkpoint as checkpoints
from qinzheng.ledger import crypto, queries, sequencer, witnessed
from qinzheng.operations import backup_commands, restored

pytestmark = pytest.mark.django_db(transaction=True)

SEED = """
import sys
from qinzheng.wiring import main
from qinzheng.operations import console
def seed():
    from qinzheng.cases import actions as cases
    from qinzheng.cases.engine import Who
    from qinzheng.parties import actions as parties
    console.ready()
    parties.register("citizen", {"name": "张三丰", "phone": "13800138000"}, by="p-0123456789ab")
    cases.open_case("letters.reply", "submit", Who("p-0123456789ab", "town-01", "clerk"), {})
"""
MADE = """
home, backup = sys.argv[1:]
console.ready()
from qinzheng.operations import setting_up
setting_up.checkpoint_key()
codes = [main(["setup", "--drafted-by", "a", "--published-by", "b"])]
seed()
codes.append(main(["ledger", "checkpoint", "--to", home + "/checkpoints", "--key", home + "/keys/checkpoint.key"]))
codes.append(main(["backup", backup]))
codes.append(main(["backup", backup]))
print(codes)
"""
BACK = """
home, backup = sys.argv[1:]
codes = [main(["restore", backup]), main(["restore", backup])]
if codes[0] == 0:
    seed()
    codes += [main(["ledger", "sequence"]), main(["ledger", "verify", "--projections"])]
    codes.append(main(["ledger", "checkpoint", "--to", home + "/checkpoints", "--key", home + "/keys/checkpoint.key"]))
print(codes)
"""


def run(home, backup, script):
    """(exit codes of the commands, everything that was said)"""
    home.mkdir(exist_ok=True)
    home.chmod(0o755)
    without = ("DATABASE_URL", "QINZHENG_EMBEDDED", "QINZHENG_MASTER_KEY")
    environment = {key: value for key, value in os.environ.items() if key not in without}
    done = subprocess.run(
        [sys.executable, "-c", SEED + script, str(home), str(backup)],
        env={**environment, "QINZHENG_HOME": str(home)}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return json.loads(done.stdout.splitlines()[-1]), said


def test_a_backup_comes_back_whole_and_says_which_key_is_missing(tmp_path):
    backup = tmp_path / "backup"
    codes, said = run(tmp_path / "first", backup, MADE)
    assert codes == [0, 0, 0, 1], said
    assert "另行保管" in said
    kept = {path.name for path in backup.rglob("*") if path.is_file()}
    assert kept >= {"database.dump", "manifest.json", "checkpoint"}
    secrets = [
        (tmp_path / "first" / "keys" / name).read_text("utf-8").strip()
        for name in ("master.key", "session.key")
    ]
    everything = b"".join(path.read_bytes() for path in backup.rglob("*") if path.is_file())
    assert [secret for secret in secrets if secret.encode() in everything] == []
    assert "张三丰".encode() not in everything

    codes, said = run(tmp_path / "without key", backup, BACK)
    assert codes == [1, 1], said
    assert json.loads((backup / "manifest.json").read_text("utf-8"))["master_key"] in said

    shutil.copytree(tmp_path / "first" / "keys", tmp_path / "with key" / "keys")
    codes, said = run(tmp_path / "with key", backup, BACK)
    assert codes == [0, 1, 0, 0, 0], said
    assert "不是空的" in said

    with (backup / "database.dump").open("r+b") as dump:
        dump.seek(-1, os.SEEK_END)
        last = dump.read(1)
        dump.seek(-1, os.SEEK_END)
        dump.write(bytes([last[0] ^ 1]))
    with pytest.raises(backup_commands.Refused, match="damaged"):
        backup_commands.read(backup)


def test_what_the_checkpoints_outside_saw_is_compared(published, tmp_path, settings):
    settings.CHECKPOINTS, settings.CHECKPOINT_KEY = str(tmp_path / "outside"), str(tmp_path / "key")
    crypto.create_key(tmp_path / "key", "test/log", "ed25519")
    signer = crypto.read_key(tmp_path / "key")
    sequencer.sequence_all()
    made = witnessed.write(tmp_path / "outside", signer, "test/log")
    assert restored.checkpoints_hold() == ([], 0)
    longer = checkpoints.sign(checkpoints.Checkpoint(made.origin, made.size + 7, bytes(32)), signer)
    (tmp_path / "outside" / f"checkpoint-{made.size + 7:012d}").write_text(longer, "utf-8")
    assert restored.checkpoints_hold() == ([], 7)
    other = checkpoints.sign(checkpoints.Checkpoint(made.origin, made.size, bytes(32)), signer)
    (tmp_path / "outside" / f"checkpoint-{made.size:012d}").write_text(other, "utf-8")
    (fault,) = restored.checkpoints_hold()[0]
    assert f"checkpoint-{made.size:012d}" in fault
    hash, size = queries.head()
    root = queries.tiles(size).root().hex()
    assert list(restored.ledger_is({"hash": hash, "size": size, "root": root})) == []
    assert len(list(restored.ledger_is({"hash": hash, "size": size + 1, "root": root}))) == 1


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": 9, "files": {}, "program": "9"}',
        b'{"format": 1, "files": {"../x": "00"}}',
    ],
)
def test_what_is_no_backup_is_refused(tmp_path, manifest):
    (tmp_path / "manifest.json").write_bytes(manifest)
    with pytest.raises(backup_commands.Refused):
        backup_commands.read(tmp_path)
