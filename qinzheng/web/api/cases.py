"""Cases through the API: lists, one case, its open acts, events, clocks and cards. Rows come from the rule alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from ninja import Query

from qinzheng.access import acting, rules
from qinzheng.access import actions as access
from qinzheng.cases import searching
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Field_
from qinzheng.clocks.machine import FAR
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries as events
from qinzheng.supervision import sight
from qinzheng.supervision.models import Card
from qinzheng.web import paging
from qinzheng.web.api import asked as asks
from qinzheng.web.api import shapes
from qinzheng.web.api.door import ApiRequest, Bearer, router
from qinzheng.web.api.events import plain
from qinzheng.web.api.problems import not_found


@router.get("/cases", auth=Bearer("see", Case), response=shapes.Cases, operation_id="list_cases")
def cases(request: ApiRequest, asked: Query[asks.CaseQuery]) -> dict[str, Any]:
    """The cases that the caller may see, newest first."""
    exact = asked.model_dump(include={"procedure", "item", "organization", "town", "state"})
    rows = request.rows.filter(**{name: value for name, value in exact.items() if value})
    if asked.open is not None:
        rows = rows.filter(closed_at__isnull=asked.open)
    if asked.overdue is not None:
        late = {"closed_at": None, "next_due__lt": dt.datetime.now(dt.UTC)}
        rows = rows.filter(**late) if asked.overdue else rows.exclude(**late)
    if asked.q:
        rows = searching.find(rows, asked.q, people=False)
    page = paging.page(rows, ["-opened_at", "id"], after=asked.after, size=asked.size)
    return {"cases": [_row(case) for case in page.rows], "following": page.following}


@router.get(
    "/cases/{number}", auth=Bearer("see", Case), response=shapes.CaseFull, url_name="case", operation_id="get_case"
)  # fmt: skip
def case(request: ApiRequest, number: str) -> dict[str, Any]:
    """One case. Each look is noted beside those of people."""
    found = _found(request, number)
    access.seen(request.reader, found)
    procedure = procedure_of(found)
    state = procedure.states[found.state]
    return {
        **_row(found), "id": found.id, "edition": found.edition, "variant": found.variant, "state_name": _both(state.name),
        "procedure_name": _both(procedure.name), "ended_as": state.final, "opened_by": found.opened_by,
        "outside": list(found.outside_numbers.order_by("kind", "number").values("kind", "number")),
        "parties": dict(found.parties.values_list("relation", "party")),
    }  # fmt: skip


@router.get(
    "/cases/{number}/acts", auth=Bearer("see", Case), response=list[shapes.OpenAct], operation_id="open_acts"
)
def open_acts(request: ApiRequest, number: str) -> list[dict[str, Any]]:
    """The acts that the caller may do on the case as it stands, each with its form."""
    found = _found(request, number)
    acts = acting.open_acts(request.reader, found, procedure_of(found))
    return [{"act": name, "name": _both(act.name), "form": fields_of(act.form)} for name, act in acts]


@router.get(
    "/cases/{number}/events",
    auth=Bearer("see", Case),
    response=list[shapes.Event],
    operation_id="case_events",
)
def case_events(request: ApiRequest, number: str) -> list[dict[str, Any]]:
    """Every event of the case in its order: acts and determinations."""
    return [plain(event) for event in events.history(_found(request, number).id)]


@router.get(
    "/cases/{number}/clocks",
    auth=Bearer("see", Case),
    response=list[shapes.Clock],
    operation_id="case_clocks",
)
def case_clocks(request: ApiRequest, number: str) -> list[dict[str, Any]]:
    """Every clock of the case as of now, with the arithmetic of its due moments."""
    now = ledger.microseconds(dt.datetime.now(dt.UTC)) or 0
    return [
        {
            "clock": said.clock, "name": _both(said.name), "organization": said.organization,
            "started_at": ledger.instant(said.start), "due_at": _moment(said.due), "promised_at": _moment(said.promise),
            "ended_at": None if said.ending in ("running", "overdue") else ledger.instant(said.end),
            "ending": said.ending, "why_due": _both(said.why_due),
            "why_promise": None if said.why_promise is None else _both(said.why_promise),
        }
        for said in sight.of(_found(request, number), now).clocks
    ]  # fmt: skip


@router.get(
    "/cases/{number}/cards", auth=Bearer("see", Case), response=list[shapes.Card], operation_id="case_cards"
)
def case_cards(request: ApiRequest, number: str) -> list[dict[str, Any]]:
    """The cards on the case that the caller may see, newest first; withdrawn ones say when."""
    found = _found(request, number)
    rows = rules.scope(request.reader, "see", Card.objects.filter(case=found.id)).order_by("-at", "id")
    return [_card(row, found.number) for row in rows]


@router.get("/cards", auth=Bearer("see", Card), response=shapes.Cards, operation_id="list_cards")
def cards(request: ApiRequest, asked: Query[asks.CardQuery]) -> dict[str, Any]:
    """The cards that the caller may see, newest first."""
    exact = asked.model_dump(include={"level", "organization", "rule"})
    rows: QuerySet[Card] = request.rows.filter(**{name: value for name, value in exact.items() if value})
    if asked.withdrawn is not None:
        rows = rows.filter(withdrawn_at__isnull=not asked.withdrawn)
    page = paging.page(rows, ["-issued_at", "id"], after=asked.after, size=asked.size)
    numbers = dict(Case.objects.filter(pk__in=[row.case for row in page.rows]).values_list("pk", "number"))
    return {
        "cards": [_card(row, numbers.get(row.case, "")) for row in page.rows],
        "following": page.following,
    }


def _found(request: ApiRequest, number: str) -> Case:
    found: Case | None = request.rows.filter(number=number).first()
    if found is None:
        raise not_found()
    return found


def _row(case: Case) -> dict[str, Any]:
    return {name: getattr(case, name) for name in shapes.CaseRow.model_fields}


def _card(row: Card, number: str) -> dict[str, Any]:
    return {
        "number": number,
        **{name: getattr(row, name) for name in shapes.Card.model_fields if name != "number"},
    }


def fields_of(form: Mapping[str, Field_]) -> list[dict[str, Any]]:
    """A form field by field, as the API tells it."""
    return [
        {
            "field": name, "name": _both(field.name), "type": field.type, "required": field.required,
            "choices": list(field.choices), "least": field.least, "most": field.most,
        }
        for name, field in form.items()
    ]  # fmt: skip


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _moment(at: int) -> dt.datetime | None:
    return ledger.instant(at) if at < FAR else None
