"""A province's platform over a real socket: it checks every packet, remembers, and misbehaves as it is told."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from qinzheng.exchange.upward import packets
from qinzheng.exchange.upward.packets import Opened
from qinzheng.ledger import crypto

OK, REFUSE, DROP, LOSE, LATER, GARBAGE, DOUBLE = "ok", "refuse", "drop", "lose", "later", "garbage", "double"
FORGED, STRANGE, ROWS, WHOLE, DAMAGED, UNKNOWN_ROW = (
    "forged",
    "strange",
    "rows",
    "whole",
    "damaged",
    "unknown-row",
)
MISBEHAVIOURS = (
    REFUSE,
    DROP,
    LOSE,
    LATER,
    GARBAGE,
    DOUBLE,
    FORGED,
    STRANGE,
    ROWS,
    WHOLE,
    DAMAGED,
    UNKNOWN_ROW,
)
"""drop: nothing is taken and nothing said; lose: taken, and the answer lost; later: taken, answered some other time."""


@dataclass
class Province:
    """What it holds: records by id with their last version, and each answer that it gave for good."""

    theirs: crypto.VerifierKey
    signer: crypto.Signer
    plan: deque[str] = field(default_factory=deque)
    """what to do with the next packets; empty: what is right"""
    packets: dict[str, Opened] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)
    late: list[bytes] = field(default_factory=list)
    """answers that it has not given yet"""
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    """record → its last version as it came, with what was personal"""
    applied: Counter[tuple[str, int]] = field(default_factory=Counter)
    bodies: list[bytes] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    on_packet: Callable[[bytes], None] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    address: str = ""

    @property
    def public(self) -> str:
        """Its public key, as it publishes it."""
        return str(crypto.key_of(self.signer))

    def receive(self, raw: bytes) -> tuple[int, bytes] | None:
        """What it answers to a packet: status and body; None: it hangs up."""
        with self.lock:
            self.bodies.append(raw)
            if self.on_packet is not None:
                self.on_packet(raw)
            doing = self.plan.popleft() if self.plan else OK
            if doing in (REFUSE, DROP):
                return (503, b"busy") if doing == REFUSE else None
            try:
                opened = packets.read(raw, self.theirs)
            except packets.BadPacket as why:
                self.faults.append(str(why))
                return 400, str(why).encode()
            if doing == GARBAGE:
                return 200, b"<html>200 OK</html>"
            if doing == DAMAGED and opened.manifest.id not in self.answers:
                return 200, self._answer(opened, "rejected", "damaged")
            answer = self.answers.get(opened.manifest.id) or self._take(opened, doing)
            return self._told(doing, opened, answer)

    def _told(self, doing: str, opened: Opened, answer: bytes) -> tuple[int, bytes] | None:
        manifest = opened.manifest
        if doing == LOSE:
            return None
        if doing == LATER:
            self.late.append(answer)
            return 202, b""
        if doing == FORGED:
            stranger = crypto.Ed25519Signer(self.signer.name, b"\7" * 32)
            return 200, packets.answer(stranger, manifest.id, manifest.digest(), "acknowledged")
        if doing == STRANGE:
            strange = packets.answer(self.signer, "0" * 36, manifest.digest(), "acknowledged")
            return 200, strange + answer
        if doing == UNKNOWN_ROW:
            rows = [{"record": "no-such", "version": 1, "code": "missing"}]
            return 200, packets.answer(self.signer, manifest.id, manifest.digest(), "acknowledged", rows=rows)
        return 200, answer * (2 if doing == DOUBLE else 1)

    def _take(self, opened: Opened, doing: str) -> bytes:
        """Judge the packet once and for all."""
        self._chained(opened)
        self.packets[opened.manifest.id] = opened
        rejected = {}
        if doing == ROWS:
            rejected = {each["record"]: each for each in opened.records[::2]}
        elif doing == WHOLE:
            rejected = {each["record"]: each for each in opened.records}
        for each in opened.records:
            if each["record"] in rejected:
                continue
            self.applied[each["record"], each["version"]] += 1
            if each["version"] > self.held.get(each["record"], {"version": 0})["version"]:
                personal = opened.personal.get((each["record"], each["version"]), {})
                self.held[each["record"]] = {**each, "columns": {**each["columns"], **personal}}
        rows = [
            {"record": id, "version": each["version"], "code": "missing", "field": "办件编号", "words": "张三丰的编号为空"}
            for id, each in rejected.items()
        ]  # fmt: skip
        if doing == WHOLE:
            answer = self._answer(opened, "rejected", "wrong_code")
        else:
            answer = self._answer(opened, "acknowledged", rows=rows)
        self.answers[opened.manifest.id] = answer
        return answer

    def _answer(self, opened: Opened, outcome: str, code: str = "", rows: Any = ()) -> bytes:
        manifest = opened.manifest
        return packets.answer(self.signer, manifest.id, manifest.digest(), outcome, code, "", rows)

    def _chained(self, opened: Opened) -> None:
        """Whoever comes before or after a packet that is held must fit it."""
        told = opened.manifest
        for other in (
            each.manifest for each in self.packets.values() if each.manifest.dataset == told.dataset
        ):
            if other.sequence == told.sequence - 1 and told.previous != other.digest():
                self.faults.append("chain")
            if other.sequence == told.sequence:
                self.faults.append("sequence twice")


class _Handler(BaseHTTPRequestHandler):
    province: Province

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.province.receive(raw)
        if answer is None:
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(answer[0])
        self.send_header("Content-Length", str(len(answer[1])))
        self.end_headers()
        self.wfile.write(answer[1])

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@dataclass
class Doors:
    """The socket of a province, which can be closed and opened again at the same address."""

    province: Province
    server: ThreadingHTTPServer | None = None
    port: int = 0

    def open(self) -> str:
        """Listen; the address."""
        handler = type("Handler", (_Handler,), {"province": self.province})
        ThreadingHTTPServer.allow_reuse_address = True
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.province.address = f"http://127.0.0.1:{self.port}/packets"
        return self.province.address

    def close(self) -> None:
        """Nobody answers any more; what the province holds it keeps."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


@contextmanager
def platform(theirs: crypto.VerifierKey) -> Iterator[Doors]:
    """A province that knows our public key, listening."""
    doors = Doors(Province(theirs, crypto.Ed25519Signer("province/answers", b"\5" * 32)))
    doors.open()
    yield doors
    doors.close()
