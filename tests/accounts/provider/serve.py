"""Its tables, applications and accounts; then the application to serve."""

from __future__ import annotations

import os
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from oauth2_provider.models import get_application_model

from tests.accounts.provider import CLIENTS, USERS


def ready() -> Any:
    """Everything made; the WSGI application."""
    call_command("migrate", verbosity=0, interactive=False)
    for name, password in USERS.items():
        User.objects.create_user(name, password=password)
    for id, secret in CLIENTS.items():
        get_application_model().objects.create(
            client_id=id, client_secret=secret, client_type="confidential", authorization_grant_type="authorization-code",
            skip_authorization=True, algorithm="RS256", redirect_uris=os.environ["REDIRECTS"],
            post_logout_redirect_uris=os.environ["LOGOUTS"], name=id,
        )  # fmt: skip
    return get_wsgi_application()
