"""Which of the two languages a page speaks: ``?lang=``, else the cookie, else the browser, else Chinese.

Both languages stand side by side wherever words are written (``{% t "中文" "English" %}``, ``Text``), so
there is no catalogue in which a translation could be missing (ADR 0012). Django's own few sentences
(form errors) follow by its translation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from qinzheng.definitions.form import Text

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
COOKIE = "lang"
YEAR_S = 365 * 24 * 3600
DJANGO = {"zh": "zh-hans", "en": "en"}
TAG = {"zh": "zh-Hans-CN", "en": "en"}
"""BCP 47, for ``<html lang>``: screen readers choose their voice by it."""


def of(request: object) -> Language:
    """The language of a request; Chinese where the middleware has not seen it (an early failure)."""
    found = getattr(request, "language", "zh")
    return cast(Language, found) if found in LANGUAGES else "zh"


def pick(text: Text | str, language: Language) -> str:
    """One text in one language; plain words, such as a name, stay as they are."""
    if isinstance(text, Text):
        return text.zh if language == "zh" else text.en
    return str(text)


def choose(asked: str | None, remembered: str | None, accepted: str) -> Language:
    """The language by these three, in this order; ``accepted`` is the header Accept-Language."""
    for wish in (asked, remembered):
        if wish in LANGUAGES:
            return wish
    return accepted_language(accepted)


def accepted_language(header: str) -> Language:
    """The first of the two languages by the browser's weights (RFC 9110, 12.5.4), else Chinese."""
    best: tuple[float, Language] = (0.0, "zh")
    for part in header.split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            value = float(weight) if weight else 1.0
        except ValueError:
            continue
        main = name.strip().lower().partition("-")[0]
        if main in LANGUAGES and value > best[0]:
            best = (value, main)
    return best[1]


class LanguageMiddleware:
    """Sets ``request.language`` and remembers a language that was asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("lang")
        language = choose(asked, request.COOKIES.get(COOKIE), request.headers.get("Accept-Language", ""))
        request.language = language  # type: ignore[attr-defined]
        with translation.override(DJANGO[language]):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", TAG[language])
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        if asked in LANGUAGES:
            remember(response, COOKIE, asked, request.is_secure())
        return response


def remember(response: HttpResponse, name: str, value: str, secure: bool) -> None:
    """Keep a choice of appearance for a year: nothing personal, read by the server and by the page's own script."""
    response.set_cookie(name, value, max_age=YEAR_S, samesite="Lax", secure=secure)
