"""Machines tell the API where and when papers were put in; a promise stands only where the item allows it."""

import datetime as dt
import uuid

import pytest

from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import queries
from qinzheng.mechanisms.points import receiving
from qinzheng.organizations import actions as organizations
from qinzheng.parties import actions as parties
from tests import townhall
from tests.flows.applications import BEGINS, BY

pytestmark = pytest.mark.django_db(transaction=True)
HYGIENE = "health.hygiene-permit-of-a-public-place"


@pytest.fixture
def machine(window):
    organizations.found_organization(
        "always",
        "service_point",
        "自助区",
        parent="housing",
        calendar="cn.self-service",
        begins=BEGINS,
        by=BY,
    )
    return window


def body(**more):
    item = townhall.an_item("housing", "services.matter")
    return {"procedure": item.procedure, "act": "receive", "item": item.id, **more}


def ago(hours):
    return (dt.datetime.now(shelf.ZONE) - dt.timedelta(hours=hours)).replace(microsecond=0)


def test_put_in_at_a_point_and_told_again(machine):
    at, key = ago(5), uuid.uuid4()
    asked = body(point="always", put_in=at.isoformat())
    answer = machine.post_("/cases", asked, key)
    assert answer.status_code == 201, answer.content.decode()
    case = Case.objects.get(number=answer.json()["number"])
    assert case.opened_at == at
    papers = receiving.of(case)
    assert papers is not None
    assert papers.point == "always"
    again = machine.post_("/cases", asked, key)
    assert (again.status_code, again.json()["number"], again["Idempotency-Replayed"]) == (
        201,
        case.number,
        "true",
    )
    assert len(queries.history(f"points:{case.pk}")) == 1


@pytest.mark.parametrize(
    "more",
    [{"point": "always"}, {"put_in": "2026-01-05T10:00:00+08:00"}, {"point": "nowhere", "put_in": "2026-01-05T10:00:00+08:00"},
     {"point": "always", "put_in": "2999-01-05T10:00:00+08:00"},
     {"point": "always", "put_in": "2026-01-05T10:00:00+08:00", "occurred_at": "2026-01-05T10:00:00+08:00"}],
)  # fmt: skip
def test_half_of_it_or_what_cannot_be_is_refused_and_nothing_is_opened(machine, more):
    answer = machine.post_("/cases", body(**more), uuid.uuid4())
    assert answer.status_code in (409, 422), answer.content.decode()
    assert not Case.objects.exists()


def test_a_promise_through_the_api(machine):
    firm = parties.register("enterprise", {"name": "清和影院有限公司"}).pk
    asked = {
        "procedure": "approvals.standard", "act": "receive", "item": HYGIENE, "parties": {"applicant": firm},
        "form": {"place": "清和影院", "area": 900},
    }  # fmt: skip
    refused = machine.post_("/cases", {**asked, "promised": ["layout"]}, uuid.uuid4())
    assert refused.status_code in (409, 422)
    assert "promised" in refused.content.decode()
    key = uuid.uuid4()
    done = machine.post_("/cases", {**asked, "promised": ["report"]}, key)
    assert done.status_code == 201, done.content.decode()
    assert Case.objects.get(number=done.json()["number"]).variant == "promise"
    other = machine.post_("/cases", asked, key)
    assert (other.status_code, "promised" in other.content.decode()) == (422, True)
