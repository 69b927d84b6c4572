"""The shape of a report upward: which data sets a receiver gets of our cases, column by column, and how it answers.

The address of the receiver and its public key are the deployment's: ``QINZHENG_UPWARD_<ID>`` and ``…_<ID>_KEY``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from qinzheng.cases.schema import Procedure
from qinzheng.definitions.form import Definition, Identifier, Pattern, SourceRef, Strict, Text
from qinzheng.definitions.library import Complaint, Library
from qinzheng.parties import events, fields

OfCase = Literal[
    "case.number", "case.outside_number", "case.title", "case.procedure", "case.state", "case.ended",
    "case.opened_at", "case.closed_at", "item.id", "item.name", "item.sort", "unit.id", "unit.name", "unit.code",
    "unit.division", "town.division", "clock.started_at", "clock.due_at", "clock.promised_at", "clock.ended_at",
    "clock.ending", "cards.highest", "cards.count", "party.kind", "party.field", "constant",
]  # fmt: skip
OfAct = Literal[
    "act.id", "act.word", "act.serial", "act.at", "act.recorded_at", "act.unit", "act.unit_name", "act.role",
    "act.officer", "act.field",
]  # fmt: skip
OfPause = Literal["pause.reason", "pause.began_at", "pause.ended_at"]
NEEDS = {
    "case.outside_number": "field", "act.field": "field", "party.field": "field", "constant": "value",
    "clock.started_at": "clock", "clock.due_at": "clock", "clock.promised_at": "clock", "clock.ended_at": "clock",
    "clock.ending": "clock",
}  # fmt: skip
"""What a fact is asked with besides its name: ``field`` is a kind of outside number, a field of a form, or of a party."""
TheirField = Annotated[str, StringConstraints(pattern=r"^[^\s,\"\\]{1,40}$")]
RECORD, VERSION, VOID = "record", "version", "void"
LONGEST_ID = 60
"""The ledger's subject is ``upward:<id>``."""


class Column(Strict):
    """One column: the fact of ours that it is drawn from, and the form in which the receiver wants it."""

    from_: OfCase | OfAct | OfPause = Field(alias="from")
    field: str | None = Field(
        default=None, description="kind of outside number, field of a form, field of a party"
    )
    clock: list[Identifier] | None = Field(
        default=None, min_length=1, description="the first of these that the case has"
    )
    relation: Literal["applicant", "agent", "reporter"] = "applicant"
    masked: bool = Field(
        default=True, description="party.field: as anybody on duty may see it; false asks for personal"
    )
    value: str | None = Field(default=None, description="constant: always this")
    as_: Literal["text", "number", "day", "instant", "code"] = Field(default="text", alias="as")
    form: str = Field(default="iso", description="iso or a strftime pattern, for day and instant")
    codes: dict[str, str] = Field(default={}, description="our value → theirs")
    otherwise: str | None = Field(
        default=None, description="their code where ours is not listed; none: held back"
    )
    required: bool = False
    longest: int | None = Field(default=None, ge=1, le=4000)
    pattern: Pattern | None = None

    @model_validator(mode="after")
    def _asked_with_what_it_needs(self) -> Self:
        needed = NEEDS.get(self.from_)
        for key in ("field", "clock", "value"):
            if (key == needed) != (getattr(self, key) is not None):
                raise ValueError(
                    f"from: {self.from_} {'须写' if key == needed else '不写'} {key} / "
                    f"from: {self.from_} {'needs' if key == needed else 'takes no'} {key}"
                )
        if (self.as_ == "code") != bool(self.codes or self.otherwise is not None):
            raise ValueError("as: code 须写 codes，其他不写 / codes are stated where as is code, only there")
        if self.personal and self.field not in fields.FIELDS:
            known = "、".join(fields.FIELDS)
            raise ValueError(f"当事人没有 {self.field}；可用 / a party has no such field; known: {known}")
        return self

    @property
    def personal(self) -> bool:
        """Whether it is drawn from what ``parties`` keeps sealed: never kept here, opened when a packet goes out."""
        return self.from_ == "party.field"


class DataSet(Strict):
    """One data set. ``row``: a record a case, an act, or a pause of a clock."""

    name: Text
    row: Literal["case", "act", "pause"] = "case"
    after: list[Identifier] = Field(
        default=[],
        description="case: a record exists once one of these acts was done; act: these acts; else all",
    )
    closed: bool = Field(default=False, description="case: a record exists once the case is closed")
    columns: dict[TheirField, Column] = Field(min_length=1)

    @model_validator(mode="after")
    def _columns_fit_the_row(self) -> Self:
        for name, column in self.columns.items():
            if name in (RECORD, VERSION, VOID):
                raise ValueError(f"列名 {name} 已用于每条记录本身 / {name} is said of every record already")
            of_act = column.from_ in get_args(OfAct) and self.row == "case" and not self.after
            of_pause = column.from_ in get_args(OfPause) and self.row != "pause"
            if of_act or of_pause:
                raise ValueError(f"{name}: row: {self.row} 没有 {column.from_} / has no {column.from_}")
        if self.row == "pause" and self.after:
            raise ValueError("row: pause 不写 after / row: pause takes no after")
        return self


