"""Green channels and matters through the API: what a project goes by, and what people ask for at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from ninja import Status

from qinzheng.access import acting, rules
from qinzheng.cases.about import About
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.mechanisms.channels import giving, watching
from qinzheng.mechanisms.channels.giving import Channel
from qinzheng.mechanisms.matters import handling
from qinzheng.web.api import asked as asks
from qinzheng.web.api import shapes
from qinzheng.web.api.cases import fields_of
from qinzheng.web.api.door import ApiRequest, Bearer, key_of, refused, router
from qinzheng.web.api.problems import not_found

MOST = 200
"""Channels in one answer, the newest."""


@router.get("/channels", auth=Bearer("channels"), response=list[shapes.Channel], operation_id="list_channels")
def channels(request: ApiRequest) -> list[dict[str, Any]]:
    """The green channels that the caller may see, the newest first. A channel is looked at, and ended, by acts on its watch."""
    rows = rules.scope(request.reader, "see", Case.objects.filter(procedure=watching.PROCEDURE))
    listed = [(row, giving.watched(row)) for row in rows.order_by("-opened_at", "pk")[:MOST]]
    return [_channel(row, channel) for row, channel in listed if channel is not None]


@router.post(
    "/channels", auth=Bearer("give_channel"), response={201: shapes.Channel}, operation_id="give_channel"
)
def give(request: ApiRequest, response: HttpResponse, new: asks.NewChannel) -> Status[Any]:
    """Give a party the green channel for some items; its watch is opened with it."""
    giver = acting.in_role(request.reader, giving.AUTHORITIES)
    if giver is None:
        raise refused()
    key = key_of(request)
    with transaction.atomic():
        channel = giving.give(new.party, new.items, new.reason, new.shepherd, new.until, giver, key=key)
        watch = giving.watch_of(new.party)
    assert watch is not None
    response["Location"] = f"{request.path.removesuffix('/channels')}/cases/{watch.number}"
    return Status(201, _channel(watch, channel))


def _channel(watch: Case, channel: Channel) -> dict[str, Any]:
    return {
        "number": watch.number, "state": watch.state, "party": channel.party, "items": list(channel.items),
        "reason": channel.reason, "shepherd": channel.shepherd, "since": channel.since, "until": channel.until,
        "by": channel.by, "organization": channel.organization,
    }  # fmt: skip


@router.get("/matters", auth=Bearer("definitions"), response=list[shapes.Matter], operation_id="list_matters")
def matters(request: ApiRequest) -> list[dict[str, Any]]:
    """What can be asked for as one matter: its items, and the one form that asks for all of them."""
    today = _today()
    return [
        {
            "id": each.id, "name": {"zh": each.name.zh, "en": each.name.en}, "items": list(each.items),
            "channels": list(each.channels), "form": fields_of(handling.form_of(handling.parts(each, today))),
        }
        for each in shelf.library().standing("matter", today)
    ]  # fmt: skip


@router.post(
    "/matters/{id}", auth=Bearer("open"), response={201: shapes.OpenedMatter}, operation_id="open_matter"
)
def open_matter(request: ApiRequest, response: HttpResponse, id: str, new: asks.NewMatter) -> Status[Any]:
    """Open a matter: the parent and a case for each item, all or none."""
    if id not in {each.id for each in shelf.library().standing("matter", _today())}:
        raise not_found()
    about = About(title=new.title, town=new.town, parties=new.parties, concerns=new.concerns)
    opened = acting.open_matter(request.reader, id, new.form, about, key=key_of(request))
    response["Location"] = f"{request.path.partition('/matters')[0]}/cases/{opened.parent.number}"
    children = [
        {"item": item, "number": done.number, "state": done.state} for item, done in opened.children.items()
    ]
    return Status(201, {"number": opened.parent.number, "state": opened.parent.state, "children": children})


def _today() -> dt.date:
    return shelf.day(ledger.microseconds(dt.datetime.now(dt.UTC)) or 0)
