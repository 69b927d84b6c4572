"""Ratings from the pads at windows: one for each service, by a token that can do nothing else."""

from __future__ import annotations

from typing import Any

from ninja import Schema, Status
from pydantic import Field

from qinzheng.cases.models import Case
from qinzheng.mechanisms.ratings import giving, queries
from qinzheng.web.api.asked import Strict, Word
from qinzheng.web.api.door import ApiRequest, Bearer, router
from qinzheng.web.api.problems import not_found

PAD = "pad"


class NewRating(Strict):
    """What somebody at the window says of the service just given; ``named``: the unit may know of which case."""

    case: Word
    grade: Word
    answer: Word = "unsaid"
    reasons: list[Word] = Field(default=[], max_length=20)
    words: str = Field(default="", max_length=giving.LONGEST_WORDS)
    named: bool = False


class Rated(Schema):
    """A rating as it counts; ``call_back``: the number of the case in which it is dealt with, where it opened one."""

    grade: str
    answer: str
    unit: str
    call_back: str


@router.post("/ratings", auth=Bearer("rate"), response={201: Rated}, operation_id="rate_service")
def rate(request: ApiRequest, new: NewRating) -> Status[Any]:
    """Rate the last service of a window of the token's units on a case. The same service is rated once: 409 afterwards."""
    case = Case.objects.filter(number=new.case, concerns=None).first()
    service = queries.at_window(case, request.caller.reports) if case is not None else None
    if case is None or service is None:
        raise not_found()
    opinion = giving.Opinion(new.grade, new.answer, tuple(new.reasons), new.words, new.named)
    made = giving.rate(case, service, opinion, f"pad:{request.reader.pseudonym}", PAD)
    return Status(
        201, {"grade": made.grade, "answer": made.answer, "unit": made.unit, "call_back": made.call_back}
    )
