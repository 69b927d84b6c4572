"""The vault: opens what it sealed and nothing else, under both suites; no key, wrong key, changed bytes fail closed."""

import base64
import hashlib
import hmac
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as library_hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.parties import vault
from qinzheng.parties.vault import AES, SM4, Damaged, MissingKey, Ring, Sealed, Vault, WrongKey

CIPHERS = st.sampled_from([AES, SM4])
TEXTS = st.binary(max_size=300)
SUBJECTS = st.text(min_size=1, max_size=20)


def opened(*masters: bytes, cipher: int = AES) -> Vault:
    hash = {AES: "sha256", SM4: "sm3"}[cipher]
    return Vault(Ring(masters, "test"), masters[0], cipher, hash, b"i" * 32)


MASTER, OTHER = b"m" * 32, b"o" * 32


@given(CIPHERS, SUBJECTS, TEXTS)
def test_what_was_sealed_opens(cipher: int, subject: str, plain: bytes) -> None:
    one = opened(MASTER, cipher=cipher)
    sealed = one.seal(subject, plain)
    assert one.open(subject, sealed) == plain
    assert sealed.sealed[0] == cipher
    again = one.seal(subject, plain)
    assert not {*sealed} & {*again}
    assert len(plain) < 8 or plain not in sealed.sealed + sealed.key_wrapped


@given(CIPHERS, TEXTS, st.data())
def test_a_changed_bit_is_refused(cipher: int, plain: bytes, data: st.DataObject) -> None:
    one = opened(MASTER, cipher=cipher)
    sealed = one.seal("party:a", plain)
    part = data.draw(st.sampled_from(["sealed", "key_wrapped"]))
    raw = bytearray(getattr(sealed, part))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((Damaged, WrongKey)):
        one.open("party:a", Sealed(**(sealed._asdict() | {part: bytes(raw)})))


@given(CIPHERS, st.integers(0, 40))
def test_short_bytes_are_refused(cipher: int, length: int) -> None:
    one = opened(MASTER, cipher=cipher)
    sealed = one.seal("party:a", b"x" * 9)
    for cut in (
        sealed._replace(sealed=sealed.sealed[:length]),
        sealed._replace(key_wrapped=sealed.key_wrapped[:length]),
    ):
        with pytest.raises((Damaged, WrongKey)):
            one.open("party:a", cut)


@given(CIPHERS)
def test_anothers_bytes_and_another_commitment_are_refused(cipher: int) -> None:
    one = opened(MASTER, cipher=cipher)
    first, second = one.seal("party:a", b"a"), one.seal("party:b", b"b")
    for wrong in (second, Sealed(second.sealed, first.key_wrapped, first.commitment)):
        with pytest.raises(Damaged):
            one.open("party:a", wrong)
    with pytest.raises(Damaged, match="密文"):
        one.open("party:a", first._replace(commitment=second.commitment))


def test_the_wrong_key_names_the_right_one_and_a_ring_opens_both() -> None:
    old, new = opened(MASTER), opened(OTHER)
    sealed = old.seal("party:a", b"text")
    with pytest.raises(WrongKey, match="主密钥不对") as refused:
        new.open("party:a", sealed)
    assert vault.key_id(MASTER).hex() in str(refused.value)
    assert "put the former key back" in str(refused.value)
    both = opened(OTHER, MASTER)
    assert both.open("party:a", sealed) == b"text"
    moved = sealed._replace(key_wrapped=both.rewrap("party:a", sealed.key_wrapped))
    assert new.open("party:a", moved) == b"text"
    with pytest.raises(WrongKey):
        old.open("party:a", moved)


def test_either_suite_opens_what_the_other_sealed() -> None:
    std, gm = opened(MASTER, cipher=AES), opened(MASTER, cipher=SM4)
    sealed = std.seal("party:a", b"text")
    moved = gm.rewrap("party:a", sealed.key_wrapped)
    assert moved[vault.ID_BYTES] == SM4
    assert vault.decrypt(vault.unwrap(gm.ring, moved, "party:a"), sealed.sealed, "party:a").endswith(b"text")


def test_the_commitment_is_a_salted_hash_of_what_was_sealed() -> None:
    one = opened(MASTER)
    sealed = one.seal("party:a", b"text")
    salted = vault.decrypt(vault.unwrap(one.ring, sealed.key_wrapped, "party:a"), sealed.sealed, "party:a")
    assert salted[vault.SALT :] == b"text"
    assert hashlib.sha256(salted).hexdigest() == sealed.commitment


@given(st.sampled_from(["phone", "name"]), st.text(max_size=200), st.binary(min_size=1, max_size=32))
def test_blind_indexes_are_hmac_of_either_hash(what: str, value: str, key: bytes) -> None:
    message = what.encode() + b"\0" + value.encode()
    std = Vault(Ring((MASTER,), ""), MASTER, AES, "sha256", key)
    gm = Vault(Ring((MASTER,), ""), MASTER, SM4, "sm3", key)
    assert std.index(what, value) == hmac.new(key, message, "sha256").digest()
    reference = library_hmac.HMAC(key, hashes.SM3())
    reference.update(message)
    assert gm.index(what, value) == reference.finalize()


def test_indexes_of_different_fields_and_keys_do_not_meet() -> None:
    one, other = opened(MASTER), Vault(Ring((MASTER,), ""), MASTER, AES, "sha256", b"j" * 32)
    assert len({one.index("phone", "1"), one.index("name", "1"), other.index("phone", "1")}) == 3


def test_sm4_gcm_by_its_published_vector() -> None:
    """RFC 8998, appendix A.1."""
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    plain = bytes.fromhex("aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
                          "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa")  # fmt: skip
    engine = Cipher(algorithms.SM4(key), modes.GCM(bytes.fromhex("00001234567800000000abcd"))).encryptor()
    engine.authenticate_additional_data(bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
    text = engine.update(plain) + engine.finalize()
    assert text[:16].hex() == "17f399f08c67d5ee19d0dc9969c4bb7d"
    assert engine.tag.hex() == "83de3541e4c2b58177e065a9bf7b62ec"


@pytest.mark.parametrize("text", ["", "  ,\n", "short", base64.b64encode(b"x" * 31).decode(), "密钥"])
def test_a_malformed_key_is_no_key(text: str) -> None:
    with pytest.raises(MissingKey, match="HERE"):
        vault.parse(text, "HERE")


def test_a_ring_reads_several_keys_and_does_not_print_them() -> None:
    words = [base64.b64encode(key).decode() for key in (MASTER, OTHER)]
    ring = vault.parse(f"{words[0]},\n{words[1]}\n", "HERE")
    assert ring.keys == (MASTER, OTHER)
    assert not any(word in repr(opened(MASTER)) + repr(ring) for word in (*words, repr(MASTER), repr(OTHER)))


def test_a_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    with pytest.raises(MissingKey, match="读不到"):
        vault.read_file(path)
    vault.write_file(path, (MASTER,), replace=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert vault.read_file(path).keys == (MASTER,)
    with pytest.raises(FileExistsError):
        vault.write_file(path, (OTHER,), replace=False)
    vault.write_file(path, (OTHER, MASTER), replace=True)
    assert vault.read_file(path).keys == (OTHER, MASTER)
    assert [each.name for each in path.parent.iterdir()] == ["master.key"]
    path.chmod(0o640)
    with pytest.raises(MissingKey, match="chmod 600"):
        vault.read_file(path)
