"""The pages and the API of channels and matters: who may, what they show, what comes of a form, in two languages."""

from __future__ import annotations

import argparse
import datetime as dt
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qinzheng.cases.models import Case
from qinzheng.mechanisms.channels import giving
from qinzheng.mechanisms.matters import handling
from qinzheng.operations import project_commands
from qinzheng.parties import codes
from tests import townhall
from tests.flows.applications import Application, application
from tests.flows.test_itemized import ASKED, FOOD
from tests.townhall import Townhall, browser

pytestmark = pytest.mark.django_db
MATTER, SIGN = "open-a-restaurant", "urban-management.filing-of-a-shop-sign"
FIRM = {"kind": "enterprise", "name": "清和重点项目有限公司", "code": codes.make_enterprise_code("320999", 7)}
APPLIED = {"shop": "老街面馆", "area": "60"}


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


def until() -> str:
    return (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)).isoformat()


def asked(city: Townhall, **more: Any) -> dict[str, Any]:
    item = townhall.an_item("market", "approvals.standard")
    form = {
        "key": str(uuid.uuid4()),
        "items": [item.id],
        "reason": "重点项目 7 号",
        "shepherd": city.posts["handler"],
    }
    return {**form, "until": until(), **FIRM, **more}


def test_a_head_gives_a_channel_by_its_form_and_the_register_shows_it(city: Townhall) -> None:
    mayor, address = browser(city, "mayor"), reverse("give-channel")
    assert "专人在哪个单位" in mayor.get(address).content.decode()
    form = asked(city)
    page = mayor.get(address, {"unit": "housing"}).content.decode()
    assert city.posts["handler"] in page
    assert city.posts["sibling"] not in page
    answer = mayor.post(f"{address}?unit=housing", form)
    watch = Case.objects.get(procedure="channels.watch")
    assert (answer.status_code, answer["Location"]) == (302, reverse("case", args=[watch.number]))
    for name in ("handler", "supervisor", "mayor"):
        page = browser(city, name).get(reverse("channels")).content.decode()
        assert watch.number in page
        assert "重点项目 7 号" in page
    assert watch.number not in browser(city, "sibling").get(reverse("channels")).content.decode()
    assert "Green channels" in browser(city, "handler").get(reverse("channels") + "?lang=en").content.decode()
    shown = browser(city, "handler").get(reverse("case", args=[watch.number])).content.decode()
    assert "当日跟踪" in shown
    again = mayor.post(f"{address}?unit=housing", asked(city))
    assert again.status_code == 422
    assert "已有绿色通道" in again.content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"reason": ""}, "channel-reason_error"), ({"items": []}, "channel-items_error"), ({"until": "2020-01-01"}, "channel-until_error"),
     ({"code": "123"}, "about-code_error"), ({"shepherd": "p-nobody"}, "channel-shepherd_error")],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_given(
    city: Townhall, wrong: Any, said: str
) -> None:
    answer = browser(city, "mayor").post(f"{reverse('give-channel')}?unit=housing", asked(city, **wrong))
    assert answer.status_code == 422
    assert f'id="{said}"' in answer.content.decode()
    assert not Case.objects.filter(procedure="channels.watch").exists()


def test_no_head_gives_what_its_own_unit_decides(city: Townhall) -> None:
    item = townhall.an_item("housing", "approvals.standard")
    answer = browser(city, "head").post(f"{reverse('give-channel')}?unit=market", {
        **asked(city, items=[item.id]), "shepherd": city.posts["sibling"]})  # fmt: skip
    assert answer.status_code == 422
    assert "由本单位决定" in answer.content.decode()


def test_the_guide_of_a_matter_says_all_of_its_items_once(city: Townhall) -> None:
    page = Client().get(reverse("matter", args=[MATTER])).content.decode()
    assert reverse("item", args=[FOOD]) in page
    assert reverse("item", args=[SIGN]) in page
    assert reverse("apply-matter", args=[MATTER]) in page
    assert reverse("matter", args=[MATTER]) in Client().get(reverse("matters")).content.decode()
    assert "One matter" in Client().get(reverse("matters") + "?lang=en").content.decode()
    assert Client().get(reverse("matter", args=["no-such-matter"])).status_code == 404


@pytest.mark.parametrize("who", ["citizen", "clerk"])
def test_one_form_opens_the_matter_and_gives_one_number(city: Townhall, who: str) -> None:
    client, address, key = browser(city, who), reverse("apply-matter", args=[MATTER]), str(uuid.uuid4())
    person = {"kind": "citizen", "name": "慕容开店", "code": "", "phone": ""} if who == "clerk" else {}
    assert client.post(address, {"key": key, **person}).status_code == 422
    assert not Case.objects.filter(procedure=handling.PROCEDURE).exists()
    pages = [client.post(address, {"key": key, "town": "town-01", **APPLIED, **person}) for _ in range(2)]
    assert [page.status_code for page in pages] == [200, 200]
    (parent,) = Case.objects.filter(procedure=handling.PROCEDURE)
    assert parent.organization == "point-civic-centre"
    children = handling.children(parent)
    assert [each.item for each in children] == [FOOD, SIGN]
    text = pages[-1].content.decode()
    assert parent.number in text
    for child in children:
        assert reverse("case-files", args=[child.number]) in text
    secret = re.findall(r'class="secret">([0-9A-Z-]+)<', text)[0]
    standing = (
        Client().post(reverse("progress"), {"number": parent.number, "secret": secret}).content.decode()
    )
    for child in children:
        assert child.number in standing


