"""The shape of a measure: a question put to the ledger. A closed vocabulary, no expressions.

A new question of a known kind is data; a new population, filter or statistic is code (``qinzheng.measures.question``).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from qinzheng.definitions.form import Definition, Identifier, Strict

Population = Literal["cases", "acts", "clocks", "cards", "ratings", "fees"]
CountsFor = Literal["holder", "actor", "opener"]
Dimension = Literal[
    "organization",
    "town",
    "item",
    "procedure",
    "month",
    "day",
    "act",
    "clock",
    "ending",
    "level",
    "rule",
    "grade",
]
When = Literal[
    "opened", "ended", "open_at_end", "done", "started", "due", "overdue_at_end", "issued_for", "given", "booked"
]  # fmt: skip
Ending = Literal["running", "overdue", "completed_on_time", "completed_late", "released"]
Final = Literal["completed", "refused", "withdrawn", "void", "transferred"]
CardLevel = Literal["warning", "yellow", "red"]
Grade = Literal["very_satisfied", "satisfied", "fairly_satisfied", "dissatisfied", "very_dissatisfied"]
Said = Literal["done", "not_done", "not_yet", "unsaid"]
"""What a rating says of whether the matter was done."""
Against = Literal["limit", "promise"]
Amount = Literal["days", "trips", "doors", "persons", "yuan"]
"""What a statistic of amounts adds up: working days of clocks, what an applicant had to do for a case, or money."""

MOMENTS: dict[str, tuple[When, ...]] = {
    "cases": ("opened", "ended", "open_at_end"),
    "acts": ("done",),
    "clocks": ("started", "due", "ended", "open_at_end", "overdue_at_end"),
    "cards": ("issued_for",),
    "ratings": ("given",),
    "fees": ("booked",),
}
"""By which moment of a fact it belongs to a period. ``…_at_end`` counts what stood at the end of the period."""
STOCKS = frozenset({"open_at_end", "overdue_at_end"})

FILTERS: dict[str, frozenset[str]] = {
    "cases": frozenset({"procedures", "variants", "ended_as"}),
    "acts": frozenset({"procedures", "variants", "acts"}),
    "clocks": frozenset({"procedures", "variants", "clocks", "clock_role", "clock_owner", "endings", "days_left"}),
    "cards": frozenset({"procedures", "variants", "rules", "levels", "conditions", "standing", "answered"}),
    "ratings": frozenset({"procedures", "grades", "answers"}),
    "fees": frozenset({"procedures", "variants"}),
}  # fmt: skip
"""Which filters a population knows."""

DIMENSIONS: dict[str, frozenset[str]] = {
    "cases": frozenset({"organization", "town", "item", "procedure", "month", "day"}),
    "acts": frozenset({"organization", "town", "item", "procedure", "month", "day", "act"}),
    "clocks": frozenset({"organization", "town", "item", "procedure", "month", "day", "clock", "ending"}),
    "cards": frozenset({"organization", "town", "item", "procedure", "month", "day", "level", "rule"}),
    "ratings": frozenset({"organization", "town", "item", "procedure", "month", "day", "grade"}),
    "fees": frozenset({"organization", "town", "item", "procedure", "month", "day"}),
}
UNITS: dict[str, tuple[str, ...]] = {
    "cases": ("case",), "acts": ("act", "case"), "clocks": ("clock", "case"), "cards": ("card", "clock", "case"),
    "ratings": ("rating",),
    "fees": ("fee", "case"),
}  # fmt: skip


class DaysLeft(Strict):
    """Ended with at least so many working days to spare, pauses left out."""

    at_least: int = Field(ge=-10_000, le=10_000)
    against: Against


class Filter(Strict):
    """What is counted. Every key given must hold; an absent key asks nothing."""

    procedures: list[Identifier] | None = Field(default=None, min_length=1)
    variants: list[str] | None = Field(default=None, min_length=1, description="'' is the ordinary way")
    acts: list[Identifier] | None = Field(default=None, min_length=1)
    clocks: list[Identifier] | None = Field(default=None, min_length=1)
    clock_role: Literal["case", "step"] | None = Field(
        default=None, description="by the procedure's definition"
    )
    clock_owner: Literal["department", "applicant", "third_party", "nobody"] | None = None
    endings: list[Ending] | None = Field(default=None, min_length=1)
    ended_as: list[Final] | None = Field(default=None, min_length=1)
    rules: list[Identifier] | None = Field(default=None, min_length=1)
    levels: list[CardLevel] | None = Field(default=None, min_length=1)
    conditions: list[Identifier] | None = Field(default=None, min_length=1, description="of the card's rule")
    standing: Literal["effective", "withdrawn"] | None = None
    days_left: DaysLeft | None = None
    answered: list[Literal["in_time", "late", "pending"]] | None = Field(
        default=None, min_length=1, description="what became of the clock that the card warned of"
    )

    grades: list[Grade] | None = Field(default=None, min_length=1)
    answers: list[Said] | None = Field(
        default=None, min_length=1, description="whether a rating says that it was done"
    )

    def given(self) -> set[str]:
        """The keys that ask something."""
        return {name for name in type(self).model_fields if getattr(self, name) is not None}


class Unit(Strict):
    """One count a ``per``; where several facts fall on one, ``take`` says which stands for it."""

    per: Literal["case", "act", "clock", "card", "rating", "fee"]
    take: Literal["first", "last", "highest"] | None = Field(
        default=None, description="highest: the highest card; first and last by the fact's moment"
    )


class Count(Strict):
    """How many."""

    statistic: Literal["count"]


class Rate(Strict):
    """The share of the measure's facts that also pass ``numerator``."""

    statistic: Literal["rate"]
    numerator: Filter


