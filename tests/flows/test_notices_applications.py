"""Notices to applications: an application holds a post as a person does, and is told by its webhook."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from qinzheng.access import actions as access
from qinzheng.cases.models import Case
from qinzheng.notifications import telling
from qinzheng.notifications.models import Delivery
from qinzheng.organizations import actions as organizations
from tests.flows import told
from tests.flows.receivers import Recorder, due
from tests.flows.test_notices_sent import city, ways
from tests.townhall import Townhall

__all__ = ["city", "ways"]
pytestmark = pytest.mark.django_db(transaction=True)


def application(made: Townhall) -> str:
    """An application that holds a post of the housing department, with a webhook; its number."""
    post = organizations.create_post(
        "housing-approval", "接口岗", ["handler"], begins=dt.date(2024, 1, 1), by="p"
    )
    person = organizations.register_person("接口", by="p")
    organizations.appoint(person, post, dt.date(2024, 1, 1), by="p")
    made.accounts["application"] = account = access.make_account(
        "application", "service", "p", person_id=person
    )
    return told.webhook(account).pk


def test_an_application_that_acts_in_a_post_is_told_by_its_webhook(
    city: Townhall, clock: Any, ways: dict[str, Any]
) -> None:
    ways["webhook"] = recorder = Recorder()
    hook = application(city)
    case = told.licence(city, clock, accepted=False)
    secret = told.licence(city, clock, accepted=False)
    told.up_to_now()
    rows = Delivery.objects.filter(channel="webhook", target=hook)
    assert {row.notice.subject for row in rows} == {case, secret}
    concerns = Case._meta.get_field("concerns").related_model
    concerns._default_manager.create(case_id=secret, organization="water")
    due()
    while telling.send():
        pass
    assert [message.address for message in recorder.messages] == [hook]
    assert rows.get(notice__subject=secret).state == "refused", (
        "what is kept from somebody goes by no webhook"
    )


def test_an_application_switched_off_is_told_nothing(
    city: Townhall, clock: Any, ways: dict[str, Any]
) -> None:
    ways["webhook"] = recorder = Recorder()
    application(city)
    told.licence(city, clock, accepted=False)
    told.up_to_now()
    access.switch(city.accounts["application"], active=False, by="p")
    due()
    while telling.send():
        pass
    assert recorder.messages == []
