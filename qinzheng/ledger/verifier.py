#!/usr/bin/env python3
"""Verifies an exported ledger offline. One file, no database, nothing of the system that wrote it.

It shares no code with the ledger: read these lines alone. Needs Python 3.11+ and no package.

    python3 verifier.py export.jsonl[.gz] --checkpoint FILE … --key NAME+ID+BASE64 …
    python3 verifier.py --receipt FILE --key …    one event is under a checkpoint

Exit code 0: all holds. 1: not; the first bad position is named as closely as checkpoints allow. 2: not readable.
"""

import argparse
import base64
import functools
import gzip
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

WHOLE, OR_NOTHING = (int,), (int, type(None))
FIELDS: dict[str, tuple[type, ...]] = {
    "id": (str,), "subject": (str,), "subject_seq": WHOLE, "type": (str,), "kind": (str,), "procedure": (str,),
    "organization": (str,), "actor": (str,), "occurred_at": OR_NOTHING, "precision": (str,),
    "reported_at": OR_NOTHING, "recorded_at": WHOLE, "under": (str,), "caused_by": (str, type(None)), "body": (str,),
}  # fmt: skip
"""What a leaf commits to, in this order; times are microseconds UTC, the body base64."""
NAMES = {*FIELDS, "position"}
SAID = {
    "signature": "{0}：{1} 的签名不对 / {0}: the signature of {1} is wrong",
    "unsigned": "{0}：没有可信签名 / {0}: no trusted signature",
    "origin": "{0} 与 {1} 不是同一日志 / {0} and {1} are of different logs",
    "fork": "{0} 与 {1} 同为 {2} 条而根不同，历史有两个版本 / {0} and {1}, both of size {2}, differ: a fork",
    "hash": "{0}：与导出的哈希算法不同 / {0}: another hash than the export's",
    "line": "这一行读不懂：{0} / the line cannot be read: {0}",
    "position": "位置不连续，此处写着 {0} / positions are not contiguous: it says {0}",
    "altered": "位置 {0} 至 {1} 之间被改动过 / something between positions {0} and {1} was altered",
    "missing": "检查点有 {0} 条，导出只有 {1} 条 / a checkpoint has {0} events, the export {1}: some are missing",
    "cut": "首行说有 {0} 条，实有 {1} 条 / the first line says {0} events, there are {1}",
    "gap": "{0} 的次序有缺号或重号：被删改，或导出时还未定序，请重新导出 / the order of {0} has a gap or a repeat: altered, or not all sequenced when exported: export again",
    "outside": "该事件不在此检查点之下 / the event is not under this checkpoint",
    "uncovered": "位置 {0} 起的 {1} 条还没有检查点担保 / {1} event(s) from position {0} on are under no checkpoint yet",
    "clock": "位置 {0} 的记录时间比之前的早 {1} 秒：长事务、导入，或时钟被拨回 / position {0} was recorded {1} s before earlier ones: a long transaction, an import, or a clock set back",
    "no key": "没有给出公钥：没有验签名 / no key given: signatures were not verified",
    "no checkpoint": "没有给出检查点：只查了连贯，查不出改动 / no checkpoint given: only continuity was verified",
}  # fmt: skip
NOTICES = ("uncovered", "clock", "no key", "no checkpoint")


class Findings(list[tuple[str, int | None, str]]):
    """(what, position, sentence): what does not hold, and what is worth knowing all the same."""

    def add(self, position: int | None, what: str, *values: object) -> None:
        self.append((what, position, SAID[what].format(*values)))


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def in_order(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name.encode("utf-16-be") for name, _ in pairs]
    if any(a >= b for a, b in zip(names, names[1:], strict=False)):
        raise ValueError("body: keys out of order or twice")
    return dict(pairs)


def refuse(text: str) -> None:
    raise ValueError(f"a number that is not whole: {text}")


LINE, BODY = (
    json.JSONDecoder(object_pairs_hook=pairs, parse_constant=refuse, parse_float=refuse)
    for pairs in (once, in_order)
)
WRITTEN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def canonical(raw: bytes) -> bytes:
    text = raw.decode()
    value = BODY.decode(text)
    if type(value) is not dict or WRITTEN.encode(value) != text:
        raise ValueError("body: not canonical JSON")
    return raw


