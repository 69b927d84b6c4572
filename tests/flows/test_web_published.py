"""The shell on a database with the shipped definitions: the city is ready only when it is, and items are found."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from qinzheng.organizations.models import Organization
from qinzheng.web.portal import items

pytestmark = pytest.mark.django_db(transaction=True)


def asked(client: Client) -> tuple[int, dict[str, bool], bool]:
    """Status, what each check of ``/healthz`` said, and whether the city is ready."""
    answer = client.get("/healthz")
    body = answer.json()
    return answer.status_code, {check["name"]: check["holds"] for check in body["checks"]}, body["ready"]


def test_definitions_without_a_city_are_not_ready_and_with_one_they_are(
    client: Client, published: object
) -> None:
    assert asked(client)[1]["city"] is False
    Organization.objects.create(id="city", kind="city", name_zh="清和市", begins=dt.date(2020, 1, 1))
    assert asked(client)[::2] == (503, False)
    Organization.objects.create(
        id="old", kind="town", name_zh="旧镇", begins=dt.date(2020, 1, 1), ends=dt.date(2021, 1, 1)
    )
    assert asked(client)[::2] == (503, False)
    Organization.objects.create(id="housing", kind="department", name_zh="住建局", begins=dt.date(2020, 1, 1))
    holds = dict.fromkeys(("database", "migrations", "definitions", "city"), True)
    assert asked(client) == (200, holds, True)


def test_published_items_are_found_by_words_of_either_language(client: Client, published: Any) -> None:
    item = published.all("item")[0]
    assert item.name in [found.name for found in items.found(item.name.zh)]
    assert item.name in [found.name for found in items.found(item.name.en.upper())]
    assert items.found("zzzz yyyy") == []
