"""The shape of a mapping: how another system's log becomes acts of one of our procedures.

Every assumption is written in the mapping (``assumptions``), shown in the report, and ours.
"""

from __future__ import annotations

from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from qinzheng.definitions.form import Definition, Identifier, Pattern, Strict, Text


class Moment(Strict):
    """How a field states a time.

    ``form`` is ``iso`` or a strptime pattern. Times without a zone are read in the mapping's zone.
    ``day``: only the date is meant, whatever is written; ``midnight_is_day``: 00:00:00 local means that the
    time of day is unknown.
    """

    field: str
    form: str = "iso"
    precision: Literal["instant", "day", "midnight_is_day"] = "instant"
    empty: list[str] = Field(default=[], description="values that mean: no time")


class Drawn(Strict):
    """A text drawn from a field, or from the part of it that a pattern matches."""

    field: str
    pattern: Pattern | None = None
    otherwise: str = "unknown"


class RowAct(Strict):
    """One act of a row that describes a whole case."""

    act: Identifier
    at: Moment
    due: Moment | None = None
    reported: Moment | None = None
    when: dict[str, list[str]] = Field(default={}, description="only where a field has one of these values")


class Mapping(Definition):
    """Columns to case, act, times with precision and zone, actor, organization, pauses, due date."""

    kind: Literal["mapping"]
    procedure: Identifier
    rules: Identifier = Field(description="the rule set used unless another is asked for")
    format: Literal["csv", "xes", "parquet", "xlsx", "table"] = Field(
        description="table: a table of another system's database, read by a collector only"
    )
    encoding: str | None = None
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="between the fields of a CSV")
    guarded: bool = Field(
        default=False, description="texts carry the apostrophe that our own export sets before formulas"
    )
    zone: str
    case: str = Field(description="the field that names the case")
    row: Literal["case", "event"]
    row_acts: list[RowAct] = []
    activity: str | None = None
    acts: dict[Identifier, list[str]] = Field(default={}, description="act → activities of the log")
    others: Literal["other", "reject"] = "other"
    at: Moment | None = None
    order: str | None = Field(
        default=None, description="the field that orders events of the same moment, smallest first"
    )
    reported: Moment | None = None
    due: Moment | None = None
    organization: Drawn | None = None
    actor: str | None = None
    role: str | None = None
    values: dict[Identifier, int] = Field(
        default={}, description="act → number assumed where the log gives none"
    )
    value_fields: dict[Identifier, str] = Field(default={}, description="act → field that holds its number")
    assigns: dict[Identifier, str] = Field(
        default={}, description="act → field that names the next organization"
    )
    as_of: Literal["last_moment"] = "last_moment"
    assumptions: list[Text] = []

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.row == "event" and not (self.activity and self.at and self.acts):
            raise ValueError("row: event 需要 activity、at、acts / row: event needs activity, at and acts")
        if self.row == "case" and not self.row_acts:
            raise ValueError("row: case 需要 row_acts / row: case needs row_acts")
        return self

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, name: str | None) -> str | None:
        try:
            "".encode(name or "utf-8")
        except (LookupError, UnicodeError):
            raise ValueError(f"没有文本编码 {name} / there is no text encoding {name}") from None
        return name

    @field_validator("zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise ValueError(f"没有时区 {name} / there is no time zone {name}") from None
        return name

    def fields(self) -> set[str]:
        """Every field of the log that the mapping reads."""
        moments = [self.at, self.reported, self.due]
        for act in self.row_acts:
            moments += [act.at, act.due, act.reported]
        named = {moment.field for moment in moments if moment} | {self.case}
        named |= {name for name in (self.activity, self.order, self.actor, self.role) if name}
        named |= {self.organization.field} if self.organization else set()
        named |= {field for act in self.row_acts for field in act.when}
        return named | set(self.value_fields.values()) | set(self.assigns.values())
