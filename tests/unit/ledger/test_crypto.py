"""Signatures: the published examples, two implementations against each other, and keys that are refused."""

import os
import subprocess

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from qinzheng.ledger import crypto, sm2, verifier

SM2_PRIVATE = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
SM2_PUBLIC = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
SM2_NONCE = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
SM2_SIGNATURE = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"


def test_sm2_is_the_standard_one():
    """GB/T 32918.5-2017, appendix A.2: message, key, random number and signature."""
    assert sm2.public(SM2_PRIVATE).hex() == SM2_PUBLIC
    signature = sm2.sign(crypto.sm3, SM2_PRIVATE, b"message digest", SM2_NONCE)
    assert signature.hex() == SM2_SIGNATURE
    public = bytes.fromhex(SM2_PUBLIC)
    assert sm2.verify(crypto.sm3, public, b"message digest", signature)
    assert verifier.sm2(public, b"message digest", signature)


RFC_8032 = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]  # fmt: skip


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_ed25519_of_the_verifier_is_the_standard_one(public, message, signature):
    """RFC 8032 section 7.1, tests 1 to 3."""
    assert verifier.ed25519(*map(bytes.fromhex, (public, message, signature)))


BYTES = st.binary(min_size=32, max_size=32)


@settings(max_examples=25, deadline=None)
@given(BYTES, st.binary(max_size=80), st.integers(0, 511), st.binary(min_size=64, max_size=64))
def test_both_ed25519_agree(private, message, bit, noise):
    key = ed25519.Ed25519PrivateKey.from_private_bytes(private)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert verifier.ed25519(public, message, signature)
    for wrong in (flipped(signature, bit), noise, signature[:63], b"", unreduced(signature)):
        assert not verifier.ed25519(public, message, wrong)
        assert not crypto.VerifierKey("k", "ed25519", public).verify(message, wrong)
    assert not verifier.ed25519(public, message + b"x", signature)


@settings(deadline=None)
@given(BYTES, st.binary(min_size=64, max_size=64))
def test_both_ed25519_agree_on_keys_that_are_no_points(public, signature):
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, b"m")
        good = True
    except (InvalidSignature, ValueError):
        good = False
    assert verifier.ed25519(public, b"m", signature) == good


def flipped(raw, bit):
    return (int.from_bytes(raw, "big") ^ 1 << bit).to_bytes(len(raw), "big")


def unreduced(signature):
    """S + L: the same number to a careless verifier."""
    s = int.from_bytes(signature[32:], "little") + verifier.L
    return signature[:32] + s.to_bytes(32, "little")


@settings(max_examples=15, deadline=None)
@given(
    st.integers(1, sm2.N - 2),
    st.binary(max_size=80),
    st.integers(0, 511),
    st.binary(min_size=64, max_size=64),
)
def test_both_sm2_agree(private, message, bit, noise):
    public = sm2.public(private)
    signature = sm2.sign(crypto.sm3, private, message)
    assert sm2.verify(crypto.sm3, public, message, signature)
    assert verifier.sm2(public, message, signature)
    r, s = signature[:32], signature[32:]
    zero, order = bytes(32), sm2.N.to_bytes(32, "big")
    for wrong in (
        flipped(signature, bit),
        noise,
        r + zero,
        zero + s,
        r + order,
        s + r,
        signature + b"x",
        b"",
    ):
        assert not sm2.verify(crypto.sm3, public, message, wrong)
        assert not verifier.sm2(public, message, wrong)
    assert not sm2.verify(crypto.sm3, flipped(public, bit), message, signature)
    assert not verifier.sm2(flipped(public, bit), message, signature)


def test_two_signatures_never_share_a_random_number():
    """r repeats where the random number does, and with it the key is lost."""
    signer = crypto.Sm2Signer("k", SM2_PRIVATE.to_bytes(32, "big"))
    assert len({signer.sign(b"same")[:32] for _ in range(20)}) == 20