class Packet(Strict):
    """How packets are cut and what time an answer has. All of it is agreed with the receiver, else ours."""

    at_most: int = Field(default=500, ge=1, le=5000, description="records")
    every_minutes: int = Field(
        default=10, ge=0, le=1440, description="a packet that is not full waits no longer"
    )
    answer_minutes: int = Field(
        default=60, ge=1, description="no answer in this time: lost, the same packet is sent again"
    )
    late_hours: int = Field(
        default=24, ge=1, description="unanswered for so long: an alarm on the page of health"
    )


class Personal(Strict):
    """For which purpose of ``parties`` personal columns are opened, each opening an event."""

    purpose: Identifier
    source: list[SourceRef] = Field(min_length=1)


class Reason(Strict):
    """A receiver's code of rejection in words. ``resend``: nothing is wrong with the records, the packet goes out again."""

    words: Text
    mend: Text
    then: Literal["mend", "resend"] = "mend"


class Upward(Definition):
    """One receiver and what it gets."""

    kind: Literal["upward"]
    procedures: list[Identifier] = Field(min_length=1, description="cases of these procedures are reported")
    since: dt.date = Field(description="cases opened from this day on")
    told: bool = Field(default=True, description="cases that another system told us of are reported too")
    answers: Literal["signed", "unsigned"] = "signed"
    packet: Packet = Packet()
    personal: Personal | None = None
    datasets: dict[Identifier, DataSet] = Field(min_length=1)
    reasons: dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,40}$")], Reason] = {}

    def opened(self) -> bool:
        """Whether any column is personal and not masked."""
        return any(
            column.personal and not column.masked
            for dataset in self.datasets.values() for column in dataset.columns.values()
        )  # fmt: skip


def check_upward(upward: Upward, library: Library) -> Iterator[Complaint]:
    """Procedures, acts, clocks, fields and numbers exist; nothing sealed is drawn; personal columns have their purpose."""
    if len(upward.id) > LONGEST_ID:
        yield Complaint(("id",), f"编号不超过 {LONGEST_ID} 字", f"the id has {LONGEST_ID} characters at most")
    known: dict[str, Procedure] = {each.id: each for each in library.all("procedure")}
    for place, id in enumerate(upward.procedures):
        if id not in known:
            yield Complaint(("procedures", place), f"没有程序 {id}", f"there is no procedure {id}")
    procedures = [known[id] for id in upward.procedures if id in known]
    if upward.opened() != (upward.personal is not None):
        yield Complaint(
            ("personal",), "masked: false 的列须写 personal，没有则不写",
            "columns with masked: false need personal, and only they do",
        )  # fmt: skip
    purposes = {**events.PURPOSES_OF_DUTY, **events.PURPOSES_BY_CONSENT}
    if upward.personal and upward.personal.purpose not in purposes:
        listed = "、".join(purposes)
        yield Complaint(
            ("personal", "purpose"), f"没有这一目的；可用：{listed}", f"no such purpose; known: {listed}"
        )
    if not procedures:
        return
    acts = {name for procedure in procedures for name in procedure.acts}
    for id, dataset in upward.datasets.items():
        for place, act in enumerate(dataset.after):
            if act not in acts:
                yield Complaint(
                    ("datasets", id, "after", place),
                    f"这些程序都没有动作 {act}",
                    f"no procedure has the act {act}",
                )
        for name, column in dataset.columns.items():
            for zh, en in _wrong(column, dataset, procedures):
                yield Complaint(("datasets", id, "columns", name), zh, en)


def _wrong(column: Column, dataset: DataSet, procedures: list[Procedure]) -> Iterator[tuple[str, str]]:
    """What cannot be drawn from any of the procedures."""
    for clock in column.clock or ():
        if not any(clock in each.clocks for each in procedures):
            yield f"这些程序都没有时钟 {clock}", f"no procedure has the clock {clock}"
    if column.from_ == "case.outside_number" and not any(
        column.field in p.number.outside for p in procedures
    ):
        yield f"这些程序都没有外部编号 {column.field}", f"no procedure knows outside numbers {column.field}"
    if column.from_ == "act.field":
        forms = [
            act.form[column.field]
            for procedure in procedures for name, act in procedure.acts.items()
            if column.field in act.form and (not dataset.after or name in dataset.after)
        ]  # fmt: skip
        if not forms:
            yield f"这些动作的表单没有 {column.field}", f"no form of these acts has {column.field}"
        if any(form.personal or form.type in ("long_text", "file") for form in forms):
            yield (
                f"{column.field} 是密存的文字或附件，不上报",
                f"{column.field} is sealed text or a file: not reported",
            )
