"""The pages of cases, used as people use them: by forms that need no script, against a real database."""

from __future__ import annotations

import datetime as dt
import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qinzheng.access import actions as access
from qinzheng.access.models import BreakGlass
from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.models import Case
from qinzheng.ledger import queries as ledger
from qinzheng.parties import codes
from qinzheng.parties import queries as parties
from qinzheng.supervision.models import Card
from tests import townhall
from tests.townhall import Townhall

pytestmark = pytest.mark.django_db
BACKEND = "qinzheng.access.login.AccountBackend"
KEY = re.compile(r'name="key" value="([0-9a-f-]{36})"')


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


@pytest.fixture
def as_(city: Townhall, client: Client) -> Any:
    """``as_("clerk")``: the browser of somebody who has logged in."""

    def logged_in(name: str) -> Client:
        client.force_login(city.accounts[name], backend=BACKEND)
        return client

    return logged_in


def key_on(page: str, act: str = "") -> str:
    """The hidden key of the form of an act."""
    part = page.split(f'name="act" value="{act}"', 1)[1] if act else page
    found = KEY.search(part)
    assert found is not None
    return found[1]


def do(client: Client, number: str, act: str, **fields: Any) -> Any:
    """Do an act by its form on the case page."""
    page = client.get(f"/cases/{number}/").content.decode()
    return client.post(f"/cases/{number}/acts/", {"act": act, "key": key_on(page, act), **fields})


def test_from_the_window_to_the_end(as_: Any, city: Townhall) -> None:
    item = townhall.an_item("housing", "services.matter")
    clerk = as_("clerk")
    found = clerk.get("/cases/new/", {"q": item.name.zh}).content.decode()
    assert f"/cases/new/{item.id}/" in found
    form = clerk.get(f"/cases/new/{item.id}/").content.decode()
    number = codes.make_identity_number("320999", dt.date(1990, 5, 6), 7)
    given = {
        "key": key_on(form),
        "town": "town-01",
        "kind": "citizen",
        "name": "慕容新来",
        "code": number[:-1] + "0",
        "phone": "13800001111",
    }
    if given["code"] == number:
        given["code"] = number[:-1] + "1"
    refused = clerk.post(f"/cases/new/{item.id}/", given)
    assert refused.status_code == 422
    assert 'id="about-code_error"' in refused.content.decode()
    assert "慕容新来" in refused.content.decode()
    assert not Case.objects.exists()
    given["code"] = number
    for _ in range(2):  # a double click opens one case
        done = clerk.post(f"/cases/new/{item.id}/", given)
        assert done.status_code == 302
    case = Case.objects.get()
    assert done["Location"] == f"/cases/{case.number}/"
    assert (case.organization, case.opened_by, case.town) == ("housing", "point-civic-centre", "town-01")
    party = case.parties.get().party
    assert parties.find_by_code(number).pk == party  # type: ignore[union-attr]
    assert case.number in clerk.get("/work/").content.decode(), "the window may accept it"
    assert do(clerk, case.number, "accept").status_code == 302
    work = as_("handler").get("/work/").content.decode()
    assert case.number in work
    assert case.number not in as_("clerk").get("/work/").content.decode(), "now it is the department's turn"
    assert do(as_("handler"), case.number, "finish").status_code == 302
    case.refresh_from_db()
    assert case.closed_at is not None
    assert case.number not in as_("handler").get("/work/").content.decode()


