"""A log replayed through one of our procedures as native cases: what fits becomes a case's acts, what does not is reported.

Each case walks through the procedure as our own engine would let it: an act that the state, a guard or a once-only notice
refuses is not forced in; it is counted with the reason. What the mapping does not name is kept out and counted too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qinzheng.cases import engine, outside
from qinzheng.cases.about import About
from qinzheng.cases.adopting import History, Taken
from qinzheng.cases.engine import NotAllowed, Situation, Who
from qinzheng.cases.schema import Procedure
from qinzheng.exchange import mapping as mappings
from qinzheng.exchange import reading
from qinzheng.exchange.mapping import Event, Intake
from qinzheng.exchange.schema import Mapping
from qinzheng.exchange.times import DAY, Reach
from qinzheng.ledger.envelope import Precision

FIGURES = ("days", "amount")
"""Fields of a form that a log's number stands for."""
SPACE = "replay"
Reason = tuple[str, str, str]
"""(act, Chinese, English)"""


@dataclass
class Account:
    """What came of a log. Cases: whole + part + none. Events: taken + refused + unmapped; rejected rows stand apart."""

    cases: int = 0
    whole: int = 0
    """cases of which every mapped event fits"""
    part: int = 0
    none: int = 0
    """cases without an act that opens one"""
    events: int = 0
    taken: int = 0
    refused: Counter[Reason] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    """activities that the mapping does not name"""
    acts: Counter[str] = field(default_factory=Counter)
    """acts taken"""
    states: Counter[str] = field(default_factory=Counter)
    """where the cases stand at the end, by the acts alone"""
    report: mappings.Report = field(default_factory=mappings.Report)

    def said(self, most: int = 40) -> dict[str, Any]:
        """As JSON; ``most``: how many unmapped activities are listed."""
        return {
            "cases": self.cases, "whole": self.whole, "part": self.part, "none": self.none, "events": self.events,
            "taken": self.taken, "refused": sum(self.refused.values()), "unmapped": sum(self.unmapped.values()),
            "rejected": self.report.rejected, "acts": dict(self.acts.most_common()), "states": dict(self.states.most_common()),
            "reasons": [
                {"act": act, "zh": zh, "en": en, "events": count} for (act, zh, en), count in self.refused.most_common()
            ],
            "activities": len(self.unmapped), "unmapped_most": dict(self.unmapped.most_common(most)),
        }  # fmt: skip


def replay(
    path: Path, mapping: Mapping, procedure: Procedure, reach: Reach | None,
    officers: Callable[[str], str] = lambda name: name,
) -> tuple[list[History], Account]:  # fmt: skip
    """The cases of a log as histories of our acts, in the order of their names, and the account.

    ``officers``: how the ledger names those of the log. Raises :class:`~qinzheng.exchange.reading.Refused`.
    """
    intake = Intake(mapping, procedure, reach, None)
    with reading.open_log(
        path, format=mapping.format, columns=mapping.fields(), encoding=mapping.encoding,
        delimiter=mapping.delimiter, guarded=mapping.guarded,
    ) as log:  # fmt: skip
        intake.take(log)
        intake.report.add(log)
    account = Account(report=intake.report)
    walk = _Walk(intake, mapping, procedure, officers, account)
    return list(walk.histories()), account


class _Walk:
    def __init__(
        self,
        intake: Intake,
        mapping: Mapping,
        procedure: Procedure,
        officers: Callable[[str], str],
        account: Account,
    ) -> None:
        self.intake, self.mapping, self.procedure = intake, mapping, procedure
        self.officers, self.account = officers, account
        self.names = {code: name for name, code in intake.acts.items()}

    def histories(self) -> Iterator[History]:
        """Every case that some act opens."""
        for name, events in self.intake.by_case():
            self.account.cases += 1
            self.account.events += len(events)
            acts = self._acts(events)
            if not acts:
                self.account.none += 1
                continue
            key = outside.key(f"{SPACE}:{self.mapping.id}", name)
            yield History(key, self.procedure.id, acts, About())

    def _acts(self, events: Sequence[Event]) -> list[Taken]:
        acts: list[Taken] = []
        here: Situation | None = None
        refused = 0
        for event in events:
            name = self.names.get(event.act)
            if name is None:
                self.account.unmapped[self.intake.activities.name(event.activity)] += 1
                continue
            taken = self._taken(name, event)
            try:
                here = self._step(here, taken)
            except NotAllowed as why:
                refused += 1
                self.account.refused[name, why.zh, why.en] += 1
                continue
            acts.append(taken)
            self.account.acts[name] += 1
        self.account.taken += len(acts)
        if here is not None:
            self.account.states[here.state] += 1
            self.account.whole += not refused
            self.account.part += bool(refused)
        return acts

    def _step(self, here: Situation | None, taken: Taken) -> Situation:
        """The situation after the act; raises :class:`NotAllowed` where the engine would."""
        act = self.procedure.acts[taken.act]
        if here is None:
            if not act.opens:
                raise NotAllowed("办件还没有开始", "no act has opened the case yet")
            here = Situation("", taken.who.organization)
        else:
            engine.check_now(self.procedure, here, taken.act, taken.who, taken.form)
        return engine.after(self.procedure, here, taken.act, taken.who, taken.form)

    def _taken(self, name: str, event: Event) -> Taken:
        act = self.procedure.acts[name]
        organization = self.intake.organizations.name(event.organization) or "unknown"
        who = Who(
            self.officers(self.intake.actors.name(event.actor)),
            organization,
            outside.role(self.procedure, name),
        )
        form = {field: event.value for field in FIGURES if field in act.form and event.value >= 0}
        precision: Precision = "day" if event.precision == DAY else "instant"
        reported = event.reported if event.reported >= 0 else None
        return Taken(name, who, event.at, form, reported, None, precision)
