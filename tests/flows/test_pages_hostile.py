"""Every address of the site with hostile text in each of its places: not found in the right shape, never a failure of ours.

The addresses come from the URL resolver, so a new page is tried the day it is added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client
from django.urls import reverse

from qinzheng.access import actions as access
from tests import townhall
from tests.access import asked
from tests.townhall import Townhall

pytestmark = pytest.mark.django_db
BACKEND = "qinzheng.access.login.AccountBackend"
PLACE = re.compile(r"<(?:(\w+):)?(\w+)>")
HOSTILE = {
    "nul": "%00", "nul inside": "a%00b", "escape": "%1B%5B31m", "line": "a%0D%0Ab", "not utf-8": "%FF%FE", "half a pair": "%ED%A0%80",
    "right to left": "%E2%80%AE", "not ours": "%F0%9F%A7%8B", "quote": "%27%20OR%201%3D1--", "percent": "%25", "backslash": "%5C",
    "markup": "%3Cscript%3E", "dots": "..%2E", "long": "x" * 5000, "digits": "9" * 40, "minus": "-1", "braces": "%7B0%7D",
}  # fmt: skip
SOUND = {"uuid": "00000000-0000-0000-0000-000000000007", "int": "7"}
REFUSED = (302, 400, 401, 403, 404, 405, 422, 429)


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


@pytest.fixture(scope="module")
def askers(city: Townhall) -> list[tuple[Client, dict[str, str]]]:
    """Nobody, the supervisor, and an application with every scope."""
    supervisor = Client(raise_request_exception=False)
    supervisor.force_login(city.accounts["supervisor"], backend=BACKEND)
    service = access.make_account("service", "service", townhall.BY)
    _, secret = access.issue_token(service, "试", sorted(access.TOKEN_SCOPES), 30, townhall.BY)
    nobody = Client(raise_request_exception=False)
    return [(nobody, {}), (supervisor, {}), (nobody, {"Authorization": f"Bearer {secret}"})]


WITH_PLACES = [each for each in asked.endpoints() if PLACE.search(each)]


def hostile(pattern: str, text: str) -> Iterator[str]:
    """The address with the text in one place after another, all others sound."""
    for chosen in PLACE.finditer(pattern):
        before, after = pattern[: chosen.start()], pattern[chosen.end() :]
        yield "/" + PLACE.sub(_sound, before) + text + PLACE.sub(_sound, after)


def _sound(place: re.Match[str]) -> str:
    return SOUND.get(place[1] or "", "x")


@pytest.mark.parametrize("pattern", WITH_PLACES)
def test_hostile_text_in_an_address_is_not_found_and_never_a_failure(
    pattern: str, askers: list[tuple[Client, dict[str, str]]]
) -> None:
    wrong = []
    asker = askers[2] if pattern.startswith("api/") else askers[1]
    for name, text in HOSTILE.items():
        for address in hostile(pattern, text):
            for method, (client, headers) in (("GET", asker), ("POST", asker), ("GET", askers[0])):
                answer: Any = client.generic(method, address, headers=headers)
                if answer.streaming:
                    close(answer)
                if answer.status_code not in REFUSED or not shaped(pattern, answer):
                    wrong.append((name, method, address[:80], answer.status_code))
    assert wrong == []


def shaped(pattern: str, answer: Any) -> bool:
    """A 404 of the API is a problem, of all else a page that says what to do next."""
    if answer.status_code != 404 or answer.request["REQUEST_METHOD"] == "HEAD":
        return True
    kind = answer.headers.get("Content-Type", "")
    if pattern.startswith("api/"):
        return bool(kind == "application/problem+json" and answer.json()["status"] == 404)
    return kind.startswith("text/html") and "没有这个页面" in answer.content.decode()


def close(answer: Any) -> None:
    """A stream has no end: let go of it as the test's client does."""
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)


QUESTIONS = (
    "/",
    "/items/",
    "/cases/",
    "/cards/",
    "/work/",
    "/overview/city/",
    "/progress/",
    "/wall/table/",
    "/login/",
    "/report/",
)
FIELDS = (
    "q", "state", "sort", "after", "before", "organization", "town", "level", "from", "to", "by", "number", "next", "lang", "theme",
)  # fmt: skip
ALONE = ("half a pair", "digits", "minus")
"""Asked in one field at a time too: together with others the first refusal would hide the rest."""


@pytest.mark.parametrize("address", QUESTIONS)
def test_hostile_text_in_a_question_is_never_a_failure(
    address: str, askers: list[tuple[Client, dict[str, str]]]
) -> None:
    supervisor, _ = askers[1]
    questions = ["&".join(f"{field}={text}" for field in FIELDS) for text in HOSTILE.values()]
    questions += [f"{field}={HOSTILE[name]}" for field in FIELDS for name in ALONE]
    for question in questions:
        answer: Any = supervisor.generic("GET", f"{address}?{question}")
        assert answer.status_code < 500, question[:80]


def test_a_form_with_a_nul_is_not_understood(
    city: Townhall, askers: list[tuple[Client, dict[str, str]]]
) -> None:
    _, (supervisor, _), _ = askers
    given = {"page": "cases", "label": "a\0b", "query": "state=open"}
    assert supervisor.post(reverse("saved-views"), given).status_code == 400
    assert supervisor.post(reverse("saved-views"), {**given, "label": "ab"}).status_code == 302
    assert supervisor.post("/progress/", {"number": "\0", "secret": "\0"}).status_code == 400
