"""The shape of a supervision rule: one condition of a closed vocabulary, with typed parameters.

A new threshold is data; a new kind of condition is code (``qinzheng.supervision.conditions``).
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from qinzheng.clocks.schema import LimitName
from qinzheng.definitions.form import Definition, Identifier, Strict, Text

Level = Literal["warning", "yellow", "red"]
LEVELS: tuple[str, ...] = ("none", "warning", "yellow", "red")


class PreWarning(Strict):
    """Some units before a limit, or at a share of it, and still not done."""

    condition: Literal["pre_warning"]
    limit: LimitName
    before: int | None = Field(default=None, ge=1, le=366)
    share: int | None = Field(default=None, ge=1, le=99)
    clocks: list[Identifier] = []


class PastLimit(Strict):
    """Past a limit of a case clock, or ``after`` whole units past it."""

    condition: Literal["past_limit"]
    limit: LimitName
    after: int = Field(default=0, ge=0)
    clocks: list[Identifier] = []


class StepLate(Strict):
    """A step's own clock is past its limit, though the case may not be.

    ``limit: event`` reads the due moment that the event itself states (logs that carry one per step).
    """

    condition: Literal["step_late"]
    limit: LimitName | Literal["event"]
    after: int = Field(default=0, ge=0)
    clocks: list[Identifier] = []


class SkippedStep(Strict):
    """``at`` was done though one of ``required`` never was."""

    condition: Literal["skipped_step"]
    required: list[Identifier] = Field(min_length=1)
    at: list[Identifier] = Field(min_length=1)


class OutOfOrder(Strict):
    """``first`` came only after ``then`` had been done."""

    condition: Literal["out_of_order"]
    first: Identifier
    then: Identifier


class WrongActor(Strict):
    """Done by a role that the act does not allow, or by an organization that does not hold the case."""

    condition: Literal["wrong_actor"]
    what: Literal["role", "organization"]
    acts: list[Identifier] = Field(default=[], description="empty: every act that names who may")


class RecordedLate(Strict):
    """The later of two stamps lags the earlier one. Three times are kept apart."""

    condition: Literal["recorded_late"]
    stamp: Literal["reported", "recorded"]
    behind: Literal["occurred", "reported"]
    more_than_days: int = Field(ge=0)
    acts: list[Identifier] = []


class RecordedEarly(Strict):
    """Entered before it is said to have happened."""

    condition: Literal["recorded_early"]
    more_than_days: int = Field(ge=0)
    acts: list[Identifier] = []


class BackDated(Strict):
    """Claimed in time, entered only after the limit had passed: in time by its own word alone."""

    condition: Literal["back_dated"]
    clocks: list[Identifier] = []


class RepeatedCorrection(Strict):
    """More correction requests than ``more_than``, counting those that name a defect already there."""

    condition: Literal["repeated_correction"]
    more_than: int = Field(ge=1)
    unknown: Literal["counts", "passes"] = Field(
        description="when it is not known whether the defect was there"
    )


class PausedTooOften(Strict):
    condition: Literal["paused_too_often"]
    more_than: int = Field(ge=1)
    clocks: list[Identifier] = []


class PausedTooLong(Strict):
    """Past the time told in the notice, or longer than ``more_than`` units of the clock."""

    condition: Literal["paused_too_long"]
    more_than: int | None = Field(default=None, ge=1)
    clocks: list[Identifier] = []


class PausedNearLimit(Strict):
    """A pause begun when no more than ``within`` units of the limit were left."""

    condition: Literal["paused_near_limit"]
    within: int = Field(ge=1)
    clocks: list[Identifier] = []


class EndedNearLimit(Strict):
    """Ended otherwise than by a decision (withdrawn, void, transferred), entered by one of the roles ``by``, when no more
    than ``within`` units of the limit were left."""

    condition: Literal["ended_near_limit"]
    within: int = Field(ge=1)
    by: list[Identifier] = Field(min_length=1)
    clocks: list[Identifier] = []


class Bounced(Strict):
    """Returned between organizations more often than ``more_than``."""

    condition: Literal["bounced"]
    more_than: int = Field(ge=1)
    count: Literal["returns", "hand_overs"]


class Reopened(Strict):
    """Something was done again to a case that had been closed."""

    condition: Literal["reopened"]
    acts: list[Identifier] = Field(default=[], description="empty: acts with the trait reopening")


class TooFast(Strict):
    """Completed sooner after its start than people can work."""

    condition: Literal["too_fast"]
    less_than_minutes: int = Field(ge=1)
    at: list[Identifier] = Field(min_length=1)


class Silent(Strict):
    """Nothing reported for ``working_days`` though the case is open."""

    condition: Literal["silent"]
    working_days: int = Field(ge=1)


class ClosedInBulk(Strict):
    """One officer closed more than ``more_than`` cases within ``within_minutes`` (keyed by officer-day)."""

    condition: Literal["closed_in_bulk"]
    more_than: int = Field(ge=1)
    within_minutes: int = Field(ge=1, le=1440)
    at: list[Identifier] = Field(min_length=1)
    stamp: Literal["occurred", "reported", "recorded"]


class ActDone(Strict):
    """One of ``acts`` was done at all: an act that is itself what must not happen. The card goes to whoever holds the case then."""

    condition: Literal["act_done"]
    acts: list[Identifier] = Field(min_length=1)


Condition = Annotated[
    PreWarning | PastLimit | StepLate | SkippedStep | OutOfOrder | WrongActor | RecordedLate | RecordedEarly
    | BackDated | RepeatedCorrection | PausedTooOften | PausedTooLong | PausedNearLimit | EndedNearLimit | Bounced
    | Reopened | TooFast | Silent | ClosedInBulk | ActDone,
    Field(discriminator="condition"),
]  # fmt: skip

CONDITIONS: tuple[str, ...] = tuple(
    get_args(part.model_fields["condition"].annotation)[0] for part in get_args(get_args(Condition)[0])
)
"""The closed vocabulary, by name."""

CLOCK_CONDITIONS: frozenset[str] = frozenset({"pre_warning", "past_limit", "step_late"})
"""Conditions by which a case's highest card from clock rules alone is counted."""


class Rule(Definition):
    """One rule of a rule set."""

    kind: Literal["rule"]
    set: Identifier
    level: Level
    claims: Literal["promise", "law", "own_limit", "given", "conduct"] = Field(
        description="what the card says was broken; a card never claims the law for a promise"
    )
    supervises: list[Identifier] = Field(min_length=1, description="procedures, always named, never 'all'")
    when: Condition
    sentence: Text
    remedy: Text
