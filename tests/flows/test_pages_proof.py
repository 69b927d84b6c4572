"""The page of an event: whether what is stored now is what the signed log committed to."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test import Client

from qinzheng.access.login import BACKEND
from qinzheng.ledger import queries as ledger
from qinzheng.ledger import sequencer
from tests import townhall

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_is_proved_in_the_log(client: Client, published: object) -> None:
    city = townhall.build()
    case = townhall.opened(city)
    event = ledger.history(case.id)[0]
    client.force_login(city.accounts["clerk"], backend=BACKEND)
    address = f"/ledger/events/{event.id}/"
    assert "待入日志" in client.get(address).content.decode()
    while sequencer.sequence_once():
        pass
    assert "核验通过" in client.get(address).content.decode()
    assert address in client.get(f"/cases/{case.number}/").content.decode()
    with connection.cursor() as cursor:  # what an administrator of the database could do
        cursor.execute("ALTER TABLE ledger_event DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_event SET actor = 'p-000000000000' WHERE id = %s", [event.id])
        cursor.execute("ALTER TABLE ledger_event ENABLE TRIGGER USER")
    assert "核验不通过" in client.get(address).content.decode()
    assert client.get(f"/ledger/events/{uuid.uuid4()}/").status_code == 404
    client.force_login(city.accounts["sibling"], backend=BACKEND)
    assert client.get(address).status_code == 404
