"""Building: the ledger is followed, what changed becomes records, records are cut into packets. Each step one transaction.

Two workers at once, or one killed anywhere, make the same packets once: the row of the cursor is the lock, and packets,
records, events and the cases that are done are written together or not at all.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from django.conf import settings
from django.db import transaction

from qinzheng.cases.models import CaseParty
from qinzheng.definitions import shelf
from qinzheng.exchange.upward import deployment, packets, records
from qinzheng.exchange.upward.facts import Facts
from qinzheng.exchange.upward.models import Cursor, Entry, Packet, Record, Touched
from qinzheng.exchange.upward.packets import Manifest
from qinzheng.exchange.upward.records import Drawn
from qinzheng.exchange.upward.schema import Upward
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import crypto, envelope, queries
from qinzheng.ledger.envelope import NewEvent
from qinzheng.parties import keys
from qinzheng.parties.events import clock

BUILT, HELD, REPAIRED = "exchange.packet_built", "exchange.records_held", "exchange.records_repaired"
FOLLOWED = 5_000
"""Events that are looked at in one transaction."""
SYSTEM = "system"


@dataclass
class Made:
    """A record that goes into the next packet."""

    row: Record
    line: bytes
    void: bool


def subject(packet: str) -> str:
    """The ledger's subject of a packet."""
    return f"packet:{packet}"


def report_subject(report: str) -> str:
    """The ledger's subject of what concerns no single packet."""
    return f"upward:{report}"


def follow(upward: Upward) -> int:
    """Note the cases of which the ledger tells something new; how many events were looked at."""
    with transaction.atomic():
        cursor = _locked(upward)
        with transaction.atomic():
            found = list(islice(queries.sequenced(cursor.position), FOLLOWED))
        if not found:
            return 0
        subjects = {event.subject for _, _, event in found}
        touched = {each for each in subjects if each.startswith("case:")}
        parties = [each for each in subjects if each.startswith("party:")]
        if parties:
            touched |= set(CaseParty.objects.filter(party__in=parties).values_list("case_id", flat=True))
        now = clock()
        Touched.objects.bulk_create(
            [Touched(report=upward.id, case=case, at=now) for case in sorted(touched)], ignore_conflicts=True
        )
        cursor.position = found[-1][0] + 1
        cursor.save(update_fields=["position"])
    return len(found)


def build(upward: Upward, *, now: bool = False) -> list[Packet]:
    """The next packets, if it is time: a packet is full, or the first case has waited long enough, or ``now``.

    Raises :class:`~qinzheng.exchange.upward.deployment.NoSigningKey`, ``VaultClosed``: then nothing was built.
    """
    signer = deployment.signer()
    with transaction.atomic():
        _locked(upward)
        waiting = list(Touched.objects.filter(report=upward.id).order_by("at", "id")[: upward.packet.at_most])
        at = clock()
        wait = dt.timedelta(minutes=upward.packet.every_minutes)
        if not waiting or not (now or len(waiting) == upward.packet.at_most or waiting[0].at + wait <= at):
            return []
        made = _Build(upward, waiting, at, signer)
        done = made.packets()
        Touched.objects.filter(pk__in=[each.pk for each in waiting]).delete()
    return done


def _locked(upward: Upward) -> Cursor:
    Cursor.objects.get_or_create(report=upward.id)
    return Cursor.objects.select_for_update().get(report=upward.id)