def test_a_double_click_is_one_act_and_a_used_page_says_so(as_: Any, city: Townhall) -> None:
    case = townhall.opened(city)
    clerk = as_("clerk")
    key = key_on(clerk.get(f"/cases/{case.number}/").content.decode(), "accept")
    answers = [clerk.post(f"/cases/{case.number}/acts/", {"act": "accept", "key": key}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert [e.body["act"] for e in ledger.history(case.id) if e.type == "cases.performed"] == ["accept"]
    other = as_("handler").post(f"/cases/{case.number}/acts/", {"act": "finish", "key": key})
    assert other.status_code == 422
    assert "这一页已经用过" in other.content.decode()


def test_what_is_refused_stands_at_its_field_and_nothing_typed_is_lost(as_: Any, city: Townhall) -> None:
    case = townhall.opened(city)
    handler = as_("handler")
    missing = do(handler, case.number, "refuse", reasons="")
    assert missing.status_code == 422
    assert 'id="refuse-reasons_error"' in missing.content.decode()
    again = handler.post(f"/cases/{case.number}/acts/", {"act": "finish", "key": str(uuid.uuid4())})
    assert again.status_code == 422
    assert "办理中" in again.content.decode()
    asked = do(handler, case.number, "request_correction", defects="缺少测绘报告")
    assert asked.status_code == 302
    assert handler.post(f"/cases/{case.number}/acts/", {"act": "nonsense"}).status_code == 404
    assert Case.objects.get().state == "correcting"


def test_a_caller_without_a_name_and_a_text_that_only_the_unit_reads(as_: Any, city: Townhall) -> None:
    agent = as_("agent")
    form = agent.get("/cases/new/hotline.work-order/").content.decode()
    given = {
        "key": key_on(form),
        "title": "路灯不亮",
        "town": "town-01",
        "kind": "citizen",
        "content": "灯杆七号三天没亮",
    }
    assert agent.post("/cases/new/hotline.work-order/", {**given, "title": ""}).status_code == 422
    done = agent.post("/cases/new/hotline.work-order/", given)
    assert done.status_code == 302
    case = Case.objects.get()
    assert (case.title, case.parties.count(), case.organization) == ("路灯不亮", 0, "hotline-centre")
    assert all("灯杆" not in event.raw.decode() for event in ledger.history(case.id))
    assert do(agent, case.number, "dispatch", next="housing").status_code == 302
    assert "灯杆七号" in as_("handler").get(f"/cases/{case.number}/").content.decode()
    assert "灯杆七号" not in as_("auditor").get(f"/cases/{case.number}/").content.decode()
    assert case.number in as_("agent").get("/cases/", {"q": "路灯"}).content.decode()
    assert do(as_("handler"), case.number, "sign").status_code == 302


def test_a_card_falls_and_is_followed_to_its_article(as_: Any, city: Townhall) -> None:
    number = overdue(city)
    cards = as_("supervisor").get("/cards/", {"level": "red"}).content.decode()
    assert number in cards
    row = Card.objects.filter(level="red").latest("at")
    page = as_("supervisor").get(f"/cards/{row.pk}/").content.decode()
    case_page = as_("supervisor").get(f"/cases/{number}/").content.decode()
    rule = re.search(r'href="(/definitions/rules/[^"]+)"', page)
    article = re.search(r'href="(/definitions/sources/[^"]+)"', page)
    assert rule is not None
    assert article is not None
    events = re.findall(r'href="(/ledger/events/[^"]+)"', page)
    assert "发出红牌" in page
    for event in events:
        assert as_("supervisor").get(event).status_code == 200
    assert events or "待入签名日志" in page, "what it rests on, with the proof or its waiting for it"
    for address in (rule[1], article[1]):
        assert as_("supervisor").get(address).status_code == 200
        assert address in case_page


def overdue(city: Townhall) -> str:
    """A case counted in minutes, accepted an hour ago and still open."""
    ago = int(time.time() * 1_000_000) - 3_600_000_000
    clerk = city.who("clerk", "clerk")
    about = About(title="演示", parties={"applicant": city.parties["citizen"]})
    done = cases.open_case("demo.minutes", "receive", clerk, {}, occurred_at=ago, about=about)
    cases.perform(done.case, "accept", clerk, {}, occurred_at=ago + 1)
    return done.number


def test_whoever_opens_a_person_in_full_leaves_a_trace(as_: Any, city: Townhall) -> None:
    case = townhall.opened(city)
    name, phone = townhall.NAMES["citizen"], townhall.PHONES["citizen"]
    masked = as_("handler").get(f"/cases/{case.number}/").content.decode()
    assert name not in masked
    assert phone not in masked
    before = len(parties.readings(city.parties["citizen"]))
    shown = as_("handler").post(f"/cases/{case.number}/people/").content.decode()
    assert name in shown
    assert phone in shown
    readings = parties.readings(city.parties["citizen"])
    assert len(readings) == before + 1
    assert readings[-1]["post"] == city.posts["handler"]
    for other in ("supervisor", "auditor", "citizen", "sibling"):
        assert as_(other).post(f"/cases/{case.number}/people/").status_code == 404


def test_filters_are_kept_by_name(as_: Any, city: Townhall) -> None:
    clerk = as_("clerk")
    kept = clerk.post(reverse("saved-views"), {"page": "cases", "label": "在办的", "query": "state=open"})
    assert kept["Location"] == "/cases/?state=open"
    assert "在办的" in clerk.get("/cases/").content.decode()
    assert "在办的" not in as_("handler").get("/cases/").content.decode()
    assert as_("clerk").post(reverse("saved-views"), {"page": "nowhere", "label": "x"}).status_code == 404


def test_cases_are_found_by_words_number_and_by_people_where_one_may(as_: Any, city: Townhall) -> None:
    case = townhall.opened(city)
    clerk = as_("clerk")
    for asked in (case.number, townhall.NAMES["citizen"], townhall.PHONES["citizen"]):
        assert f"/cases/{case.number}/" in clerk.get("/cases/", {"q": asked}).content.decode(), asked
    for asked in (townhall.NAMES["citizen"], townhall.PHONES["citizen"]):
        assert f"/cases/{case.number}/" not in as_("auditor").get("/cases/", {"q": asked}).content.decode()
    assert f"/cases/{case.number}/" not in as_("sibling").get("/cases/", {"q": case.number}).content.decode()
    assert as_("clerk").get("/cases/", {"q": "!!!"}).status_code == 200
    assert as_("clerk").get("/cases/", {"after": "nonsense"}).status_code == 302


def test_a_citizen_opens_its_own_case_and_no_other(as_: Any, city: Townhall) -> None:
    item = townhall.an_item("housing", "services.matter")
    citizen = as_("citizen")
    form = citizen.get(f"/cases/new/{item.id}/").content.decode()
    assert citizen.post(f"/cases/new/{item.id}/", {"key": key_on(form), "town": ""}).status_code == 302
    case = Case.objects.get()
    assert case.parties.get().party == city.parties["citizen"]
    assert citizen.get(f"/cases/{case.number}/").status_code == 200
    assert as_("other").get(f"/cases/{case.number}/").status_code == 404
    assert do(as_("citizen"), case.number, "withdraw").status_code == 302
    assert Case.objects.get().closed_at is not None


def test_who_looked_is_shown_to_whom_the_case_belongs(as_: Any, city: Townhall) -> None:
    case = townhall.opened(city)
    as_("handler").get(f"/cases/{case.number}/")
    seen = as_("citizen").get(f"/cases/{case.number}/").content.decode()
    assert "handler岗" in seen
    assert "handler甲" not in seen
    assert len(access.readers(case)) == 2


def test_an_opening_is_asked_by_one_approved_by_another_and_shows_for_its_time(
    as_: Any, city: Townhall
) -> None:
    case = townhall.opened(city)
    people = f"/cases/{case.number}/people/"
    supervisor = as_("supervisor")
    assert supervisor.post(people).status_code == 404
    assert "申请破窗查阅" in supervisor.get(f"/cases/{case.number}/").content.decode()
    assert supervisor.post(f"/cases/{case.number}/openings/", {"reason": "curiosity"}).status_code == 422
    assert supervisor.post(f"/cases/{case.number}/openings/", {"reason": "safety"}).status_code == 302
    asked = BreakGlass.objects.get()
    assert supervisor.post(people).status_code == 404, "not before it is approved"
    assert supervisor.post(f"/openings/{asked.pk}/", {"minutes": "10"}).status_code == 404
    leader = as_("leader")
    assert case.number in leader.get("/openings/").content.decode()
    assert leader.post(f"/openings/{asked.pk}/", {"minutes": "31"}).status_code == 422
    assert leader.post(f"/openings/{asked.pk}/", {"minutes": "10"}).status_code == 302
    assert leader.post(f"/openings/{asked.pk}/", {"minutes": "10"}).status_code == 422, "once"
    assert leader.post(people).status_code == 404, "it is the asker's"
    assert townhall.NAMES["citizen"] in as_("supervisor").post(people).content.decode()
    noted = [event.type for event in ledger.history(f"opening:{asked.pk}")]
    assert noted == ["access.opening_asked", "access.opening_approved", "access.opening_used"]
    BreakGlass.objects.update(ends_at=dt.datetime.now(dt.UTC))
    assert as_("supervisor").post(people).status_code == 404
