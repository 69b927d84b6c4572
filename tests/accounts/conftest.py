"""The provider's process, the city, and a browser that goes between the two."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from django.test import Client

from qinzheng.access import oidc
from tests import townhall
from tests.accounts.provider import CLIENTS, USERS
from tests.townhall import Townhall

ROOT = Path(__file__).parents[2]
BACK = "/login/by/{provider}/back/"


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


@dataclass
class Elsewhere:
    """The provider as somebody with a browser meets it."""

    address: str
    cookies: requests.Session = field(default_factory=requests.Session)

    @property
    def issuer(self) -> str:
        return f"{self.address}/o"

    def misbehave(self, fault: str) -> None:
        assert requests.post(f"{self.address}/faults/", {"fault": fault}, timeout=10).text == fault

    def register(self, site: str) -> None:
        """Let the provider send browsers back to a site."""
        assert requests.post(f"{self.address}/faults/", {"site": site}, timeout=10).status_code == 200

    def fresh(self) -> None:
        """Another browser at the provider: nobody is logged in there."""
        self.cookies = requests.Session()

    def enter(self, url: str, user: str) -> str:
        """Follow the address that we sent the browser to; where the provider sends it back."""
        for _ in range(6):
            answer = self.cookies.get(url, allow_redirects=False, timeout=10)
            if "/login/" in url and answer.status_code == 200:
                given = {"username": user, "password": USERS[user], **hidden(answer.text)}
                answer = self.cookies.post(url, given, allow_redirects=False, timeout=10)
            assert answer.status_code == 302, answer.text
            url = urllib.parse.urljoin(url, answer.headers["Location"])
            if not url.startswith(self.address):
                return url
        raise AssertionError(url)


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """One provider for the session, on a port of its own."""
    hosts = ("http://testserver",)
    redirects = " ".join(
        host + BACK.format(provider=each) for host in hosts for each in ("staff", "citizens")
    )
    environ = {**os.environ, "REDIRECTS": redirects, "LOGOUTS": " ".join(f"{host}/" for host in hosts)}
    environ.pop("DJANGO_SETTINGS_MODULE", None)
    command = [
        sys.executable,
        "-m",
        "tests.accounts.provider",
        str(tmp_path_factory.mktemp("provider")),
    ]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
            yield Elsewhere(address)
        finally:
            process.kill()


@pytest.fixture
def elsewhere(provider: Elsewhere, settings: Any) -> Iterator[Elsewhere]:
    """The provider, known to us under both names, and behaving."""
    settings.OIDC = {
        "staff": given(provider, "统一身份认证", "qinzheng"),
        "citizens": given(
            provider, "省统一身份认证", "citizens",
            claims={"name": "name", "identity_number": "identity_number", "phone": "phone_number"}, scope="openid profile",
        ),
    }  # fmt: skip
    provider.fresh()
    provider.misbehave("")
    oidc.forget()
    yield provider
    provider.misbehave("")
    oidc.forget()


def hidden(page: str) -> dict[str, str]:
    """The form's token against forged requests."""
    return dict(re.findall(r'name="(csrfmiddlewaretoken)" value="([^"]+)"', page))


def given(provider: Elsewhere, name: str, client: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "issuer": provider.issuer, "client_id": client, "secret": CLIENTS[client], **more}


def subject_of(elsewhere: Elsewhere, user: str) -> str:
    """The stable number of one of the provider's accounts, as its operator would tell it."""
    return str(list(USERS).index(user) + 1)


def went(client: Client, elsewhere: Elsewhere, user: str, provider: str = "staff", query: str = "") -> str:
    """From our button to where the provider sends the browser back."""
    sent = client.get(f"/login/by/{provider}/{query}")
    assert sent.status_code == 302
    return elsewhere.enter(sent["Location"], user)


def path_of(url: str) -> str:
    """The address without its host, as the test's client wants it."""
    parts = urllib.parse.urlsplit(url)
    return f"{parts.path}?{parts.query}"
