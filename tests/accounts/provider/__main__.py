"""The process: a port is taken first, for the provider's settings name it."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django


class Quiet(WSGIRequestHandler):
    """No line in the terminal."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, lambda environ, start: [], handler_class=Quiet)
    os.environ |= {
        "PROVIDER": f"http://127.0.0.1:{server.server_port}", "PROVIDER_FOLDER": sys.argv[1],
        "DJANGO_SETTINGS_MODULE": "tests.accounts.provider.settings", "OAUTHLIB_INSECURE_TRANSPORT": "1",
    }  # fmt: skip
    django.setup()
    server.set_app(import_module("tests.accounts.provider.serve").ready())
    print(os.environ["PROVIDER"], flush=True)
    server.serve_forever()