def test_who_may_not_open_each_item_opens_none(city: Townhall) -> None:
    for name in ("handler", "sibling", "supervisor"):
        assert browser(city, name).get(reverse("apply-matter", args=[MATTER])).status_code == 404


# -- the API ------------------------------------------------------------------------------------------


POSTS = {
    "mayor": ("qinghe", ["government_head"]), "clerk": ("point-civic-centre", ["clerk"]), "handler": ("housing", ["handler"]),
}  # fmt: skip


def posted(name: str) -> Application:
    """An application in the post of somebody."""
    unit, roles = POSTS[name]
    return application(f"app-{name}", unit, roles, ["act", "read"])


def test_a_channel_is_given_watched_and_ended_through_the_api(city: Townhall) -> None:
    mayor, handler, key = posted("mayor"), posted("handler"), uuid.uuid4()
    item = townhall.an_item("market", "approvals.standard")
    body = {
        "party": city.parties["citizen"],
        "items": [item.id],
        "reason": "重点项目",
        "shepherd": city.posts["handler"],
        "until": until(),
    }
    assert mayor.post_("/channels", body).status_code == 400
    assert posted("clerk").post_("/channels", body, uuid.uuid4()).status_code == 403
    assert mayor.post_("/channels", {**body, "colour": "green"}, key).status_code == 422
    bad = mayor.post_("/channels", {**body, "items": ["no.such"]}, uuid.uuid4())
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "items")
    given, again = mayor.post_("/channels", body, key), mayor.post_("/channels", body, key)
    assert (given.status_code, given.json()) == (201, again.json())
    number = given.json()["number"]
    assert given["Location"] == f"/api/v1/cases/{number}"
    (listed,) = handler.get("/channels").json()
    assert listed["number"] == number
    looked = {"act": "watch", "form": {"standing": "moving", "note": "已看"}}
    assert handler.post_(f"/cases/{number}/acts", looked, uuid.uuid4()).status_code == 200
    ended = mayor.post_(f"/cases/{number}/acts", {"act": "end", "form": {"reason": "投产"}}, uuid.uuid4())
    assert ended.json()["state"] == "ended"
    assert giving.standing(city.parties["citizen"], 1 << 60) is None


def test_a_matter_is_opened_through_the_api(city: Townhall) -> None:
    window, key = posted("clerk"), uuid.uuid4()
    (matter,) = window.get("/matters").json()
    assert (matter["id"], {field["field"] for field in matter["form"]} >= {"shop", "area"}) == (MATTER, True)
    body = {"form": ASKED, "town": "town-01", "parties": {"applicant": city.parties["citizen"]}}
    assert window.post_("/matters/no-such", body, uuid.uuid4()).status_code == 404
    wrong = window.post_(f"/matters/{MATTER}", {"form": {}}, uuid.uuid4())
    assert {each["field"] for each in wrong.json()["errors"]} == {"form.shop", "form.area"}
    made = window.post_(f"/matters/{MATTER}", body, key)
    assert made.status_code == 201
    assert [each["item"] for each in made.json()["children"]] == [FOOD, SIGN]
    assert window.post_(f"/matters/{MATTER}", body, key).json() == made.json()
    other = window.post_(f"/matters/{MATTER}", {**body, "form": {**ASKED, "shop": "另一家"}}, key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:qinzheng:problem:key-reused")
    assert posted("handler").post_(f"/matters/{MATTER}", body, uuid.uuid4()).status_code == 409


# -- commands -----------------------------------------------------------------------------------------


def command(name: str, **arguments: Any) -> int:
    return int(getattr(project_commands, name)(argparse.Namespace(**arguments)))


def test_a_matter_is_opened_and_followed_by_command(
    city: Townhall, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("matters") == 0
    assert "area  integer" in capsys.readouterr().out
    asked = {"matter": MATTER, "party": city.parties["citizen"], "town": "town-01", "by": city.posts["clerk"]}
    for fields, said in (
        (["shop"], "NAME=VALUE"), (["shop=老街面馆", "area=大"], "area"), ([], "shop"), (["colour=red"], "colour"),
    ):  # fmt: skip
        assert command("open_", **asked, fields=fields) == 1
        assert said in capsys.readouterr().err
    assert command("open_", **{**asked, "matter": "no-such"}, fields=[]) == 1
    assert command("open_", **asked, fields=["shop=老街面馆", "area=60"]) == 0
    (parent,) = Case.objects.filter(procedure=handling.PROCEDURE)
    assert parent.number in capsys.readouterr().out
    assert command("show", number=parent.number) == 0
    assert SIGN in capsys.readouterr().out
    assert command("show", number="YJS0") == 1
