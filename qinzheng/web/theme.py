"""Light or dark: the system's own wish, unless the reader has switched (``?theme=``, remembered in a cookie)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from qinzheng.web.language import remember

THEMES = ("auto", "light", "dark")
COOKIE = "theme"
MEDIA = {"auto": "(prefers-color-scheme: dark)", "light": "not all", "dark": "all"}
"""When the dark pigments apply: the media query of their style sheet."""


def of(request: object) -> str:
    """The theme of a request; the system's own where the middleware has not seen it."""
    found = getattr(request, "theme", "auto")
    return found if found in THEMES else "auto"


class ThemeMiddleware:
    """Sets ``request.theme`` and remembers a theme that was asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("theme")
        wish = asked if asked in THEMES else request.COOKIES.get(COOKIE)
        request.theme = wish if wish in THEMES else "auto"  # type: ignore[attr-defined]
        response = self.get_response(request)
        if asked in THEMES:
            remember(response, COOKIE, asked, request.is_secure())
        return response
