"""The page of the service network, papers put in at one from the window's form and the API, a promise chosen and sent on the web."""

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
from django.urls import reverse

from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import NewEvent
from qinzheng.mechanisms.errands import taking
from qinzheng.mechanisms.points import receiving
from qinzheng.mechanisms.promises import checking
from qinzheng.organizations import actions as organizations
from tests import townhall, uploads
from tests.townhall import BY, FOUNDED, Townhall, browser

pytestmark = pytest.mark.django_db
HYGIENE = "health.hygiene-permit-of-a-public-place"


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as found:
        organizations.found_organization(
            "point-always", "service_point", "自助区", parent="administrative-approval", begins=FOUNDED, by=BY,
            calendar="cn.self-service",
        )  # fmt: skip
        yield found


def opened(city: Townhall, item: Any, **more: Any) -> Any:
    url = reverse("open-case", args=[item.id])
    said = {"key": str(uuid.uuid4()), "kind": "citizen", "name": "试金投件人", "town": "town-01", **more}
    return browser(city, "clerk").post(url, said)


def test_papers_from_a_cabinet_count_from_when_they_were_put_in(city: Townhall) -> None:
    item = townhall.an_item("housing", "services.matter")
    earlier = (dt.datetime.now(shelf.ZONE) - dt.timedelta(hours=3)).replace(second=0, microsecond=0)
    page = browser(city, "clerk").get(reverse("open-case", args=[item.id])).content.decode()
    assert "point-always" in page
    answer = opened(city, item, point="point-always", put_in=earlier.strftime("%Y-%m-%dT%H:%M"))
    assert answer.status_code == 302, answer.content.decode()
    case = Case.objects.get(number=answer["Location"].split("/")[-2])
    assert case.opened_at == earlier
    assert receiving.of(case) is not None
    assert "放入" in browser(city, "clerk").get(f"/cases/{case.number}/").content.decode()


@pytest.mark.parametrize(
    "more",
    [{"point": "point-always"}, {"put_in": "2026-01-01T10:00"}, {"point": "housing", "put_in": "2026-01-01T10:00"},
     {"point": "point-always", "put_in": "2999-01-01T10:00"}, {"point": "point-always", "put_in": "gestern"}],
)  # fmt: skip
def test_what_is_half_said_or_to_come_opens_nothing(city: Townhall, more: dict[str, str]) -> None:
    before = Case.objects.count()
    assert opened(city, townhall.an_item("housing", "services.matter"), **more).status_code == 422
    assert Case.objects.count() == before


def test_a_promise_is_taken_at_a_window_and_refused_from_whom_broke_one(city: Townhall) -> None:
    item = shelf.library().get("item", HYGIENE)
    url = reverse("open-case", args=[HYGIENE])
    assert "卫生检测或评价报告" in browser(city, "clerk").get(url).content.decode()
    said = {"place": "试金影院", "area": "900", "promised": "report"}
    answer = opened(city, item, **said)
    assert answer.status_code == 302, answer.content.decode()
    case = Case.objects.get(number=answer["Location"].split("/")[-2])
    assert case.variant == "promise"
    assert opened(city, item, **{**said, "promised": "layout"}).status_code == 422
    body = {"case": case.pk, "act": "find_false"}
    ledger.append([NewEvent(checking.BROKEN, checking.subject(city.parties["citizen"]), body)])
    page = browser(city, "citizen").post(url, {"key": str(uuid.uuid4()), "town": "", **said})
    assert (page.status_code, "曾经承诺不实" in page.content.decode()) == (422, True)
    assert Case.objects.filter(item=HYGIENE).count() == 1


def test_a_citizen_says_what_could_not_be_done(city: Townhall) -> None:
    client = browser(city, "citizen")
    url = reverse("open-case", args=["administrative-approval.what-could-not-be-done"])
    assert url in client.get(reverse("report")).content.decode()
    assert url not in Client().get(reverse("report")).content.decode()
    said = {"key": str(uuid.uuid4()), "what": "试金石：两个单位都说归对方管", "trips": "2", "town": "town-01"}
    answer = client.post(url, said)
    assert answer.status_code == 302, answer.content.decode()
    case = Case.objects.get(procedure="services.undone")
    assert (case.state, case.organization, case.next_due is not None) == (
        "received",
        "administrative-approval",
        True,
    )


