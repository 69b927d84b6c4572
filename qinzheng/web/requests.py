"""The access log: one line a request, by its route; and a number by which an error page and the log find one another.

No address, no query string, no name: a route says which page it was, and what a reader did that counts stands in the
ledger. The number of a request is ours; one that a reverse proxy gives is taken where ``PROXIES`` says there is one.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

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
