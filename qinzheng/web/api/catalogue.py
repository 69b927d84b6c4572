"""What a city is made of, through the API: units, service items, procedures, measures and their answers."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from ninja import Query

from qinzheng.cases.items import Item
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.measures import queries as measures
from qinzheng.measures.period import Period
from qinzheng.organizations import queries as organizations_of
from qinzheng.organizations.models import Organization
from qinzheng.web import paging
from qinzheng.web.api import asked as asks
from qinzheng.web.api import shapes
from qinzheng.web.api.cases import fields_of
from qinzheng.web.api.door import ApiRequest, Bearer, router
from qinzheng.web.api.problems import not_found


@router.get(
    "/organizations", auth=Bearer("see", Organization), response=shapes.Organizations,
    operation_id="list_organizations",
)  # fmt: skip
def organizations(request: ApiRequest, asked: Query[asks.UnitQuery]) -> dict[str, Any]:
    """Units that exist today, by id, with the unit that they stand under."""
    today = _today()
    rows = request.rows.filter(organizations_of.on(today))
    page = paging.page(
        rows.filter(kind=asked.kind) if asked.kind else rows, ["id"], after=asked.after, size=asked.size
    )
    parents = organizations_of.parents([row.id for row in page.rows], today)
    return {
        "organizations": [_unit(row, parents.get(row.id)) for row in page.rows],
        "following": page.following,
    }


@router.get(
    "/organizations/{id}", auth=Bearer("see", Organization), response=shapes.Organization,
    operation_id="get_organization",
)  # fmt: skip
def organization(request: ApiRequest, id: str) -> dict[str, Any]:
    """One unit, also one that exists no longer."""
    row = request.rows.filter(pk=id).first()
    if row is None:
        raise not_found()
    return _unit(row, organizations_of.parent(id, _today()))


def _unit(row: Organization, parent: str | None) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in shapes.Organization.model_fields if name != "parent"}
    return {**plain, "parent": parent}


@router.get("/items", auth=Bearer("definitions"), response=list[shapes.Item], operation_id="list_items")
def items(request: ApiRequest, organization: str = "") -> list[dict[str, Any]]:
    """The service items in force today."""
    found: list[Item] = _in_force("item")
    return [_item(item) for item in found if organization in ("", item.organization)]


@router.get("/items/{id}", auth=Bearer("definitions"), response=shapes.Item, operation_id="get_item")
def item(request: ApiRequest, id: str) -> dict[str, Any]:
    """One service item in force today."""
    return _item(_one("item", id).definition)


@router.get(
    "/items/{id}/definition",
    auth=Bearer("definitions"),
    response=shapes.WholeItem,
    operation_id="get_item_definition",
)
def item_definition(request: ApiRequest, id: str) -> dict[str, Any]:
    """One service item in force today with all that it says: guide, materials, fees, codes, life, sources."""
    found = _one("item", id)
    definition: Item = found.definition
    return {
        "id": definition.id, "edition": found.sha256, "in_force_from": definition.in_force_from,
        "definition": definition.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    }  # fmt: skip


def _item(item: Item) -> dict[str, Any]:
    return {
        **item.model_dump(include=set(shapes.Item.model_fields)), "form": fields_of(item.guide.form),
        "alive": item.alive(_today()),
    }  # fmt: skip


@router.get(
    "/procedures",
    auth=Bearer("definitions"),
    response=list[shapes.Procedure],
    operation_id="list_procedures",
)
def procedures(request: ApiRequest) -> list[dict[str, Any]]:
    """The procedures in force today: states, acts with their forms and roles, clocks with their sources."""
    found: list[Procedure] = _in_force("procedure")
    return [_procedure(_one("procedure", procedure.id)) for procedure in found]


@router.get(
    "/procedures/{id}", auth=Bearer("definitions"), response=shapes.Procedure, operation_id="get_procedure"
)
def procedure(request: ApiRequest, id: str) -> dict[str, Any]:
    """One procedure in force today."""
    return _procedure(_one("procedure", id))


def _procedure(found: shelf.Published) -> dict[str, Any]:
    definition: Procedure = found.definition
    return {
        "id": definition.id, "name": definition.name.model_dump(), "edition": found.sha256,
        "in_force_from": definition.in_force_from, "source": definition.source,
        "definition": definition.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    }  # fmt: skip


@router.get(
    "/measures",
    auth=Bearer("measure", Organization),
    response=list[shapes.MeasureRow],
    operation_id="list_measures",
)
def measures_(request: ApiRequest) -> list[dict[str, Any]]:
    """The published measures."""
    return [
        {"id": each.id, "name": each.name.model_dump(), "by": list(each.by)} for each in measures.measures()
    ]


@router.get(
    "/measures/{id}", auth=Bearer("measure", Organization), response=shapes.Answers, operation_id="ask_measure"
)  # fmt: skip
def measure(request: ApiRequest, id: str, asked: Query[asks.MeasureQuery]) -> dict[str, Any]:
    """The answers to a measure about the units whose figures the caller may see; each can be asked again."""
    if id not in {each.id for each in measures.measures()}:
        raise not_found()
    at = measures.position() if asked.upto is None else asked.upto
    units = list(request.rows.values_list("pk", flat=True))
    found = measures.answer(id, asked.by, Period(asked.first, asked.last), upto=at, organizations=units)
    return {"measure": id, "upto": at, "answers": [asdict(each) for each in found]}


def _in_force(kind: str) -> list[Any]:
    """What is in force today, each id once, in the order of ids."""
    today = _today()
    known = {each.id for each in shelf.library().all(kind)}
    found = []
    for id in sorted(known):
        try:
            found.append(shelf.in_force(kind, id, today).definition)
        except shelf.NotPublished:
            continue
    return found


def _one(kind: str, id: str) -> shelf.Published:
    try:
        return shelf.in_force(kind, id, _today())
    except shelf.NotPublished:
        raise not_found() from None


def _today() -> dt.date:
    return dt.datetime.now(shelf.ZONE).date()
