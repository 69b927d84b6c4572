"""Which key is in force: made once, kept by its owner, changed without a gap, and closed in every other case."""

import base64
import os
import stat
import threading
from pathlib import Path

import pytest
from django.db import connection, connections, transaction

from qinzheng.ledger import queries as ledger
from qinzheng.parties import actions, events, keys, queries, vault
from qinzheng.parties.keys import NothingToRotate
from qinzheng.parties.models import IndexKey, Party, SealedText
from qinzheng.parties.vault import Damaged, MissingKey, VaultClosed, WrongKey
from tests.unit.parties.people import BY, CITIZEN, TEXT, citizen, differences, in_ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def path(settings, tmp_path: Path) -> Path:
    """Keys come from a file of the embedded mode."""
    settings.MASTER_KEY = ""
    settings.MASTER_KEY_FILE = str(tmp_path / "keys" / "master.key")
    settings.MASTER_KEY_MADE = True
    return tmp_path / "keys" / "master.key"


def masters() -> set[str]:
    """The ids of the master keys under which anything is wrapped."""
    wrapped = [
        *Party.objects.exclude(key_wrapped=b"").values_list("key_wrapped", flat=True),
        *SealedText.objects.exclude(key_wrapped=b"").values_list("key_wrapped", flat=True),
        *IndexKey.objects.values_list("key_wrapped", flat=True),
    ]
    return {bytes(one[: vault.ID_BYTES]).hex() for one in wrapped}


