"""The shape of a clock definition: limits, counting rule, moves, marks.

Sources of the rules of counting: 行政许可法 42, 45, 82; 民法典 200-204; 行政复议法 88.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from qinzheng.definitions.form import Identifier, SourceRef, Strict, Text, Unit

Owner = Literal["department", "applicant", "third_party", "nobody"]
LimitName = Literal["committed", "statutory", "own", "given"]

EXACT: frozenset[str] = frozenset({"minutes", "hours", "working_hours"})
"""Units that end at an instant; all others end with a day."""


class Counting(Strict):
    """One family of counting. Nothing is a default: each clock states its rule (domain facts, B4.2)."""

    unit: Unit
    calendar: Identifier
    start_day: Literal["not_counted", "counted"]
    ends: Literal["end_of_day", "close_of_business", "same_time"]
    last_day_off: Literal["stands", "next_working_day"]
    source: list[SourceRef] = Field(min_length=1)

    @model_validator(mode="after")
    def _exact_units_end_at_an_instant(self) -> Self:
        if self.unit in EXACT and self.ends != "same_time":
            raise ValueError(
                "以分钟或小时计的期限必须 ends: same_time / minutes and hours end at the same time"
            )
        return self


class Limit(Strict):
    """A budget with its source. ``amount`` is in the unit of ``counting`` (the clock's own unless stated)."""

    amount: int = Field(ge=1, le=100_000)
    source: list[SourceRef] = Field(min_length=1)
    counting: Counting | None = None


class Given(Strict):
    """A due moment that the source system states, in the event's ``value``."""

    source: list[SourceRef] = Field(min_length=1)


class Limits(Strict):
    """``statutory: null`` says that no law sets a limit; it is never 0."""

    statutory: Limit | None
    committed: Limit | None = None
    own: Limit | None = None
    given: Given | None = None

    @model_validator(mode="after")
    def _something_to_count(self) -> Self:
        if not (self.statutory or self.committed or self.own or self.given):
            raise ValueError(
                "时钟没有任何时限 / the clock has no limit at all: state one, or remove the clock"
            )
        return self


class Mark(Strict):
    """A named point of a clock: before, at, after, or at a share of one of its limits."""

    on: LimitName
    before: int | None = Field(default=None, ge=1)
    after: int | None = Field(default=None, ge=1)
    share: int | None = Field(default=None, ge=1, le=99, description="per cent of the limit")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(x is not None for x in (self.before, self.after, self.share)) != 1:
            raise ValueError("before、after、share 三者取一 / exactly one of before, after, share")
        return self


class Pause(Strict):
    """A pause that the item's own law names. ``cap: told`` is the time told in the written notice."""

    by: Identifier
    until: list[Identifier] = Field(min_length=1)
    reason: Identifier
    owner: Owner
    cap: Literal["told", "none"]
    source: list[SourceRef] = Field(min_length=1)


class Extension(Strict):
    """Who may extend, by how much (in the clock's unit), how often; each law differs."""

    by: Identifier
    approver: Identifier
    at_most: int = Field(ge=1)
    times: int = Field(ge=1)
    reason_told: bool
    source: list[SourceRef] = Field(min_length=1)


class Deems(Strict):
    """Passing ``mark`` enters ``act``; the law sets the act's effective day.

    ``effective: start`` is the moment the clock began (许可法 32(4)); ``mark`` the moment it ran out
    (许可法 50, 复议法 30). ``unless_done`` acts make the silence no silence.
    """

    mark: Identifier
    act: Identifier
    effective: Literal["start", "mark"]
    source: list[SourceRef] = Field(min_length=1)


class Clock(Strict):
    """One clock of a procedure. Every list names acts of that procedure."""

    name: Text
    owner: Owner = "department"
    role: Literal["case", "step"] = "case"
    counting: Counting
    limits: Limits
    starts: list[Identifier] = Field(min_length=1)
    completes: list[Identifier] = Field(min_length=1)
    releases: list[Identifier] = []
    restarts: list[Identifier] = []
    pauses: list[Pause] = []
    extends: list[Extension] = []
    marks: dict[Identifier, Mark] = {}
    deems: list[Deems] = []
    stays: bool = Field(
        default=False,
        description="a card for it is for the unit with which it began, wherever the case went since (首问负责)",
    )
    backward: bool = Field(
        default=False,
        description="counts back from the day that the starting act states in its field due_at (许可法 48)",
    )
    clear_days: bool = Field(
        default=False, description="backward only: whole days between, neither end counted"
    )

    @model_validator(mode="after")
    def _backward_counts_whole_days(self) -> Self:
        if self.clear_days and not self.backward:
            raise ValueError("clear_days 只用于倒计 / clear_days is for a backward count only")
        if not self.backward:
            return self
        units = {rule.unit for rule in self.countings().values()}
        if not units <= {"working_days", "calendar_days"}:
            raise ValueError("倒计以工作日或日计 / a backward count is in working or calendar days")
        if self.limits.given or self.pauses or self.extends or any(m.share for m in self.marks.values()):
            raise ValueError(
                "倒计没有给定时限、中止、延长和按比例的标记 / a backward count has no given limit, "
                "no pause, no extension and no mark at a share"
            )
        return self

    def limit(self) -> LimitName:
        """The limit that decides late or on time: the law's, else our own, else the given, else the promise."""
        for name in ("statutory", "own", "given", "committed"):
            if getattr(self.limits, name) is not None:
                return name
        raise AssertionError("Limits refuses a clock without a limit")

    def countings(self) -> dict[str, Counting]:
        """Every counting rule by its key path in the clock: the clock's own, and those of single limits."""
        found = {"counting": self.counting}
        for name in ("statutory", "committed", "own"):
            limit = getattr(self.limits, name)
            if limit is not None and limit.counting is not None:
                found[f"limits.{name}.counting"] = limit.counting
        return found

    def acts(self) -> set[str]:
        """Every act that moves this clock."""
        named = {*self.starts, *self.completes, *self.releases, *self.restarts}
        for pause in self.pauses:
            named |= {pause.by, *pause.until}
        return named | {extension.by for extension in self.extends} | {deems.act for deems in self.deems}
