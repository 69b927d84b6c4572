"""The events behind an answer, in words: each with its case where the reader may see it, and its place in the log."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.measures import queries as measures
from qinzheng.measures.ask import Answer
from qinzheng.organizations import queries as organizations
from qinzheng.web.components import Badge, Column, Link, Row, Table
from qinzheng.web.wall import eyes

SIZE = 100
"""Events on a page."""
TYPES = {
    "clocks.moved": Text(zh="时钟认定", en="clock determined"), "clocks.redetermined": Text(zh="时钟重新认定", en="clock determined anew"),
    "supervision.card_issued": Text(zh="发牌", en="card issued"), "supervision.card_withdrawn": Text(zh="撤回牌", en="card withdrawn"),
    "ratings.given": Text(zh="评价", en="rating"), "fees.booked": Text(zh="收费", en="fee taken"), "fees.refunded": Text(zh="退费", en="fee given back"),
}  # fmt: skip
COUNTS = {
    True: Badge(Text(zh="计入", en="counts"), "good"),
    False: Badge(Text(zh="只计入分母", en="denominator only"), "plain"),
}
CAPTION = Text(zh="所据事件，按账本次序", en="The events, in the order of the ledger")
UNSEEN = "—"


@dataclass(frozen=True)
class Shown:
    """One page of events."""

    table: Table
    more: bool


def of(reader: User, answer: Answer, page: int) -> Shown:
    """The ``page``-th hundred events behind an answer (from 1). What does not exist for the reader is in no row."""
    concealed = eyes.concealed(reader)
    found = measures.evidence(
        answer.evidence,
        without=concealed,
        sealed=answer.evidence.sealed_at is None,
        begin=(page - 1) * SIZE,
        limit=SIZE + 1,
    )
    listed = found[:SIZE]
    held = Case.objects.in_bulk([each["subject"] for each in listed])
    seen = set(
        rules.scope(reader, "see", Case.objects.filter(pk__in=list(held))).values_list("pk", flat=True)
    )
    names = organizations.names({_unit(each, held) for each in listed})
    rate = answer.denominator is not None and answer.numerator is not None and answer.denominator == answer.n
    columns = (
        Column(Text(zh="账本位置", en="Position"), number=True), Column(Text(zh="发生的事", en="What")), Column(Text(zh="办件", en="Case")),
        Column(Text(zh="单位", en="Unit")), Column(Text(zh="时间", en="When")), *([Column(Text(zh="如何计", en="How it counts"))] if rate else []),
    )  # fmt: skip
    rows = []
    for each in listed:
        case = held.get(each["subject"])
        cells: list[object] = [
            str(each["position"]), Link(_what(each, case), reverse("event", args=[each["id"]])),
            Link(case.number, reverse("case", args=[case.number])) if case and case.pk in seen else UNSEEN,
            names[_unit(each, held)], _when(each["occurred"] or each["recorded"]),
        ]  # fmt: skip
        rows.append(Row([*cells, COUNTS[bool(each["hit"])]] if rate else cells))
    return Shown(Table(CAPTION, columns, rows), len(found) > SIZE)


def _what(event: dict[str, Any], case: Case | None) -> Text:
    if event["act"] and case is not None:
        act = procedure_of(case).acts.get(event["act"])
        if act is not None:
            found: Text = act.name
            return found
    return TYPES.get(event["type"], Text(zh=event["act"] or event["type"], en=event["act"] or event["type"]))


def _unit(event: dict[str, Any], held: dict[str, Case]) -> str:
    """Who acted; of a determination, whose case it is now."""
    case = held.get(event["subject"])
    return event["organization"] or (case.organization if case else UNSEEN)


def _when(instant: int) -> str:
    """When it is said to have happened; a determination, when it was recorded."""
    return f"{(ledger.instant(instant) or dt.datetime.now(dt.UTC)).astimezone(shelf.ZONE):%Y-%m-%d %H:%M}"
