"""The Merkle log against the published vectors, against the definitions of RFC 6962, and against forged proofs."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinzheng.ledger import crypto, verifier
from qinzheng.ledger.merkle import WIDTH, Tiles, Tree, verify_consistency, verify_inclusion

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]  # fmt: skip
"""The test vectors of the Certificate Transparency reference implementation (merkle_tree_test.cc)."""
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A, B, C = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"  # fmt: skip
D, E = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"  # fmt: skip
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
PATHS = [
    (0, 1, []),
    (0, 8, [A, B, C]),
    (5, 8, [D, E, ROOTS[4]]),
    (2, 3, [ROOTS[2]]),
    (1, 5, [ROOTS[1], B, D]),
]
PROOFS = [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [F, E, ROOTS[4]]), (2, 5, [B, D])]


def tiles_of(tree, leaves):
    """The tiles of a log, made as C2SP tlog-tiles says."""
    levels = [leaves]
    while len(levels[-1]) >= WIDTH:
        below = levels[-1]
        levels.append([mth(tree, below[i : i + WIDTH]) for i in range(0, len(below) // WIDTH * WIDTH, WIDTH)])
    return Tiles(tree, len(leaves), lambda level, index: b"".join(levels[level][index * WIDTH :][:WIDTH]))


def below(n):
    """The largest power of two smaller than n."""
    return 1 << (n - 1).bit_length() - 1


def mth(tree, leaves):
    """MTH of RFC 6962 section 2.1, over leaf hashes."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else tree.hash(b"")
    k = below(len(leaves))
    return tree.hash(b"\x01" + mth(tree, leaves[:k]) + mth(tree, leaves[k:]))