class Mean(Strict):
    """The mean of the working days used, or of another amount."""

    statistic: Literal["mean"]


class Sum(Strict):
    """All of it together."""

    statistic: Literal["sum"]


class Median(Strict):
    """The median of the working days used: the middle, or half way between the two in the middle."""

    statistic: Literal["median"]


class Quantile(Strict):
    """The least number of working days within which ``per_cent`` of the facts were done."""

    statistic: Literal["quantile"]
    per_cent: int = Field(ge=1, le=99)


class SpeedUp(Strict):
    """1 - used / limit, both summed in working days: what share of the time allowed was not needed.

    ``before``: against what the case's item took before it was made easier; only for amounts other than days.
    """

    statistic: Literal["speed_up"]
    against: Against | Literal["before"]


Statistic = Annotated[
    Count | Rate | Sum | Mean | Median | Quantile | SpeedUp, Field(discriminator="statistic")
]
OF_AMOUNTS = frozenset({"sum", "mean", "median", "quantile", "speed_up"})
"""Statistics that add up an amount: working days of clocks that have ended, or of cases what their applicants had to do."""


class Measure(Definition):
    """One measure."""

    kind: Literal["measure"]
    population: Population
    when: When
    filter: Filter
    unit: Unit
    value: Statistic
    of: Amount = Field(default="days", description="what a mean, median, quantile or speed-up adds up")
    counts_for: CountsFor
    by: list[Dimension] = Field(min_length=1, description="by what it may be asked")
    least_n: int = Field(
        ge=0, le=1_000_000, description="below it nothing is ranked; 0 where a count needs none"
    )
    calendar: Identifier = Field(description="the calendar whose working days are counted")
    better: Literal["higher", "lower", "neither"]

    @model_validator(mode="after")
    def _of_one_population(self) -> Self:
        numerator = self.value.numerator if isinstance(self.value, Rate) else Filter()
        known = FILTERS[self.population]
        for name in sorted((self.filter.given() | numerator.given()) - known):
            raise ValueError(f"{self.population} 没有筛选项 {name} / {self.population} has no filter {name}")
        if self.when not in MOMENTS[self.population]:
            known_moments = ", ".join(MOMENTS[self.population])
            raise ValueError(f"{self.population} 的 when 可为 / when of {self.population}: {known_moments}")
        for name in self.by:
            if name not in DIMENSIONS[self.population]:
                raise ValueError(f"{self.population} 不能按 {name} 划分 / cannot be asked by {name}")
        if self.unit.per not in UNITS[self.population]:
            units = ", ".join(UNITS[self.population])
            raise ValueError(f"{self.population} 的 per 可为 / per of {self.population}: {units}")
        return self

    @model_validator(mode="after")
    def _one_fact_a_unit(self) -> Self:
        alone = UNITS[self.population][0]
        whole = self.unit.per == alone or self.population == "fees"  # all fees of a case together
        if whole != (self.unit.take is None):
            raise ValueError(
                f"per: {alone} 时不写 take，否则须写 / take is left out with per: {alone} and needed otherwise"
            )
        if self.unit.take == "highest" and self.population != "cards":
            raise ValueError("take: highest 只用于牌 / take: highest is for cards only")
        days = self.filter.days_left or (isinstance(self.value, Rate) and self.value.numerator.days_left)
        if days and self.when != "ended":
            raise ValueError("days_left 只用于 when: ended / days_left is for when: ended only")
        if self.when in STOCKS and self.filter.endings:
            raise ValueError("存量不写 endings / a stock has no endings")
        if isinstance(self.value, Rate) and not self.value.numerator.given():
            raise ValueError("numerator 不能为空 / the numerator must ask something")
        return self

    @model_validator(mode="after")
    def _amounts_of_what_has_them(self) -> Self:
        if self.value.statistic not in OF_AMOUNTS:
            if self.of != "days":
                raise ValueError(
                    "of 只用于平均、中位、分位与提速率 / of is for means, medians, quantiles, speed-ups"
                )
            return self
        if (self.of == "yuan") != (self.population == "fees") or (self.value.statistic == "sum") > (
            self.of == "yuan"
        ):
            raise ValueError(
                "金额只问收费：population: fees, of: yuan / money is asked of fees, and only money is summed"
            )
        if self.of == "yuan":
            if self.value.statistic not in ("sum", "mean"):
                raise ValueError("收费只有合计与平均 / of fees there are sum and mean")
            return self
        if self.of == "days" and (self.population != "clocks" or self.when != "ended"):
            raise ValueError(
                "用时只能问已结束的时钟：population: clocks, when: ended / working days are asked of ended clocks"
            )
        if self.of != "days" and (self.population != "cases" or self.when != "ended"):
            raise ValueError(
                "跑动只能问已结束的办件：population: cases, when: ended / trips, doors and persons are asked of ended cases"
            )
        before = isinstance(self.value, SpeedUp) and self.value.against == "before"
        if isinstance(self.value, SpeedUp) and before != (self.of != "days"):
            raise ValueError(
                "与从前比（before）只用于跑动 / against before is for trips, doors and persons only"
            )
        return self
