"""What every answer tells the browser, and how it travels: headers and compression.

The content security policy itself is ``CONTENT_SECURITY_POLICY`` in the settings (django-csp); HSTS, nosniff
and the referrer come from Django's own middleware.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

STREAM = "text/event-stream"
WORDY = ("json", "javascript", "xml")
UNUSED = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
"""Powers of the browser that no page of ours uses."""
FIXED = {
    "Permissions-Policy": ", ".join(f"{power}=()" for power in UNUSED),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-Frame-Options": "DENY",
}


class HeadersMiddleware:
    """Adds what no page may do without; a page of a reader is kept by no cache unless it says so itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class CompressionMiddleware(GZipMiddleware):
    """Django's compression (its random padding answers BREACH), for text only: never for a live stream, which it would hold back."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress what is worth it."""
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if kind == STREAM or not (kind.startswith("text/") or kind.endswith(WORDY)):
            return response
        return super().process_response(request, response)