def test_everybody_sees_the_points_that_are_theirs(city: Townhall) -> None:
    case = townhall.opened(city, by="town-clerk")
    form = {"how": "help", "consent": "witnessed", "consent_proof": "QR-1", "collects": False}
    taking.take(case, "试", city.who("town-clerk", "clerk"), form)
    page = browser(city, "supervisor").get(reverse("network")).content.decode()
    assert {"望江便民中心", "政务中心", "自助区"} <= set(re.findall(r">(\w+)</a>", page))
    own = browser(city, "town-clerk").get(reverse("network")).content.decode()
    assert "望江便民中心" in own
    assert "自助区" not in own
    row = own[own.index("望江便民中心") :].split("</tr>")[0]
    assert [int(each) for each in re.findall(r'class="number"[^>]*>(\d+)<', row)] == [2, 2, 0, 1, 0]
    assert browser(city, "citizen").get(reverse("network")).status_code == 404
    assert Client().get(reverse("network")).status_code == 302


def test_a_long_network_comes_by_fifty(city: Townhall) -> None:
    for n in range(60):
        organizations.found_organization(
            f"point-more-{n}", "service_point", f"分点{n:02}", parent="administrative-approval", begins=FOUNDED, by=BY
        )  # fmt: skip
    client, seen = browser(city, "supervisor"), []
    url = address = reverse("network")
    while address:
        page = client.get(address).content.decode()
        names = re.findall(r"data-open>([^<]+)</a>", page)
        assert 0 < len(names) <= 50
        seen += names
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = f"{url}{following[1]}" if following else ""
    assert {f"分点{n:02}" for n in range(60)} <= set(seen)
    assert len(seen) == len(set(seen))
    assert client.get(url, {"after": "x"}).status_code == 302


def test_an_errand_is_called_in_english_by_its_item_and_its_history_leads_to_the_application(
    city: Townhall,
) -> None:
    case = townhall.opened(city, by="town-clerk")
    item = shelf.library().get("item", HYGIENE)
    form = {"how": "help", "consent": "witnessed", "consent_proof": "QR-1", "collects": False}
    errand = Case.objects.get(pk=taking.take(case, item.name.zh, city.who("town-clerk", "clerk"), form).case)
    client = browser(city, "town-clerk")
    page = client.get(reverse("case", args=[errand.number])).content.decode()
    assert case.pk not in page
    history = page[page.index('class="event-said"') :]
    assert f'所办的件：<a class="number" href="{reverse("case", args=[case.number])}">' in history
    client.cookies["django_language"] = "en"
    english = client.get(
        reverse("case", args=[errand.number]), headers={"accept-language": "en"}
    ).content.decode()
    assert f"Help and proxy: {item.name.en}" in english
    assert "帮办代办：" not in english


def test_a_promise_is_chosen_among_the_papers_and_said_before_sending(
    city: Townhall, settings: Any, tmp_path: Path
) -> None:
    settings.FILES = str(tmp_path / "files")
    client = browser(city, "citizen")
    draft = client.post(reverse("apply", args=[HYGIENE]), {"town": "town-01"})["Location"].removesuffix(
        "situation/"
    )

    def version(step: str) -> str:
        found = re.search(r'name="version" value="(\d+)"', client.get(f"{draft}{step}/").content.decode())
        assert found
        return found[1]

    client.post(f"{draft}situation/", {"version": version("situation"), "venue": "hall", "air": "none"})
    assert "可以用承诺代替" in client.get(f"{draft}bring/").content.decode()
    typed = {
        "version": version("form"),
        "key": str(uuid.uuid4()),
        "place": "试金影院",
        "area": "900",
        "town": "moon",
    }
    assert client.post(f"{draft}form/", {**typed, "later": "1"}).status_code == 302
    page = client.get(f"{draft}check/").content.decode()
    assert "所在镇街：" in page
    assert "town：" not in page
    client.post(
        f"{draft}form/",
        {
            "version": version("form"),
            "key": str(uuid.uuid4()),
            "place": "试金影院",
            "area": "900",
            "town": "",
        },
    )
    papers = client.get(f"{draft}files/").content.decode().split('<section class="paper" id="paper-')
    asked = {each.split('"')[0]: "可不填" not in each for each in papers[1:]}
    assert asked["application"]
    assert asked["layout"]
    for material in ("application", "layout"):
        file = SimpleUploadedFile("图.jpg", uploads.picture(), "image/jpeg")
        assert client.post(f"{draft}files/{material}/", {"version": "1", "file": file}).status_code == 302
    for material, way in (("rules", "later"), ("report", "promised")):
        assert client.post(f"{draft}files/{material}/", {"version": "1", "way": way}).status_code == 302
    page = client.get(f"{draft}check/").content.decode()
    assert "已经检测并符合卫生标准" in page
    assert client.post(f"{draft}check/", {"version": version("check")}).status_code == 200
    case = Case.objects.get(item=HYGIENE)
    assert (case.variant, checking.promised(case)) == ("promise", ["report"])
    assert "以承诺代替的材料" in client.get(f"/cases/{case.number}/").content.decode()
