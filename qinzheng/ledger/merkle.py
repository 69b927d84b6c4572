"""The Merkle log: RFC 6962 / 9162 hashing, compact ranges, tiles, inclusion and consistency proofs.

Pure. A tile is 256 hashes of one level out of eight (C2SP tlog-tiles): tile (level, index) holds the
hashes of the complete subtrees of ``256 ** level`` leaves, so that any proof reads a few tiles only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qinzheng.ledger.crypto import HASHES, Hash

WIDTH = 256
HEIGHT = 8
ReadTile = Callable[[int, int], bytes]
"""(level, index) → the tile's hashes joined; a partial tile is shorter."""


class Tree:
    """Hashing of one log; ``hash`` is ``sha256`` or ``sm3``, fixed for its life."""

    def __init__(self, hash: str) -> None:
        self.name = hash
        self.hash: Hash = HASHES[hash]

    def empty(self) -> bytes:
        """The root of the empty log: the hash of nothing."""
        return self.hash(b"")

    def leaf(self, data: bytes) -> bytes:
        """``H(00 ‖ data)``"""
        return self.hash(b"\x00" + data)

    def node(self, left: bytes, right: bytes) -> bytes:
        """``H(01 ‖ left ‖ right)``"""
        return self.hash(b"\x01" + left + right)

    def root(self, peaks: Sequence[bytes]) -> bytes:
        """The root over the peaks of a compact range, largest subtree first."""
        if not peaks:
            return self.empty()
        root = peaks[-1]
        for peak in reversed(peaks[:-1]):
            root = self.node(peak, root)
        return root

    def push(self, peaks: list[bytes], size: int, leaf: bytes) -> None:
        """Append a leaf hash to the compact range of ``size`` leaves, in place."""
        peaks.append(leaf)
        while size & 1:
            right = peaks.pop()
            peaks.append(self.node(peaks.pop(), right))
            size >>= 1


class Tiles:
    """Subtree hashes of a log of ``size`` leaves, read from tiles."""

    def __init__(self, tree: Tree, size: int, read: ReadTile) -> None:
        self.tree = tree
        self.size = size
        self.read = read
        self.held: dict[tuple[int, int], bytes] = {}

    def _tile(self, level: int, index: int) -> bytes:
        key = (level, index)
        if key not in self.held:
            self.held[key] = self.read(level, index)
        return self.held[key]

    def complete(self, height: int, index: int) -> bytes:
        """The hash of the complete subtree of ``2 ** height`` leaves at ``index``."""
        level, above = divmod(height, HEIGHT)
        width = 1 << above
        first = index * width
        tile, start = divmod(first, WIDTH)
        raw = self._tile(level, tile)[start * 32 : (start + width) * 32]
        hashes = [raw[i : i + 32] for i in range(0, len(raw), 32)]
        if len(hashes) != width:
            raise ValueError(
                f"tile ({level}, {tile}) is short: a subtree of 2**{height} at {index} is not there"
            )
        while len(hashes) > 1:
            hashes = [self.tree.node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
        return hashes[0]

    def subtree(self, begin: int, end: int) -> bytes:
        """MTH(D[begin:end]) of RFC 6962, where ``begin`` is where such a subtree begins."""
        peaks = []
        while begin < end:
            height = (end - begin).bit_length() - 1
            peaks.append(self.complete(height, begin >> height))
            begin += 1 << height
        return self.tree.root(peaks)

    def root(self, size: int | None = None) -> bytes:
        """The root of the first ``size`` leaves."""
        return self.subtree(0, self.size if size is None else size)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """PATH(index, D[0:size]) of RFC 6962."""
        if not 0 <= index < size <= self.size:
            raise ValueError(f"no leaf {index} in a log of {size} of {self.size}")
        proof: list[bytes] = []
        begin, end = 0, size
        while end - begin > 1:
            split = begin + (1 << ((end - begin - 1).bit_length() - 1))
            if index < split:
                proof.append(self.subtree(split, end))
                end = split
            else:
                proof.append(self.subtree(begin, split))
                begin = split
        return proof[::-1]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """PROOF(old, D[0:new]) of RFC 6962; empty for old 0 or old = new."""
        if not 0 <= old <= new <= self.size:
            raise ValueError(f"no consistency of {old} with {new} in a log of {self.size}")
        if old in (0, new):
            return []
        proof: list[bytes] = []
        begin, end, whole = 0, new, True
        while old != end:
            split = begin + (1 << ((end - begin - 1).bit_length() - 1))
            if old <= split:
                proof.append(self.subtree(split, end))
                end = split
            else:
                proof.append(self.subtree(begin, split))
                begin, whole = split, False
        if not whole:
            proof.append(self.subtree(begin, end))
        return proof[::-1]


def verify_inclusion(
    tree: Tree, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """RFC 9162 section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf
    for hash in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = tree.node(hash, found)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            found = tree.node(found, hash)
        position >>= 1
        last >>= 1
    return last == 0 and found == root


def verify_consistency(
    tree: Tree, old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """RFC 9162 section 2.1.4.2, with the ends said: an empty old log and an equal one need no hash."""
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not proof and old_root == tree.empty() and (new > 0 or new_root == tree.empty())
    if old == new:
        return not proof and old_root == new_root
    hashes = list(proof)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    first = second = hashes[0]
    for hash in hashes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = tree.node(hash, first), tree.node(hash, second)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            second = tree.node(second, hash)
        position >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root
