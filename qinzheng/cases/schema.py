"""The shape of a procedure: states, acts, clocks, joint groups, numbers.

One declarative document a procedure. What may happen at any time (supplement, withdraw,
suspend, supervise) is one line, not a sub-process on every level.
"""

from __future__ import annotations

from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from qinzheng.clocks.schema import Clock, Owner
from qinzheng.definitions.form import Definition, Identifier, SourceRef, Strict, Text

Trait = Literal["correction_request", "hand_over", "sign_for", "return", "reopening"]
"""What an act is to supervision, whatever the procedure calls it."""


class State(Strict):
    """Where a case can stand, and whose turn it is there."""

    name: Text
    turn: Owner = "department"
    final: Literal["completed", "refused", "withdrawn", "void", "transferred"] | None = None


class Field_(Strict):
    """One field of an act's form."""

    name: Text
    type: Literal["text", "long_text", "integer", "day", "instant", "choice", "boolean", "reference", "file"]
    required: bool = True
    choices: dict[Identifier, Text] = {}
    least: int | None = None
    most: int | None = None
    unit: bool = Field(default=False, description="a reference to a unit that must exist")
    personal: bool = Field(default=False, description="personal data: kept outside the ledger, by reference")
    help: Text | None = None

    @model_validator(mode="after")
    def _personal_by_reference(self) -> Self:
        if self.personal and self.type not in ("reference", "file"):
            raise ValueError(
                "个人信息只存引用：type 应为 reference 或 file / personal data go by reference or file"
            )
        return self


class Guard(Strict):
    """A named guard of the closed vocabulary in ``qinzheng.cases.guards`` with its parameters."""

    guard: Identifier
    acts: list[Identifier] = []
    times: int | None = Field(default=None, ge=1)
    field: Identifier | None = None
    fields: list[Identifier] = []
    source: list[SourceRef] = []


class Outcome(Strict):
    """Where an act leads when a field of its form has a value; the first that fits decides."""

    field: Identifier
    is_: str | bool | int = Field(alias="is")
    to: Identifier


class Act(Strict):
    """What somebody can do to a case."""

    name: Text
    sentence: Text | None = Field(
        default=None, description="the event as a sentence; {actor}, {case}, {organization}"
    )
    opens: bool = False
    any_time: bool = False
    system: bool = Field(default=False, description="entered only by the passing of a mark")
    from_: list[Identifier] = Field(default=[], alias="from")
    to: Identifier | None = None
    outcomes: list[Outcome] = []
    by: list[Identifier] = Field(default=[], description="roles that may; empty: the system only")
    many: bool = Field(
        default=False,
        description="may be done for many cases of a worklist at once; it asks nothing and ends nothing",
    )
    by_holder: bool = Field(default=False, description="only the unit that holds the case may do it")
    assigns: Identifier | None = Field(
        default=None, description="the form field that names the organization next"
    )
    desk: Identifier | None = Field(
        default=None, description="the unit that receives what an applicant opens and no item assigns"
    )
    form: dict[Identifier, Field_] = {}
    happened: Identifier | None = Field(
        default=None, description="the form field of type day that says on which day it happened"
    )
    only: Literal["at_once"] | None = Field(
        default=None, description="only for cases whose item says so: at_once, done on the spot (即办)"
    )
    guards: list[Guard] = []
    traits: list[Trait] = []
    joint: Identifier | None = Field(default=None, description="the joint group that this act answers")
    once: bool = Field(default=False, description="a once-only notice: a second one is refused")
    source: list[SourceRef] = []


class Joint(Strict):
    """Several organizations answer; ``all`` unless a cited rule says otherwise (许可法 26)."""

    name: Text
    asked_by: Identifier
    organizations: Identifier = Field(description="the form field of the asking act that lists them")
    answered_by: Identifier
    needs: Literal["all", "any", "quorum"]
    quorum: int | None = Field(default=None, ge=1)
    then: Identifier = Field(description="the state entered when enough have answered")
    opinion: Identifier | None = Field(
        default=None,
        description="the procedure by which each organization that is asked has a case, and a clock, of its own",
    )
    source: list[SourceRef] = Field(min_length=1)

    @model_validator(mode="after")
    def _a_quorum_has_its_number(self) -> Self:
        if (self.needs == "quorum") != (self.quorum is not None):
            raise ValueError(
                "needs: quorum 须写 quorum，其他不写 / quorum is stated where needs is quorum, only there"
            )
        return self


class Variant(Strict):
    """A way through the same procedure for flagged cases: acts left out, promises tighter."""

    name: Text
    given_by: Literal["flag", "promise", "credit_a"] | None = Field(
        default=None,
        description="flag: only where an authority gave the channel; promise: where the applicant promises in place of "
        "proof; credit_a: by credit class A",
    )
    without: list[Identifier] = []
    committed: dict[Identifier, Annotated[int, Field(ge=1)]] = Field(
        default={}, description="clock → tighter promise, in the clock's unit"
    )
    source: list[SourceRef] = Field(min_length=1)


class Number(Strict):
    """The form of our own case number, e.g. ``{prefix}{year}{serial:06}``."""

    form: str = "{prefix}{year}{serial:06}"
    prefix: str = Field(pattern=r"^[A-Z]{1,6}$")
    outside: list[Identifier] = Field(default=[], description="kinds of outside numbers a case may carry")

    @model_validator(mode="after")
    def _every_case_has_its_own(self) -> Self:
        """Series begin anew each year, so year and serial must be in it: else two cases have one number."""
        try:
            named = {name for _, name, _, _ in Formatter().parse(self.form) if name is not None}
            shown = self.form.format(prefix=self.prefix, year=2026, month=12, serial=999_999_999)
        except (ValueError, KeyError, IndexError, AttributeError) as why:
            raise ValueError(f"编号格式不对 / not a form of a number: {self.form!r}: {why}") from None
        if (
            not {"prefix", "year", "serial"} <= named <= {"prefix", "year", "month", "serial"}
            or len(shown) > 40
        ):
            raise ValueError(
                "编号须含 {prefix}、{year}、{serial}，可含 {month}，不超过 40 字 / "
                "a number has {prefix}, {year} and {serial}, may have {month}, and at most 40 characters"
            )
        return self


class Procedure(Definition):
    """A procedure: what a case of this kind can go through."""

    kind: Literal["procedure"]
    number: Number
    states: dict[Identifier, State] = Field(min_length=1)
    acts: dict[Identifier, Act] = Field(min_length=1)
    clocks: dict[Identifier, Clock] = {}
    joints: dict[Identifier, Joint] = {}
    variants: dict[Identifier, Variant] = {}

    @model_validator(mode="after")
    def _joint_groups_and_their_answers_agree(self) -> Self:
        answering = {(name, act.joint) for name, act in self.acts.items() if act.joint in self.joints}
        groups = {
            (joint.answered_by, key) for key, joint in self.joints.items() if joint.answered_by in self.acts
        }
        for act, group in sorted(answering ^ groups):
            raise ValueError(
                f"环节 {act} 的 joint 与会办组 {group} 的 answered_by 不一致 / act {act} and joint group {group} disagree"
            )
        return self

    def calendars(self) -> list[str]:
        """Every calendar by which some clock, or some single limit, is counted."""
        rules = [rule for clock in self.clocks.values() for rule in clock.countings().values()]
        return sorted({rule.calendar for rule in rules})
