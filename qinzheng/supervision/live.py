"""The live driver: judges one case inside the transaction that appends its event.

The same kernel as batch. An act that comes in order is folded into the saved state; a late one
(claimed before something already judged) or a changed program refolds the case from the ledger, and
the difference is issued and withdrawn with its cause. Registered as a projector in ``qinzheng.wiring``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from qinzheng.cases import engine
from qinzheng.cases.acts import Act, Change, Deemed
from qinzheng.cases.queries import acts_of
from qinzheng.cases.schema import Procedure
from qinzheng.clocks.machine import FAR, NONE, RUNNING, Book, Facts, State
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import NewEvent
from qinzheng.supervision import judge, programs, saved
from qinzheng.supervision.batch import card_id, ending, names
from qinzheng.supervision.bulk import Finding
from qinzheng.supervision.models import Card

ISSUED, WITHDRAWN = "supervision.card_issued", "supervision.card_withdrawn"
MOVED, REDETERMINED, VANISHED = "clocks.moved", "clocks.redetermined", "clocks.vanished"
MOVED_BY = ("shift", "extra", "rested")
"""What pauses and extensions moved: in the clock's own unit, and the working days that pauses took (ADR 0027)."""
ClockRow = dict[str, Any]


def project(change: Change) -> list[Deemed]:
    """Judge the change: cards and clocks into ``change.writes`` and ``determinations``, deemed acts back."""
    ready = programs.of(change.case)
    return Judgement(change, ready).run()