def test_the_embedded_mode_makes_its_key_once(path):
    party = actions.register("citizen", CITIZEN, by=BY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    made = path.read_bytes()
    actions.register("citizen", citizen(1), by=BY)
    keys.prepare()
    assert path.read_bytes() == made
    assert masters() == {vault.key_id(vault.read_file(path).keys[0]).hex()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT k::text FROM parties_index_key k")
        assert base64.b64decode(made).hex() not in cursor.fetchone()[0]
    path.unlink()
    for refused in (
        lambda: queries.open_(party.pk, BY, "handling"),
        lambda: actions.register("citizen", citizen(2)),
    ):
        with pytest.raises(MissingKey, match="put it back from its backup"):
            refused()
    assert not path.exists(), "a lost key is never replaced in silence"


def test_a_city_makes_its_key_itself(path, settings):
    settings.MASTER_KEY_MADE = False
    with pytest.raises(MissingKey, match="new-key"):
        actions.register("citizen", CITIZEN, by=BY)
    assert keys.make_file() == path
    with pytest.raises(VaultClosed, match="rotate-key"):
        keys.make_file()
    actions.register("citizen", CITIZEN, by=BY)
    path.unlink()
    with pytest.raises(VaultClosed, match="rotate-key"):
        keys.make_file()


def test_a_key_that_others_can_read_is_not_used(path):
    actions.register("citizen", CITIZEN, by=BY)
    path.chmod(0o644)
    with pytest.raises(MissingKey, match="chmod 600"):
        queries.find_by_phone(CITIZEN["phone"])
    path.chmod(0o600)
    assert len(queries.find_by_phone(CITIZEN["phone"])) == 1


def test_rotation_wraps_every_key_anew_and_lets_the_old_one_go(path, monkeypatch):
    monkeypatch.setattr(keys, "BATCH", 2)
    ids = [actions.register("citizen", citizen(i, phone=CITIZEN["phone"]), by=BY).pk for i in range(5)]
    ref = actions.keep_text(TEXT, ids[0], by=BY)
    actions.erase(ids[4], "purpose_achieved", by=BY)
    old = vault.read_file(path)
    indexes = list(Party.objects.order_by("pk").values_list("phone_index", flat=True))
    done = keys.rotate(BY)
    (new,) = vault.read_file(path).keys
    assert new not in old.keys
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert masters() == {vault.key_id(new).hex()} == {done.master}
    assert (done.rewrapped, done.kept) == (5, False)
    assert queries.open_(ids[0], BY, "handling")["name"] == citizen(0)["name"]
    assert queries.text(ref, BY, "handling") == TEXT
    assert len(queries.find_by_phone(CITIZEN["phone"])) == 4
    assert list(Party.objects.order_by("pk").values_list("phone_index", flat=True)) == indexes
    said = ledger.history(events.VAULT)[-1].body
    assert said == {"from": [vault.key_id(old.keys[0]).hex()], "to": done.master, "rewrapped": 5}
    vault.write_file(path, old.keys, replace=True)
    with pytest.raises(WrongKey):
        queries.masked(ids[0])
    assert in_ledger() == []


def test_a_rotation_that_was_cut_off_is_finished_by_the_next(path, monkeypatch):
    monkeypatch.setattr(keys, "BATCH", 1)
    ids = [actions.register("citizen", citizen(i), by=BY).pk for i in range(3)]
    damaged = sorted(ids)[1]
    sound = bytes(Party.objects.get(pk=damaged).key_wrapped)
    Party.objects.filter(pk=damaged).update(key_wrapped=sound[:-1] + bytes([sound[-1] ^ 1]))
    with pytest.raises(Damaged, match=damaged):
        keys.rotate(BY)
    assert len(vault.read_file(path).keys) == 2, "the former key is kept while anything needs it"
    assert len(masters()) == 2
    assert queries.open_(sorted(ids)[2], BY, "handling")
    assert actions.register("citizen", citizen(9), by=BY)
    Party.objects.filter(pk=damaged).update(key_wrapped=sound)
    keys.rotate(BY)
    assert len(vault.read_file(path).keys) == len(masters()) == 1
    assert queries.open_(damaged, BY, "handling")
    keys.rotate(BY, keep=True)
    assert len(vault.read_file(path).keys) == 2
    assert differences() == []


def test_with_the_environment_the_operator_brings_the_new_key(settings):
    party = actions.register("citizen", CITIZEN, by=BY)
    former, new = settings.MASTER_KEY, base64.b64encode(os.urandom(32)).decode()
    with pytest.raises(NothingToRotate, match="before the former one"):
        keys.rotate(BY)
    settings.MASTER_KEY = f"{new},{former}"
    assert queries.masked(party.pk)
    done = keys.rotate(BY)
    assert (done.kept, masters()) == (True, {done.master})
    settings.MASTER_KEY = new
    assert queries.open_(party.pk, BY, "handling") == CITIZEN
    settings.MASTER_KEY = former
    with pytest.raises(WrongKey):
        actions.register("citizen", citizen(1), by=BY)


def test_a_writer_under_way_ends_before_the_old_key_goes(path):
    actions.register("citizen", citizen(0), by=BY)
    inside, done = threading.Event(), threading.Event()
    made, failed = [], []

    def writer():
        try:
            with transaction.atomic():
                made.append(actions.register("citizen", CITIZEN, by=BY).pk)
                inside.set()
                # Let go once the rotation waits for the lock; that it does is what the test asks.
                while not (done.is_set() or _someone_waits()):
                    pass
        except Exception as why:
            failed.append(why)
        finally:
            inside.set()
            connections.close_all()

    def rotation():
        try:
            keys.rotate(BY)
        except Exception as why:
            failed.append(why)
        finally:
            done.set()
            connections.close_all()

    first, second = threading.Thread(target=writer), threading.Thread(target=rotation)
    first.start()
    inside.wait()
    second.start()
    first.join()
    second.join()
    assert failed == []
    assert len(masters()) == len(vault.read_file(path).keys) == 1
    assert queries.open_(made[0], BY, "handling") == CITIZEN


def _someone_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


def test_the_national_suite_seals_by_sm4_and_opens_what_was_there(settings):
    settings.CRYPTO = "std"
    before = actions.register("citizen", citizen(1), by=BY)
    settings.CRYPTO = "gm"
    after = actions.register("citizen", CITIZEN, by=BY)
    assert (bytes(before.sealed)[0], bytes(after.sealed)[0]) == (vault.AES, vault.SM4)
    assert queries.open_(after.pk, BY, "handling") == CITIZEN
    assert queries.open_(before.pk, BY, "handling")["name"] == citizen(1)["name"]
    assert queries.find_by_code(CITIZEN["identity_number"]) == after
    assert queries.find_by_code(citizen(1)["identity_number"]) == before
    assert IndexKey.objects.get().hash == "sha256", "the hash of the indexes is fixed for their life"


def test_a_city_begun_under_the_national_suite_indexes_by_sm3(settings):
    settings.CRYPTO = "gm"
    party = actions.register("citizen", CITIZEN, by=BY)
    assert IndexKey.objects.get().hash == "sm3"
    assert queries.find_by_phone(CITIZEN["phone"])[0].pk == party.pk
    settings.CRYPTO = "std"
    assert queries.find_by_phone(CITIZEN["phone"])[0].pk == party.pk
    assert differences() == []
