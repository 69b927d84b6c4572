"""Random ledgers in the shapes that cases, clocks and supervision write, and a naive reading of them."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import dataclass, field
from random import Random
from typing import Any

from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import NewEvent

ORGANIZATIONS = ("housing", "water", "town-01", "town-02")
ITEMS = ("", "housing/permit", "market.food-business-licence")
PROCEDURES = (
    *("approvals.standard",) * 5, *("hotline.work-order", "letters.reply") * 2, "review.reconsideration", "services.errand",
    "services.undone", "services.crossing-out", "approvals.promise-check", "ratings.call-back",
)  # fmt: skip
PRE_WARNINGS = ("standard.law-pre-warning", "standard.pre-warning")
LEVELS = ("warning", "yellow", "red")
HOUR = 3_600_000_000
DAY = 24 * HOUR
BEGIN = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


@dataclass
class Clock:
    start: int
    due: int | None
    promise: int | None
    holder: str
    paused: int | None = None
    end: int | None = None
    ending: str = "running"
    first: int | None = None
    rested: int = 0


@dataclass
class Case:
    subject: str
    procedure: str
    edition: str
    holder: str
    state: str
    seq: int = 0
    closed: int | None = None
    starts: list[tuple[int, int]] = field(default_factory=list)
    clocks: dict[tuple[str, int], Clock] = field(default_factory=dict)
    cards: dict[str, tuple[dict[str, Any], bool]] = field(default_factory=dict)
    deemed: list[tuple[str, int, int]] = field(default_factory=list)
    acts: list[tuple[int, str]] = field(default_factory=list)
    paid: int = 0
    told: bool = False
    """whether its clocks say what moved them and its cards their clock, as they do since ADR 0027"""


class Writer:
    """Appends random events to the real ledger; time goes on between calls."""

    def __init__(self, random: Random, rules: list[str]) -> None:
        self.random = random
        self.rules = rules
        self.now = ledger.microseconds(BEGIN) or 0
        self.cases: list[Case] = []

    def write(self, times: int) -> None:
        for _ in range(times):
            self.now += self.random.choice((0, 1, HOUR, 5 * HOUR, DAY, 2 * DAY))
            late = self.now - self.random.choice((0, 0, 0, 1, DAY))  # stamps of concurrent writers cross
            case = (
                None
                if len(self.cases) < 2 or self.random.random() < 0.25
                else self.random.choice(self.cases[-20:])
            )
            events = self.open() if case is None else self.next(case)
            if case is not None and self.random.random() < 0.2:
                events.append(self.beside(case))
            ledger.append(events, recorded_at=late)

    def open(self) -> list[NewEvent]:
        random = self.random
        procedure = random.choice(PROCEDURES)
        edition = shelf.in_force("procedure", procedure, dt.date(2026, 1, 5))
        opening = random.choice([name for name, act in edition.definition.acts.items() if act.opens])
        case = Case(
            f"case:{uuid.uuid4()}", procedure, edition.sha256,
            random.choice(ORGANIZATIONS), str(edition.definition.acts[opening].to),
        )  # fmt: skip
        self.cases.append(case)
        case.told = random.random() < 0.6
        body = {
            "act": opening,
            "number": "N",
            "variant": random.choice(("", "", "", "green")),
            "form": {},
            **self.stands(case),
        }
        if random.random() < 0.8:
            body["item"] = random.choice(ITEMS)
        if random.random() < 0.4:
            body["town"] = random.choice(("town-01", "town-02"))
        if random.random() < 0.1:
            body["concerns"] = [random.choice(ORGANIZATIONS)]
        return [self.act(case, "cases.opened", body, case.holder), *self.clock(case)]

    def beside(self, case: Case) -> NewEvent:
        """A rating of somebody's service, or an entry of the case's fees."""
        random = self.random
        if random.random() < 0.5:
            grades = ("very_satisfied", "satisfied", "fairly_satisfied", "dissatisfied", "very_dissatisfied")
            body: dict[str, Any] = {
                "unit": random.choice(ORGANIZATIONS),
                "grade": random.choice(grades),
                "channel": "online",
            }
            body["answer"] = random.choice(("done", "not_done", "not_yet", "unsaid"))
            return NewEvent(
                type="ratings.given", subject=f"rating:{uuid.uuid4()}", body=body, procedure=case.procedure, occurred_at=self.now,
                precision="day", actor="device:1",
            )  # fmt: skip
        type = "fees.booked" if case.paid == 0 or random.random() < 0.6 else "fees.refunded"
        fen = random.randrange(1, 5_000) if type == "fees.booked" else random.randrange(1, case.paid + 1)
        case.paid += fen if type == "fees.booked" else -fen
        return NewEvent(
            type=type, subject=f"fees:{case.subject.removeprefix('case:')}", body={"fee": 1, "fen": fen, "called": "x"},
            procedure=case.procedure, organization=case.holder, occurred_at=self.now,
        )  # fmt: skip

    def next(self, case: Case) -> list[NewEvent]:
        random = self.random
        kind = random.random()
        if kind < 0.45:
            return [self.performed(case), *(self.clock(case) if random.random() < 0.7 else [])]
        if kind < 0.52:
            return [self.deemed(case)]
        if kind < 0.57 and len(case.acts) > 1 and kind >= 0.54:
            return [self.corrected(case)]
        if kind < 0.54:
            body = {"concerns": random.choice(([], ["water"])), "reason": "r", **self.stands(case)}
            return [self.act(case, "cases.concerned", body, case.holder)]
        if kind < 0.75:
            return self.clock(case)
        return [self.card(case)]

    def performed(self, case: Case) -> NewEvent:
        random = self.random
        definition = shelf.edition("procedure", case.procedure, case.edition).definition
        name = random.choice(
            [name for name, act in definition.acts.items() if not act.opens and not act.system]
        )
        at = self.now - random.choice((0, 0, DAY))
        if random.random() < 0.5:
            case.state = random.choice(list(definition.states))
            final = definition.states[case.state].final
            case.closed = (
                (at if case.closed is None or random.random() < 0.2 else case.closed) if final else None
            )
        doer = case.holder
        if random.random() < 0.2:
            case.holder = random.choice(ORGANIZATIONS)
        return self.act(case, "cases.performed", {"act": name, "form": {}, **self.stands(case)}, doer, at)

    def corrected(self, case: Case) -> NewEvent:
        """An act that its source tells at another moment, by another unit."""
        seq, name = self.random.choice(case.acts[1:] if self.random.random() < 0.7 else case.acts[:1])
        body = {"act": name, "form": {}, "corrects": seq, **self.stands(case)}
        event = self.act(case, "cases.corrected", body, self.random.choice(ORGANIZATIONS), self.now - DAY)
        case.starts.pop()
        return event

    def deemed(self, case: Case) -> NewEvent:
        if case.deemed and self.random.random() < 0.6:
            name, at, passed = case.deemed.pop(self.random.randrange(len(case.deemed)))
            body = {"act": name, "passed_at": passed, **self.stands(case)}
            return self.determined(case, "cases.undeemed", body, at)
        entry = ("deem_accept", self.now - 7 * DAY, self.now)
        if entry in case.deemed:
            return self.performed(case)
        case.deemed.append(entry)
        return self.determined(
            case, "cases.deemed", {"act": entry[0], "passed_at": entry[2], **self.stands(case)}, entry[1]
        )

    def clock(self, case: Case) -> list[NewEvent]:
        random = self.random
        definition = shelf.edition("procedure", case.procedure, case.edition).definition
        name, ordinal = random.choice(list(definition.clocks)), random.choice((0, 0, 0, 1))
        if case.clocks and random.random() < 0.6:
            name, ordinal = random.choice(list(case.clocks))
        found = case.clocks.get((name, ordinal))
        if found is not None and random.random() < 0.06:
            del case.clocks[name, ordinal]
            return [self.determined(case, "clocks.vanished", {"clock": name, "ordinal": ordinal})]
        if found is None or random.random() < 0.05:
            started = case.starts[-1][0] if case.starts and random.random() < 0.8 else self.now
            due = None if random.random() < 0.1 else started + random.choice((1, 5, 20, 60, 120)) * DAY
            promise = due - 3 * DAY if due and random.random() < 0.6 else None
            found = case.clocks[name, ordinal] = Clock(started, due, promise, case.holder, first=due)
            if case.told and random.random() < 0.3:  # an adopted clock tells its end at once
                found.due, found.rested = due and due + 4 * DAY, random.randrange(4)
        elif found.end is not None and random.random() < 0.7:
            return []
        elif found.paused is None and random.random() < 0.3:
            found.paused, found.end, found.ending = self.now, None, "running"
        else:
            if found.paused is not None:
                found.rested += random.randrange(6)
            if found.paused is not None or random.random() < 0.3:
                found.due = found.due and found.due + random.randrange(9) * DAY
            found.paused = None
            if random.random() < 0.7:
                found.end = max(self.now - random.choice((0, DAY)), found.start)
                late = found.due is not None and found.end > found.due
                found.ending = random.choice(
                    ("completed_late" if late else "completed_on_time",) * 5 + ("released",)
                )
            else:
                found.end, found.ending = None, "overdue" if found.due and found.due < self.now else "running"
        body = {
            "clock": name, "ordinal": ordinal, "organization": found.holder, "start": found.start, "due": found.due,
            "promise": found.promise, "paused": found.paused, "end": found.end, "ending": found.ending,
        }  # fmt: skip
        if case.told:
            body |= {"shift": found.rested, "extra": 0, "rested": found.rested}
            if found.rested:
                body["first_due"] = found.first
        return [
            self.determined(
                case, random.choice(("clocks.moved", "clocks.moved", "clocks.redetermined")), body
            )
        ]

    def card(self, case: Case) -> NewEvent:
        random = self.random
        standing = [id for id, (_, up) in case.cards.items() if up]
        if standing and random.random() < 0.4:
            id = random.choice(standing)
            body, _ = case.cards[id]
            case.cards[id] = (body, False)
            return self.determined(case, "supervision.card_withdrawn", {"card": id, "rule": body["rule"]})
        fallen = [id for id, (_, up) in case.cards.items() if not up]
        if fallen and random.random() < 0.5:
            id = random.choice(fallen)
            case.cards[id] = (case.cards[id][0], True)
            return self.determined(case, "supervision.card_issued", case.cards[id][0])
        id = uuid.uuid4().hex
        running = {clock.start for clock in case.clocks.values()}
        shown = [seq for at, seq in case.starts if at in running] or [seq for _, seq in case.starts]
        rule = random.choice(self.rules)
        if rule in PRE_WARNINGS and random.random() < 0.8:
            rule = PRE_WARNINGS[case.procedure == "letters.reply"]
        level = "warning" if rule in PRE_WARNINGS else random.choice(LEVELS)
        body = {
            "card": id, "rule": rule, "level": level, "occurrence": 0, "at": self.now - random.choice((0, 5 * DAY)),
            "event": random.choice(shown), "detail": 0, "to": random.choice(ORGANIZATIONS),
        }  # fmt: skip
        if case.told and case.clocks and random.random() < 0.9:
            body["clock"], body["ordinal"] = random.choice(list(case.clocks))
        case.cards[id] = (body, True)
        return self.determined(case, "supervision.card_issued", body)

    def stands(self, case: Case) -> dict[str, Any]:
        closed = {} if case.closed is None else {"closed": case.closed}
        return {"state": case.state, "organization": case.holder, "done": {}, **closed}

    def act(self, case: Case, type: str, body: dict[str, Any], doer: str, at: int | None = None) -> NewEvent:
        at = self.now if at is None else at
        case.seq += 1
        case.starts.append((at, case.seq))
        if type in ("cases.opened", "cases.performed"):
            case.acts.append((case.seq, body["act"]))
        if body.get("act") in ("issue", "decide_at_once") and case.seq % 3:
            body = {**body, "form": {"method": ("direct", "post")[case.seq % 2]}}
        role = "applicant" if case.seq % 7 == 3 else "clerk"
        return NewEvent(
            type=type, subject=case.subject, body={"role": role, **body}, procedure=case.procedure,
            organization=doer, actor=f"p-00000000000{case.seq % 3}", occurred_at=at, under=case.edition,
        )  # fmt: skip

    def determined(self, case: Case, type: str, body: dict[str, Any], at: int | None = None) -> NewEvent:
        case.seq += 1
        return NewEvent(
            type=type, subject=case.subject, body=body, kind="determination", procedure=case.procedure,
            occurred_at=at, under=case.edition,
        )  # fmt: skip


def body(event: Any) -> dict[str, Any]:
    """The body of a stored event."""
    found: dict[str, Any] = json.loads(event.raw)
    return found