class Judgement:
    """One change of one case, judged: the saved state, the codes of its names, and what the kernel found."""

    def __init__(self, change: Change, ready: programs.Ready) -> None:
        self.change = change
        self.case = change.case
        self.ready = ready
        self.compiled = ready.compiled
        self.book = Book()
        kept = self.case.fold or {}
        self.names: list[str] = list(kept.get("names", []))
        self.codes = {name: code for code, name in enumerate(self.names)}
        self.kept = kept if kept.get("program") == ready.name else {}

    def run(self) -> list[Deemed]:
        state = self._state()
        late = self.change.late or any(
            act.occurred_at < self.kept.get("horizon", 0) for act in self.change.acts
        )
        before = {} if state is None else self.running(state)
        if state is None or late:
            state, before = self.refold(), self._written()
        else:
            acts = self.change.acts
            judge.fold(
                self.compiled.program, state, self.facts(acts, [act.led for act in acts]), 0, len(acts)
            )
        passed = state.due < self.change.now
        judge.advance(self.compiled.program, state, self.change.now)
        self._clocks(before, state)
        self._cards()
        self._keep(state, passed)
        named = list(self.compiled.acts)
        return [Deemed(named[act - 1], effective, at) for _, act, effective, at in self.book.deemed]

    # -- the state ------------------------------------------------------------------------------

    def _state(self) -> State | None:
        if not self.kept:
            return None
        return saved.load(self.compiled.program, self.kept["state"], self.book)

    def refold(self) -> State:
        """The state folded anew from every act of the case; sets ``change.history``."""
        history = acts_of(self.case.id) if self.case.last_seq else []
        if self.change.corrected is not None:
            now = self.change.corrected.act
            history = [now if act.id == now.id else act for act in history]
        acts = in_order([*history, *self.change.acts])
        self.change.history = acts
        state = self.compiled.program.begin(0, self.book)
        facts = self.facts(acts, engine.all_led(self.compiled.procedure, acts))
        judge.fold(self.compiled.program, state, facts, 0, len(acts))
        return state

    def _keep(self, state: State, passed: bool) -> None:
        """Save the fold; ``horizon``: what is claimed before it comes late, for time has been judged up to it."""
        horizon = max(state.last, self.kept.get("horizon", 0), self.change.now if passed else 0)
        self.case.fold = {
            "program": self.ready.name, "names": self.names, "horizon": horizon, "state": saved.dump(state),
        }  # fmt: skip
        self.case.due_at = ledger.instant(state.due) if state.due < FAR else None

    def code(self, name: str) -> int:
        """A code for an organization or officer, kept with the case."""
        if not name:
            return NONE
        if name not in self.codes:
            self.codes[name] = len(self.names)
            self.names.append(name)
        return self.codes[name]

    def facts(self, acts: list[Act], led: list[str | None]) -> Facts:
        """The acts as columns for the kernel; ``led``: the states that they led to (:func:`engine.led`)."""
        compiled = self.compiled
        return Facts(
            at=[act.occurred_at for act in acts],
            act=[compiled.acts.get(act.name, 0) for act in acts],
            order=[act.seq for act in acts],
            organization=[self.code(act.who.organization) for act in acts],
            actor=[self.code(act.who.actor) for act in acts],
            role=[compiled.roles.get(act.who.role, NONE) for act in acts],
            reported=[NONE if act.reported_at is None else act.reported_at for act in acts],
            recorded=[act.recorded_at for act in acts],
            value=[value(compiled.procedure, act, self.code) for act in acts],
            due=[due(act) for act in acts],
            state=[NONE if name is None else compiled.states[name] for name in led],
        )

    # -- clocks ---------------------------------------------------------------------------------

    def running(self, state: State) -> dict[tuple[str, int], ClockRow]:
        """The clocks that run, as the table of clocks shows them."""
        rows = {}
        for track in self.compiled.main_tracks():
            lane = state.lanes[track.index]
            if lane is None or lane.status != RUNNING:
                continue
            clock = self.compiled.clocks[track.clock]
            late = track.overdue(lane)
            rows[clock, lane.ordinal] = {
                "organization": names(self.names, lane.organization), "start": lane.start,
                "due": track.moment(lane, track.limit),
                "promise": track.moment(lane, track.promise) if track.promise >= 0 else None,
                "paused": lane.paused if lane.paused >= 0 else None, "end": None,
                "ending": "overdue" if late else "running",
                "shift": lane.shift, "extra": lane.extra, "rested": lane.rested,
            }  # fmt: skip
        return rows

    def _clocks(self, before: dict[tuple[str, int], ClockRow], state: State) -> None:
        after: dict[tuple[str, int], ClockRow] = {}
        for fact in self.book.clocks:
            (
                _,
                index,
                ordinal,
                start,
                due,
                promise,
                end,
                status,
                late,
                shift,
                organization,
                extra,
                _,
                rested,
            ) = fact
            after[self.compiled.clocks[self.compiled.tracks[index].clock], ordinal] = {
                "organization": names(self.names, organization), "start": start, "due": due if due < FAR else None,
                "promise": promise if promise < FAR else None, "paused": None, "end": end,
                "ending": ending(status, late), "shift": shift, "extra": extra, "rested": rested,
            }  # fmt: skip
        running = self.running(state)
        after |= running
        self.case.next_due = soonest(running.values(), self.change.now)
        # Acts move clocks; where nobody acted and the program is another one, law or calendar has changed.
        type = MOVED if self.change.acts or self.kept else REDETERMINED
        for (clock, ordinal), row in after.items():
            if before.get((clock, ordinal)) == row:
                continue
            self.change.writes.append(
                (
                    _UPSERT,
                    [
                        self.case.id,
                        clock,
                        ordinal,
                        row["organization"],
                        *_instants(row),
                        row["ending"],
                        *(row[name] for name in MOVED_BY),
                    ],
                )
            )
            self._determine(type, {"clock": clock, "ordinal": ordinal, **row, **self._began(clock, row)})
        if self.change.history is not None:
            for clock, ordinal in sorted(before.keys() - after.keys()):
                self.change.writes.append((_REMOVE, [self.case.id, clock, ordinal]))
                self._determine(VANISHED, {"clock": clock, "ordinal": ordinal})

    def _began(self, clock: str, row: ClockRow) -> dict[str, Any]:
        """Of a clock that was moved, the moments that it began with: of an adopted one no earlier event tells them."""
        track = next(
            track for track in self.compiled.main_tracks() if self.compiled.clocks[track.clock] == clock
        )
        if track.given or not (row["shift"] or row["extra"]):
            return {}
        found = {}
        for name, rung in (("first_due", track.limit), ("first_promise", track.promise)):
            if rung >= 0:
                found[name] = track.began(row["start"], rung)
        return found

    def _written(self) -> dict[tuple[str, int], ClockRow]:
        """The clocks as the table has them: what a refold is compared with."""
        if not self.case.last_seq:
            return {}
        return {
            (row.clock, row.ordinal): {
                "organization": row.organization, "start": ledger.microseconds(row.started_at),
                "due": ledger.microseconds(row.due_at), "promise": ledger.microseconds(row.promised_at),
                "paused": ledger.microseconds(row.paused_at), "end": ledger.microseconds(row.ended_at),
                "ending": row.ending, **{name: getattr(row, name) for name in MOVED_BY},
            }
            for row in Clock.objects.filter(case=self.case.id)
        }  # fmt: skip

    # -- cards ----------------------------------------------------------------------------------

    def _cards(self) -> None:
        """Issue what is new; judged anew, withdraw what is gone, and issue again what is shown otherwise."""
        found: dict[str, Finding] = {}
        for finding in self.book.findings:
            rule = self.compiled.rules[finding[1]].id
            found[card_id(rule, self.ready.editions[rule], self.case.id, finding[2]).hex()] = finding
        known: set[str] = set()
        if self.case.last_seq and self.change.history is not None:
            for card in Card.objects.filter(case=self.case.id, withdrawn_at=None):
                if card.id in found and self._as_issued(card, found[card.id]):
                    known.add(card.id)
                else:
                    self._withdraw(card)
        for id, finding in found.items():
            if id not in known:
                self._issue(id, finding)

    def _as_issued(self, card: Card, finding: Finding) -> bool:
        _, _, _, at, _, detail, organization, _ = finding
        shown = ledger.instant(at), detail, names(self.names, organization)
        return (card.at, card.detail, card.organization) == shown

    def _issue(self, id: str, finding: Finding) -> None:
        _, number, occurrence, at, order, detail, organization, _ = finding
        rule = self.compiled.rules[number]
        body = {
            "card": id, "rule": rule.id, "level": rule.level, "occurrence": occurrence, "at": at, "event": order,
            "detail": detail, "to": names(self.names, organization),
        }  # fmt: skip
        warned = self.compiled.clock_of(number, occurrence)
        if warned is not None:
            body["clock"], body["ordinal"] = warned
        edition = self.ready.editions[rule.id]
        self.change.writes.append(
            (_CARD, [id, self.case.id, rule.id, edition, rule.level, occurrence, body["to"], ledger.instant(at), detail,
                     ledger.instant(self.change.now)])
        )  # fmt: skip
        self._determine(ISSUED, body, edition)

    def _withdraw(self, card: Card) -> None:
        self.change.writes.append(
            ("UPDATE supervision_card SET withdrawn_at = %s, withdrawn_for = %s WHERE id = %s",
             [ledger.instant(self.change.now), self.change.cause, card.id])
        )  # fmt: skip
        self._determine(WITHDRAWN, {"card": card.id, "rule": card.rule}, card.edition)

    def _determine(self, type: str, body: dict[str, Any], under: str = "") -> None:
        self.change.determinations.append(
            NewEvent(
                type=type, subject=self.case.id, body=body, kind="determination", procedure=self.case.procedure,
                occurred_at=None, under=under or self.case.edition,
                caused_by=self.change.cause,
            )
        )  # fmt: skip


