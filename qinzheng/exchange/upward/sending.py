"""Sending: one packet at a time is claimed, opened, delivered and noted. At least once; the receiver tells doubles by the id.

A claim is a transaction of its own that says when the packet is due again: a sender killed anywhere leaves a packet that
the next one sends anew. Personal columns are opened inside the claim, so the ledger says so before anything leaves.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from qinzheng.exchange.upward import answers, deployment, packets
from qinzheng.exchange.upward.building import SYSTEM, subject
from qinzheng.exchange.upward.facts import Facts, Row
from qinzheng.exchange.upward.models import Entry, Packet
from qinzheng.exchange.upward.records import formed
from qinzheng.exchange.upward.schema import Column, Upward
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import NewEvent
from qinzheng.notifications import outgoing
from qinzheng.parties import keys, queries
from qinzheng.parties.events import clock
from qinzheng.parties.subjects import PartyRefused
from qinzheng.parties.vault import Sealed

SENT, LOST = "exchange.packet_sent", "exchange.packet_lost"
OPEN = ("built", "sent")
LEASE = dt.timedelta(minutes=10)
"""For so long a packet is its sender's; then it is due again."""
LONGEST_WAIT = dt.timedelta(hours=1)
LIMITS = outgoing.Limits(total_s=60.0, read_s=30.0, answer_bytes=packets.LONGEST)
TAKEN_OVER = range(200, 300)
OUT, BACK = "out", "answers"
"""Folders of a pre-exchange machine: what we put there, and what the receiver puts there."""


@dataclass(frozen=True)
class Claim:
    """A packet in its sender's hands, as it goes out."""

    packet: Packet
    raw: bytes


def send(upward: Upward, place: str) -> Packet | None:
    """Send the next packet that is due, ``error`` saying what failed; None where none is due. ``place``: an address or a folder."""
    claim = _claim(upward)
    if claim is None:
        return None
    error, answer = _deliver(place, claim)
    _note(upward, claim.packet, error)
    claim.packet.error = error
    if answer:
        answers.take(upward, answer)
    return claim.packet


def _claim(upward: Upward) -> Claim | None:
    with transaction.atomic():
        now = clock()
        due = Packet.objects.filter(report=upward.id, state__in=OPEN, next_at__lte=now)
        packet = due.select_for_update(skip_locked=True).order_by("dataset", "sequence").first()
        if packet is None:
            return None
        if packet.state == "sent":
            ledger.append([_event(LOST, packet)])
        packet.attempts += 1
        packet.next_at = now + LEASE
        packet.save(update_fields=["attempts", "next_at"])
        return Claim(packet, _opened(upward, packet))


def plain(packet: Packet) -> bytes:
    """The packet as it rests: manifest and records, nothing personal. Raises ``VaultClosed``."""
    return keys.current().open(
        packet.pk, Sealed(bytes(packet.sealed), bytes(packet.key_wrapped), packet.commitment)
    )


def _opened(upward: Upward, packet: Packet) -> bytes:
    """The packet as it goes out, its personal columns opened now and traced in the ledger."""
    raw = plain(packet)
    dataset = upward.datasets.get(packet.dataset)
    columns = {name: each for name, each in dataset.columns.items() if each.personal} if dataset else {}
    if dataset is None or not columns:
        return raw
    entries = list(
        Entry.objects.filter(packet=packet, record__void=False).select_related("record").order_by("pk")
    )
    facts = Facts(upward, {each.record.case for each in entries})
    known = _known(upward, facts, columns)
    lines = []
    for entry in entries:
        case = facts.cases.get(entry.record.case)
        if case is not None:
            told = {
                name: _said(column, facts.party(column, Row(case)), known) for name, column in columns.items()
            }
            lines.append(packets.line({"record": entry.record_id, "version": entry.version, "columns": told}))
    return packets.with_personal(raw, packets.manifest(raw), deployment.signer(), lines)


def _known(
    upward: Upward, facts: Facts, columns: dict[str, Column]
) -> dict[tuple[str, bool], dict[str, Any]]:
    """(party, masked) → its fields. Who was erased, is restricted or has not consented is left out: nothing is told of it."""
    relations: dict[bool, set[str]] = {True: set(), False: set()}
    for (_, relation), party in facts.parties.items():
        for column in columns.values():
            if column.relation == relation:
                relations[column.masked].add(party)
    found = {(id, True): held for id, held in queries.masked_many(sorted(relations[True])).items()}
    for id in sorted(relations[False]) if upward.personal else ():
        try:
            with transaction.atomic():
                found[id, False] = queries.open_(
                    id, f"upward:{upward.id}", upward.personal.purpose if upward.personal else ""
                )
        except PartyRefused:
            continue
    return found


def _said(column: Column, party: str, known: dict[tuple[str, bool], dict[str, Any]]) -> str | int | None:
    value = known.get((party, column.masked), {}).get(column.field or "")
    told, fault = formed(column, value if isinstance(value, str) else None)
    return None if fault else told


# -- delivering ---------------------------------------------------------------------------------------


def _deliver(place: str, claim: Claim) -> tuple[str, bytes]:
    """("" or a code of what failed, the answer that came back at once)."""
    if "://" not in place:
        return _put(Path(place), claim), b""
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": claim.packet.pk}
    try:
        found = outgoing.client().within(LIMITS).send(place, claim.raw, headers=headers)
    except outgoing.OutgoingRefused:
        return "refused", b""
    except outgoing.OutgoingFailed as why:
        return why.why, b""
    return ("", found.body) if found.status in TAKEN_OVER else (f"http-{found.status}", b"")


def _put(folder: Path, claim: Claim) -> str:
    """A file that appears whole or not at all; the same packet again is the same file."""
    packet = claim.packet
    target = folder / OUT / f"{packet.report}.{packet.dataset}.{packet.sequence:08}.{packet.pk}.ndjson"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        with os.fdopen(descriptor, "wb") as file:
            file.write(claim.raw)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError:
        return "folder"
    return ""


def _note(upward: Upward, packet: Packet, error: str) -> None:
    """What became of it; nothing where it was answered meanwhile."""
    with transaction.atomic():
        now = clock()
        held = Packet.objects.select_for_update().get(pk=packet.pk)
        if held.state not in OPEN:
            return
        if error:
            wait = min(LONGEST_WAIT, dt.timedelta(minutes=1) * 2 ** min(held.attempts - 1, 10))
            held.error, held.next_at = error, now + wait
        else:
            held.error, held.state, held.sent_at = "", "sent", now
            held.next_at = now + dt.timedelta(minutes=upward.packet.answer_minutes)
            ledger.append([_event(SENT, held)])
        held.save(update_fields=["error", "state", "sent_at", "next_at"])


def _event(type: str, packet: Packet) -> NewEvent:
    return NewEvent(
        type=type,
        subject=subject(packet.pk),
        kind="determination",
        actor=SYSTEM,
        body={"attempt": packet.attempts},
    )


# -- answers that wait in a folder --------------------------------------------------------------------


def collect_answers(upward: Upward, place: str) -> int:
    """Take the answers that lie in the folder; each is moved aside once it is taken or refused. How many."""
    if "://" in place:
        return 0
    taken = 0
    for file in _lying(Path(place) / BACK):
        result = answers.take(upward, file.read_bytes()[: packets.LONGEST + 1])
        aside = file.parent / ("taken" if result in ("taken", "doubled") else "refused")
        aside.mkdir(exist_ok=True)
        file.replace(aside / file.name)
        taken += 1
    return taken


def _lying(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(
            each for each in folder.iterdir() if each.is_file() and not each.name.startswith(".")
        )
