"""Ticket machine, screen, rating pad and document camera: a token with the scope ``device``, at its own point only."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from qinzheng.access import actions as access
from qinzheng.cases.models import Attachment, Case
from qinzheng.definitions import shelf
from qinzheng.mechanisms.windows import calling
from qinzheng.mechanisms.windows.models import Ticket
from qinzheng.organizations import actions as organizations
from tests import townhall, uploads
from tests.townhall import BY, FOUNDED, Townhall

pytestmark = pytest.mark.django_db(transaction=True)
POINT = "point-civic-centre"
FOOD = "market.food-business-licence"


class Device:
    """A device with a token."""

    def __init__(self, unit: str, scopes: list[str]) -> None:
        post = organizations.create_post(unit, "取号机", ["clerk"], begins=FOUNDED, by=BY, name_en="machine")
        person = organizations.register_person(f"machine-{uuid.uuid4().hex[:6]}", by=BY)
        organizations.appoint(person, post, FOUNDED, by=BY)
        account = access.make_account(f"machine-{uuid.uuid4().hex[:6]}", "service", BY, person_id=person)
        _, self.secret = access.issue_token(account, "machine", scopes, 30, BY)
        self.post, self.client = post, Client()

    def headers(self, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}", **more}

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers=self.headers())

    def draw(self, body: Any, key: uuid.UUID | None = None, point: str = POINT) -> Any:
        return self.client.post(
            f"/api/v1/points/{point}/tickets", json.dumps(body), content_type="application/json",
            headers=self.headers(**{"Idempotency-Key": str(key or uuid.uuid4())}),
        )  # fmt: skip

    def scan(self, content: bytes, **query: str) -> Any:
        return self.client.post(
            f"/api/v1/points/{POINT}/scans",
            content,
            content_type="image/jpeg",
            query_params=query,
            headers=self.headers(),
        )


@pytest.fixture
def city(transactional_db: None, settings: Any, tmp_path: Path) -> Townhall:
    settings.FILES = str(tmp_path / "files")
    townhall.publish()
    return townhall.build()


@pytest.fixture
def machine(city: Townhall) -> Device:
    return Device(POINT, ["device"])


def test_a_ticket_machine_draws_once_by_its_key_and_says_how_many_are_before(machine: Device) -> None:
    key = uuid.uuid4()
    first = machine.draw({"line": "general"}, key)
    assert (first.status_code, first.json()["number"], first.json()["ahead"]) == (201, "A001", 0)
    assert machine.draw({"line": "general"}, key).json() == first.json()
    assert machine.draw({"line": "general"}).json()["ahead"] == 1
    assert Ticket.objects.count() == 2
    assert Ticket.objects.filter(post="").count() == 2


def test_the_screen_and_the_pad_see_who_is_called_where(city: Townhall, machine: Device) -> None:
    machine.draw({"line": "firms"})
    clerk = city.who("clerk", "clerk")
    calling.open_counter(POINT, 4, ["firms"], clerk)
    assert machine.get(f"/points/{POINT}/queue").json()["lines"][1] == {
        "line": "firms", "letter": "B", "name": {"zh": "企业服务", "en": "Firms"}, "waiting": 1,
    }  # fmt: skip
    calling.call_next(POINT, 4, clerk)
    (call,) = machine.get(f"/points/{POINT}/queue").json()["calls"]
    assert (call["number"], call["counter"], call["voice"]["zh"]) == (
        "B001",
        4,
        "请 B 零零一 号，到 4 号窗口办理",
    )
    at = machine.get(f"/points/{POINT}/counters/4").json()
    assert at == {"counter": 4, "open": True, "number": "B001", "last_case": ""}
    case = townhall.opened(city)
    calling.serve(POINT, 4, clerk, case=case.pk)
    assert machine.get(f"/points/{POINT}/counters/4").json()["last_case"] == case.number


@pytest.mark.parametrize(
    "body",
    [
        {"line": "nowhere"},
        {"line": ""},
        {"code": "123456"},
        {"line": "general", "more": 1},
        {"line": 1},
        [],
        "x",
    ],
)
def test_what_a_machine_may_not_draw_is_refused_and_said(machine: Device, body: Any) -> None:
    answer = machine.draw(body)
    assert answer.status_code in (409, 422)
    assert answer.json()["zh"]
    assert not Ticket.objects.exists()


def test_a_device_reaches_its_own_point_only_and_nothing_else_of_the_api(
    city: Townhall, machine: Device
) -> None:
    elsewhere = Device("point-town-01", ["device"])
    assert elsewhere.draw({"line": "general"}).status_code == 404
    assert elsewhere.get(f"/points/{POINT}/queue").status_code == 404
    assert machine.get("/points/nowhere/queue").status_code == 404
    case = townhall.opened(city)
    for path in ("/cases", f"/cases/{case.number}", "/organizations", "/events"):
        assert machine.get(path).status_code == 403
    reader = Device(POINT, ["read", "act", "feed", "ingest"])
    assert reader.draw({"line": "general"}).status_code == 403
    assert reader.get(f"/points/{POINT}/queue").status_code == 403


def test_a_document_camera_puts_a_paper_to_a_case_of_its_point(city: Townhall, machine: Device) -> None:
    case = townhall.opened(city, item=_food(), shop="店", area=20)
    answer = machine.scan(uploads.picture(), case=case.number, material="layout", file="page.jpg")
    assert answer.status_code == 201, answer.content
    held = Attachment.objects.get(pk=answer.json()["file"])
    assert (held.case_id, held.material) == (case.pk, "layout")
    for query in ({"material": "nothing"}, {"file": "page.exe"}):
        wrong = machine.scan(
            uploads.picture(), **{"case": case.number, "material": "layout", "file": "page.jpg", **query}
        )
        assert wrong.status_code == 422
    assert machine.scan(b"no picture", case=case.number, file="page.jpg").status_code == 422
    assert machine.scan(b"", case=case.number, file="page.jpg").status_code == 422
    assert machine.scan(uploads.picture(), case="FW2026999999", file="page.jpg").status_code == 404
    town = townhall.opened(city, by="town-clerk")
    assert machine.scan(uploads.picture(), case=town.number, file="page.jpg").status_code == 404
    sealed = townhall.opened(city, concerns=(POINT,))
    assert machine.scan(uploads.picture(), case=sealed.number, file="page.jpg").status_code == 404
    assert Attachment.objects.count() == 1
    assert Case.objects.get(pk=case.pk).last_seq >= 1


def _food() -> Any:
    return shelf.library().get("item", FOOD)
