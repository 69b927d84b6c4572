"""What units state of themselves, point by point, and who attests it. Events of ``points:CHECKLIST:UNIT``; no table.

Whoever states a point gives its proof; somebody of another unit attests the statement or says what is wrong with it.
A statement made anew needs a new attestation, and each grows old after the months that the checklist says.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from django.db import connection, transaction

from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries
from qinzheng.ledger.envelope import NewEvent
from qinzheng.ledger.queries import StoredEvent
from qinzheng.mechanisms.catalogue.schema import Checklist
from qinzheng.organizations import queries as organizations

STATED, ATTESTED = "catalogue.point_stated", "catalogue.point_attested"
LONGEST_PROOF, LONGEST_REASON = 300, 200
State = Literal["unstated", "not_so", "waiting", "attested", "doubted", "stale"]


@dataclass(frozen=True)
class Attestation:
    """What another unit found. ``by`` is a post."""

    confirmed: bool
    reason: str
    by: str
    organization: str
    at: int
    event: str


@dataclass(frozen=True)
class Statement:
    """What a unit says of one point. ``figure``: (numerator, denominator) of the point's rate when it was said."""

    point: str
    holds: bool
    proof: str
    seen_on: dt.date
    figure: tuple[int, int] | None
    by: str
    organization: str
    at: int
    event: str
    attestation: Attestation | None = None


def subject(checklist: str, unit: str) -> str:
    """The ledger's name of all that a unit states of a checklist."""
    return f"points:{checklist}:{unit}"


def statements(checklist: str, units: Collection[str]) -> dict[str, dict[str, Statement]]:
    """unit → point → the statement that stands, in one question."""
    found = queries.histories([subject(checklist, unit) for unit in units], (STATED, ATTESTED))
    return {unit: _stand(found[subject(checklist, unit)]) for unit in units}


def _stand(events: Collection[StoredEvent]) -> dict[str, Statement]:
    standing: dict[str, Statement] = {}
    for event in events:
        body = event.body
        if event.type == STATED:
            figure = body.get("figure")
            standing[body["point"]] = Statement(
                body["point"], body["holds"], body["proof"], dt.date.fromisoformat(body["seen_on"]),
                (figure[0], figure[1]) if figure else None, event.actor, event.organization, event.recorded_at, event.id,
            )  # fmt: skip
        elif (said := standing.get(body["point"])) is not None and said.event == body["statement"]:
            found = Attestation(
                body["confirmed"],
                body["reason"],
                event.actor,
                event.organization,
                event.recorded_at,
                event.id,
            )
            standing[body["point"]] = replace(said, attestation=found)
    return standing


def state(said: Statement | None, checklist: Checklist, today: dt.date) -> State:
    """How a point stands on a day."""
    if said is None:
        return "unstated"
    if not said.holds:
        return "not_so"
    if stale_from(said, checklist) <= today:
        return "stale"
    if said.attestation is None:
        return "waiting"
    return "attested" if said.attestation.confirmed else "doubted"


def stale_from(said: Statement, checklist: Checklist) -> dt.date:
    """The day from which a statement is too old: the same day of a later month, or the first of the one after."""
    begun = shelf.day(said.at)
    month = begun.month - 1 + checklist.valid_months
    year, month = begun.year + month // 12, month % 12 + 1
    try:
        return begun.replace(year=year, month=month)
    except ValueError:  # no such day in that month
        return dt.date(year + month // 12, month % 12 + 1, 1)


def make(
    checklist: Checklist, edition: str, unit: str, point: str, *, holds: bool, proof: str, seen_on: dt.date,
    figure: tuple[int, int] | None, who: Who, key: uuid.UUID | None = None,
) -> None:  # fmt: skip
    """State a point of a unit, now. ``key`` makes a repeated call one statement. Raises :class:`NotAllowed` naming the field.

    ``proof`` names papers and places and holds nothing personal; ``seen_on`` is the day of which it speaks.
    """
    if point not in checklist.points:
        raise NotAllowed(f"没有要点 {point}", f"there is no point {point}", "point")
    if not 1 <= len(proof.strip()) <= LONGEST_PROOF:
        raise NotAllowed(
            f"请写明凭据（文号、地点、可查之处），不超过 {LONGEST_PROOF} 字，不写个人信息",
            f"name the proof in {LONGEST_PROOF} characters: document, place, where it can be seen; nothing personal",
            "proof",
        )
    with transaction.atomic():
        now = _hold(subject(checklist.id, unit))
        if seen_on > shelf.day(now):
            raise NotAllowed("日期不能在今天之后", "the day cannot lie after today", "seen_on")
        body: dict[str, object] = {
            "point": point, "holds": holds, "proof": proof.strip(), "seen_on": seen_on.isoformat(), "role": who.role
        }  # fmt: skip
        if figure is not None:
            body["figure"] = list(figure)
        _append(STATED, checklist.id, unit, body, who, edition, key)


def attest(
    checklist: Checklist, unit: str, statement: str, *, confirmed: bool, reason: str, who: Who,
    key: uuid.UUID | None = None,
) -> None:  # fmt: skip
    """Attest the statement that stands, or say what is wrong with it. Raises :class:`NotAllowed` naming the field.

    Nobody attests what its own unit states, nor a statement that was made anew meanwhile.
    """
    with transaction.atomic():
        now = _hold(subject(checklist.id, unit))
        said = next(
            (each for each in statements(checklist.id, [unit])[unit].values() if each.event == statement),
            None,
        )
        if said is None:
            raise NotAllowed(
                "这条陈述已经更新或不存在，请看新的一条",
                "this statement was made anew or is not there: look at the new one",
                "statement",
            )
        if unit in _line(who.organization, shelf.day(now)) or who.actor == said.by:
            raise NotAllowed(
                "本单位不能核验自己的陈述", "a unit does not attest its own statement", "statement"
            )
        if not confirmed and not reason.strip():
            raise NotAllowed("不予认可须写明理由", "say what is wrong with it", "reason")
        if len(reason.strip()) > LONGEST_REASON:
            raise NotAllowed(
                f"理由不超过 {LONGEST_REASON} 字",
                f"a reason has {LONGEST_REASON} characters at most",
                "reason",
            )
        body = {
            "point": said.point, "statement": statement, "confirmed": confirmed, "reason": reason.strip(), "role": who.role
        }  # fmt: skip
        _append(ATTESTED, checklist.id, unit, body, who, "", key)


def _line(organization: str, day: dt.date) -> set[str]:
    """The unit in whose name somebody acts, and those between it and the city."""
    above = organizations.ancestors(organization, day)
    return {organization, *above[:-1]}


def _hold(name: str) -> int:
    """Let one at a time speak of a unit's points; the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0)), clock_timestamp()", [name])
        return ledger.microseconds(cursor.fetchone()[1]) or 0


def _append(
    type: str,
    checklist: str,
    unit: str,
    body: Mapping[str, object],
    who: Who,
    edition: str,
    key: uuid.UUID | None,
) -> None:
    ledger.append([
        NewEvent(
            type=type, subject=subject(checklist, unit), body=body, organization=who.organization, actor=who.actor,
            under=edition, id=key,
        )
    ])  # fmt: skip
