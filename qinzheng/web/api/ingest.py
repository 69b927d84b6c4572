"""What other systems tell of their cases: one act, or many as NDJSON. All or reported per case, nothing twice.

A case is named for ever by the application and its number there, so telling it again changes nothing and no key
has to be remembered. What happened elsewhere is recorded whatever its order; the supervision judges it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from django.http import HttpResponse
from ninja.decorators import decorate_view
from pydantic import ValidationError as Invalid

from qinzheng.access.tokens import Caller
from qinzheng.cases import outside
from qinzheng.cases.about import About
from qinzheng.cases.adopting import History, Taken
from qinzheng.cases.engine import Who
from qinzheng.cases.outside import Outcome
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.web.api import asked as asks
from qinzheng.web.api import known, shapes
from qinzheng.web.api.door import ApiRequest, Bearer, router
from qinzheng.web.api.problems import Fault, Problem
from qinzheng.web.api.straight import straight

LINES = 20_000
LONGEST = 64 << 10
"""Bytes of a line."""
LARGEST = 64 << 20
"""Bytes of a bulk."""
NDJSON = "application/x-ndjson"


class Wrong(Exception):
    """A line that is not taken: what is wrong with it, by field."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults)
        self.faults = faults


@router.post("/ingest/acts", auth=Bearer("ingest"), response=shapes.Taken, operation_id="ingest_act")
@decorate_view(straight)
def one(request: ApiRequest, response: HttpResponse, new: asks.Told) -> dict[str, Any]:
    """One act of a case of another system. The key of it follows from the application, the case, the act and its moment."""
    _, caller = request.rule.enter(request.shown)
    try:
        history = _history(caller, [_checked(caller, new)], known.towns() if new.town else frozenset())
    except Wrong as why:
        zh, en = "这一条须更正", "the record must be corrected"
        raise Problem(422, "invalid", zh, en, why.faults) from None
    (outcome,) = outside.take([history], whole=False)
    if outcome.result == "rejected":
        raise Problem(422, "refused", outcome.zh, outcome.en)
    return _taken(new.case, 1, outcome)


@router.post(
    "/ingest/bulk", auth=Bearer("ingest"), response=shapes.Intake, operation_id="ingest_bulk",
    openapi_extra={
        "requestBody": {"required": True, "content": {NDJSON: {"schema": {"$ref": "#/components/schemas/Told"}}}}
    },
)  # fmt: skip
def bulk(request: ApiRequest) -> dict[str, Any]:
    """Many acts, one JSON object a line (NDJSON): at most 20,000 lines and 64 MiB. A case with a wrong line is not taken."""
    cases: dict[str, list[asks.Told]] = {}
    rejected: list[dict[str, Any]] = []
    spoilt: set[str] = set()
    lines = 0
    for number, line in _lines(request):
        lines += 1
        try:
            told = _checked(request.caller, _read(line))
        except Wrong as why:
            case = _case_of(line)
            spoilt.add(case)
            rejected.append({"line": number, "case": case, "errors": [_named(fault) for fault in why.faults]})
            continue
        cases.setdefault(told.case, []).append(told)
    return _account(request.caller, lines, cases, spoilt - {""}, rejected)


def _account(
    caller: Caller, lines: int, cases: dict[str, list[asks.Told]], spoilt: set[str], rejected: list[dict[str, Any]]
) -> dict[str, Any]:  # fmt: skip
    """Take the cases whose every line could be read, and account for every line."""
    told = {case: acts for case, acts in cases.items() if case not in spoilt}
    histories, names = [], []
    towns = known.towns()
    answers: list[dict[str, Any]] = []
    for case, acts in told.items():
        try:
            histories.append(_history(caller, acts, towns))
            names.append(case)
        except Wrong as why:
            _, zh, en = why.faults[0]
            answers.append(_rejected(case, len(acts), zh, en))
    outcomes = outside.take(histories, whole=False)
    answers += [_taken(case, len(told[case]), outcome) for case, outcome in zip(names, outcomes, strict=True)]
    zh, en = "同一办件另有一行有误，整件未收", "another line of the case is wrong: the case was not taken"
    answers += [_rejected(case, len(cases[case]), zh, en) for case in sorted(spoilt & cases.keys())]
    return {
        "lines": lines, "acts": sum(each["acts"] for each in answers), "new": sum(each["new"] for each in answers),
        "already": sum(each["already"] for each in answers),
        "refused": sum(each["acts"] for each in answers if each["result"] == "rejected") + len(rejected),
        "cases": answers, "rejected": rejected,
    }  # fmt: skip