def path(tree, m, leaves):
    """PATH of RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = below(len(leaves))
    if m < k:
        return [*path(tree, m, leaves[:k]), mth(tree, leaves[k:])]
    return [*path(tree, m - k, leaves[k:]), mth(tree, leaves[:k])]


def subproof(tree, m, leaves, whole=True):
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [mth(tree, leaves)]
    k = below(len(leaves))
    if m <= k:
        return [*subproof(tree, m, leaves[:k], whole), mth(tree, leaves[k:])]
    return [*subproof(tree, m - k, leaves[k:], False), mth(tree, leaves[:k])]


def hashes(tree, size):
    return [tree.leaf(n.to_bytes(4, "big")) for n in range(size)]


@pytest.fixture(params=["sha256", "sm3"])
def tree(request):
    return Tree(request.param)


def test_published_roots_and_proofs():
    tree = Tree("sha256")
    leaves = [tree.leaf(data) for data in LEAVES]
    peaks: list[bytes] = []
    for size in range(9):
        assert tree.root(peaks).hex() == tiles_of(tree, leaves[:size]).root().hex() == ROOTS[size]
        if size < 8:
            tree.push(peaks, size, leaves[size])
    tiles = tiles_of(tree, leaves)
    for index, size, proof in PATHS:
        assert [hash.hex() for hash in tiles.inclusion(index, size)] == proof
    for old, new, proof in PROOFS:
        assert [hash.hex() for hash in tiles.consistency(old, new)] == proof


def test_every_proof_of_every_small_tree_is_the_definitions_and_holds(tree):
    leaves = hashes(tree, 65)
    tiles, offline = tiles_of(tree, leaves), verifier.Tree(tree.name)
    roots = [mth(tree, leaves[:size]) for size in range(66)]
    for new in range(66):
        assert tiles.root(new) == roots[new]
        for old in range(new + 1):
            proof = tiles.consistency(old, new)
            assert proof == (subproof(tree, old, leaves[:new]) if old else [])
            assert verify_consistency(tree, old, new, proof, roots[old], roots[new])
        for index in range(new):
            proof = tiles.inclusion(index, new)
            assert proof == path(tree, index, leaves[:new])
            assert verify_inclusion(tree, leaves[index], index, new, proof, roots[new])
            assert offline.included(leaves[index], index, new, proof, roots[new])


SIZES = st.sampled_from([1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 767, 1000, 65_537, 66_000])
BIG = tiles_of(Tree("sha256"), [hashlib.sha256(n.to_bytes(4, "big")).digest() for n in range(66_000)])


@settings(deadline=None)
@given(st.data(), SIZES)
def test_proofs_hold_across_tile_borders_and_for_nothing_else(data, size):
    tree, index = BIG.tree, data.draw(st.integers(0, size - 1))
    leaf, root = BIG.complete(0, index), BIG.root(size)
    proof = BIG.inclusion(index, size)
    assert verify_inclusion(tree, leaf, index, size, proof, root)
    other = data.draw(st.integers(0, size + 3))
    if other != index:
        assert not verify_inclusion(tree, leaf, other, size, proof, root)
    assert not verify_inclusion(tree, leaf, index, size, [*proof, leaf], root)
    assert not verify_inclusion(tree, leaf, -1, size, proof, root)
    for wrong in forged(data, proof):
        assert not verify_inclusion(tree, leaf, index, size, wrong, root)
        assert not verifier.Tree("sha256").included(leaf, index, size, wrong, root)


@settings(deadline=None)
@given(st.data(), SIZES)
def test_consistency_holds_and_no_forged_history_passes(data, new):
    tree, old = BIG.tree, data.draw(st.integers(0, new))
    was, now = BIG.root(old), BIG.root(new)
    proof = BIG.consistency(old, new)
    assert verify_consistency(tree, old, new, proof, was, now)
    assert not verify_consistency(tree, new + 1, new, proof, was, now)
    assert not verify_consistency(tree, -1, new, proof, was, now)
    assert not verify_consistency(tree, old, new, [*proof, now], was, now)
    assert not verify_consistency(tree, old, new, proof, flipped(was, 0), now)
    if old:
        assert not verify_consistency(tree, old, new, proof, was, flipped(now, 0))
    for wrong in forged(data, proof):
        assert not verify_consistency(tree, old, new, wrong, was, now)


def forged(data, proof):
    """Proofs that are not this one: a hash changed, left out, doubled, or two exchanged."""
    if not proof:
        return
    k = data.draw(st.integers(0, len(proof) - 1))
    yield [*proof[:k], flipped(proof[k], data.draw(st.integers(0, 255))), *proof[k + 1 :]]
    yield [*proof[:k], *proof[k + 1 :]]
    yield [*proof[:k], proof[k], *proof[k:]]
    if len(set(proof)) > 1:
        turned = [*proof[1:], proof[0]]
        if turned != proof:
            yield turned


def flipped(hash, bit):
    return (int.from_bytes(hash, "big") ^ 1 << bit).to_bytes(32, "big")


def test_a_rewritten_history_has_no_proof():
    tree = Tree("sha256")
    leaves = hashes(tree, 40)
    before = tiles_of(tree, leaves[:20])
    after = tiles_of(tree, [*leaves[:7], tree.leaf(b"forged"), *leaves[8:]])
    for old in range(8, 21):
        proof = after.consistency(old, 40)
        assert not verify_consistency(tree, old, 40, proof, before.root(old), after.root())


def test_a_leaf_cannot_pass_for_a_node():
    """The prefixes keep the two apart: the second preimage of a plain Merkle tree does not work here."""
    tree = Tree("sha256")
    leaves = hashes(tree, 2)
    assert tree.leaf(leaves[0] + leaves[1]) != tree.node(*leaves)


@pytest.mark.parametrize("asked", [(-1, 3), (3, 3), (0, 6), (0, 0)])
def test_a_proof_of_what_is_not_there_is_refused(asked):
    tiles = tiles_of(Tree("sha256"), hashes(Tree("sha256"), 5))
    with pytest.raises(ValueError, match="no leaf"):
        tiles.inclusion(*asked)


def test_a_short_tile_is_told_and_not_hashed():
    tiles = Tiles(Tree("sha256"), 5, lambda level, index: bytes(32 * 3))
    with pytest.raises(ValueError, match="short"):
        tiles.root()


def test_sm3_is_the_standard_one():
    """GB/T 32905-2016, appendix A.1."""
    standard = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert crypto.sm3(b"abc").hex() == crypto._cryptography_sm3(b"abc").hex() == standard
