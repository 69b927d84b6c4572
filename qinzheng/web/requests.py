"""The access log: one line a request, by its route; and a number by which an error page and the log find one another.

No address, no query string, no name: a route says which page it was, and what a reader did that counts stands in the
ledger. The number of a request is ours; one that a reverse proxy gives is taken where ``PROXIES`` says there is one.
"""

from __future__ import annotations

import ipaddress
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse

log = structlog.get_logger("qinzheng.web")

HEADER = "X-Request-ID"
SOUND = re.compile(r"[A-Za-z0-9-]{8,64}")
QUIET = frozenset({"healthz", "metrics"})
"""Routes that a machine asks for every few seconds: logged only where they fail."""


class RequestMiddleware:
    """Number every request, and log it when it is answered."""

    def __init__(self, following: Callable[[HttpRequest], HttpResponse]) -> None:
        self.following = following

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = _number(request)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=number)
        begun = time.perf_counter()
        response = self.following(request)
        route = request.resolver_match.route if request.resolver_match else ""
        if route not in QUIET or response.status_code >= 500:
            log.info(
                "request", method=request.method if request.method in METHODS else "OTHER", route=route,
                status=response.status_code, ms=round((time.perf_counter() - begun) * 1000, 1),
            )  # fmt: skip
        response.headers[HEADER] = number
        return response


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def _number(request: HttpRequest) -> str:
    given = request.headers.get(HEADER, "") if settings.PROXIES else ""
    return given if SOUND.fullmatch(given) else uuid.uuid4().hex


# -- who asks ------------------------------------------------------------------------------------------

NETWORK_6 = 64
"""Bits: whoever has an IPv6 address has all of its network."""


def address(request: HttpRequest) -> str:
    """Where a request comes from, for counting tries: as the outermost proxy of ours saw it; never logged."""
    given = request.META.get("REMOTE_ADDR", "")
    passed = request.headers.get("X-Forwarded-For", "").split(",")
    if settings.PROXIES and len(passed) >= settings.PROXIES:
        given = passed[-settings.PROXIES].strip()
    try:
        found = ipaddress.ip_address(given)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, NETWORK_6), strict=False)) if found.version == 6 else str(found)


# -- what no request of ours holds ---------------------------------------------------------------------

HOSTILE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
"""In an address: control characters and halves of characters."""
NUL = "\0"
"""In a form: the database keeps no such character, and nobody types it."""
API = "/api/"


class SoundMiddleware:
    """An address with a hostile character leads nowhere; a form or a question with one is not understood."""

    def __init__(self, following: Callable[[HttpRequest], HttpResponse]) -> None:
        self.following = following

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.following(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, named: dict[str, Any]) -> None:
        """Asked once the address is known to be one of ours, before its view is."""
        if request.path.startswith(API):
            return  # it says so itself, as a problem
        if any(isinstance(value, str) and HOSTILE.search(value) for value in named.values()):
            raise Http404
        if _nul(request.GET) or (request.method == "POST" and _nul(request.POST)):
            raise SuspiciousOperation("a NUL character")


def _nul(given: Any) -> bool:
    return any(NUL in value for key in given for value in (key, *given.getlist(key)))