# -- reading --------------------------------------------------------------------------------------------


def _lines(request: ApiRequest) -> Iterator[tuple[int, bytes]]:
    """(number from 1, line) of the body, read as it comes; empty lines are none."""
    read = 0
    number = 0
    while line := request.readline(LONGEST + 1):
        number += 1
        read += len(line)
        if len(line) > LONGEST or read > LARGEST or number > LINES:
            raise Problem(
                413, "too-large", f"最多 {LINES} 行、64 MiB，每行 64 KiB；请分批", f"at most {LINES} lines, 64 MiB, 64 KiB a line: send it in parts"
            )  # fmt: skip
        if line.strip():
            yield number, line


def _read(line: bytes) -> asks.Told:
    try:
        return asks.Told.model_validate_json(line)
    except Invalid as why:
        raise Wrong(
            *(
                (".".join(map(str, each["loc"])), "不符合要求，请更正", f"does not fit: {each['msg']}")
                for each in why.errors()
            )
        ) from None


def _case_of(line: bytes) -> str:
    """The case that a wrong line speaks of, where that can be read at all."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    case = value.get("case") if isinstance(value, dict) else None
    return case[:80] if isinstance(case, str) else ""


def _named(fault: Fault) -> dict[str, str]:
    field, zh, en = fault
    return {"field": field, "zh": zh, "en": en}


def _checked(caller: Caller, told: asks.Told) -> asks.Told:
    """The record, if the application may report for its unit."""
    if told.organization not in caller.reports:
        raise Wrong(
            (
                "organization", f"该令牌不能代表单位 {told.organization} 报送，请核对编号或申请授权",
                f"the token may not report for {told.organization}: check the id, or ask for it",
            )
        )  # fmt: skip
    return told


# -- histories ------------------------------------------------------------------------------------------


def _history(caller: Caller, acts: list[asks.Told], towns: Collection[str]) -> History:
    """One case of the application as a history."""
    first = min(acts, key=lambda act: act.occurred_at)
    differ = sorted({act.procedure for act in acts})
    if len(differ) > 1:
        zh, en = (
            f"同一办件写了几个程序：{'、'.join(differ)}",
            f"one case names several procedures: {', '.join(differ)}",
        )
        raise Wrong(("procedure", zh, en))
    if first.town and first.town not in towns:
        raise Wrong(("town", *known.TOWN))
    about = About(first.item, first.title, first.town)
    key = outside.key(caller.source, first.case)
    named = outside.officers(caller.source)
    taken = [_taken_act(act, named(act.officer)) for act in acts]
    return History(key, first.procedure, taken, about, first.outside, first.variant)


def _taken_act(told: asks.Told, officer: str) -> Taken:
    who = Who(officer, told.organization, told.role or _role(told))
    reported = ledger.microseconds(told.reported_at)
    return Taken(
        told.act, who, ledger.microseconds(told.occurred_at) or 0, told.form, reported, None, told.precision
    )


def _role(told: asks.Told) -> str:
    try:
        procedure: Procedure = shelf.in_force(
            "procedure", told.procedure, shelf.day(ledger.microseconds(told.occurred_at) or 0)
        ).definition
    except shelf.NotPublished as why:
        zh, _, en = str(why).partition(" / ")
        raise Wrong(("procedure", zh, en)) from None
    return outside.role(procedure, told.act)


def _taken(case: str, acts: int, outcome: Outcome) -> dict[str, Any]:
    return {
        "case": case, "result": outcome.result, "number": outcome.number, "acts": acts,
        "new": outcome.new, "already": outcome.already, "zh": outcome.zh, "en": outcome.en,
    }  # fmt: skip


def _rejected(case: str, acts: int, zh: str, en: str) -> dict[str, Any]:
    return {"case": case, "result": "rejected", "acts": acts, "new": 0, "already": 0, "zh": zh, "en": en}
