"""The site on a free port of this machine, in this process: what the tests' browser looks at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.wsgi import get_wsgi_application
from django.db import connections

PAGES = {
    "home": "/", "login": "/login/", "search": "/?q=路灯", "styleguide": "/styleguide/", "not-found": "/styleguide/errors/404/",
    "failed": "/styleguide/errors/500/", "wall-style": "/styleguide/wall/", "receipt": "/styleguide/print/",
    "items": "/items/?q=路灯", "progress": "/progress/?number=FW2026000001", "report": "/report/", "units": "/organizations/",
}  # fmt: skip
"""Pages that need no city: looked at in both languages and themes, at 320 pixels and for their weight."""
LANGUAGES, THEMES = ("zh", "en"), ("light", "dark")


class Quiet(WSGIRequestHandler):
    """No line in the terminal for each file."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Threaded(ThreadingMixIn, WSGIServer):
    """Several files at once, as a browser asks for them."""

    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one connection, then let go of its thread's database."""
        super().process_request_thread(request, client_address)
        connections.close_all()


@contextmanager
def serving() -> Iterator[str]:
    """The site on a free port."""
    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Threaded, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
