"""The shape of a rating scheme: the grades, what may have been wrong, which cases may be rated and how long.

The grades are five and closed, because measures and call-backs know them; their words are the scheme's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from qinzheng.cases.schema import Procedure
from qinzheng.definitions.form import Definition, Identifier, Strict, Text
from qinzheng.definitions.library import Complaint, Library

Grade = Literal["very_satisfied", "satisfied", "fairly_satisfied", "dissatisfied", "very_dissatisfied"]
Answer = Literal["done", "not_done", "not_yet", "unsaid"]
"""Whether the matter was done, asked apart from manners; ``unsaid``: left open."""
GRADES: tuple[str, ...] = get_args(Grade)
ANSWERS: tuple[str, ...] = get_args(Answer)
BAD = frozenset({"dissatisfied", "very_dissatisfied"})
CALL_BACK, COMPLAIN = "ratings.call-back", "complain"
CHECK, DOUBT = "ratings.check", "doubt"
"""The procedures that a rating may open, and their opening acts."""


class Burst(Strict):
    """More ratings than this from one device within the time are looked at by a person."""

    more_than: int = Field(ge=1, le=1000)
    within_minutes: int = Field(ge=1, le=1440)


class Scheme(Definition):
    """One scheme. ``desk`` receives what a rating opens and calls back: another unit than those rated."""

    kind: Literal["rating"]
    procedures: list[Identifier] = Field(min_length=1, description="cases of which may be rated")
    desk: Identifier = Field(description="the unit that calls back")
    open_days: int = Field(
        ge=1, le=366, description="calendar days after the end in which a case may be rated"
    )
    grades: dict[Grade, Text]
    reasons: dict[Identifier, Text] = Field(
        min_length=1, description="what may have been wrong, to be ticked"
    )
    burst: Burst

    @model_validator(mode="after")
    def _every_grade(self) -> Self:
        if missing := [grade for grade in GRADES if grade not in self.grades]:
            listed = "、".join(missing)
            raise ValueError(f"grades 缺少 {listed} / grades lack {', '.join(missing)}")
        return self


def check_scheme(scheme: Scheme, library: Library) -> Iterator[Complaint]:
    """The procedures exist, and so do those that a rating opens, with the fields that are filled in."""
    known: dict[str, Procedure] = {each.id: each for each in library.all("procedure")}
    for n, id in enumerate(scheme.procedures):
        if id not in known:
            yield Complaint(("procedures", n), f"没有程序 {id}", f"there is no procedure {id}")
    wanted = {
        CALL_BACK: (COMPLAIN, {"unit", "rating", "grade", "answer"}),
        CHECK: (DOUBT, {"unit", "count", "minutes"}),
    }
    for id, (act, fields) in wanted.items():
        opening = known[id].acts.get(act) if id in known else None
        if opening is None or not opening.opens or not fields <= opening.form.keys():
            listed = "、".join(sorted(fields))
            yield Complaint(
                ("procedures",), f"评价需要程序 {id}，以 {act} 开始，有栏 {listed}",
                f"ratings need a procedure {id} that {act} opens, with the fields {', '.join(sorted(fields))}",
            )  # fmt: skip
