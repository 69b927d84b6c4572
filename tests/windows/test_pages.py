"""The window's pages as people use them: the clerk's desk, the fast intake, the hall screen, appointments, the register."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qinzheng.cases import receipts
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import envelope
from qinzheng.ledger import queries as ledger
from qinzheng.mechanisms.applying import submitting
from qinzheng.mechanisms.windows import calling, checking, queries
from qinzheng.mechanisms.windows.checking import CHECKED
from qinzheng.mechanisms.windows.models import Appointment, Ticket
from qinzheng.parties import codes
from qinzheng.parties.models import Party
from qinzheng.web.calendars import today
from qinzheng.web.windows import place as places
from tests import townhall
from tests.townhall import NAMES, PHONES, Townhall, browser

pytestmark = pytest.mark.django_db
POINT = "point-civic-centre"
FOOD = "market.food-business-licence"
SECRET = re.compile(r'class="secret">([0-9A-Z-]+)<')


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


@pytest.fixture
def city(standing: Townhall, settings: Any, tmp_path: Path) -> Townhall:
    settings.FILES = str(tmp_path / "files")
    return standing


@pytest.fixture
def window(city: Townhall) -> Client:
    return browser(city, "clerk")


def does(window: Client, do: str, **more: Any) -> str:
    answer: Any = window.post(reverse("window-acts"), {"point": POINT, "do": do, **more}, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


# -- the desk ------------------------------------------------------------------------------------------


def test_a_clerk_opens_a_counter_draws_calls_and_is_done(window: Client) -> None:
    assert "开窗" in window.get(reverse("windows")).content.decode()
    page = does(window, "draw", line="general", key=str(uuid.uuid4()))
    assert "A001 号，前面还有 0 人" in page
    page = does(window, "open", counter="3", lines=["general", "firms"])
    assert "3 号窗口" in page
    page = does(window, "next", key=str(uuid.uuid4()))
    assert "请 A 零零一 号，到 3 号窗口办理" in page
    does(window, "serve")
    assert Ticket.objects.get().state == "served"
    assert "现在没有人排队" in does(window, "next")


def test_what_is_refused_is_said_on_the_desk_in_both_languages(window: Client) -> None:
    assert "请先开窗" in does(window, "next")
    window.cookies["lang"] = "en"
    assert "open the counter first" in does(window, "next")
    assert window.post(reverse("window-acts"), {"do": "nonsense"}).status_code == 404


def test_pressed_twice_the_next_one_is_called_once(window: Client) -> None:
    for _ in range(2):
        does(window, "draw", line="general")
    does(window, "open", counter="1", lines=["general"])
    key = str(uuid.uuid4())
    does(window, "next", key=key)
    does(window, "next", key=key)
    assert sorted(Ticket.objects.values_list("number", "state")) == [("A001", "called"), ("A002", "waiting")]


def test_a_jump_is_seen_by_supervision_with_its_reason_and_event(city: Townhall, window: Client) -> None:
    for _ in range(2):
        does(window, "draw", line="general")
    does(window, "open", counter="1", lines=["general"])
    last = Ticket.objects.get(number="A002")
    assert "前面还有 1 人" in does(window, "before", ticket=last.pk, ground="")
    does(window, "before", ticket=last.pk, ground="disabled")
    page = browser(city, "supervisor").get(reverse("queues")).content.decode()
    last.refresh_from_db()
    assert "残疾人" in page
    assert reverse("event", args=[last.jump]) in page
    assert (
        "没有人取号"
        in browser(city, "supervisor").get(reverse("queues"), {"day": "2024-01-01"}).content.decode()
    )
    for day in ("昨天", "0001-01-01", "9999-12-31"):
        assert browser(city, "supervisor").get(reverse("queues"), {"day": day}).status_code == 200


def test_the_hall_screen_shows_numbers_to_anybody_and_no_person(city: Townhall, window: Client) -> None:
    does(window, "draw", line="firms")
    does(window, "open", counter="7", lines=["firms"])
    does(window, "next")
    page = Client().get(reverse("queue-display", args=[POINT])).content.decode()
    assert "B001" in page
    assert "7 号窗口" in page
    assert not any(hidden in page for hidden in ("clerk甲", city.posts["clerk"], NAMES["citizen"]))
    for nowhere in ("nowhere", "housing"):
        assert Client().get(reverse("queue-display", args=[nowhere])).status_code == 404


# -- the fast intake -----------------------------------------------------------------------------------

PERSON = {"kind": "citizen", "name": "试金甲", "code": "", "phone": "13800000001", "town": "town-01"}
SHOP = {"shop": "清和小吃店", "area": "80", "situation-business": "restaurant", "situation-who": "self"}
CHECKED_ALL = {"mark-application": "fine", "mark-layout": "fine", "mark-rules": "later"}


def taken(window: Client, do: str, item: str = FOOD, **more: Any) -> Any:
    data = {"item": item, "key": str(uuid.uuid4()), "do": do, **PERSON, **SHOP, **CHECKED_ALL, **more}
    return window.post(reverse("intake"), {name: value for name, value in data.items() if value is not None})


def test_the_item_is_found_by_what_people_call_it(window: Client) -> None:
    page = window.get(reverse("intake"), {"item": "开饭店"}).content.decode()
    assert "门店名称" in page, "one item fits: its page comes at once"
    assert "门店名称" in window.get(reverse("intake"), {"item": FOOD}).content.decode()
    several = window.get(reverse("intake"), {"item": "食品"}).content.decode()
    assert f"item={FOOD}" in several
    assert window.get(reverse("intake"), {"item": "没有这样的事"}).status_code == 200


def test_one_page_accepts_a_case_and_prints_its_receipt(city: Townhall, window: Client) -> None:
    does(window, "draw", line="general")
    does(window, "open", counter="1", lines=["general"])
    does(window, "next")
    answer = taken(window, "accept")
    page = answer.content.decode()
    assert answer.status_code == 200, page
    assert SECRET.search(page)
    case = Case.objects.latest("opened_at")
    assert (case.state, case.item) == ("accepted", FOOD)
    assert case.number in page
    assert (Ticket.objects.get().state, Ticket.objects.get().case) == ("served", case.pk)
    (noted,) = [event for event in ledger.events(types=(CHECKED,)) if event.body["case"] == case.pk]
    assert {each["material"]: each["mark"] for each in noted.body["marks"]} == {
        "application": "fine", "business_licence": "shared", "layout": "fine", "rules": "later", "health": "shared",
    }  # fmt: skip
    assert queries.last_case(POINT, today(), 1) == case.number


def test_one_page_asks_for_every_correction_at_once(city: Townhall, window: Client) -> None:
    answer = taken(
        window,
        "correct",
        **{"mark-application": "missing", "mark-layout": "wrong", "note-layout": "没有标水池"},
    )
    assert answer.status_code == 200
    case = Case.objects.latest("opened_at")
    assert case.state == "correcting"
    page = window.get(reverse("case", args=[case.number])).content.decode()
    assert "1. 缺少“食品经营许可申请书”，请补交" in page
    assert "没有标水池" in page


LICENCE = "police.renewal-of-a-driving-licence"


def test_an_item_with_a_paper_called_identity_is_taken_in(window: Client) -> None:
    marks = dict.fromkeys(("mark-application", "mark-identity", "mark-old", "mark-photo"), "fine")
    said = {"situation-why": "damaged", "situation-where": "linked", "situation-who": "self"}
    answer = taken(window, "", LICENCE, **said, **marks, delivery="window")
    assert answer.status_code == 200, answer.content.decode()
    case = Case.objects.latest("opened_at")
    (noted,) = [event for event in ledger.events(types=(CHECKED,)) if event.body["case"] == case.pk]
    assert {"material": "identity", "mark": "fine"} in noted.body["marks"]


def test_whatever_an_item_calls_its_papers_the_ledger_takes_what_was_found_of_them(city: Townhall) -> None:
    with_papers = [item for item in shelf.library().standing("item") if item.guide.materials]
    assert any("identity" in item.guide.materials for item in with_papers)
    who = city.who("clerk", "clerk")
    for item in with_papers:
        found = dict.fromkeys(item.guide.materials, "fine")
        noted = checking.noted("case:1", found, who, key=uuid.uuid4())
        told = submitting.materials(found)
        assert [each["material"] for each in noted.body["marks"]] == list(item.guide.materials), item.id
        for body in (noted.body, {"materials": told}):
            assert json.loads(envelope.canonical(body)) == body, item.id


@pytest.mark.parametrize(
    "more",
    [
        {"name": "试金丁"},
        {"code": codes.make_identity_number("320999", dt.date(1980, 1, 9), 9)},
        {"shop": "别的店"},
    ],
)
def test_a_page_sent_again_for_another_person_reissues_nothing(window: Client, more: dict[str, Any]) -> None:
    key = str(uuid.uuid4())
    assert taken(window, "accept", key=key).status_code == 200
    before = Case.objects.count(), Party.objects.count(), len(list(ledger.events(types=(receipts.ISSUED,))))
    answer = taken(window, "accept", key=key, **more)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "先前提交的有效" in page or "先前已提交过别的内容" in page
    assert not SECRET.search(page)
    assert before == (
        Case.objects.count(),
        Party.objects.count(),
        len(list(ledger.events(types=(receipts.ISSUED,)))),
    )


def test_pressed_twice_it_is_one_case(window: Client) -> None:
    key, before = str(uuid.uuid4()), Case.objects.count()
    assert taken(window, "accept", key=key).status_code == 200
    assert taken(window, "accept", key=key).status_code == 200
    assert Case.objects.count() == before + 1


@pytest.mark.parametrize(
    ("do", "more", "said"),
    [
        ("accept", {"mark-layout": None}, "还没有核对"), ("accept", {"mark-layout": "missing"}, "有材料缺少或有误"),
        ("accept", {"mark-layout": "later"}, "不能容缺后补"), ("accept", {"mark-application": "shared"}, "还没有核对"),
        ("accept", {"mark-layout": "<script>"}, "还没有核对"), ("correct", {}, "材料都合格"),
        ("correct", {"mark-layout": "wrong"}, "请写明哪里有误"), ("accept", {"situation-business": None}, "请选择情形"),
        ("accept", {"situation-business": "nothing"}, "请选择情形"), ("accept", {"name": ""}, "请填姓名"),
        ("accept", {"area": "no"}, "面积"), ("accept", {"name": "", "code": "123"}, "号码"),
        ("accept", {"key": "no"}, "UUID"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_and_nothing_was_opened(
    window: Client, do: str, more: dict[str, Any], said: str
) -> None:
    before = Case.objects.count(), Party.objects.count()
    answer = taken(window, do, **more)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert (Case.objects.count(), Party.objects.count()) == before


def test_papers_that_the_situation_does_not_ask_for_are_not_checked(window: Client) -> None:
    retail: dict[str, Any] = {"situation-business": "retail", "mark-layout": None}
    answer = taken(window, "accept", **retail)
    assert answer.status_code == 200
    (noted,) = [
        e for e in ledger.events(types=(CHECKED,)) if e.body["case"] == Case.objects.latest("opened_at").pk
    ]
    assert "layout" not in [each["material"] for each in noted.body["marks"]]


def test_a_known_code_needs_no_name_and_finds_the_same_party(city: Townhall, window: Client) -> None:
    code = codes.make_enterprise_code("320999", 77)
    firm = {"kind": "enterprise", "name": "试金石食品有限公司", "code": code, "phone": ""}
    assert taken(window, "accept", **firm).status_code == 200
    before = Party.objects.count()
    assert taken(window, "accept", **{**firm, "name": ""}).status_code == 200
    assert Party.objects.count() == before


def test_only_windows_take_in(city: Townhall) -> None:
    for name in ("handler", "supervisor", "citizen", "leader"):
        assert browser(city, name).get(reverse("intake")).status_code == 404
        assert browser(city, name).get(reverse("windows")).status_code == 404
    assert Client().get(reverse("intake")).status_code == 302


# -- appointments --------------------------------------------------------------------------------------


def free() -> int:
    now, day = places.now(), today()
    for n in range(15):
        found = queries.free(POINT, day.fromordinal(day.toordinal() + n), now)
        if found:
            return found[-1].begins
    raise AssertionError("the calendar has no open day in a fortnight")


def booked(client: Client, begins: int, **more: Any) -> Any:
    item = townhall.an_item("housing", "services.matter").id
    data = {"item": item, "begins": str(begins), "key": str(uuid.uuid4()), **more}
    return client.post(reverse("book", args=[POINT]), data, follow=True)


def test_a_citizen_books_sees_the_code_takes_the_file_and_cancels(city: Townhall) -> None:
    citizen, begins = browser(city, "citizen"), free()
    page = booked(citizen, begins).content.decode()
    (row,) = Appointment.objects.all()
    assert queries.code(row.pk) in page
    file: Any = citizen.get(reverse("appointment-calendar", args=[row.pk]))
    assert file["Content-Type"] == "text/calendar; charset=utf-8"
    assert queries.code(row.pk).encode() in file.content
    assert NAMES["citizen"].encode() not in file.content
    other = browser(city, "other")
    assert other.get(reverse("appointment-calendar", args=[row.pk])).status_code == 404
    assert other.post(reverse("appointment", args=[row.pk])).status_code == 404
    citizen.post(reverse("appointment", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert b"METHOD:CANCEL" in citizen.get(reverse("appointment-calendar", args=[row.pk])).content


def test_anybody_sees_the_slots_and_booking_asks_for_a_login(city: Townhall) -> None:
    page = Client().get(reverse("book", args=[POINT])).content.decode()
    assert str(free()) in page
    answer: Any = Client().post(reverse("book", args=[POINT]), {})
    assert answer["Location"].startswith(reverse("login"))
    assert not Appointment.objects.exists()


def test_a_clerk_books_for_somebody_and_sees_who_comes_today(city: Townhall, window: Client) -> None:
    answer = booked(window, free(), kind="citizen", name="试金乙", phone=PHONES["other"])
    assert answer.status_code == 200
    (row,) = Appointment.objects.all()
    assert row.party
    address = reverse("appointment", args=[row.pk])
    assert queries.code(row.pk) in answer.content.decode(), "whoever stands there is told the code"
    assert f'action="{address}"' in answer.content.decode()
    desk = window.get(reverse("windows")).content.decode()
    assert queries.code(row.pk) in desk, "whatever day it is for"
    assert f'href="{address}"' in desk
    assert browser(city, "other").get(address).status_code == 404
    window.post(address)
    row.refresh_from_db()
    assert row.state == "cancelled"
    (event,) = [e for e in ledger.events(types=("windows.booking_cancelled",)) if e.subject.endswith(row.pk)]
    assert event.body["by"] == "office"


def test_a_clerk_without_a_window_is_not_led_to_the_desk_and_sees_what_it_booked(
    city: Townhall, window: Client
) -> None:
    link = f'href="{reverse("windows")}"'
    assert link in window.get(reverse("work")).content.decode()
    agent = browser(city, "agent")
    assert link not in agent.get(reverse("work")).content.decode()
    answer = booked(agent, free(), kind="citizen", name="试金丙", phone=PHONES["other"])
    page = answer.content.decode()
    (row,) = Appointment.objects.all()
    assert (answer.status_code, queries.code(row.pk) in page, link in page) == (200, True, False)
    assert browser(city, "town-clerk").get(reverse("appointment", args=[row.pk])).status_code == 404
    answer = agent.post(reverse("appointment", args=[row.pk]), follow=True)
    row.refresh_from_db()
    assert (answer.status_code, row.state, "已取消" in answer.content.decode()) == (200, "cancelled", True)


@pytest.mark.parametrize("begins", ["", "0", "-1", "9" * 30, "abc", "1e3"])
def test_hostile_slots_are_refused(city: Townhall, begins: str) -> None:
    citizen = browser(city, "citizen")
    answer: Any = citizen.post(
        reverse("book", args=[POINT]),
        {
            "item": townhall.an_item("housing", "services.matter").id,
            "begins": begins,
            "key": str(uuid.uuid4()),
        },
    )
    assert answer.status_code == 422
    assert not Appointment.objects.exists()


def test_no_page_of_a_point_that_has_no_windows(city: Townhall) -> None:
    assert Client().get(reverse("book", args=["nowhere"])).status_code == 404
    assert calling.subject(POINT, shelf.day(places.now())).startswith(f"queue:{POINT}:")


def test_whoever_takes_in_is_led_to_the_fast_page(city: Townhall, window: Client) -> None:
    link = f'href="{reverse("intake")}"'
    assert link in window.get(reverse("new-case")).content.decode()
    assert link not in browser(city, "handler").get(reverse("new-case")).content.decode()
    assert (
        reverse("book", args=[POINT]) in Client().get(reverse("organization", args=[POINT])).content.decode()
    )
