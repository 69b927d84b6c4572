"""The clerk's desk of a counter: who is here, who is next, and what the clerk may do about it. One call into the domain an act."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.cases.engine import NotAllowed
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.windows import calling, order, queries
from qinzheng.mechanisms.windows.models import Ticket
from qinzheng.web import language, reader
from qinzheng.web.components import State
from qinzheng.web.windows import appointments
from qinzheng.web.windows import place as places
from qinzheng.web.windows.place import Place

NOT_HERE = State(
    "empty", Text(zh="您的岗位不在服务点的窗口", en="Your post is at no window of a service point"),
    Text(zh="收件、登记首问在“新办件”里办理。", en="Take cases and enquiries in under New case."),
)  # fmt: skip
SHOWN = 30
"""So many of those who wait are listed; all are counted."""
BOOKED_SHOWN = 60
"""So many of the bookings to come are listed; all are counted."""


@dataclass(frozen=True)
class Waits:
    """One who waits, as the desk lists it."""

    ticket: Ticket
    line: Text
    slot: str
    first: bool


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The desk."""
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "windows"):
        raise Http404
    here = places.place(who, request.GET.get("point", ""))
    if here is None:
        return render(request, "windows/nowhere.html", {"empty": NOT_HERE})
    return render(request, "windows/desk.html", _context(who, here))


def _context(who: User, here: Place) -> dict[str, object]:
    now = places.now()
    lines = here.counter.lines if here.counter is not None else list(here.rules.lines)
    waiting = queries.in_order(here.point, here.day, lines, now)
    at = queries.at_counter(here.point, here.day, here.counter.number) if here.counter is not None else None
    lengths = queries.lengths(here.point, here.day)
    booked = queries.coming(here.point, here.day)
    return {
        "here": here, "key": uuid.uuid4(), "lines": here.rules.lines, "grounds": here.rules.grounds,
        "transfers": here.rules.transfers, "at": at, "at_line": line_of(here, at.line) if at is not None else None,
        "voice": order.voice(at.number, at.counter or 0) if at is not None else None,
        "may_miss": at is not None and at.calls >= here.rules.no_show_calls,
        "waiting": [Waits(each, line_of(here, each.line), appointments.clock(each.slot), n == 0) for n, each in enumerate(waiting[:SHOWN])],
        "count": len(waiting), "lengths": [(line.name, lengths.get(id, 0)) for id, line in here.rules.lines.items()],
        "missed": queries.missed(here.point, here.day), "counters": queries.counters(here.point, here.day),
        "bookings": [(each.pk, appointments.slot_of(each), appointments.item_of(each), queries.code(each.pk)) for each in booked[:BOOKED_SHOWN]],
        "booked_count": len(booked),
        "others": [each for each in places.places(who) if each.point != here.point],
    }  # fmt: skip


def line_of(here: Place, id: str) -> Text:
    """The name of a line; its id where the rules no longer have it."""
    found = here.rules.lines.get(id)
    return found.name if found is not None else Text(zh=id, en=id)


# -- what a clerk may do -------------------------------------------------------------------------------

Say = Callable[[Text], None]


def _number(data: QueryDict) -> int:
    given = data.get("counter", "")
    return int(given) if given.isdecimal() and len(given) < 4 else 0


def _key(data: QueryDict) -> uuid.UUID | None:
    try:
        return uuid.UUID(data.get("key", ""))
    except ValueError:
        return None


def _open(here: Place, data: QueryDict, say: Say) -> None:
    calling.open_counter(here.point, _number(data), data.getlist("lines"), here.who, key=_key(data))


def _draw(here: Place, data: QueryDict, say: Say) -> None:
    made = calling.draw(
        here.point, data.get("line", ""), here.who, code=data.get("code", "").strip(), key=_key(data)
    )
    before = queries.ahead(made, places.now())
    say(
        Text(
            zh=f"{made.number} 号，前面还有 {before} 人",
            en=f"Ticket {made.number}, {before} before it",
        )
    )


def _next(here: Place, data: QueryDict, say: Say) -> None:
    if calling.call_next(here.point, _sat(here), here.who, key=_key(data)) is None:
        say(Text(zh="现在没有人排队", en="Nobody waits now"))


def _before(here: Place, data: QueryDict, say: Say) -> None:
    calling.call_before(here.point, _sat(here), data.get("ticket", ""), data.get("ground", ""), here.who)


def _again(here: Place, data: QueryDict, say: Say) -> None:
    calling.call_again(here.point, _sat(here), here.who)


def _miss(here: Place, data: QueryDict, say: Say) -> None:
    calling.miss(here.point, _sat(here), here.who)


def _put_in_again(here: Place, data: QueryDict, say: Say) -> None:
    calling.put_in_again(here.point, data.get("ticket", ""), here.who)


def _transfer(here: Place, data: QueryDict, say: Say) -> None:
    calling.transfer(here.point, _sat(here), data.get("line", ""), data.get("reason", ""), here.who)


def _serve(here: Place, data: QueryDict, say: Say) -> None:
    calling.serve(here.point, _sat(here), here.who)


def _close(here: Place, data: QueryDict, say: Say) -> None:
    calling.close_counter(here.point, _sat(here), here.who)


def _sat(here: Place) -> int:
    return here.counter.number if here.counter is not None else 0


ACTS: dict[str, Callable[[Place, QueryDict, Say], None]] = {
    "open": _open, "draw": _draw, "next": _next, "before": _before, "again": _again, "miss": _miss,
    "put-in-again": _put_in_again, "transfer": _transfer, "serve": _serve, "close": _close,
}  # fmt: skip


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Do one thing at the desk; what was refused is said there."""
    who: User = reader.of(request)
    do = ACTS.get(request.POST.get("do", ""))
    here = places.place(who, request.POST.get("point", "")) if rules.can(who, "windows") else None
    if do is None or here is None:
        raise Http404
    spoken = language.of(request)

    def say(words: Text) -> None:
        messages.success(request, language.pick(words, spoken))

    try:
        do(here, request.POST, say)
    except NotAllowed as why:
        messages.error(request, why.zh if spoken == "zh" else why.en)
    return redirect(f"{reverse('windows')}?point={here.point}")
