"""What other systems tell: taken once however often and in whatever parts it is told, whole or reported, judged like ours."""

import datetime as dt
import json
import random
import threading
from typing import Any

import pytest
from django.db import connection

from qinzheng.cases import outside
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf
from qinzheng.ledger import queries as ledger
from qinzheng.supervision.models import Card
from tests.flows import applications
from tests.flows.applications import Application, ago, application

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def province(published: object) -> Application:
    applications.city()
    return application("province", "city", ["auditor"], ["ingest", "read"], reports=("housing", "town-01"))


def told(case: str, act: str, days: int, **more: Any) -> dict[str, Any]:
    return {
        "case": case, "procedure": "services.matter", "act": act, "occurred_at": ago(days), "organization": "housing", **more,
    }  # fmt: skip


def late_case(name: str) -> list[dict[str, Any]]:
    """Accepted long ago and not finished."""
    return [told(name, "receive", 91, outside={"national_platform": f"GJ{name}"}), told(name, "accept", 90)]


def counts() -> tuple[int, int, int]:
    with_events = sum(len(ledger.history(id)) for id in Case.objects.values_list("pk", flat=True))
    return Case.objects.count(), with_events, Card.objects.filter(withdrawn_at=None).count()


def test_a_late_case_from_elsewhere_is_judged_under_its_unit(province: Application) -> None:
    account = province.bulk(late_case("1")).json()
    assert (account["lines"], account["acts"], account["new"], account["refused"]) == (2, 2, 2, 0)
    (case,) = account["cases"]
    assert case["result"] == "taken"
    row = Case.objects.get(number=case["number"])
    assert (row.state, row.organization) == ("accepted", "housing")
    clock = Clock.objects.get(case=row.pk, clock="handling")
    assert (clock.ending, clock.organization) == ("overdue", "housing")
    assert {card.organization for card in Card.objects.filter(case=row.pk)} == {"housing"}
    assert row.pk == f"case:{outside.key(province.account.pseudonym, '1')}"


def test_the_same_told_again_changes_nothing(province: Application) -> None:
    lines = [line for n in range(5) for line in late_case(str(n))]
    first = province.bulk(lines).json()
    stands = counts()
    assert stands[0] == 5
    again = province.bulk(lines).json()
    assert counts() == stands
    assert (again["new"], again["already"], again["refused"]) == (0, 10, 0)
    assert {case["result"] for case in again["cases"]} == {"known"}
    assert [case["number"] for case in first["cases"]] == [case["number"] for case in again["cases"]]


