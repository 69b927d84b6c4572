"""What the receiver answers: late, doubled, out of order, for nothing we know, badly signed. The first word on a packet counts.

An answer is taken once, by the digest of its bytes. It is never half applied: one row that we do not know and all of it is
refused, with the reason. Its free words may quote a person, so they rest sealed; the ledger has codes and columns only.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from qinzheng.definitions.form import Text
from qinzheng.exchange.upward import deployment, packets
from qinzheng.exchange.upward.building import SYSTEM, report_subject, subject
from qinzheng.exchange.upward.models import Answer, Entry, Packet, Record
from qinzheng.exchange.upward.packets import BadAnswer
from qinzheng.exchange.upward.records import SPACE
from qinzheng.exchange.upward.schema import Upward
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import NewEvent
from qinzheng.parties import keys
from qinzheng.parties.events import clock
from qinzheng.parties.vault import Sealed

ACKNOWLEDGED, REJECTED = "exchange.packet_acknowledged", "exchange.packet_rejected"
RETURNED, ANSWER_REFUSED = "exchange.packet_returned", "exchange.answer_refused"
CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
OTHER = "other"
"""Stands for a code or a column that is not in the agreed form."""
REFUSED: dict[str, Text] = {
    "garbage": Text(zh="不是约定格式的答复", en="not an answer in the agreed form"),
    "unsigned": Text(zh="约定签名而没有配置对方公钥", en="signatures are agreed and the receiver's key is not configured"),
    "bad_signature": Text(zh="签名不对", en="the signature is wrong"),
    "unknown_packet": Text(zh="答复的数据包不是我们发的", en="we sent no such packet"),
    "other_manifest": Text(zh="答复所指清单与该包不符", en="it names another manifest than the packet's"),
    "unknown_record": Text(zh="答复含有该包没有的记录或版本", en="it names a record or version that the packet does not hold"),
    "contradicts": Text(zh="与先前的答复矛盾，以先到的为准", en="it contradicts the answer that came first, which stands"),
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """An answer taken apart. ``rows``: record → (version, code, column) of those that were rejected."""

    packet: str
    manifest: str
    outcome: str
    code: str = ""
    rows: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    words: str = field(default="", repr=False)
    row_words: dict[str, str] = field(default_factory=dict, repr=False)


def take(upward: Upward, raw: bytes) -> str:
    """Take every answer in some bytes (two lines each); ``taken``, ``doubled`` or the code of the first one refused."""
    results = [_one(upward, each) for each in _apart(raw)]
    return next((each for each in results if each in REFUSED), "taken" if "taken" in results else "doubled")


def _apart(raw: bytes) -> list[bytes]:
    """Answers follow one another: a line, and its signature where there is one."""
    lines = [each for each in raw[: packets.LONGEST + 1].split(b"\n") if each.strip()]
    found: list[list[bytes]] = []
    for each in lines:
        if found and len(found[-1]) == 1 and each.startswith(b'{"key"'):
            found[-1].append(each)
        else:
            found.append([each])
    if not found or any(each[0][:1] != b"{" for each in found):
        return [raw]  # a page of some proxy is one refusal, not one a line
    return [b"\n".join(each) for each in found]


def _one(upward: Upward, raw: bytes) -> str:
    id = hashlib.sha256(f"{upward.id}\n".encode() + raw).hexdigest()
    with transaction.atomic():
        known = Answer.objects.select_for_update().filter(pk=id).first()
        if known is not None and known.result not in REFUSED:
            return "doubled"
        packet, result = _judged(upward, raw, id, clock())
        if known is None:
            _keep(upward, raw, id, packet, result)
        elif known.result != result:  # refused for want of a key, and now we have it
            known.packet, known.result = packet.pk if packet else "", result
            known.save(update_fields=["packet", "result"])
    return result


def _judged(upward: Upward, raw: bytes, id: str, now: dt.datetime) -> tuple[Packet | None, str]:
    """The packet that the answer is about, if we know it, and what came of it."""
    packet: Packet | None = None
    try:
        told = _read(upward, raw)
        packet = _packet(upward, told)
        return packet, _apply(upward, packet, told, id, now)
    except BadAnswer as why:
        return packet, str(why)


def _keep(upward: Upward, raw: bytes, id: str, packet: Packet | None, result: str) -> None:
    """The answer as it came, sealed; where it was refused the ledger says so, with the reason."""
    sealed = keys.current(writing=True).seal(id, raw)
    named = packet.pk if packet else ""
    made = Answer(
        id=id, report=upward.id, packet=named, result=result, came_at=clock(), sealed=sealed.sealed,
        key_wrapped=sealed.key_wrapped, commitment=sealed.commitment,
    )  # fmt: skip
    Answer.objects.bulk_create([made], ignore_conflicts=True)  # another worker may hold the same bytes
    if result in REFUSED:
        body = {"answer": id, "reason": result, "packet": named}
        event = NewEvent(
            type=ANSWER_REFUSED, subject=report_subject(upward.id), kind="determination", actor=SYSTEM, body=body,
            id=uuid.uuid5(SPACE, id),
        )  # fmt: skip
        ledger.append([event])


# -- reading ------------------------------------------------------------------------------------------


def _read(upward: Upward, raw: bytes) -> Told:
    line, _, signature = raw.partition(b"\n")
    if len(raw) > packets.LONGEST:
        raise BadAnswer("garbage")
    told = _told(line)
    if upward.answers == "signed":
        key = deployment.receiver_key(upward.id)
        if key is None:
            raise BadAnswer("unsigned")
        if not packets.verified(key, line, _object(signature)):
            raise BadAnswer("bad_signature")
    return told


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _told(line: bytes) -> Told:
    found = _object(line)
    rows = found.get("rows", [])
    if found.get("form") != packets.ANSWER or found.get("outcome") not in ("acknowledged", "rejected"):
        raise BadAnswer("garbage")
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise BadAnswer("garbage")
    listed, words = {}, {}
    for each in rows:
        record, version = each.get("record"), each.get("version")
        if not isinstance(record, str) or not isinstance(version, int) or record in listed:
            raise BadAnswer("garbage")
        listed[record] = (version, _code(each.get("code")), str(each.get("field") or ""))
        words[record] = str(each.get("words") or "")
    return Told(
        str(found.get("packet")), str(found.get("manifest")), found["outcome"],
        _code(found.get("code")) if found["outcome"] == "rejected" else "", listed, str(found.get("words") or ""), words,
    )  # fmt: skip


def _code(value: Any) -> str:
    return value if isinstance(value, str) and CODE.fullmatch(value) else OTHER


def _packet(upward: Upward, told: Told) -> Packet:
    packet = Packet.objects.select_for_update().filter(report=upward.id, pk=told.packet).first()
    if packet is None:
        raise BadAnswer("unknown_packet")
    return packet


# -- applying -----------------------------------------------------------------------------------------


def _apply(upward: Upward, packet: Packet, told: Told, id: str, now: dt.datetime) -> str:
    if told.manifest != packet.digest:
        raise BadAnswer("other_manifest")
    entries = list(Entry.objects.select_related("record").filter(packet=packet).order_by("pk"))
    held = {entry.record_id: entry.version for entry in entries}
    if any(held.get(record) != version for record, (version, _, _) in told.rows.items()):
        raise BadAnswer("unknown_record")
    columns = set(upward.datasets[packet.dataset].columns) if packet.dataset in upward.datasets else set()
    meant = {entry.record_id: _outcome(told, entry.record_id, columns) for entry in entries}
    if packet.answered_at is not None:
        if all((entry.outcome, entry.code, entry.field) == meant[entry.record_id] for entry in entries):
            return "doubled"
        raise BadAnswer("contradicts")
    reason = upward.reasons.get(told.code)
    if told.outcome == "rejected" and not told.rows and reason is not None and reason.then == "resend":
        packet.state, packet.error, packet.next_at = "built", told.code[:20], now + dt.timedelta(minutes=1)
        packet.save(update_fields=["state", "error", "next_at"])
        ledger.append([_event(RETURNED, packet, id, told.code, [])])
        return "taken"
    _settle(packet, entries, meant, id, now)
    rejected = [
        [entry.record_id, entry.version, entry.code, entry.field]
        for entry in entries
        if entry.outcome == "rejected"
    ]
    packet.state = (
        "acknowledged" if not rejected else "rejected" if len(rejected) == len(entries) else "partly"
    )
    packet.answered_at, packet.next_at, packet.error = now, None, ""
    packet.save(update_fields=["state", "answered_at", "next_at", "error"])
    ledger.append([_event(REJECTED if rejected else ACKNOWLEDGED, packet, id, told.code, rejected)])
    return "taken"


def _outcome(told: Told, record: str, columns: set[str]) -> tuple[str, str, str]:
    """(outcome, code, column) of one record. A rejection with rows rejects these; without, all of the packet."""
    if record in told.rows:
        _, code, name = told.rows[record]
        return "rejected", code, name if name in columns else ""
    if told.outcome == "rejected" and not told.rows:
        return "rejected", told.code, ""
    return "acknowledged", "", ""


def _settle(
    packet: Packet,
    entries: Sequence[Entry],
    meant: dict[str, tuple[str, str, str]],
    id: str,
    now: dt.datetime,
) -> None:
    """Write what was said of each version; a record stands as its last version does."""
    locked = {
        row.pk: row for row in Record.objects.select_for_update().filter(pk__in=list(meant)).order_by("pk")
    }
    changed = []
    for entry in entries:
        entry.outcome, entry.code, entry.field = meant[entry.record_id]
        record = locked[entry.record_id]
        # Held: something newer is wrong on our side, and that is what the unit must see.
        if record.version == entry.version and record.state == "waiting":
            record.state, record.code, record.field, record.changed_at = *meant[entry.record_id], now
            record.answer = id if entry.outcome == "rejected" else ""
            changed.append(record)
    Entry.objects.bulk_update(entries, ["outcome", "code", "field"])
    Record.objects.bulk_update(changed, ["state", "code", "field", "answer", "changed_at"])


def _event(type: str, packet: Packet, id: str, code: str, rejected: list[list[Any]]) -> NewEvent:
    body = {"answer": id, "code": code, "rejected": rejected}
    return NewEvent(type=type, subject=subject(packet.pk), kind="determination", actor=SYSTEM, body=body)


def words(record: Record) -> str:
    """What the receiver wrote of a rejected record, opened from its sealed answer; "" where it wrote nothing."""
    row = Answer.objects.filter(pk=record.answer).first() if record.answer else None
    if row is None:
        return ""
    raw = keys.current().open(row.pk, Sealed(bytes(row.sealed), bytes(row.key_wrapped), row.commitment))
    told = _told(raw.partition(b"\n")[0])
    return told.row_words.get(record.pk) or told.words
