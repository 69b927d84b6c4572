"""What happens to a case: the acts, what the system deems, and what a projector is shown of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Procedure
from qinzheng.ledger.envelope import NewEvent, Precision

OPENED, PERFORMED, MIGRATED, NUMBERED = "cases.opened", "cases.performed", "cases.migrated", "cases.numbered"
DEEMED, UNDEEMED = "cases.deemed", "cases.undeemed"
CORRECTED = "cases.corrected"
"""an act that another system told of, as that system tells it now"""
CONCERNED = "cases.concerned"
"""whom a case concerns from now on, so that it is sealed from them; nobody: it is sealed no more"""
SYSTEM = Who("system", "", "system")
NAMED = 5
"""The version of UUIDs made from names: so we know the acts that a source told from those done here."""


@dataclass(frozen=True)
class Act:
    """One act as the kernel reads it; times in microseconds UTC."""

    id: uuid.UUID
    seq: int
    name: str
    who: Who
    occurred_at: int
    reported_at: int | None
    recorded_at: int
    form: Mapping[str, Any]
    precision: Precision = "instant"
    led: str | None = None
    """the state that it led to, where its definition alone does not say"""


@dataclass(frozen=True)
class Told:
    """What somebody says was done, before it is checked; ``key`` makes a repeated call find what it did."""

    act: str
    who: Who
    form: Mapping[str, Any]
    key: uuid.UUID | None
    occurred_at: int | None
    precision: Precision
    reported_at: int | None

    def done(
        self, id: uuid.UUID, seq: int, claimed: int, now: int, form: Mapping[str, Any], led: str | None
    ) -> Act:
        """The act as it is kept: claimed and recorded at, its form checked."""
        return Act(id, seq, self.act, self.who, claimed, self.reported_at, now, form, self.precision, led)


@dataclass(frozen=True)
class Deemed:
    """An act that a mark entered: effective on the day the law sets, entered when the mark passed."""

    act: str
    effective: int
    at: int


@dataclass(frozen=True)
class Correction:
    """An act as its source tells it now, under its old id and place, and the id of the event that says so."""

    act: Act
    id: uuid.UUID


@dataclass
class Change:
    """What a projector is shown: the case as it will be saved, the new acts, and the moment."""

    case: Case
    procedure: Procedure
    acts: list[Act]
    now: int
    late: bool = False
    """whether an act is claimed before something already known: everything is judged anew"""
    outside: bool = False
    """whether another system tells it: a fact, not refused for its order"""
    corrected: Correction | None = None
    """what is corrected; ``late`` then, and no new act"""
    cause: uuid.UUID | None = None
    """the event that brought the change about; none where only time passed"""
    writes: list[tuple[str, Sequence[Any]]] = field(default_factory=list)
    """(SQL, parameters) to run in the same transaction, in order"""
    determinations: list[NewEvent] = field(default_factory=list)
    """events to append after the acts"""
    history: list[Act] | None = None
    """Set by a projector that judged the case anew: every act, in the order in which they count"""


class Projector(Protocol):
    """Judges a change. Returns the acts newly deemed; all of the case's where it set ``history``."""

    def __call__(self, change: Change) -> list[Deemed]: ...


@dataclass(frozen=True)
class Done:
    """What came of an act: where the case stands, and whether this call did it or an earlier one had."""

    case: str
    number: str
    state: str
    event: uuid.UUID
    new: bool
