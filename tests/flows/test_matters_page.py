"""The page of one matter shows its children and where each stands; a child's page leads back; a channel names its shepherd."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from qinzheng.cases.about import About
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.mechanisms.channels import giving
from qinzheng.mechanisms.matters import handling
from qinzheng.organizations import actions as organizations
from tests import townhall
from tests.flows.test_itemized import ASKED, FOOD
from tests.townhall import Townhall

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


def shown(city: Townhall, number: str) -> str:
    client = Client()
    client.force_login(city.accounts["clerk"], backend="qinzheng.access.login.AccountBackend")
    answer = client.get(f"/cases/{number}/")
    assert answer.status_code == 200, answer.content.decode()
    return str(answer.content.decode())


def test_parent_and_children_lead_to_one_another_and_the_shepherd_is_named(city: Townhall) -> None:
    mayor = organizations.create_post(
        "qinghe", "市长岗", ["government_head"], begins=dt.date(2020, 1, 1), by="installer", name_en="mayor"
    )
    until = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)
    giving.give(
        city.parties["citizen"],
        [FOOD],
        "重点项目",
        city.posts["handler"],
        until,
        Who(mayor, "qinghe", "government_head"),
    )
    came = handling.open_matter(
        "open-a-restaurant",
        city.who("clerk", "clerk"),
        ASKED,
        About(parties={"applicant": city.parties["citizen"]}),
    )
    page = shown(city, came.parent.number)
    for done in came.children.values():
        assert f"/cases/{done.number}/" in page
        assert f"/cases/{came.parent.number}/" in shown(city, done.number)
    child = Case.objects.get(pk=came.children[FOOD].case)
    assert child.variant == "green"
    assert "handler岗" in shown(city, child.number)
