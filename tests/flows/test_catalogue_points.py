"""Points that a unit states with proof and another attests; convenience measures with their clocks; the pages that show both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qinzheng.cases import actions as cases
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import queries as ledger
from qinzheng.mechanisms.catalogue import conveniences, points
from qinzheng.mechanisms.catalogue.points import Statement
from qinzheng.mechanisms.catalogue.schema import Checklist
from tests import townhall
from tests.townhall import Townhall

pytestmark = pytest.mark.django_db
LIST = "two-and-four"
TODAY = dt.datetime.now(shelf.ZONE).date()


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


def listed() -> Checklist:
    found: Checklist = shelf.library().get("checklist", LIST)
    return found


def logged_in(city: Townhall, name: str) -> Client:
    client = Client()
    client.force_login(city.accounts[name], backend="qinzheng.access.login.AccountBackend")
    return client


def make(city: Townhall, point: str = "people", holds: bool = True) -> Statement:
    who = city.who("handler", "handler")
    points.make(
        listed(),
        "",
        "housing",
        point,
        holds=holds,
        proof="编办〔2026〕3号",
        seen_on=TODAY,
        figure=None,
        who=who,
    )
    return points.statements(LIST, ["housing"])["housing"][point]


def standing(point: str, day: dt.date = TODAY) -> str:
    return points.state(points.statements(LIST, ["housing"])["housing"].get(point), listed(), day)


def test_a_point_goes_from_nothing_to_attested_and_grows_old(city: Townhall) -> None:
    assert standing("people") == "unstated"
    said = make(city)
    assert standing("people") == "waiting"
    points.attest(
        listed(), "housing", said.event, confirmed=True, reason="", who=city.who("supervisor", "supervisor")
    )
    assert standing("people") == "attested"
    old = points.stale_from(said, listed())
    assert (old.year, old.month) == (TODAY.year + 1, TODAY.month)
    assert standing("people", old - dt.timedelta(days=1)) == "attested"
    assert standing("people", old) == "stale"


def test_stated_anew_it_waits_again_and_the_old_attestation_counts_no_more(city: Townhall) -> None:
    said = make(city)
    supervisor = city.who("supervisor", "supervisor")
    points.attest(listed(), "housing", said.event, confirmed=False, reason="窗口无人", who=supervisor)
    assert standing("people") == "doubted"
    make(city)
    assert standing("people") == "waiting"
    with pytest.raises(NotAllowed, match="已经更新"):
        points.attest(listed(), "housing", said.event, confirmed=True, reason="", who=supervisor)
    make(city, holds=False)
    assert standing("people") == "not_so"


def test_nobody_attests_what_its_own_unit_states_and_a_doubt_has_its_reason(city: Townhall) -> None:
    said = make(city)
    for name, role in (("handler", "handler"), ("head", "head_of_organ")):
        with pytest.raises(NotAllowed, match="本单位"):
            points.attest(
                listed(), "housing", said.event, confirmed=True, reason="", who=city.who(name, role)
            )
    with pytest.raises(NotAllowed, match="理由") as why:
        points.attest(listed(), "housing", said.event, confirmed=False, reason=" ", who=city.who("supervisor", "supervisor"))  # fmt: skip
    assert why.value.field == "reason"


@pytest.mark.parametrize(
    ("change", "field"),
    [({"point": "nothing"}, "point"), ({"proof": "  "}, "proof"), ({"proof": "长" * 301}, "proof"),
     ({"seen_on": TODAY + dt.timedelta(days=1)}, "seen_on")],
)  # fmt: skip
def test_a_statement_without_what_it_needs_is_refused(
    city: Townhall, change: dict[str, Any], field: str
) -> None:
    given: dict[str, Any] = {"point": "people", "proof": "文号", "seen_on": TODAY} | change
    with pytest.raises(NotAllowed) as why:
        points.make(
            listed(), "", "housing", given["point"], holds=True, proof=given["proof"], seen_on=given["seen_on"], figure=None,
            who=city.who("handler", "handler"),
        )  # fmt: skip
    assert why.value.field == field


def test_the_page_states_and_attests_with_the_rate_of_that_moment_and_nobody_else_may(city: Townhall) -> None:
    address = reverse("catalogue-points", args=["housing"])
    officer, supervisor = logged_in(city, "handler"), logged_in(city, "supervisor")
    form = {"do": "state", "point": "items", "key": "0190b0c0-0000-7000-8000-000000000001", "holds": "yes", "proof": "目录核对 2026-11", "seen_on": TODAY.isoformat()}  # fmt: skip
    assert officer.post(address, form).status_code == 302
    assert officer.post(address, form).status_code == 302
    (event,) = ledger.history(points.subject(LIST, "housing"))
    assert event.type == points.STATED
    assert event.body["figure"][0] <= event.body["figure"][1]
    assert event.under == shelf.library().hash(listed())
    page = supervisor.get(address).content.decode()
    assert "待核验" in page
    assert "目录核对 2026-11" in page
    answer = {"do": "attest", "point": "items", "statement": event.id, "key": "0190b0c0-0000-7000-8000-000000000002", "confirmed": "yes", "reason": ""}  # fmt: skip
    assert officer.post(address, answer).status_code == 404
    assert logged_in(city, "sibling").post(address, form).status_code == 404
    assert supervisor.post(address, answer).status_code == 302
    assert "已核验" in officer.get(address).content.decode()
    assert "1/6" in officer.get(reverse("catalogue")).content.decode()


def announced(city: Townhall) -> Case:
    form = {"sort": "trips", "document": "住建〔2026〕1号", "wording": "预约上门办理"}
    done = conveniences.announce("预约上门办理", form, city.who("handler", "handler"))
    return Case.objects.get(pk=done.case)


def test_a_measure_is_a_case_of_its_unit_with_a_clock_and_its_page_lists_it(city: Townhall) -> None:
    address = reverse("catalogue-conveniences", args=["housing"])
    officer = logged_in(city, "head")
    form = {"key": "0190b0c0-0000-7000-8000-000000000003", "title": "延时服务到晚上八点", "sort": "hours", "document": "住建〔2026〕2号", "wording": "周三延时到八点"}  # fmt: skip
    assert officer.post(address, form).status_code == 302
    assert officer.post(address, form).status_code == 302
    (case,) = Case.objects.filter(procedure=conveniences.PROCEDURE)
    assert (case.organization, case.state, case.title) == ("housing", "announced", form["title"])
    assert case.next_due is not None
    for name in ("head", "appraiser", "sibling"):
        assert "延时服务到晚上八点" in logged_in(city, name).get(address).content.decode()
    assert reverse("case", args=[case.number]) in officer.get(address).content.decode()
    assert reverse("case", args=[case.number]) not in logged_in(city, "sibling").get(address).content.decode()
    assert logged_in(city, "sibling").post(address, form).status_code == 404
    assert "周三延时" not in "".join(str(event.body) for event in ledger.history(case.pk))


def test_a_measure_without_a_line_is_refused_at_its_field(city: Townhall) -> None:
    with pytest.raises(NotAllowed) as why:
        conveniences.announce(" ", {}, city.who("handler", "handler"))
    assert why.value.field == "title"
    answer = logged_in(city, "head").post(reverse("catalogue-conveniences", args=["housing"]), {"title": ""})
    assert answer.status_code == 422


def test_a_measure_in_force_is_reviewed_again_and_again_and_ends_with_its_reason(city: Townhall) -> None:
    case = announced(city)
    head = city.who("head", "head_of_organ")
    cases.perform(case.pk, "put_in_force", head, {"evidence": "现场照片存窗口"})
    first = Case.objects.get(pk=case.pk).next_due
    cases.perform(case.pk, "review", head, {"evidence": "仍在执行"})
    case.refresh_from_db()
    assert case.state == "in_force"
    assert first is not None
    assert case.next_due is not None
    assert case.next_due >= first
    with pytest.raises(NotAllowed):
        cases.perform(case.pk, "end", city.who("supervisor", "supervisor"), {"reasons": "不归监察"})
    cases.perform(case.pk, "end", head, {"reasons": "已由新办法替代"})
    case.refresh_from_db()
    assert case.state == "ended"
    assert conveniences.counted(["housing"])["housing"]["ended"] == 1


def test_every_official_enters_and_nobody_else_does(city: Townhall) -> None:
    for name in ("catalogue", "catalogue-admissions"):
        assert logged_in(city, "clerk").get(reverse(name)).status_code == 200
        assert logged_in(city, "citizen").get(reverse(name)).status_code == 404
        assert Client().get(reverse(name)).status_code == 302
    unit = logged_in(city, "clerk").get(reverse("catalogue-unit", args=["housing"])).content.decode()
    assert "改革前" in unit
    assert logged_in(city, "clerk").get(reverse("catalogue-unit", args=["nowhere"])).status_code == 404
    template = logged_in(city, "clerk").get(reverse("catalogue-template"))
    assert template.content.startswith(b"PK")