class _Build:
    """One round: the records of some cases, compared with what was sent of them, and the packets that they make."""

    def __init__(
        self, upward: Upward, waiting: Sequence[Touched], at: dt.datetime, signer: crypto.Signer
    ) -> None:
        self.upward, self.at, self.signer = upward, at, signer
        ids = sorted({each.case for each in waiting})
        self.forced = {each.forced for each in waiting if each.forced}
        self.facts = Facts(upward, ids)
        rows = Record.objects.select_for_update().filter(report=upward.id, case__in=ids).order_by("pk")
        self.known = {row.pk: row for row in rows}
        self.fresh: list[Record] = []
        self.changed: list[Record] = []
        self.made: dict[str, list[Made]] = defaultdict(list)
        self.held: list[Record] = []
        self.mended: list[Record] = []

    def packets(self) -> list[Packet]:
        """Write everything; the packets made."""
        for name, dataset in self.upward.datasets.items():
            seen = set()
            for case in self.facts.cases.values():
                for row in self.facts.rows(dataset, case):
                    drawn = records.draw(self.upward.id, name, dataset, self.facts, row)
                    seen.add(drawn.id)
                    self._take(name, case.pk, case.organization, drawn)
            for gone in self.known.values():
                # Of a case that was sealed since nothing more is told, not even that it is void.
                here = gone.dataset == name and gone.case in self.facts.cases
                if here and gone.pk not in seen and gone.version and not gone.void:
                    self._void(gone)
        Record.objects.bulk_create(self.fresh)
        Record.objects.bulk_update(
            self.changed,
            ["unit", "version", "content", "void", "state", "code", "field", "answer", "changed_at"],
        )
        self._tell()
        most = self.upward.packet.at_most
        return [
            self._packet(name, made[begin : begin + most])
            for name, made in self.made.items()
            for begin in range(0, len(made), most)
        ]

    def _take(self, name: str, case: str, unit: str, drawn: Drawn) -> None:
        row = self.known.get(drawn.id)
        if row is not None and row.content == drawn.content and not row.void and drawn.id not in self.forced:
            return
        if row is None:
            row = Record(
                id=drawn.id, report=self.upward.id, dataset=name, case=case, occurrence=drawn.occurrence
            )
            self.fresh.append(row)
        else:
            self.changed.append(row)
        mended = row.state in ("rejected", "held")
        row.unit, row.content, row.changed_at, row.void, row.answer = unit, drawn.content, self.at, False, ""
        row.code, row.field = drawn.code, drawn.column
        if drawn.code:
            row.state = "held"
            self.held.append(row)
            return
        if mended:
            self.mended.append(row)
        self._next(row, {"columns": drawn.columns})

    def _void(self, row: Record) -> None:
        """What was reported is so no longer: an act withdrawn, a case reopened. The receiver is told, not left with it."""
        self.changed.append(row)
        row.content, row.void, row.code, row.field, row.answer, row.changed_at = "", True, "", "", "", self.at
        self._next(row, {"columns": {}})

    def _next(self, row: Record, told: dict[str, object]) -> None:
        row.version, row.state = row.version + 1, "waiting"
        raw = packets.line({"record": row.pk, "version": row.version, "void": row.void, **told})
        self.made[row.dataset].append(Made(row, raw, row.void))

    def _tell(self) -> None:
        """What was held back and what was mended, as events: references, codes and columns, nothing else."""
        events = []
        for type, rows in ((HELD, self.held), (REPAIRED, self.mended)):
            if rows:
                listed = [[row.pk, row.dataset, row.case, row.code, row.field] for row in rows]
                events.append(
                    NewEvent(
                        type=type, subject=report_subject(self.upward.id), kind="determination", actor=SYSTEM,
                        body={"records": listed},
                    )
                )  # fmt: skip
        ledger.append(events)

    def _packet(self, name: str, made: Sequence[Made]) -> Packet:
        """Seal one packet at the end of its chain."""
        last = Packet.objects.filter(report=self.upward.id, dataset=name).order_by("sequence").last()
        lines = [each.line for each in made]
        hash = crypto.SUITES[settings.CRYPTO][0]
        edition = shelf.library().hash(self.upward)
        manifest = Manifest(
            self.upward.id, edition, name, str(envelope.uuid7()), last.sequence + 1 if last else 1,
            last.digest if last else "", hash, len(lines), packets.digest(hash, lines),
            self.at.astimezone(shelf.ZONE).isoformat(timespec="seconds"),
        )  # fmt: skip
        sealed = keys.current(writing=True).seal(manifest.id, packets.whole(manifest, self.signer, lines))
        packet = Packet(
            id=manifest.id, report=self.upward.id, dataset=name, sequence=manifest.sequence, previous=manifest.previous,
            digest=manifest.digest(), records=len(lines), built_at=self.at, next_at=self.at, sealed=sealed.sealed,
            key_wrapped=sealed.key_wrapped, commitment=sealed.commitment,
        )  # fmt: skip
        packet.save(force_insert=True)
        Entry.objects.bulk_create(
            [Entry(packet=packet, record=each.row, version=each.row.version) for each in made]
        )
        ledger.append([_built(packet, manifest, made)])
        return packet


def _built(packet: Packet, manifest: Manifest, made: Sequence[Made]) -> NewEvent:
    body = {
        "report": packet.report, "edition": manifest.edition, "dataset": packet.dataset, "sequence": packet.sequence,
        "previous": packet.previous, "digest": packet.digest, "hash": manifest.hash,
        "records": [[each.row.pk, each.row.version, each.row.case, each.void] for each in made],
    }  # fmt: skip
    return NewEvent(
        type=BUILT,
        subject=subject(packet.pk),
        kind="determination",
        actor=SYSTEM,
        body=body,
        under=manifest.edition,
    )
