"""The pages of the wall: the screen, its table twin, the stream that keeps it alive, and the same by asking."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.definitions.form import Text
from qinzheng.web.components import State
from qinzheng.web.headers import STREAM
from qinzheng.web.wall import now, parts, stream
from qinzheng.web.wall.twin import tables_of

EMPTY = State(
    "empty",
    Text(zh="还没有", en="Nothing yet"),
    Text(zh="有了就会列在这里。", en="It is listed here as soon as there is some."),
)


@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """The screen; whole as it is served, and alive with scripts."""
    found = _reader(request)
    if found is None:
        return _login(request)
    look = now.look(found)
    context = {
        "parts": {name: mark_safe(parts.part(name, request, look)) for name in parts.NAMES},
        "table": False,
    }  # noqa: S308 - templates of ours
    return render(request, "wall/show.html", context)


@require_safe
def table(request: HttpRequest) -> HttpResponse:
    """The same data as tables."""
    found = _reader(request)
    if found is None:
        return _login(request)
    look = now.look(found)
    context = {
        "tables": tables_of(look), "at": parts.clock(look.at), "note": parts.sampled(look), "now": look.at, "empty": EMPTY,
    }  # fmt: skip
    return render(request, "wall/table.html", context)


@require_safe
def now_(request: HttpRequest) -> HttpResponse:
    """All parts once, for a browser that may not hold a stream."""
    reader: User = request.reader  # type: ignore[attr-defined]
    if not rules.can(reader, "wall"):
        raise Http404
    return HttpResponse(parts.whole(request, now.look(reader)))


@require_safe
def live(request: HttpRequest) -> HttpResponseBase:
    """The stream; 204 where all places are taken, by which a browser is told not to try again on its own (HTML, server-sent
    events): the page then asks ``/wall/now`` now and then."""
    reader: User = request.reader  # type: ignore[attr-defined]
    if not rules.can(reader, "wall"):
        raise Http404
    place = stream.PLACES.take()
    if place is None:
        return HttpResponse(status=204)
    return StreamingHttpResponse(
        stream.Stream(request, place), content_type=STREAM,
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )  # fmt: skip


def _reader(request: HttpRequest) -> User | None:
    """The reader; None: nobody has logged in yet. The wall does not exist for whoever may not see it."""
    reader: User = request.reader  # type: ignore[attr-defined]
    if reader.is_anonymous:
        return None
    if not rules.can(reader, "wall"):
        raise Http404
    return reader


def _login(request: HttpRequest) -> HttpResponse:
    return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': request.path})}")