def test_openssl_accepts_our_sm2(tmp_path):
    """An implementation that is not ours, where this machine's OpenSSL has SM2."""
    asn1 = "3059301306072a8648ce3d020106082a811ccf5501822d034200" + "04"
    der = bytes.fromhex(asn1) + sm2.public(SM2_PRIVATE)
    (tmp_path / "key.der").write_bytes(der)
    (tmp_path / "message").write_bytes(b"checkpoint")
    signature = sm2.sign(crypto.sm3, SM2_PRIVATE, b"checkpoint")
    numbers = b"".join(_integer(part) for part in (signature[:32], signature[32:]))
    (tmp_path / "signature").write_bytes(b"\x30" + bytes([len(numbers)]) + numbers)
    asked = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin", "-in", "message",
             "-digest", "sm3", "-sigfile", "signature", "-pkeyopt", "distid:1234567812345678"]  # fmt: skip
    try:
        done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no openssl command here")
    if "Verified Successfully" not in done.stdout and "Verification Failure" not in done.stdout:
        pytest.skip(f"this openssl has no SM2: {done.stderr[:200]}")
    assert "Verified Successfully" in done.stdout


def _integer(raw):
    raw = raw.lstrip(b"\x00")
    raw = b"\x00" + raw if raw[0] & 0x80 else raw
    return b"\x02" + bytes([len(raw)]) + raw


def test_a_published_key_line_reads_back(signer):
    key = crypto.key_of(signer)
    assert crypto.verifier_key(f" {key}\n") == key
    assert key.verify(b"m", signer.sign(b"m"))
    assert verifier.Key(str(key)).id == key.id


def test_the_key_line_of_go_sumdb_is_read():
    """The example of golang.org/x/mod/sumdb/note."""
    line = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert str(crypto.verifier_key(line)) == line
    assert verifier.Key(line).name == "PeterNeumann"


@pytest.mark.parametrize("line", [
    "", "name", "a+b+c", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "k+00000000+CQ==",
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10Q=",
])  # fmt: skip
def test_what_is_no_key_line_is_refused(line):
    with pytest.raises(crypto.BadKey, match="公钥行.*no public key"):
        crypto.verifier_key(line)
    with pytest.raises(ValueError, match="no key"):
        verifier.Key(line)


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path, suite):
    file = tmp_path / "deep" / "key"
    crypto.create_key(file, "a/b", suite[1])
    assert oct(file.stat().st_mode)[-3:] == "600"
    before = file.read_bytes()
    with pytest.raises(crypto.BadKey, match="已有密钥.*a key is there"):
        crypto.create_key(file, "a/b", suite[1])
    assert file.read_bytes() == before


def written(path, text):
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("text", [
    "", "{}", "[]", "not json", '{"name":"a","algorithm":"rsa","private":"AA=="}', '{"name":"a b","algorithm":"sm2","private":"AA=="}',
    '{"name":"a","algorithm":"ed25519","private":"AA=="}', '{"name":"a","algorithm":"sm2","private":"AA=="}',
    '{"name":"a","algorithm":"sm2","private":"!"}', '{"name":1,"algorithm":"sm2","private":"AA=="}',
])  # fmt: skip
def test_what_is_no_key_file_is_refused_without_showing_it(tmp_path, text):
    with pytest.raises(crypto.BadKey) as told:
        crypto.read_key(written(tmp_path / "key", text))
    assert "key" in str(told.value)
    assert "AA==" not in str(told.value)


def test_a_key_that_is_missing_or_open_to_others_is_refused_with_the_remedy(tmp_path, suite):
    with pytest.raises(crypto.BadKey, match="没有这个密钥文件.*qinzheng ledger key"):
        crypto.read_key(tmp_path / "none")
    with pytest.raises(crypto.BadKey, match="cannot be read"):
        crypto.read_key(tmp_path)
    (tmp_path / "raw").write_bytes(b"\xff\xfe")
    with pytest.raises(crypto.BadKey, match="cannot be read"):
        crypto.read_key(tmp_path / "raw")
    crypto.create_key(tmp_path / "key", "a", suite[1])
    if os.name == "posix":
        (tmp_path / "key").chmod(0o640)
        with pytest.raises(crypto.BadKey, match="chmod 600"):
            crypto.read_key(tmp_path / "key")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\nb", "a\x07"])
def test_names_that_would_break_a_signature_line_are_refused(tmp_path, name):
    with pytest.raises(crypto.BadKey, match="不得为空"):
        crypto.create_key(tmp_path / "key", name, "ed25519")
    assert not (tmp_path / "key").exists()