class Tree:
    """The hashing of one log, with ``sha256`` or ``sm3``."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm

    def digest(self, data: bytes) -> bytes:
        return hashlib.new(self.algorithm, data).digest()

    def node(self, left: bytes, right: bytes) -> bytes:
        return self.digest(b"\x01" + left + right)

    def leaf(self, event: dict[str, Any]) -> bytes:
        """ValueError where a field is missing, unknown, of another type, or the body not canonical."""
        if event.keys() != NAMES or type(event["position"]) is not int:
            raise ValueError(f"fields {sorted(event.keys() ^ NAMES)}")
        parts = [b"\x00qinzheng.event.1"]
        for name, types in FIELDS.items():
            value = event[name]
            if type(value) not in types:
                raise ValueError(f"{name}: {value!r}")
            if value is None:
                parts.append(b"\xff\xff\xff\xff")
                continue
            raw = canonical(base64.b64decode(value, validate=True)) if name == "body" else str(value).encode()
            parts += len(raw).to_bytes(4, "big"), raw
        return self.digest(b"".join(parts))

    def push(self, peaks: list[bytes], size: int, leaf: bytes) -> None:
        peaks.append(leaf)
        while size & 1:
            right = peaks.pop()
            peaks.append(self.node(peaks.pop(), right))
            size >>= 1

    def root(self, peaks: list[bytes]) -> bytes:
        if not peaks:
            return self.digest(b"")
        return functools.reduce(lambda right, left: self.node(left, right), reversed(peaks))

    def included(self, leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
        """RFC 9162 section 2.1.3.2."""
        at, last, good = index, size - 1, 0 <= index < size
        for hash in proof:
            good = good and last > 0
            if at & 1 or at == last:
                leaf = self.node(hash, leaf)
                while at and not at & 1:
                    at, last = at >> 1, last >> 1
            else:
                leaf = self.node(leaf, hash)
            at, last = at >> 1, last >> 1
        return good and last == 0 and leaf == root


Point = tuple[int, int]
Q, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, Q) % Q
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
NOTHING = (0, 0)  # SM2's point at infinity: (0, 0) is not on its curve


def times(k: int, point: Point, add: Callable[[Point, Point], Point], found: Point) -> Point:
    while k:
        found = add(found, point) if k & 1 else found
        point, k = add(point, point), k >> 1
    return found


def ed25519(key: bytes, message: bytes, signature: bytes) -> bool:
    """RFC 8032 section 5.1.7: R = [S]B − [k]A."""
    a, base = ed_point(key), ed_point((4 * pow(5, -1, Q) % Q).to_bytes(32, "little"))
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or base is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    x, y = ed_add(times(s, base, ed_add, (0, 1)), times(k, (-a[0] % Q, a[1]), ed_add, (0, 1)))
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def ed_point(raw: bytes) -> Point | None:
    number = int.from_bytes(raw, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, Q) % Q
    x = pow(square, (Q + 3) // 8, Q)
    x = x if (x * x - square) % Q == 0 else x * pow(2, (Q - 1) // 4, Q) % Q
    if y >= Q or (x * x - square) % Q or (x == 0 and sign):
        return None
    return (x if x & 1 == sign else Q - x), y


def ed_add(p: Point, q: Point) -> Point:
    cross = D * p[0] * q[0] * p[1] * q[1] % Q
    inverse = pow(1 - cross * cross, -1, Q)
    x = (p[0] * q[1] + p[1] * q[0]) * (1 - cross) * inverse % Q
    return x, (p[1] * q[1] + p[0] * q[0]) * (1 + cross) * inverse % Q


def sm2(key: bytes, message: bytes, signature: bytes) -> bool:
    """GB/T 32918.2 section 7.1 on the curve of GB/T 32918.5, identifier 1234567812345678."""
    x, y = int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or x >= P or y >= P or (y * y - x**3 + 3 * x - B) % P:
        return False
    if not (0 < r < N and 0 < s < N and (r + s) % N):
        return False
    sm3, curve = Tree("sm3").digest, b"".join(number.to_bytes(32, "big") for number in (P - 3, B, GX, GY))
    e = sm3(sm3(b"\x00\x80" + b"1234567812345678" + curve + key) + message)
    found = sm_add(times(s, (GX, GY), sm_add, NOTHING), times((r + s) % N, (x, y), sm_add, NOTHING))
    return found != NOTHING and (int.from_bytes(e, "big") + found[0]) % N == r


def sm_add(p: Point, q: Point) -> Point:
    if NOTHING in (p, q):
        return q if p == NOTHING else p
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return NOTHING
    over, under = (q[1] - p[1], q[0] - p[0]) if p != q else (3 * p[0] * p[0] - 3, 2 * p[1])
    slope = over * pow(under, -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


KINDS = ((b"\x01", 32, ed25519), (b"\xffqinzheng/sm2-sm3", 64, sm2))


class Key:
    """A trusted key: the name and the four bytes that name it in a signature line."""

    def __init__(self, text: str) -> None:
        try:
            self.name, identity, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
            self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
            mark, _, self.check = next(
                k for k in KINDS if raw.startswith(k[0]) and len(raw) == len(k[0]) + k[1]
            )
            self.public, good = raw[len(mark) :], self.id.hex() == identity
        except (ValueError, StopIteration):
            good = False
        if not good:
            raise ValueError(
                f"不是公钥行，应为“名称+编号+base64” / no key, expected name+id+base64: {text!r}"
            )


class Note:
    """A checkpoint taken apart: origin, size, root, the signed text and its signature lines."""

    def __init__(self, text: str, where: str) -> None:
        body, _, lines = text.rpartition("\n\n")
        form = re.fullmatch("([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)(\n[^\n]+)*", body)
        split = [re.fullmatch("— ([^\\s+]+) ([A-Za-z0-9+/]+=*)", line) for line in lines.split("\n")[:-1]]
        whole = text.endswith("\n") and not re.search("[\x00-\x09\x0b-\x1f]", text)
        if not (whole and form and split and all(split)):
            raise ValueError(f"不是检查点，或被截断 / no checkpoint, or cut short: {where}")
        self.where, self.signed, self.origin = where, body + "\n", form[1]
        self.size, self.root = int(form[2]), base64.b64decode(form[3])
        self.lines = [(match[1], base64.b64decode(match[2])) for match in split if match]
        self.tree = Tree("sm3" if self.origin.endswith("/sm3") else "sha256")

    def trusted(self, keys: list[Key], findings: Findings) -> bool:
        """Whether a key that we hold signed it; one bad signature by such a key spoils it."""
        ours = [
            (key, blob) for key in keys for name, blob in self.lines if (name, blob[:4]) == (key.name, key.id)
        ]
        bad = [key for key, blob in ours if not key.check(key.public, self.signed.encode(), blob[4:])]
        if bad:
            findings.add(None, "signature", self.where, bad[0].name)
        if keys and not ours:
            findings.add(None, "unsigned", self.where)
        return not bad and bool(ours or not keys)


class Export:
    """The log recomputed from an export, line by line, and compared with the checkpoints."""

    def __init__(self, notes: list[Note], keys: list[Key], findings: Findings) -> None:
        self.findings = findings
        self.notes = [note for note in notes if note.trusted(keys, findings)]
        self.notes.sort(key=lambda note: note.size)
        for a, b in zip(self.notes, self.notes[1:], strict=False):
            if a.origin != b.origin:
                findings.add(None, "origin", a.where, b.where)
            if a.size == b.size and a.root != b.root:
                findings.add(None, "fork", a.where, b.where, a.size)
        self.count = self.good = self.newest = 0
        self.held, self.back = True, (0, 0)
        self.peaks: list[bytes] = []
        self.subjects: dict[str, tuple[int, int, int]] = {}

    def read(self, lines: Iterator[str]) -> int:
        try:
            head = LINE.decode(next(lines, ""))
            self.tree, size = Tree(head["hash"]), head["size"]
            known = head["format"] == "qinzheng.ledger.1" and head["hash"] in ("sha256", "sm3")
            self.tree.digest(b"")
        except (ValueError, KeyError, TypeError):
            known = False
        if not known:
            raise ValueError(
                "首行不是账本导出，或本机没有该哈希 / the first line is no export, or no such hash here"
            )
        for note in self.notes:
            if note.tree.algorithm != self.tree.algorithm:
                self.findings.add(None, "hash", note.where)
        roots = {note.size: note.root for note in self.notes}
        self._compare(roots)
        while (text := next(lines, "")) and self._event(text):
            self._compare(roots)
        self._end(size, max(roots, default=0))
        return self.count

    def _event(self, text: str) -> bool:
        try:
            event = LINE.decode(text)
            leaf = self.tree.leaf(event)
        except (ValueError, TypeError, AttributeError, RecursionError) as why:
            self.findings.add(self.count, "line", repr(why))
            return False
        if event["position"] != self.count:
            self.findings.add(self.count, "position", event["position"])
            return False
        # Positions follow transactions, so a subject's numbers may rise in another order; but each stands once.
        subject, seq = event["subject"], event["subject_seq"]
        number, total, squares = self.subjects.get(subject, (0, 0, 0))
        self.subjects[subject] = number + 1, total + seq, squares + seq * seq
        self.newest = max(self.newest, event["recorded_at"])
        self.back = max(self.back, (self.newest - event["recorded_at"], self.count))
        self.tree.push(self.peaks, self.count, leaf)
        self.count += 1
        return True

    def _compare(self, roots: dict[int, bytes]) -> None:
        if self.count in roots and self.held:
            self.held = self.tree.root(self.peaks) == roots[self.count]
            if self.held:
                self.good = self.count
            else:
                self.findings.add(self.good, "altered", self.good, self.count - 1)

    def _end(self, size: int, largest: int) -> None:
        if largest > self.count:
            self.findings.add(self.good, "missing", largest, self.count)
        if size != self.count:
            self.findings.add(self.count, "cut", size, self.count)
        for subject, (n, total, squares) in self.subjects.items():
            if (2 * total, 6 * squares) != (n * (n + 1), n * (n + 1) * (2 * n + 1)):
                self.findings.add(None, "gap", subject)
        if self.held and self.count > self.good:
            self.findings.add(None, "uncovered", self.good, self.count - self.good)
        if self.back[0] > 60_000_000:
            self.findings.add(None, "clock", self.back[1], self.back[0] // 1_000_000)


def verify_receipt(receipt: Any, keys: list[Key], findings: Findings) -> None:
    """One event with its proof under a checkpoint."""
    note, event = Note(receipt["checkpoint"], "receipt"), receipt["event"]
    note.trusted(keys, findings)
    leaf, proof = note.tree.leaf(event), [base64.b64decode(hash, validate=True) for hash in receipt["proof"]]
    if not note.tree.included(leaf, event["position"], note.size, proof, note.root):
        findings.add(event["position"], "outside")


def verify(options: argparse.Namespace, findings: Findings) -> int:
    keys = [Key(line) for line in options.key]
    if not keys:
        findings.add(None, "no key")
    if options.receipt:
        verify_receipt(LINE.decode(Path(options.receipt).read_text("utf-8")), keys, findings)
        return 1
    notes = [Note(Path(name).read_bytes().decode(), name) for name in options.checkpoint]
    if not notes:
        findings.add(None, "no checkpoint")
    opener = gzip.open if options.export.endswith(".gz") else open
    with opener(options.export, "rt", encoding="utf-8") as file:
        return Export(notes, keys, findings).read(iter(file))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("export", nargs="?")
    parser.add_argument("--checkpoint", action="append", default=[])
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--receipt")
    options, findings = parser.parse_args(argv), Findings()
    if bool(options.export) == bool(options.receipt):
        parser.error("请给出导出文件或 --receipt / name an export or --receipt")
    try:
        count = verify(options, findings)
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as why:
        print(f"读不出，未能验证 / cannot be read, nothing was verified: {why}", file=sys.stderr)
        return 2
    bad = [(position, said) for what, position, said in findings if what not in NOTICES]
    for position, said in bad[:100]:
        print(f"{'' if position is None else position}\t{said}")
    for what, _, said in findings:
        if what in NOTICES:
            print(f"# {said}")
    print(f"{count} 条 item(s), {len(bad)} 处不符 finding(s)")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
