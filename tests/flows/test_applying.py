"""An application from the first question to the receipt, by those who may apply: saved, checked, sent once, seen by nobody else."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from qinzheng.access import actions as access
from qinzheng.cases.models import Attachment, Case
from qinzheng.ledger import queries as ledger
from qinzheng.mechanisms.applying import drafts, submitting
from qinzheng.mechanisms.applying.models import Application, Draft
from qinzheng.mechanisms.errands import taking
from qinzheng.organizations import actions as organizations
from qinzheng.parties import actions as parties
from qinzheng.parties import codes
from tests import townhall, uploads
from tests.townhall import BY, FOUNDED, NAMES, Townhall, browser

pytestmark = pytest.mark.django_db
FOOD = "market.food-business-licence"
SHOP = "试金石小吃店"


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as found:
        yield found


@pytest.fixture
def city(standing: Townhall, settings: Any, tmp_path: Path) -> Townhall:
    settings.FILES = str(tmp_path / "files")
    return standing


@pytest.fixture
def citizen(city: Townhall) -> Client:
    return browser(city, "citizen")


def picture(name: str = "布局图.jpg", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if content is not None else uploads.picture(), "image/jpeg")


def version(client: Client, url: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', client.get(url).content.decode())
    assert found
    return found[1]


def begun(client: Client, **more: Any) -> str:
    """The address of a new draft."""
    answer = client.post(f"/apply/{FOOD}/", {"town": "town-01", **more})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"]).removesuffix("situation/")


def ready(client: Client, draft: str) -> None:
    """All that is asked is said and given."""
    url = f"{draft}situation/"
    said = {"version": version(client, url), "business": "restaurant", "who": "self"}
    assert client.post(url, said)["Location"] == f"{draft}bring/"
    url = f"{draft}form/"
    typed = {
        "version": version(client, url),
        "key": str(uuid.uuid4()),
        "shop": SHOP,
        "area": "80",
        "town": "town-01",
    }
    assert client.post(url, typed)["Location"] == f"{draft}files/"  # fmt: skip
    for material in ("application", "layout"):
        sent = {"version": "1", "file": picture()}
        assert client.post(f"{draft}files/{material}/", sent).status_code == 302
    later = {"version": "1", "way": "later"}
    assert client.post(f"{draft}files/rules/", later).status_code == 302


def test_an_item_with_a_paper_called_identity_is_applied_for_online(citizen: Client) -> None:
    item = "police.renewal-of-a-driving-licence"
    answer = citizen.post(f"/apply/{item}/", {"town": "town-01"})
    draft = str(answer["Location"]).removesuffix("situation/")
    url = f"{draft}situation/"
    citizen.post(url, {"version": version(citizen, url), "why": "damaged", "where": "linked", "who": "self"})
    url = f"{draft}form/"
    typed = {
        "version": version(citizen, url),
        "key": str(uuid.uuid4()),
        "delivery": "window",
        "town": "town-01",
    }
    assert citizen.post(url, typed)["Location"] == f"{draft}files/"
    for material in ("application", "identity", "old", "photo"):
        assert (
            citizen.post(f"{draft}files/{material}/", {"version": "1", "file": picture()}).status_code == 302
        )
    answer = sent(citizen, draft)
    assert answer.status_code == 200, answer.content.decode()
    case = Case.objects.get(item=item)
    event = ledger.event(Application.objects.get(case=case).event)
    assert event is not None
    assert {"material": "identity", "way": "with"} in event.body["materials"]


def sent(client: Client, draft: str, **more: Any) -> Any:
    url = f"{draft}check/"
    return client.post(url, {"version": version(client, url), **more})


def test_a_citizen_applies_and_takes_a_receipt_away(city: Townhall, citizen: Client) -> None:
    draft = begun(citizen)
    bring = citizen.get(f"{draft}bring/")
    assert bring["Location"] == f"{draft}situation/"  # first the questions
    ready(citizen, draft)
    brought = citizen.get(f"{draft}bring/").content.decode()
    assert "经营场所布局图" in brought
    assert "授权委托书" not in brought  # comes himself
    page = citizen.get(f"{draft}check/").content.decode()
    for words in (SHOP, "80", "餐馆、小吃店、饮品店", "布局图.jpg", "稍后补交", "部门已有", "当天不计入期限"):
        assert words in page
    assert not Case.objects.filter(item=FOOD).exists()  # what was reckoned was rolled back
    answer = sent(citizen, draft)
    receipt = answer.content.decode()
    assert answer.status_code == 200, receipt
    case = Case.objects.get(item=FOOD)
    assert case.number in receipt
    assert receipt.count("<svg role=") == 2
    assert f"/ledger/events/{ledger.history(case.pk)[0].id}/" in receipt
    secret = re.search(r'class="secret">([^<]+)<', receipt)
    assert secret
    shown = Client().post("/progress/", {"number": case.number, "secret": secret[1]}).content.decode()
    assert "已收件" in shown
    assert (case.state, case.organization) == ("received", "market")
    assert Application.objects.get(case=case).ways == {
        "application": "with", "business_licence": "shared", "layout": "with", "rules": "later", "health": "shared",
    }  # fmt: skip
    assert list(Attachment.objects.filter(case=case).values_list("material", flat=True)) == [
        "application",
        "layout",
    ]
    # what was said is the draft's no more
    held = Draft.objects.get(case=case)
    assert (bytes(held.sealed), bytes(held.key_wrapped)) == (b"", b"")
    # sent once more it is the same case; the former secret opens nothing
    again = citizen.post(f"{draft}receipt/").content.decode()
    assert case.number in again
    assert secret[1] not in again
    assert citizen.get(f"{draft}check/").status_code == 302
    assert Case.objects.filter(item=FOOD).count() == 1


def test_what_is_missing_is_said_with_links_and_nothing_is_sent(citizen: Client) -> None:
    draft = begun(citizen)
    url = f"{draft}situation/"
    answer = citizen.post(url, {"version": version(citizen, url)})
    assert answer.status_code == 422
    assert "请选一项" in answer.content.decode()
    citizen.post(url, {"version": version(citizen, url), "business": "restaurant", "who": "self"})
    url = f"{draft}form/"
    typed = {"version": version(citizen, url), "key": str(uuid.uuid4()), "shop": SHOP, "area": "零"}
    answer = citizen.post(url, typed)
    assert answer.status_code == 422
    assert SHOP in answer.content.decode()
    assert 'href="#form-area"' in answer.content.decode()
    assert citizen.post(url, {**typed, "later": "1"})["Location"] == "/apply/"  # kept as it is
    page = citizen.get(f"{draft}check/").content.decode()
    assert f'href="{draft}form/#form-area"' in page
    assert f'href="{draft}files/#paper-layout"' in page
    assert "提交申请" not in page
    assert citizen.post(f"{draft}check/", {"version": "3"}).status_code == 422
    assert not Case.objects.filter(item=FOOD).exists()


def test_hostile_files_are_refused_beside_their_field(citizen: Client) -> None:
    draft = begun(citizen)
    url = f"{draft}situation/"
    citizen.post(url, {"version": version(citizen, url), "business": "restaurant", "who": "self"})
    for file, said in (
        (picture("a.jpg", b""), "空"), (picture("a.jpg", b"<html>"), "只收"), (picture("../../a.png"), "后缀"),
        (picture("a.jpg", b"\xff\xd8\xff" + b"0" * (11 * 1024 * 1024)), "超过 10 MB"), (picture("a.png", uploads.png_of(30_000, 30_000)), "打不开"),
    ):  # fmt: skip
        answer = citizen.post(f"{draft}files/layout/", {"version": "1", "file": file})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert said in page
        assert 'href="#layout-file"' in page
    assert citizen.post(f"{draft}files/layout/", {"version": "1"}).status_code == 422
    assert citizen.post(f"{draft}files/nothing/", {"version": "1", "file": picture()}).status_code == 404
    assert not Attachment.objects.exists()


def test_two_devices_do_not_overwrite_one_another_silently(city: Townhall, citizen: Client) -> None:
    draft = begun(citizen)
    url = f"{draft}form/"
    first = version(citizen, url)
    phone = browser(city, "citizen")
    typed = {"key": str(uuid.uuid4()), "area": "80"}
    assert citizen.post(url, {**typed, "version": first, "shop": "甲店"}).status_code == 302
    answer = phone.post(url, {**typed, "version": first, "shop": "乙店"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "刚在另一处" in page
    assert "乙店" in page
    assert drafts.read(Draft.objects.get(case=None)).form["shop"] == ["甲店"]
    following = re.search(r'name="version" value="(\d+)"', page)
    assert following
    assert phone.post(url, {**typed, "version": following[1], "shop": "乙店"}).status_code == 302
    assert drafts.read(Draft.objects.get(case=None)).form["shop"] == ["乙店"]
    # what another device changed is not sent unseen
    ready(citizen, draft)
    stale = version(citizen, f"{draft}check/")
    phone.post(url, {**typed, "version": version(phone, url), "shop": "丙店"})
    answer = citizen.post(f"{draft}check/", {"version": stale})
    assert answer.status_code == 422
    assert "丙店" in answer.content.decode()
    assert not Case.objects.filter(item=FOOD).exists()


def test_a_neighbour_learns_nothing(city: Townhall, citizen: Client) -> None:
    draft = begun(citizen)
    ready(citizen, draft)
    file = Attachment.objects.order_by("added_at").first()
    assert file is not None
    id = file.pk.removeprefix("file:")
    addresses = [f"{draft}{step}/" for step in ("situation", "bring", "form", "files", "check", "receipt")]
    others = [
        browser(city, name) for name in ("other", "clerk", "handler", "market-head", "supervisor", "auditor")
    ]
    for other in (*others, Client()):
        for address in (*addresses, f"/files/{id}/"):
            assert other.get(address).status_code == 404, address
        for address in (f"{draft}drop/", f"{draft}files/layout/", f"/files/{id}/drop/"):
            assert other.post(address, {"version": "1", "file": picture()}).status_code == 404
        assert SHOP not in other.get("/apply/").content.decode()
    number = re.search(r'receipt-number number">(\w+)<', sent(citizen, draft).content.decode())
    assert number
    for name, status in (
        ("other", 404),
        ("sibling", 200),
        ("clerk", 404),
        ("accused", 404),
        ("auditor", 404),
        ("leader", 404),
    ):
        assert browser(city, name).get(f"/files/{id}/").status_code == status, name  # fmt: skip
    given = citizen.get(f"/files/{id}/")
    assert given["Content-Disposition"].startswith("attachment")
    assert given["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in given["Cache-Control"]
    assert "sandbox" in given["Content-Security-Policy"]
    assert uploads.PLACE.encode() not in given.content
    assert citizen.post(f"/files/{id}/drop/").status_code == 404  # it is the case's now


def test_a_firms_handler_applies_while_the_mandate_lasts(city: Townhall) -> None:
    code = codes.make_enterprise_code("320999", 11)
    firm = parties.register(
        "enterprise", {"name": "试金餐饮有限公司", "enterprise_code": code}, by="tests"
    ).pk
    today = dt.date.today()
    mandate = access.mandate(
        city.accounts["other"], firm, today, BY, items=[FOOD], ends=today + dt.timedelta(days=9)
    )
    client = browser(city, "other")
    draft = begun(client, party=firm)
    ready(client, draft)
    assert sent(client, draft).status_code == 200
    assert Case.objects.get(item=FOOD).parties.get().party == firm
    second = begun(client, party=firm)
    access.revoke_mandate(mandate, BY)
    assert client.get(f"{second}form/").status_code == 404


@pytest.fixture
def village(city: Townhall) -> Client:
    """An officer of a village, with a post that takes applications in."""
    organizations.found_organization(
        "village-01-01", "village", "试金村", parent="town-01", begins=FOUNDED, by=BY
    )
    post = organizations.create_post(
        "village-01-01", "村便民员", ("clerk",), begins=FOUNDED, by=BY, name_en="village clerk"
    )
    person = organizations.register_person("村员甲", by=BY)  # fmt: skip
    organizations.appoint(person, post, FOUNDED, by=BY)
    city.accounts["village"] = access.make_account("village", "officer", BY, person_id=person)
    return browser(city, "village")


def test_a_village_officer_applies_on_behalf_of_a_neighbour(city: Townhall, village: Client) -> None:
    number = codes.make_identity_number("320999", dt.date(1950, 5, 5), 5)
    answer = village.post(f"/apply/{FOOD}/", {"kind": "citizen", "name": "", "code": "1"})
    assert answer.status_code == 422
    draft = begun(village, kind="citizen", name="试金老人", code=number, phone="")
    ready(village, draft)
    assert "由您代办" in village.get(f"{draft}check/").content.decode()
    refused = sent(village, draft)
    assert (refused.status_code, Case.objects.filter(item=FOOD).exists()) == (422, False)  # nobody consented
    consent = {"how": "proxy", "consent": "signed", "consent_proof": "WT-2026-1", "collects": "yes"}
    receipt = sent(village, draft, **consent).content.decode()
    assert "代办" in receipt
    case = Case.objects.get(item=FOOD)
    errand = taking.of(case)
    assert errand is not None
    assert (errand.state, errand.opened_by) == ("running", "village-01-01")
    assert errand.number in village.get(f"/cases/{case.number}/").content.decode()
    assert case.number in village.get(f"/cases/{errand.number}/").content.decode()
    application = Application.objects.get(case=case)
    assert application.on_behalf.startswith("p-")
    event = ledger.event(application.event)
    assert event is not None
    assert (event.type, event.body["on_behalf"]) == (submitting.SUBMITTED, True)
    assert "试金老人" not in str(event.body)
    assert case.opened_by == "village-01-01"


def test_corrections_are_asked_for_at_once_and_supplied_with_files(city: Townhall, citizen: Client) -> None:
    draft = begun(citizen)
    ready(citizen, draft)
    sent(citizen, draft)
    case = Case.objects.get(item=FOOD)
    market = browser(city, "sibling")
    page = market.get(f"/cases/{case.number}/materials/").content.decode()
    assert "布局图.jpg" in page
    marks = {"mark-layout": "wrong", "mark-application": "missing", "note-application": "缺签字页"}
    answer = market.post(f"/cases/{case.number}/materials/", marks)
    assert (answer.status_code, "请写明哪里有误" in answer.content.decode()) == (422, True)
    answer = market.post(f"/cases/{case.number}/materials/", {**marks, "note-layout": "看不清尺寸，请重拍"})
    page = answer.content.decode()
    assert answer.status_code == 200
    told = "1. 缺少“食品经营许可申请书”，请补交：缺签字页\n2. “经营场所布局图（标明操作间、水池、设备位置）”需要改正：看不清尺寸，请重拍"
    assert told in page.replace("\r", "")
    key = re.findall(r'name="key" value="([0-9a-f-]{36})" id="request_correction-key"', page)
    assert key
    done = market.post(
        f"/cases/{case.number}/acts/", {"act": "request_correction", "key": key[0], "defects": told}
    )
    assert done.status_code == 302  # fmt: skip
    supply = citizen.get(f"/cases/{case.number}/files/").content.decode()
    assert "提交补正材料" in supply
    answer = citizen.post(f"/cases/{case.number}/files/", {"material": "layout", "file": picture("重拍.jpg")})
    assert answer.status_code == 302
    assert "重拍.jpg" in market.get(f"/cases/{case.number}/").content.decode()
    assert browser(city, "other").get(f"/cases/{case.number}/files/").status_code == 404
    acts = {"act": "supply_correction", "key": str(uuid.uuid4())}
    assert citizen.post(f"/cases/{case.number}/acts/", acts).status_code == 302
    case.refresh_from_db()
    assert case.state == "received"


def test_a_draft_that_nobody_touches_is_destroyed(citizen: Client) -> None:
    draft = begun(citizen)
    ready(citizen, draft)
    assert drafts.expire() == 0
    Draft.objects.update(expires_at=dt.datetime.now(dt.UTC))
    assert drafts.expire() == 1
    assert not Draft.objects.exists()
    assert not Attachment.objects.filter(erased_at=None).exists()
    assert citizen.get(f"{draft}form/").status_code == 404


def test_nothing_of_a_draft_stands_open_in_the_database(citizen: Client) -> None:
    draft = begun(citizen)
    ready(citizen, draft)
    held = Draft.objects.get()
    assert SHOP.encode() not in bytes(held.sealed)
    assert NAMES["citizen"].encode() not in bytes(held.sealed)
    assert citizen.post(f"{draft}drop/").status_code == 302
    assert not Draft.objects.exists()
