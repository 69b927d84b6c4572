"""The restore drill: what was backed up comes back whole, without its keys it says which is missing, damage is refused."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from qinzheng.cases import attachments
from qinzheng.cases import attachments_moving as moving
from qinzheng.cases import attachments_storage as storage
from qinzheng.cases.models import Attachment
from qinzheng.ledger import checkpoint as checkpoints
from qinzheng.ledger import crypto, queries, sequencer, witnessed
from qinzheng.operations import backup_commands, backup_files, restored
from qinzheng.parties import actions as parties
from tests import uploads

pytestmark = pytest.mark.django_db(transaction=True)

SEED = """
import sys
from qinzheng.wiring import main
from qinzheng.operations import console
def seed():
    from qinzheng.cases import actions as cases
    from qinzheng.cases import attachments
    from qinzheng.cases.engine import Who
    from qinzheng.parties import actions as parties
    console.ready()
    made = parties.register("citizen", {"name": "张三丰", "phone": "13800138000"}, by="p-0123456789ab")
    given = {"party": made.pk, "material": "", "by": "p-0123456789ab", "draft": "draft:1"}
    attachments.take("a.pdf", b"%PDF-1.4\\n1 0 obj<</Type/Catalog>>endobj\\ntrailer<</Root 1 0 R>>\\n%%EOF\\n", **given)
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
seed()
codes += [main(["backup", backup + "-second"]), main(["backup", backup + "-bare", "--without-files"])]
print(codes)
"""
BACK = """
home, backup = sys.argv[1:]
codes = [main(["restore", backup]), main(["restore", backup])]
if codes[0] == 0:
    codes.append(main(["files", "check", "--open"]))
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
    assert codes == [0, 0, 0, 1, 0, 0], said
    assert "另行保管" in said
    kept = {path.name for path in backup.rglob("*") if path.is_file()}
    assert kept >= {"database.dump", "manifest.json", "checkpoint", "files.sha256"}
    first, second = (backup_files.listed(each) for each in (backup, tmp_path / "backup-second"))
    assert (len(first), len(second)) == (1, 2)
    assert first.items() <= second.items()
    (place,) = first
    both = [each / "files" / place[:2] / place for each in (backup, tmp_path / "backup-second")]
    assert both[0].samefile(both[1]), "a file that an earlier backup holds is linked, not copied"
    assert b"Catalog" not in both[0].read_bytes()
    assert not (tmp_path / "backup-bare" / "files").exists()
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
    assert codes == [0, 1, 0, 0, 0, 0], said
    assert "不是空的" in said
    assert [path.name for path in (tmp_path / "with key" / "files").rglob("*") if path.name == place] == [
        place
    ]
    codes, said = run(tmp_path / "without its store", tmp_path / "backup-bare", BACK)
    assert codes == [1, 1]
    assert "不在存储中" in said

    with (backup / "database.dump").open("r+b") as dump:
        dump.seek(-1, os.SEEK_END)
        last = dump.read(1)
        dump.seek(-1, os.SEEK_END)
        dump.write(bytes([last[0] ^ 1]))
    with pytest.raises(backup_commands.Refused, match="damaged"):
        backup_commands.read(backup)


@pytest.fixture
def held(published, tmp_path, settings):
    """A backup's folder with the files of two parties in it; their store."""
    settings.FILES = str(tmp_path / "store")
    for name in ("欧阳试金", "司徒旁观"):
        party = parties.register("citizen", {"name": name}, by="tests").pk
        attachments.take("a.pdf", uploads.pdf(), party=party, material="", by="tests", draft="draft:1")
    folder = tmp_path / "held"
    told = backup_files.write(folder, moving.wanted(), None)
    assert told == {"count": 2, "missing": []}
    return folder


def test_files_come_back_only_as_they_were(held, tmp_path, settings):
    assert list(backup_files.put_back(held)) == []
    settings.FILES = str(tmp_path / "another store")
    first, second = moving.wanted()
    file = held / "files" / first[:2] / first
    file.write_bytes(b"x" + file.read_bytes()[1:])
    said = list(backup_files.put_back(held))
    assert len(said) == 2
    assert "damaged" in said[0]
    assert f"the file {first} is not in the store" in said[1]
    assert [each.place for each in storage.store().kept()] == [second]
    assert list(moving.damaged([second])) == []
    file.unlink()
    assert backup_files.lacking(held) == [file]


def test_a_rotten_file_of_an_earlier_backup_is_fetched_anew_and_a_list_that_is_none_is_passed_over(
    held, tmp_path
):
    first, _ = moving.wanted()
    file = held / "files" / first[:2] / first
    file.write_bytes(b"x" + file.read_bytes()[1:])
    backup_files.write(tmp_path / "later", moving.wanted(), held)
    assert backup_files.listed(tmp_path / "later") == backup_files.listed(held)
    assert list(backup_files.put_back(tmp_path / "later")) == []
    (held / "files.sha256").write_text("00  ../../secret\n")
    with pytest.raises(ValueError, match="files.sha256:1"):
        backup_files.listed(held)
    assert backup_files.write(tmp_path / "last", moving.wanted(), held) == {"count": 2, "missing": []}


def test_what_was_erased_while_the_backup_ran_is_not_missing_and_what_is_lost_is(held, tmp_path):
    named = moving.wanted()
    one, other = Attachment.objects.order_by("added_at")
    attachments.drop([one])
    storage.store().drop(other.original.place)
    told = backup_files.write(tmp_path / "later", named, None)
    assert told == {"count": 0, "missing": [other.original.place]}


def test_a_store_that_is_away_stops_no_restore_of_the_database(held, settings):
    settings.FILES, settings.S3 = (
        "s3://bucket",
        {"endpoint": "", "region": "", "key": "", "secret": "", "style": "path"},
    )
    (said,) = backup_files.put_back(held)
    assert "qinzheng files copy --from" in said


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
        b'{"format": 2, "files": {"../x": "00"}}',
    ],
)
def test_what_is_no_backup_is_refused(tmp_path, manifest):
    (tmp_path / "manifest.json").write_bytes(manifest)
    with pytest.raises(backup_commands.Refused):
        backup_commands.read(tmp_path)