def test_several_who_tell_the_same_at_once_tell_it_once(province: Application) -> None:
    opening, act = told("9", "receive", 91), told("9", "accept", 90)
    for each in (opening, act):
        ready = threading.Barrier(5)
        came: list[tuple[int, str, int]] = []

        def tell(each: dict[str, Any] = each, ready: Any = ready, came: Any = came) -> None:
            ready.wait()
            answer = Application(province.account, province.post, province.secret).post_("/ingest/acts", each)
            said = answer.json()
            came.append((answer.status_code, said["number"], said["new"]))
            connection.close()

        threads = [threading.Thread(target=tell) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        number = Case.objects.get().number
        assert sorted(came) == [(200, number, 0)] * 4 + [(200, number, 1)]
    types = [event.type for event in ledger.history(Case.objects.get().pk)]
    assert (types.count("cases.opened"), types.count("cases.performed")) == (1, 1)


@pytest.mark.parametrize("seed", range(3))
def test_in_whatever_parts_and_however_often_it_comes_out_the_same(province: Application, seed: int) -> None:
    chance = random.Random(seed)
    acts = [
        told("7", "receive", 91),
        told("7", "accept", 90),
        told("7", "supplement", 50),
        told("7", "finish", 40),
    ]
    for act in acts:
        part = [act, *chance.sample(acts[: acts.index(act)], chance.randint(0, acts.index(act)))]
        chance.shuffle(part)
        account = province.bulk(part).json()
        assert account["refused"] == 0, account
        assert account["new"] == 1
    row = Case.objects.get()
    assert row.state == "done"
    assert Clock.objects.get(case=row.pk, clock="handling").ending == "completed_late"
    said = [e.body["act"] for e in ledger.history(row.pk) if e.type in ("cases.opened", "cases.performed")]
    assert said == ["receive", "accept", "supplement", "finish"]


def test_acts_come_one_by_one_and_twice(province: Application) -> None:
    for line in late_case("9"):
        first, again = province.post_("/ingest/acts", line), province.post_("/ingest/acts", line)
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json()["number"] == again.json()["number"]
        assert (first.json()["new"], again.json()["new"], again.json()["already"]) == (1, 0, 1)
        assert again.json()["result"] == "known"
    assert Case.objects.get().state == "accepted"


def test_facts_are_taken_whatever_their_order_and_the_supervision_finds_the_fault(
    province: Application,
) -> None:
    skipped = [told("3", "receive", 60), told("3", "finish", 30)]  # decided without acceptance
    assert province.bulk(skipped).json()["cases"][0]["result"] == "taken"
    assert Case.objects.get().state == "done"
    again = [*skipped, told("3", "finish", 20)]  # and finished twice
    assert province.bulk(again).json()["cases"][0]["result"] == "continued"


def test_a_wrong_line_leaves_its_whole_case_out_and_the_others_in(province: Application) -> None:
    lines = [
        *late_case("good"), told("bad", "receive", 9), {**told("bad", "accept", 8), "organization": "water"},
        told("none", "dance", 5), "{", told("future", "receive", -3), {**told("shape", "receive", 2), "colour": 1},
    ]  # fmt: skip
    account = province.bulk(lines).json()
    results = {case["case"]: case["result"] for case in account["cases"]}
    assert results == {"good": "taken", "bad": "rejected", "none": "rejected", "future": "rejected"}
    assert [(each["line"], each["case"]) for each in account["rejected"]] == [
        (4, "bad"),
        (6, ""),
        (8, "shape"),
    ]
    assert account["rejected"][0]["errors"][0]["field"] == "organization"
    assert account["lines"] == account["new"] + account["already"] + account["refused"]
    assert Case.objects.count() == 1
    for case in account["cases"]:
        assert bool(case["zh"] and case["en"]) == (case["result"] == "rejected")


def test_two_applications_have_two_cases_of_one_number_and_outside_numbers_do_not_double(
    province: Application,
) -> None:
    other = application("vertical", "city", ["auditor"], ["ingest"], reports=("housing",))
    plain = [told("1", "receive", 5)]
    province.bulk(plain)
    other.bulk(plain)
    assert Case.objects.count() == 2
    numbered = late_case("5")
    province.bulk(numbered)
    refused = other.bulk([*numbered, told("6", "receive", 5)]).json()
    assert {case["case"]: case["result"] for case in refused["cases"]} == {"5": "rejected", "6": "taken"}
    assert "outside number" in next(case["en"] for case in refused["cases"] if case["case"] == "5")


def test_officers_are_pseudonyms_and_texts_are_sealed(province: Application) -> None:
    line = told("8", "receive", 30, officer="张三 3301")
    correct = told("8", "request_correction", 29, officer="张三 3301", form={"defects": "缺少身份证复印件"})
    assert province.bulk([line, correct]).json()["refused"] == 0
    events = ledger.history(Case.objects.get().pk)
    raw = "".join(event.raw.decode() + event.actor for event in events)
    assert "张三" not in raw
    assert "身份证" not in raw
    actors = {event.actor for event in events if event.kind == "act"}
    assert len(actors) == 1
    assert next(iter(actors)).startswith("x-")


def test_a_late_act_is_fitted_in_and_one_that_cannot_be_is_reported(province: Application) -> None:
    province.bulk([told("4", "receive", 91), told("4", "accept", 90), told("4", "finish", 40)])
    fitted = province.bulk([told("4", "supplement", 60)]).json()["cases"][0]
    assert (fitted["result"], fitted["new"]) == ("continued", 1)
    disorderly = province.bulk([told("4", "refuse", 70, form={"reasons": "x"})]).json()["cases"][0]
    assert disorderly["result"] == "continued"  # a fact over there; its order is for the supervision to judge
    before = province.bulk([told("4", "supplement", 200)]).json()["cases"][0]
    assert (before["result"], "before" in before["en"]) == ("rejected", True)


def test_of_a_day_only_the_day_counts(province: Application) -> None:
    day = (dt.datetime.now(shelf.ZONE) - dt.timedelta(days=30)).date()
    at = dt.datetime.combine(day, dt.time(0), shelf.ZONE).isoformat()
    later = dt.datetime.combine(day, dt.time(15), shelf.ZONE).isoformat()
    line = {**told("2", "receive", 0), "occurred_at": at, "precision": "day"}
    assert province.bulk([line]).json()["new"] == 1
    assert province.bulk([{**line, "occurred_at": later}]).json()["new"] == 0


def test_too_much_at_once_is_refused_before_anything_is_taken(province: Application) -> None:
    answer = province.bulk([*late_case("1"), json.dumps({"case": "2", "title": "长" * 30_000})])
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:qinzheng:problem:too-large")
    assert Case.objects.count() == 0


@pytest.mark.parametrize(
    ("wrong", "named"), [({"town": "town-99"}, "镇街"), ({"title": "占道\u202e许可"}, "不可见字符")]
)
def test_a_town_that_is_not_there_and_a_title_that_turns_about_are_reported(
    province: Application, wrong: dict[str, str], named: str
) -> None:
    good = told("good", "receive", 91, town="town-01", title="占道许可")
    account = province.bulk([told("bad", "receive", 91, **wrong), good]).json()
    found = {case["case"]: case for case in account["cases"]}
    assert {name: case["result"] for name, case in found.items()} == {"bad": "rejected", "good": "taken"}
    assert named in found["bad"]["zh"]
    alone = province.post_("/ingest/acts", told("bad", "receive", 91, **wrong))
    assert alone.status_code == 422
    assert named in alone.content.decode()
    assert Case.objects.count() == 1
