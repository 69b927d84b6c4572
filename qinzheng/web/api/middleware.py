"""The API's own short way through the middleware: no session, no form, no page, so nothing that serves only these.

What every answer of ours tells a browser (security policy, headers) is the same here: it is asked once of the middleware
that says it, and written on each answer. Numbering, logging and compression are those of the pages.
"""

from __future__ import annotations

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.urls import URLResolver
from django.urls.resolvers import RoutePattern
from django.utils.cache import patch_vary_headers

from qinzheng.web.api import problems
from qinzheng.web.headers import CompressionMiddleware, HeadersMiddleware
from qinzheng.web.language import TAG, choose
from qinzheng.web.requests import HOSTILE

UNDER = "api/v1/"


class ApiMiddleware:
    """Answers what is asked of the API; hands everything else on."""

    def __init__(self, following: Callable[[HttpRequest], HttpResponse]) -> None:
        self.following = following
        self.compression = CompressionMiddleware(following)
        self.resolver = URLResolver(RoutePattern(UNDER), "qinzheng.web.api.urls")
        self.fixed: dict[bool, dict[str, str]] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(f"/{UNDER}"):
            return self.following(request)
        request.get_host()  # refuses hosts that are not ours
        request.language = choose(  # type: ignore[attr-defined]
            request.GET.get("lang") if request.META.get("QUERY_STRING") else None, None,
            request.headers.get("Accept-Language", ""),
        )  # fmt: skip
        match = self.resolver.resolve(request.path_info[1:])
        request.resolver_match = match
        response: HttpResponse
        if any(HOSTILE.search(value) for value in match.kwargs.values()):
            response = problems.answer(request, problems.not_found())
        else:
            response = match.func(request, *match.args, **match.kwargs)
        for name, value in self._fixed(request).items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Language", TAG[request.language])  # type: ignore[attr-defined]
        patch_vary_headers(response, ["Accept-Language"])
        compressed = self.compression.process_response(request, response)
        assert isinstance(compressed, HttpResponse)
        compressed.headers["Content-Length"] = str(len(compressed.content))
        return compressed

    def _fixed(self, request: HttpRequest) -> dict[str, str]:
        """What the middleware of the pages says on every answer over this kind of connection."""
        secure = request.is_secure()
        found = self.fixed.get(secure)
        if found is None:
            bare = HttpResponse()
            del bare.headers["Content-Type"]
            HeadersMiddleware(lambda _: bare)(request)
            CSPMiddleware(lambda _: bare)(request)
            SecurityMiddleware(lambda _: bare)(request)
            found = self.fixed[secure] = dict(bare.headers)
        return found
