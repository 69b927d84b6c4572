"""Devices of a service point: ticket machines, hall screens, rating pads, document cameras. A token with the scope ``device``.

A device holds a post at its point, as an application does, and acts in it: what it draws or scans names that post. It
reaches its own point and the cases that were taken in there, and nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ninja import Query, Schema, Status

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.cases import attachments
from qinzheng.cases.actions import item_of
from qinzheng.cases.attachments_checks import MOST_BYTES, WrongFile
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.mechanisms.windows import calling, order, queries
from qinzheng.mechanisms.windows.models import Ticket
from qinzheng.mechanisms.windows.schema import Window
from qinzheng.web.api import asked as asks
from qinzheng.web.api.door import ApiRequest, Bearer, key_of, refused, router
from qinzheng.web.api.problems import Problem, not_found
from qinzheng.web.api.shapes import Name
from qinzheng.web.calendars import today
from qinzheng.web.windows.place import now

DEVICE = Bearer("device")


class LineOf(Schema):
    """A line of the queue and how many wait in it."""

    line: str
    letter: str
    name: Name
    waiting: int


class Call(Schema):
    """A ticket that is called, and what a loudspeaker says."""

    number: str
    counter: int
    calls: int
    voice: Name


class Queue(Schema):
    """A point's queue as it stands."""

    point: str
    lines: list[LineOf]
    calls: list[Call]


class NewTicket(asks.Strict):
    """A line, or the code of an appointment of today."""

    line: asks.Word = ""
    code: asks.Word = ""


class Drawn(Schema):
    """A ticket: its number, its line, how many are before it."""

    ticket: str
    number: str
    line: str
    ahead: int


class AtCounter(Schema):
    """Who is at a counter: the ticket, and the case that was taken in from the last one, for a rating pad."""

    counter: int
    open: bool
    number: str
    last_case: str


class Scan(asks.Strict):
    """Where a scan goes; its bytes are the body of the request."""

    case: asks.Word
    material: asks.Word = ""
    file: asks.Word


class Scanned(Schema):
    """The file as it was taken in; ``waiting``: it is scanned for viruses first."""

    file: str
    kind: str
    size: int
    waiting: bool


@router.get("/points/{point}/queue", auth=DEVICE, response=Queue, operation_id="get_queue")
def queue(request: ApiRequest, point: str) -> dict[str, Any]:
    """The lines of a point and who is called now: for a ticket machine and a screen."""
    window, _ = _here(request, point)
    lengths = queries.lengths(point, today())
    return {
        "point": point,
        "lines": [
            {"line": id, "letter": line.letter, "name": line.name.model_dump(), "waiting": lengths.get(id, 0)}
            for id, line in window.lines.items()
        ],
        "calls": [_call(each) for each in queries.called(point, today())],
    }


def _call(ticket: Ticket) -> dict[str, Any]:
    voice = order.voice(ticket.number, ticket.counter or 0)
    return {
        "number": ticket.number,
        "counter": ticket.counter,
        "calls": ticket.calls,
        "voice": voice.model_dump(),
    }


@router.post("/points/{point}/tickets", auth=DEVICE, response={201: Drawn}, operation_id="draw_ticket")
def draw(request: ApiRequest, point: str, new: NewTicket) -> Status[Any]:
    """Draw a ticket. The idempotency key is the ticket: sent again it is the same one."""
    _, who = _here(request, point)
    made = calling.draw(point, new.line, who, code=new.code.strip(), key=key_of(request))
    return Status(
        201,
        {"ticket": made.pk, "number": made.number, "line": made.line, "ahead": queries.ahead(made, now())},
    )


@router.get("/points/{point}/counters/{counter}", auth=DEVICE, response=AtCounter, operation_id="get_counter")
def counter(request: ApiRequest, point: str, counter: int) -> dict[str, Any]:
    """Who is at a counter, and the number of the case last taken in there: what a rating pad rates."""
    _here(request, point)
    day = today()
    at = queries.at_counter(point, day, counter)
    return {
        "counter": counter, "open": any(each.number == counter for each in queries.counters(point, day)),
        "number": at.number if at is not None else "", "last_case": queries.last_case(point, day, counter),
    }  # fmt: skip


@router.post("/points/{point}/scans", auth=DEVICE, response={201: Scanned}, operation_id="scan")
def scan(request: ApiRequest, point: str, told: Query[Scan]) -> Status[Any]:
    """A picture or PDF from a document camera, put to a case that was taken in at the point; the body is the file."""
    _, who = _here(request, point)
    case = _case(request.reader, told.case)
    item = item_of(case)
    if told.material and (item is None or told.material not in item.guide.materials):
        raise _fault("material", "这个事项没有这份材料", "the item has no such material")
    party = case.parties.filter(relation="applicant").values_list("party", flat=True).first()
    try:
        held = attachments.take(
            told.file,
            request.read(MOST_BYTES + 1),
            party=party or "",
            material=told.material,
            by=who.actor,
            case=case,
        )
    except WrongFile as why:
        raise _fault("file", why.zh, why.en) from None
    return Status(201, {"file": held.pk, "kind": held.kind, "size": held.size, "waiting": held.waiting})


# -- which point, which case ---------------------------------------------------------------------------


def _here(request: ApiRequest, point: str) -> tuple[Window, Who]:
    """The rules of the device's own point, and the post in which it acts; any other point is not there."""
    seat = next((each for each in request.reader.seats if each.organization == point), None)
    window = queries.rules_of(point, today()) if seat is not None else None
    if seat is None or window is None:
        raise not_found()
    return window, Who(seat.post, seat.unit, "device")


def _case(reader: User, number: str) -> Case:
    """An open case that the device's post may act on, as a clerk in that post may; the scope lets it only add scans."""
    post = replace(reader, scopes=None)
    found = rules.scope(
        post, "perform", Case.objects.filter(number=number, opened_by__in=reader.desk)
    ).first()
    if found is None:
        raise not_found()
    if found.closed_at is not None:
        raise refused()
    return found


def _fault(field: str, zh: str, en: str) -> Problem:
    return Problem(422, "invalid", zh, en, [(field, zh, en)])
