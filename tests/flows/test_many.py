"""One act for many cases of the worklist: each its own event and its own refusal, and nothing that ends a case."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qinzheng.cases import actions as cases
from qinzheng.cases.checks import check_procedure
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.ledger import queries as ledger
from tests import townhall
from tests.townhall import Townhall, browser

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


def acts(case: Case) -> list[str]:
    return [event.body["act"] for event in ledger.history(case.pk) if "act" in event.body]


def test_many_are_accepted_each_by_an_event_of_its_own(city: Townhall) -> None:
    waiting = [townhall.opened(city) for _ in range(3)]
    done = townhall.opened(city)
    handler = browser(city, "handler")
    page = handler.get(reverse("work")).content.decode()
    assert all(f'name="row" value="{case.number}"' in page for case in waiting)
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    cases.perform(done.pk, "accept", city.who("handler", "handler"), {})  # somebody was quicker
    sent = {"act": "accept", "key": key[1], "row": [case.number for case in [*waiting, done]]}
    told = handler.post(reverse("work-acts"), sent, follow=True).content.decode()
    assert "已办 3 件" in told
    assert done.number in told
    again = handler.post(reverse("work-acts"), sent, follow=True).content.decode()  # a double click
    assert "已办 3 件" in again
    for case in [*waiting, done]:
        assert acts(case) == ["receive", "accept"]
        case.refresh_from_db()
        assert case.state == "accepted"


def test_others_cases_and_other_acts_are_not_done(city: Townhall) -> None:
    case = townhall.opened(city)
    sent = {"act": "accept", "key": str(uuid.uuid4()), "row": [case.number, "FW9999999999"]}
    assert Client().post(reverse("work-acts"), sent).status_code == 404
    for name in ("citizen", "supervisor", "auditor"):
        assert browser(city, name).post(reverse("work-acts"), sent).status_code == 404
    handler = browser(city, "handler")
    for wrong in ({"act": "finish"}, {"act": "grant"}, {"key": "x"}):
        assert handler.post(reverse("work-acts"), {**sent, **wrong}).status_code == 404
    told = handler.post(reverse("work-acts"), {**sent, "row": []}, follow=True).content.decode()
    assert "没有选中办件" in told
    assert acts(case) == ["receive"]


def test_an_act_that_ends_or_asks_is_not_for_many(city: Townhall) -> None:
    library = shelf.library()
    shipped: Procedure = library.get("procedure", "services.matter")
    for name in ("receive", "finish", "refuse"):
        act = shipped.acts[name].model_copy(update={"many": True})
        changed = shipped.model_copy(update={"acts": {**shipped.acts, name: act}})
        assert [each.path for each in check_procedure(changed, library)] == [("acts", name, "many")]
    assert not list(check_procedure(shipped, library))