_REMOVE = 'DELETE FROM clocks_clock WHERE "case" = %s AND clock = %s AND ordinal = %s'
_UPSERT = (
    'INSERT INTO clocks_clock ("case", clock, ordinal, organization, started_at, due_at, promised_at, paused_at, '
    "ended_at, ending, shift, extra, rested) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
    'ON CONFLICT ("case", clock, ordinal) DO UPDATE SET organization = excluded.organization, '
    "started_at = excluded.started_at, due_at = excluded.due_at, promised_at = excluded.promised_at, "
    "paused_at = excluded.paused_at, ended_at = excluded.ended_at, ending = excluded.ending, "
    "shift = excluded.shift, extra = excluded.extra, rested = excluded.rested"
)
_CARD = (
    'INSERT INTO supervision_card (id, "case", rule, edition, level, occurrence, organization, at, detail, issued_at) '
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
    "ON CONFLICT (id) DO UPDATE SET withdrawn_at = NULL, withdrawn_for = NULL, issued_at = excluded.issued_at, "
    "at = excluded.at, detail = excluded.detail, organization = excluded.organization"
)


def soonest(running: Iterable[ClockRow], now: int) -> dt.datetime | None:
    """What is due first: of each clock the promise while it can be kept, then the limit."""
    dues = [
        row["promise"] if row["promise"] is not None and row["promise"] >= now else row["due"]
        for row in running
    ]
    known = [due for due in dues if due is not None and due < FAR]
    return ledger.instant(min(known)) if known else None


def _instants(row: ClockRow) -> list[Any]:
    return [ledger.instant(row[name]) for name in ("start", "due", "promise", "paused", "end")]


def in_order(acts: Iterable[Act]) -> list[Act]:
    """The acts as they count: by the time claimed, then as they came."""
    return sorted(acts, key=lambda act: (act.occurred_at, act.seq))


def value(procedure: Procedure, act: Act, code: Callable[[str], int]) -> int:
    """The one number that the kernel reads of an act: the organization assigned, days told, units granted."""
    definition = procedure.acts[act.name]
    if definition.assigns and act.form.get(definition.assigns):
        return code(str(act.form[definition.assigns]))
    for name in ("days", "amount", "already_there"):
        if name in act.form:
            return int(act.form[name])
    return NONE


def due(act: Act) -> int:
    """A due moment that the act itself states in its field ``due_at`` (ISO, Beijing time where it names no zone)."""
    stated = act.form.get("due_at")
    if stated is None:
        return NONE
    moment = dt.datetime.fromisoformat(str(stated))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=shelf.ZONE)
    return ledger.microseconds(moment) or NONE
